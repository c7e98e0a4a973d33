"""The way that a connection to a hub takes."""

from __future__ import annotations

from enum import StrEnum

from ehtui.domain.values import Value


class Carrier(StrEnum):
    """What carries AMQP to the hub."""

    AMQP = "amqp"  # nothing else: its own port
    WEBSOCKET = "websocket"  # port 443, where networks let nothing else out


class Route(Value, frozen=True):
    """Where a connection leads and over what; safe to show."""

    carrier: Carrier
    host: str  # of the namespace, or the address that is configured for it
    port: int
    uses_tls: bool
    proxy: str | None = None  # host:port, without a user's name and password
    is_chosen: bool = False  # among several that were tried: nobody asked for this one

    @property
    def is_detour(self) -> bool:
        """Whether it is another way than AMQP's own port, straight."""
        return self.carrier is Carrier.WEBSOCKET or self.proxy is not None
