"""A session: its windows, its links, and dispositions that go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from typing_extensions import override

from ehtui.wire.amqp.frames import TRANSFER_BYTES, FrameWriter, encode_transfer
from ehtui.wire.amqp.links import (
    Attached,
    Channel,
    Delivered,
    Link,
    Noted,
    Oversized,
    ReceivingLink,
    SendingLink,
    Settled,
)
from ehtui.wire.amqp.performatives import (
    WRAP,
    Accepted,
    Attach,
    Begin,
    Detach,
    Disposition,
    End,
    Error,
    Flow,
    FrameError,
    Performative,
    Rejected,
    SaslInit,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HANDLE_IN_USE = "amqp:session:handle-in-use"


class Limits(NamedTuple):
    """What we take of the peer."""

    frame_bytes: int
    channel_max: int
    window: int  # transfers of a session that may be on their way to us
    handle_max: int


class Session(Channel):
    """One session of a connection; `channel` is ours, and `begin` the peer's."""

    def __init__(
        self,
        output: FrameWriter,
        limits: Limits,
        channel: int,
        begin: Begin,
        next_outgoing_id: int = 0,
    ) -> None:
        self.channel = channel
        self.window = begin.incoming_window  # transfer frames that the peer still takes
        self.links: dict[int, Link] = {}  # by the peer's handle
        self._asked: dict[str, Link] = {}  # by name: what we asked for, answered or not
        self._next_incoming_id = begin.next_outgoing_id
        self._output = output
        self._limits = limits
        self._window_left = limits.window
        self._next_outgoing_id = next_outgoing_id
        self._next_delivery_id = 0
        self._accepted: tuple[int, int] | None = None  # first and last not yet told

    @override
    def send(self, body: Performative) -> None:
        """Send a frame on this channel, after what was accepted before it."""
        self.flush_accepted()
        self._output.send(self.channel, body)

    @override
    def flow(self, link: Link | None = None, *, drain: bool = False, echo: bool = False) -> None:
        """Tell the windows, and where a link stands."""
        window = self._window_left = self._limits.window
        self.send(
            Flow(
                next_incoming_id=self._next_incoming_id,
                incoming_window=window,
                next_outgoing_id=self._next_outgoing_id,
                outgoing_window=window,
                handle=link.handle if link else None,
                delivery_count=link.delivery_count if link else None,
                link_credit=link.credit if link else None,
                available=0 if echo else None,
                drain=drain,
                echo=echo,
            )
        )

    @override
    def transfer(self, handle: int, payload: bytes, *, settled: bool) -> int:
        """Send a delivery in as many frames as the peer's limit needs; its number.

        What was accepted before is told before: a reply never overtakes its request's disposition.
        """
        self.flush_accepted()
        number, limit = self._next_delivery_id, self._output.peer_frame_bytes
        data = encode_transfer(self.channel, handle, number, payload, limit, settled=settled)
        frames = max(1, -(-len(payload) // (limit - TRANSFER_BYTES)))
        self._next_delivery_id = (number + 1) % WRAP
        self._next_outgoing_id = (self._next_outgoing_id + frames) % WRAP
        self.window -= frames
        self._output.write(data, frames)
        return number

    @override
    def settle(self, first: Transfer, state: Accepted | Rejected) -> None:
        """Tell the sender how a delivery ended; neighbours that were accepted go together."""
        if first.settled or first.delivery_id is None:
            return

        number = first.delivery_id

        if isinstance(state, Rejected):
            self.send(_disposition(number, number, state))
        elif self._accepted and self._accepted[1] + 1 == number:
            self._accepted = (self._accepted[0], number)
        else:
            self.flush_accepted()
            self._accepted = (number, number)
            self._output.before_output(self.flush_accepted)

    @override
    def before_output(self, speak: Callable[[], None]) -> None:
        """Call `speak` before the next output."""
        self._output.before_output(speak)

    def flush_accepted(self) -> None:
        """Send the disposition of what was accepted."""
        if self._accepted:
            first, last = self._accepted
            self._accepted = None
            self._output.send(self.channel, _disposition(first, last, Accepted()))

    def attach(self, link: Link, attach: Attach) -> None:
        """Ask the peer for a link of ours."""
        self._asked[link.name] = link
        self.send(attach)

    def accept(self, link: Link, asked: Attach, reply: Attach) -> None:
        """Answer the peer's attach with a link of ours, which takes the peer's handle."""
        self.links[asked.handle] = link
        self.send(reply)
        link.attached(asked)

    def refuse(self, asked: Attach, error: Error | None) -> None:
        """Answer the peer's attach with one that leads nowhere, and say why."""
        self.send(
            asked._replace(
                is_receiver=not asked.is_receiver,
                source=None,
                target=None,
                initial_delivery_count=0 if asked.is_receiver else None,
                desired_capabilities=(),
                properties=None,
            )
        )
        self.send(Detach(asked.handle, closed=True, error=error))

    def close(self) -> None:
        """The session or its connection ended."""
        for link in (*self.links.values(), *self._asked.values()):
            link.close()

        self.links.clear()
        self._asked.clear()

    def handle(self, body: Performative) -> Event:
        """Take a frame of this session.

        Raises:
            FrameError: It goes beyond what we announced.
        """
        handler = _HANDLERS.get(type(body))
        return handler(self, body) if handler else Noted(is_progress=False)

    def _ended(self, end: End) -> Event:
        return self._end(None, told=end.error)

    def _end(self, error: Error | None, told: Error | None) -> Event:
        """Answer the peer's end, or end the session for an error."""
        self.close()
        self.send(End(error))
        return Ended(self, told)

    def _open_link(self, handle: int) -> Link | None:
        """The peer may still send on a link that is over here."""
        link = self.links.get(handle)
        return link if link and link.is_open else None

    def _transferred(self, transfer: Transfer) -> Event:
        self._next_incoming_id = (self._next_incoming_id + 1) % WRAP
        self._window_left -= 1

        if self._window_left <= self._limits.window // 2:
            self.flow()

        link = self._open_link(transfer.handle)
        return (
            link.receive(transfer) if isinstance(link, ReceivingLink) else Noted(is_progress=False)
        )

    def _flowed(self, flow: Flow) -> Event:
        in_flight = (self._next_outgoing_id - (flow.next_incoming_id or 0)) % WRAP
        self.window = max(flow.incoming_window - in_flight, 0)

        if flow.handle is None:
            return Flowed(self, None, flow)

        link = self._open_link(flow.handle)

        if link is None:
            return Noted(is_progress=False)

        link.flowed(flow)
        return Flowed(self, link, flow)

    def _disposed(self, disposition: Disposition) -> Event:
        tags = [
            tag
            for link in self.links.values()
            if disposition.is_receiver and isinstance(link, SendingLink)
            for tag in link.settle(disposition)
        ]
        return Settled(tags, disposition.state) if tags else Noted(is_progress=False)

    def _attached(self, attach: Attach) -> Event:
        if attach.handle > self._limits.handle_max:
            highest = self._limits.handle_max
            raise FrameError(f"the handle {attach.handle} is beyond the {highest} announced")

        link = self._asked.get(attach.name)

        if self._open_link(attach.handle) or link in self.links.values():
            error = Error(HANDLE_IN_USE, f"The handle {attach.handle} is in use.")
            return self._end(error, told=error)

        if link is None:
            kind = SendingLink if attach.is_receiver else ReceivingLink
            return AttachAsked(self, kind(self, attach.name, attach.handle), attach)

        self.links[attach.handle] = link

        if attach.source is not None and attach.target is not None:
            link.attached(attach)

        return Attached(link, attach)

    def _detached(self, detach: Detach) -> Event:
        link = self.links.pop(detach.handle, None)

        if link is not None:
            self._asked.pop(link.name, None)

        if link is None or not link.is_open:
            return Noted(is_progress=False)

        link.close()
        self.send(Detach(link.handle, detach.closed))
        return Ended(link, detach.error)


class SignInAsked(NamedTuple):
    """The peer signs in: answer it."""

    init: SaslInit


class Begun(NamedTuple):
    """A session may be used."""

    session: Session


class AttachAsked(NamedTuple):
    """The peer asks for a link: accept it with ours, or refuse it."""

    session: Session
    link: Link
    attach: Attach


class Flowed(NamedTuple):
    """The peer gave credit on a link, or room in the session's window (`link` None)."""

    session: Session
    link: Link | None
    flow: Flow


class Ended(NamedTuple):
    """A link or a session is over, or the connection (None), where the peer closed it."""

    what: Link | Session | None
    error: Error | None


Event = (
    SignInAsked
    | Begun
    | AttachAsked
    | Attached
    | Flowed
    | Delivered
    | Oversized
    | Settled
    | Ended
    | Noted
)


_HANDLERS: dict[type, Callable[[Session, Any], Event]] = {
    Transfer: Session._transferred,  # noqa: SLF001 - this is its own table
    Flow: Session._flowed,  # noqa: SLF001
    Disposition: Session._disposed,  # noqa: SLF001
    Attach: Session._attached,  # noqa: SLF001
    Detach: Session._detached,  # noqa: SLF001
    End: Session._ended,  # noqa: SLF001
}


def _disposition(first: int, last: int, state: Accepted | Rejected) -> Disposition:
    return Disposition(is_receiver=True, first=first, last=last, settled=True, state=state)
