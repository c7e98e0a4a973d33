"""What links need of their session, and sessions and nodes of their connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.broker import Broker
    from ehtui.sandbox.eventhubs.errors import ServiceError
    from ehtui.sandbox.eventhubs.sas import Claim
    from ehtui.wire.amqp.performatives import Accepted, Error, Performative, Rejected, Transfer


class Peer(Protocol):
    """A client's connection: who it may be, and a way to it."""

    @property
    def broker(self) -> Broker:
        """What all connections share."""

    @property
    def peer_frame_bytes(self) -> int:
        """The longest frame that the client takes."""

    @property
    def is_writable(self) -> bool:
        """Whether events may be sent."""

    def put(self, claim: Claim) -> None:
        """A token was put.

        Raises:
            ServiceError: There is no room for one more.
        """

    def allows(self, path: str, right: str | None = None) -> bool:
        """Whether a token that still holds covers `path`, with `right` or with any."""

    def send(self, channel: int, body: Performative) -> None:
        """Send a frame."""

    def write(self, data: bytes, frames: int) -> None:
        """Send encoded frames."""

    def end_session(self, channel: int, error: Error | None = None) -> None:
        """End a session for an error."""

    def before_flush(self, session: Channel) -> None:
        """Let a session speak up before the next write."""


class Channel(Protocol):
    """A session as its links know it."""

    @property
    def connection(self) -> Peer:
        """Whose it is."""

    @property
    def broker(self) -> Broker:
        """What all connections share."""

    @property
    def now(self) -> float:
        """The namespace's time."""

    @property
    def window(self) -> int:
        """How many transfer frames the client still takes."""

    @property
    def has_window(self) -> bool:
        """Whether a transfer may be sent now."""

    def send(self, body: Performative) -> None:
        """Send a frame on this channel, after what was accepted before it."""

    def flow(
        self,
        handle: int | None,
        delivery_count: int | None,
        credit: int | None,
        *,
        drain: bool = False,
    ) -> None:
        """Send a flow for a link, or for the session alone."""

    def transfer(self, handle: int, payload: bytes) -> None:
        """Send a settled delivery."""

    def settle(self, first: Transfer, state: Accepted | Rejected) -> None:
        """Tell the sender how a delivery ended."""

    def flush_accepted(self) -> None:
        """Send the disposition of what was accepted."""

    def wire_error(self, error: ServiceError | None) -> Error | None:
        """An error as it goes over the wire."""
