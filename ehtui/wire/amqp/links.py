"""Links from one side: credit, deliveries in pieces, what is settled; and what happens to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from typing_extensions import override

from ehtui.wire.amqp.performatives import (
    WRAP,
    Accepted,
    Attach,
    Detach,
    Disposition,
    Error,
    Flow,
    Performative,
    Rejected,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable


class Channel(Protocol):
    """A session, as its links know it."""

    window: int  # transfer frames that the peer still takes

    def send(self, body: Performative) -> None:
        """Send a frame."""

    def flow(self, link: Link | None = None, *, drain: bool = False, echo: bool = False) -> None:
        """Tell the windows, and where a link stands."""

    def transfer(self, handle: int, payload: bytes, *, settled: bool) -> int:
        """Send a delivery; its number."""

    def settle(self, first: Transfer, state: Accepted | Rejected) -> None:
        """Tell the sender how a delivery ended."""

    def before_output(self, speak: Callable[[], None]) -> None:
        """Call `speak` before the next output."""


class Room(Protocol):
    """What deliveries that are not complete may take, of several links together."""

    held_bytes: int

    def has_room(self, more_bytes: int) -> bool:
        """Whether so much more may be held."""


class Link:
    """One end of a link. Its handle is ours."""

    def __init__(self, session: Channel, name: str, handle: int) -> None:
        self.session = session
        self.name = name
        self.handle = handle
        self.is_open = True
        self.delivery_count = 0
        self.credit = 0
        self.user: Any = None  # whoever uses it
        self.on_close: Callable[[], None] = lambda: None  # called once

    def attached(self, attach: Attach) -> None:
        """Both sides are attached; `attach` is the peer's."""

    def flowed(self, flow: Flow) -> None:
        """The peer sent a flow for this link."""

    def answer(self, flow: Flow) -> None:
        """Answer a flow that wants an answer, once it was acted upon."""
        if flow.echo:
            self.session.flow(self)

    def detach(self, error: Error | None = None) -> None:
        """End the link from our side."""
        if self.is_open:
            self.session.send(Detach(self.handle, closed=True, error=error))
            self.close()

    def close(self) -> None:
        """It is open no more, whoever ended it."""
        if self.is_open:
            self.is_open = False
            self.on_close()


class SendingLink(Link):
    """Counts the credit that the peer gives, and what of ours it has not settled."""

    def __init__(self, session: Channel, name: str, handle: int) -> None:
        super().__init__(session, name, handle)
        self.unsettled: dict[int, Any] = {}  # by delivery id: what the sender knows it by

    @property
    def can_send(self) -> bool:
        """Whether credit and window let a delivery go."""
        return self.credit > 0 and self.session.window > 0

    def send(self, payload: bytes, tag: Any = None) -> None:
        """Send a delivery that there is credit for: settled, or known by `tag` until it is."""
        self.credit -= 1
        self.delivery_count = (self.delivery_count + 1) % WRAP
        number = self.session.transfer(self.handle, payload, settled=tag is None)

        if tag is not None:
            self.unsettled[number] = tag

    @override
    def flowed(self, flow: Flow) -> None:
        """Take over the credit."""
        if flow.link_credit is not None:
            in_flight = (self.delivery_count - (flow.delivery_count or 0)) % WRAP
            self.credit = max(flow.link_credit - in_flight, 0)

    @override
    def answer(self, flow: Flow) -> None:
        """Give back what was not used where the peer drains, or tell where we are."""
        if flow.drain and self.credit:
            self.delivery_count = (self.delivery_count + self.credit) % WRAP
            self.credit = 0
            self.session.flow(self, drain=True)
        else:
            super().answer(flow)

    def settle(self, disposition: Disposition) -> list[Any]:
        """Forget what was settled; their tags.

        At the cost of what was sent, whatever the peer says; numbers may wrap.
        """
        first, last = disposition.first, disposition.last

        if last is None or first == last:
            numbers = [first] if first in self.unsettled else []
        else:
            span = (last - first) % WRAP
            numbers = [number for number in self.unsettled if (number - first) % WRAP <= span]

        return [self.unsettled.pop(number) for number in numbers]


