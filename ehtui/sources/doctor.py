"""Looks at a set-up step by step, as somebody would who has been called because nothing works.

It writes nothing and reads no event.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ehtui.domain.diagnosis import Check, Verdict
from ehtui.domain.values import Value
from ehtui.sources.hub_doctor import CONNECT_S, HubDoctor
from ehtui.sources.store_doctor import StoreDoctor

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    from ehtui.config.settings import Settings


class Doctor(Value, frozen=True):
    """Asks one set-up everything once: the hub, then the store."""

    settings: Settings
    roots: Callable[[], ssl.SSLContext] | None = None  # None: the settings' own
    clock: Callable[[], float] = time.time
    connect_s: float = CONNECT_S

    async def checks(self) -> AsyncIterator[Check]:
        """Every check in its order, each as soon as it is known."""
        hub = HubDoctor(self.settings.eventhub, self.clock, self.roots, self.connect_s)

        async for check in hub.checks():
            yield check

        if not self.settings.checkpoint_store.is_configured:
            told = "No checkpoint store is configured: owners, checkpoints and lag are unknown."
            advice = "Set AZURE_STORAGE_CONNECTION_STRING and CHECKPOINT_CONTAINER."
            yield Check("store.configuration", Verdict.NOTE, told, advice)
            return

        async for check in StoreDoctor(self.settings, self.clock).checks():
            yield check


async def examine(settings: Settings) -> list[Check]:
    """All checks at once."""
    return [check async for check in Doctor(settings).checks()]
