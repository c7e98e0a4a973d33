"""A session: its windows, its links, and which link an attach asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.addresses import CBS, MANAGEMENT, Address, parse_address, path_of
from ehtui.sandbox.eventhubs.consumer_link import ConsumerLink
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.sandbox.eventhubs.nodes import RequestLink, ResponseLink
from ehtui.sandbox.eventhubs.producer_link import ProducerLink
from ehtui.wire.amqp.frames import TRANSFER_BYTES, encode_transfer
from ehtui.wire.amqp.performatives import (
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
    Transfer,
)

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.broker import Broker
    from ehtui.sandbox.eventhubs.channel import Peer
    from ehtui.sandbox.eventhubs.link import Link
    from ehtui.sandbox.eventhubs.namespace import Hub
    from ehtui.sandbox.eventhubs.partition_log import PartitionLog

_WINDOW = 5000
_HANDLE_MAX = 255
_UINT_MAX = 2**32 - 1


class Session:
    """One channel of a connection. Its outgoing channel number is the client's."""

    def __init__(self, connection: Peer, channel: int, begin: Begin) -> None:
        self.connection = connection
        self.channel = channel
        self.window = begin.incoming_window  # transfer frames that the client still takes
        self._next_incoming_id = begin.next_outgoing_id
        self._window_left = _WINDOW
        self._next_outgoing_id = 0
        self._next_delivery_id = 0
        self._links: dict[int, Link] = {}
        self._accepted: tuple[int, int] | None = None  # first and last not yet told
        self.broker.sessions += 1
        self.send(Begin(channel, 0, _WINDOW, _WINDOW, _HANDLE_MAX))

    @property
    def broker(self) -> Broker:
        """What all connections share."""
        return self.connection.broker

    @property
    def now(self) -> float:
        """The namespace's time."""
        return self.connection.broker.namespace.clock()

    @property
    def has_window(self) -> bool:
        """Whether a transfer may be sent now."""
        return self.window > 0 and self.connection.is_writable

    @property
    def links(self) -> tuple[Link, ...]:
        """The open links."""
        return tuple(link for link in self._links.values() if link.is_open)

    def handle(self, body: Performative) -> None:
        """Take a frame of this channel."""
        if isinstance(body, Transfer):
            self._transferred(body)
        elif isinstance(body, Flow):
            self._flowed(body)
        elif isinstance(body, Attach):
            self._attach(body)
        elif isinstance(body, Detach):
            self._detached(body)
        elif isinstance(body, Disposition):
            pass  # everything is sent settled

    def send(self, body: Performative) -> None:
        """Send a frame on this channel, after what was accepted before it."""
        self.flush_accepted()
        self.connection.send(self.channel, body)

    def flow(
        self,
        handle: int | None,
        delivery_count: int | None,
        credit: int | None,
        *,
        drain: bool = False,
    ) -> None:
        """Send a flow for a link, or for the session alone."""
        self._window_left = _WINDOW
        self.send(
            Flow(
                next_incoming_id=self._next_incoming_id,
                incoming_window=_WINDOW,
                next_outgoing_id=self._next_outgoing_id,
                outgoing_window=_WINDOW,
                handle=handle,
                delivery_count=delivery_count,
                link_credit=credit,
                drain=drain,
            )
        )

    def transfer(self, handle: int, payload: bytes) -> None:
        """Send a settled delivery."""
        limit = self.connection.peer_frame_bytes
        data = encode_transfer(self.channel, handle, self._next_delivery_id, payload, limit)
        frames = max(1, -(-len(payload) // (limit - TRANSFER_BYTES)))
        self._next_delivery_id = (self._next_delivery_id + 1) & _UINT_MAX
        self._next_outgoing_id = (self._next_outgoing_id + frames) & _UINT_MAX
        self.window -= frames
        self.connection.write(data, frames)

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
            self.connection.before_flush(self)

    def flush_accepted(self) -> None:
        """Send the disposition of what was accepted."""
        if self._accepted:
            first, last = self._accepted
            self._accepted = None
            self.connection.send(self.channel, _disposition(first, last, Accepted()))

    def wire_error(self, error: ServiceError | None) -> Error | None:
        """An error as it goes over the wire."""
        return Error(error.condition, error.worded(self.now)) if error else None

    def response_link(self, node: str, reply_to: str | None) -> ResponseLink | None:
        """The link on which the client awaits replies of `node`."""
        found = [e for e in self.links if isinstance(e, ResponseLink) and e.node == node]
        return next((e for e in found if e.answers_to(reply_to)), found[-1] if found else None)

    def wake(self) -> None:
        """There is room to send again."""
        for link in self.links:
            link.wake()

    def check(self, now: float) -> None:
        """Detach links whose time is over."""
        limit = self.broker.timeouts.idle_link_s

        for link in self.links:
            link.check(now)

            if link.is_open and link.idles_out and now - link.active_at > limit:
                link.detach(errors.link_idle(limit, self.broker.namespace.name))

    def close(self) -> None:
        """The session or its connection ended."""
        for link in self.links:
            link.end()

        self._links.clear()
        self.broker.sessions -= 1

    def end(self, error: Error | None = None) -> None:
        """Answer the client's end, or end the session for an error."""
        self.close()
        self.send(End(error))

    def _transferred(self, transfer: Transfer) -> None:
        self._next_incoming_id = (self._next_incoming_id + 1) & _UINT_MAX
        self._window_left -= 1
        link = self._links.get(transfer.handle)

        if link and link.is_open:
            link.received(transfer)

        if self._window_left <= _WINDOW // 2:
            self.flow(None, None, None)

    def _flowed(self, flow: Flow) -> None:
        start = flow.next_incoming_id or 0
        window = (start + flow.incoming_window - self._next_outgoing_id) & _UINT_MAX
        self.window = window if window <= _UINT_MAX // 2 else 0  # beyond: we are ahead of it
        link = None if flow.handle is None else self._links.get(flow.handle)

        if link and link.is_open:
            link.flowed(flow)
        elif flow.handle is None:
            self.wake()

    def _attach(self, attach: Attach) -> None:
        if attach.handle > _HANDLE_MAX:
            raise FrameError(f"the handle {attach.handle} is beyond the {_HANDLE_MAX} announced")

        present = self._links.get(attach.handle)

        if present and present.is_open:
            text = f"The handle {attach.handle} is in use."
            self.connection.end_session(self.channel, Error(errors.HANDLE_IN_USE, text))
            return

        try:
            link = self._open(attach)
        except ServiceError as error:
            refusal = attach._replace(
                is_receiver=not attach.is_receiver,
                source=None,
                target=None,
                initial_delivery_count=0 if attach.is_receiver else None,
                desired_capabilities=(),
                properties=None,
            )
            self.send(refusal)
            self.send(Detach(attach.handle, closed=True, error=self.wire_error(error)))
            return

        self.broker.statistics.links_attached += 1
        self.broker.links += 1
        self._links[attach.handle] = link
        self.send(link.attach_reply())
        link.opened()

    def _detached(self, detach: Detach) -> None:
        link = self._links.pop(detach.handle, None)

        if link and link.is_open:
            link.end()
            self.send(Detach(detach.handle, detach.closed))

    def _open(self, attach: Attach) -> Link:
        if self.broker.links >= self.broker.limits.links:
            raise errors.no_room("links", self.broker.namespace.name)

        terminus = attach.source if attach.is_receiver else attach.target
        text = (terminus.address if terminus else None) or ""
        node = path_of(text).rsplit("/", 1)[-1].lower()

        if node in (CBS, MANAGEMENT):
            return (ResponseLink if attach.is_receiver else RequestLink)(self, attach, node)

        address, hub, log = self._resolve(text, reads=attach.is_receiver)

        if attach.is_receiver and log:
            return ConsumerLink(self, attach, address, hub, log)

        return ProducerLink(self, attach, address, hub, log)

    def _resolve(self, text: str, *, reads: bool) -> tuple[Address, Hub, PartitionLog | None]:
        """What an address names; the partition is None for senders to a hub alone."""
        namespace = self.broker.namespace

        try:
            address = parse_address(text)
        except ValueError:
            resource = f"sb://{namespace.name}/{path_of(text)}"
            raise errors.entity_not_found(resource, namespace.name) from None

        hub = namespace.find(address.hub)
        tracker, resource = address.tracker(namespace.name), address.resource(namespace.name)

        if self.broker.faults.is_busy:
            raise errors.server_busy(tracker)

        if hub is None or (reads and not (address.group and hub.has_group(address.group))):
            raise errors.entity_not_found(resource, tracker)

        right = "Listen" if reads else "Send"

        if not self.connection.allows(address.path, right):
            raise errors.claim_required(right, resource, tracker)

        log = hub.partition(address.partition or "")

        if log is None and (reads or address.partition is not None):
            raise errors.invalid_partition(len(hub.partitions), tracker)

        return address, hub, log


def _disposition(first: int, last: int, state: Accepted | Rejected) -> Disposition:
    return Disposition(is_receiver=True, first=first, last=last, settled=True, state=state)
