"""The identity that Entra ID knows: one DefaultAzureCredential for a hub and its store."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ehtui.wire.network import identity_options

if TYPE_CHECKING:
    from azure.identity.aio import DefaultAzureCredential

    from ehtui.config.networks import Proxy


class _Shared:
    __slots__ = ("credential", "users")

    def __init__(self, credential: DefaultAzureCredential) -> None:
        self.credential = credential
        self.users = 0


# Its connections belong to a loop; a proxy is a part of how it is made.
_open: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Proxy | None, _Shared]]
_open = WeakKeyDictionary()


class Identity:
    """Environment, workload or managed identity, then developer tools. Opened when it is asked.

    Whoever goes through the same proxy on the same loop shares it, so that `az` is run once, and
    each token is fetched once.
    """

    def __init__(self, proxy: Proxy | None = None) -> None:
        self._proxy = proxy
        self._shared: _Shared | None = None

    def credential(self) -> DefaultAzureCredential:
        """Azure's own credential; `close()` lets go of it."""
        if self._shared is None:
            known = _open.setdefault(asyncio.get_running_loop(), {})

            if self._proxy not in known:
                # Half a second of imports that only Entra ID needs.
                from azure.identity.aio import DefaultAzureCredential  # noqa: PLC0415

                made = DefaultAzureCredential(**identity_options(self._proxy))
                known[self._proxy] = _Shared(made)

            self._shared = known[self._proxy]
            self._shared.users += 1

        return self._shared.credential

    async def close(self) -> None:
        """Let go of it; the last one who does closes it."""
        shared, self._shared = self._shared, None

        if shared is None:
            return

        shared.users -= 1

        if not shared.users:
            _open.get(asyncio.get_running_loop(), {}).pop(self._proxy, None)
            await shared.credential.close()
