"""How a hub is reached, taken from its settings once, for every client that goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ehtui.config.networks import Endpoint, Proxy, proxy_of
from ehtui.domain.values import Value

if TYPE_CHECKING:
    import ssl

    from ehtui.config.settings import EventHubSettings, TransportChoice
    from ehtui.wire.trace import Trace


class Network(Value, frozen=True):
    """What is to be known beside the namespace; all of it may be left out."""

    transport: TransportChoice = "auto"
    endpoint: Endpoint | None = None  # is connected to instead of the namespace
    proxy: Proxy | None = None  # for all that goes there
    https_proxy: Proxy | None = None  # for WebSockets alone
    ca_file: tuple[str, ...] = ()
    trace: Trace | None = None

    def roots(self) -> ssl.SSLContext:
        """What certificates are held against. Blocking.

        Raises:
            ProblemError: The file of roots cannot be used.
        """
        from ehtui.wire.roots import trusted_roots  # noqa: PLC0415 - with the first connection

        return trusted_roots(*self.ca_file)


PLAIN = Network()


def network_of(settings: EventHubSettings) -> Network:
    """Read the settings, which were checked as they were found.

    Raises:
        ConfigError: Something is malformed after all.
        ProblemError: The file for the trace cannot be written.
    """
    proxy, https_proxy = settings.proxy, settings.https_proxy
    return Network(
        settings.transport,
        settings.own_endpoint,
        proxy_of(proxy.reveal(), "eventhub.proxy") if proxy else None,
        proxy_of(https_proxy.reveal(), "eventhub.https_proxy") if https_proxy else None,
        settings.ca_file,
        _trace(settings.trace_wire),
    )


def identity_options(proxy: Proxy | None) -> dict[str, Any]:
    """What Azure's own credentials must be told of a proxy: tokens come from other hosts."""
    if proxy is None:
        return {}

    scheme, _, authority = proxy.url.reveal().partition("://")
    given = ((proxy.user, ""), (proxy.password, ":"))
    user = "".join(f"{sign}{quote(part.reveal(), safe='')}" for part, sign in given if part)
    return {"proxies": {"https": f"{scheme}://{user}@{authority}" if user else proxy.url.reveal()}}


def _trace(path: str | None) -> Trace | None:
    if path is None:
        return None

    from ehtui.wire.trace import trace_into  # noqa: PLC0415 - whoever looks for a fault

    return trace_into(path)