class ReceivingLink(Link):
    """Joins the pieces of deliveries, and keeps the peer in credit."""

    def __init__(self, session: Channel, name: str, handle: int) -> None:
        super().__init__(session, name, handle)
        self.most_bytes = 0
        self._tell_after = 1
        self._untold = 0
        self._room: Room | None = None
        self._first: Transfer | None = None  # of the delivery that is not complete yet
        self._pieces: list[bytes] = []
        self._held_bytes = 0
        self._is_skipping = False  # the rest of a delivery that is too large

    def set_up(
        self, *, credit: int, tell_after: int, most_bytes: int, room: Room | None = None
    ) -> None:
        """What is taken: so many deliveries at a time, of so many bytes at the most.

        After `tell_after` of them the peer is told of its credit anew.
        """
        self.credit = credit  # what is granted, each time
        self.most_bytes = most_bytes
        self._tell_after = tell_after
        self._room = room

    @override
    def attached(self, attach: Attach) -> None:
        """Grant the first credit."""
        self.delivery_count = attach.initial_delivery_count or 0
        self.grant()

    def grant(self) -> None:
        """Tell the peer of its credit."""
        self._untold = 0
        self.session.flow(self)

    def top_up(self) -> None:
        """The same, if so much was delivered that it should hear of it."""
        if self.is_open and self._untold >= self._tell_after:
            self.grant()

    def receive(self, transfer: Transfer) -> Delivered | Oversized | Noted:
        """Take a frame of a delivery."""
        first = self._first = self._first or transfer
        size = self._held_bytes + len(transfer.payload)
        is_last = transfer.aborted or not transfer.more
        event: Delivered | Oversized | Noted = Noted(is_progress=False)

        if not self._is_skipping and not self._has_room(size):
            self._drop_pieces()
            self._is_skipping = True
            event = Oversized(self, first, size, size > self.most_bytes)
        elif not self._is_skipping and not is_last:
            self._hold(transfer.payload)
            event = Noted(is_progress=bool(transfer.payload))

        if not is_last:
            return event

        if not self._is_skipping and not transfer.aborted:
            event = Delivered(self, first, b"".join((*self._pieces, transfer.payload)))

        self._drop_pieces()
        self._first, self._is_skipping = None, False
        self.delivery_count = (self.delivery_count + 1) % WRAP
        self._untold += 1
        return event

    @override
    def close(self) -> None:
        """Let go of what is held."""
        super().close()
        self._drop_pieces()

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._pieces.append(piece)
            self._account(len(piece))

    def _has_room(self, size: int) -> bool:
        room = self._room
        return size <= self.most_bytes and (room is None or room.has_room(size - self._held_bytes))

    def _drop_pieces(self) -> None:
        self._pieces.clear()
        self._account(-self._held_bytes)

    def _account(self, more_bytes: int) -> None:
        self._held_bytes += more_bytes

        if self._room is not None:
            self._room.held_bytes += more_bytes


class Attached(NamedTuple):
    """The peer answered our attach. Without source and target it refuses, and a detach follows."""

    link: Link
    attach: Attach


class Delivered(NamedTuple):
    """A whole delivery arrived; `first` is its first frame."""

    link: ReceivingLink
    first: Transfer
    payload: bytes


class Oversized(NamedTuple):
    """A delivery is larger than the link takes, or than there is room for; none of it is kept."""

    link: ReceivingLink
    first: Transfer
    size_bytes: int
    is_too_large: bool


class Settled(NamedTuple):
    """The peer settled deliveries of ours."""

    tags: list[Any]
    state: Accepted | Rejected | None


class Noted(NamedTuple):
    """A frame that asks for nothing: a step of the greeting, a part of a delivery, or nothing new.

    Only the latter could be sent for ever without an end.
    """

    is_progress: bool
