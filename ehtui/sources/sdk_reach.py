"""Which releases of the SDKs reach a hub over a way, and what they must be told.

From the SDKs' changelogs (facts.md §1.6) and from `make interop`, which runs the oldest of each.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from ehtui.config.connection_string import AMQP_PORT, AMQPS_PORT
from ehtui.domain.diagnosis import Check, Verdict
from ehtui.domain.world.route import Carrier

if TYPE_CHECKING:
    from ehtui.domain.world.route import Route

_WEBSOCKETS = (
    "Consumers on this host need WebSockets too: transport_type=TransportType.AmqpOverWebsocket "
    "in Python, webSocketOptions in JavaScript, EventHubsTransportType.AmqpWebSockets in .NET, "
    "AmqpTransportType.AMQP_WEB_SOCKETS in Java."
)
_PROXY = (
    "The SDKs go through a proxy with WebSockets alone, and must be told of it: http_proxy in "
    "Python, an agent in webSocketConstructorOptions in JavaScript, Proxy in .NET."
)
_CUSTOM_PORT = (
    "Python takes a port with TLS from custom_endpoint_address alone, not from the connection "
    "string."
)
_LOOPBACK = (
    "Python's asyncio clients 5.11.7 to 5.15.0 fail over TLS on loopback: take 5.15.1, or no TLS."
)
_STRING_OFFSETS = (
    "Its offsets are texts: consumers need .NET 5.12, Java 5.21, Go 2.0 or the Functions extension "
    "6.5, or newer; any version of Python and JavaScript will do."
)


def reach(route: Route, *, is_geo_replicated: bool) -> Check:
    """Who can consume over the way that ehtui took."""
    told, advice = _by_way(route)
    advice += [_PROXY] if route.proxy else []
    advice += [_STRING_OFFSETS] if is_geo_replicated else []
    verdict = Verdict.NOTE if advice else Verdict.OK
    return Check("hub.consumers", verdict, told, " ".join(advice))


def _by_way(route: Route) -> tuple[str, list[str]]:
    if not route.uses_tls:
        python = "5.12" if route.port == AMQP_PORT else "5.13"
        told = (
            f"Without TLS on port {route.port} come Python's azure-eventhub from {python} on and "
            "JavaScript's @azure/event-hubs from 5.8 on."
        )
        return told, []

    if route.carrier is Carrier.WEBSOCKET:
        told = "Every version of the SDKs gets there over WebSockets."
        is_only_way = route.is_chosen  # AMQP's own port was tried before
        return told, [_WEBSOCKETS] if is_only_way else []

    if route.port != AMQPS_PORT:
        told = f"TLS on port {route.port} is not where the SDKs look."
        return told, [_CUSTOM_PORT]

    if _is_loopback(route.host):
        told = "Every version of the SDKs gets there, but some of Python's on loopback."
        return told, [_LOOPBACK]

    return "Every version of the SDKs gets there.", []


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
