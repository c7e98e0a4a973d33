"""What all links share: their handle, the answer to attach, flow and detach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors
from ehtui.wire.amqp.performatives import Attach, Detach, Disposition, Error, Flow, Transfer

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.channel import Channel
    from ehtui.sandbox.eventhubs.errors import ServiceError

OFFERED = ("com.microsoft:georeplication", "com.microsoft:enable-receiver-runtime-metric")
# Credit is told again after so many deliveries, or two thirds of it, if that is fewer: as
# Microsoft's own library does (`AmqpLinkSettings.FlowThreshold` in github.com/Azure/azure-amqp).
TOLD_AFTER = 100


class Link:
    """The endpoint's end of a link. Its handle is the client's: both sides may choose alike."""

    idles_out = True

    def __init__(self, session: Channel, attach: Attach) -> None:
        self.session = session
        # Whatever else it brought may be large, and is read while it is opened.
        self.attach = attach._replace(unsettled=None, properties=None)
        self.handle = attach.handle
        self.is_open = True
        self.active_at = session.now

    def attach_reply(self) -> Attach:
        """Our attach: the client's own, seen from the other side."""
        wanted = self.attach.desired_capabilities
        return self.attach._replace(
            is_receiver=not self.attach.is_receiver,
            initial_delivery_count=0 if self.attach.is_receiver else None,
            max_message_bytes=self.session.broker.namespace.max_message_bytes,
            offered_capabilities=tuple(name for name in wanted if name in OFFERED),
            desired_capabilities=(),
        )

    def opened(self) -> None:
        """Our attach was sent."""

    def flowed(self, flow: Flow) -> None:
        """The client sent a flow for this link."""

    def received(self, transfer: Transfer) -> None:
        """The client sent a frame of a delivery."""

    def settled(self, disposition: Disposition) -> None:
        """The client settled deliveries; every delivery is sent settled, so nothing waits."""

    def wake(self) -> None:
        """There may be room to send again."""

    def closed(self) -> None:
        """The link is gone; let go of what it holds."""

    def check(self, now: float) -> None:
        """Look at what time alone can end."""

    def detach(self, error: ServiceError | None = None) -> None:
        """End the link from our side."""
        if self.is_open:
            self.session.send(
                Detach(self.handle, closed=True, error=self.session.wire_error(error))
            )
            self.end()

    def end(self) -> None:
        """It is open no more, whoever ended it."""
        self.is_open = False
        self.session.broker.links -= 1
        self.closed()

    def wire_error(self, error: ServiceError) -> Error | None:
        """An error as it goes over the wire."""
        return self.session.wire_error(error)


class ReceivingLink(Link):
    """A link that the client sends on: puts frames together and grants credit."""

    credit = 1000

    def __init__(self, session: Channel, attach: Attach) -> None:
        super().__init__(session, attach)
        self._delivery_count = attach.initial_delivery_count or 0
        self._untold = 0  # settled since the client last heard of its credit
        self._parts: list[bytes] = []
        self._held_bytes = 0  # in those
        self._first: Transfer | None = None

    @property
    def most_bytes(self) -> int:
        """The largest delivery that is taken."""
        return self.session.broker.namespace.max_message_bytes

    @override
    def opened(self) -> None:
        self._grant()

    @override
    def received(self, transfer: Transfer) -> None:
        self.active_at = self.session.now
        first = self._first = self._first or transfer
        size = self._held_bytes + len(transfer.payload)

        if refusal := self._refusal(first, size):
            self.detach(refusal)
            return

        if transfer.more and not transfer.aborted:
            self._hold(transfer.payload)
            return

        payload = b"".join((*self._parts, transfer.payload))
        self._let_go()
        self._delivery_count += 1
        self._untold += 1

        if not transfer.aborted:
            self.delivered(first, payload)

        if self.is_open and self._untold >= min(self.credit * 2 // 3, TOLD_AFTER):
            self._grant()

    def _refusal(self, first: Transfer, size: int) -> ServiceError | None:
        broker = self.session.broker
        tracker = broker.namespace.name

        if size > self.most_bytes:
            number = first.delivery_id or 0
            return errors.message_too_large(number, size, self.most_bytes, tracker)

        if not broker.has_room(size - self._held_bytes):
            return errors.no_room("half deliveries", tracker)

        return None

    def _hold(self, piece: bytes) -> None:
        if piece:
            self._parts.append(piece)
            self._held_bytes += len(piece)
            self.session.broker.held_bytes += len(piece)

    def _let_go(self) -> None:
        self.session.broker.held_bytes -= self._held_bytes
        self._first, self._parts, self._held_bytes = None, [], 0

    @override
    def closed(self) -> None:
        self._let_go()

    def delivered(self, first: Transfer, payload: bytes) -> None:
        """A whole delivery arrived; `first` is its first frame."""
        raise NotImplementedError

    @override
    def flowed(self, flow: Flow) -> None:
        self.active_at = self.session.now

        if flow.echo:
            self._grant()

    def _grant(self) -> None:
        self._untold = 0
        self.session.flow(self.handle, self._delivery_count, self.credit)


class SendingLink(Link):
    """A link that the client receives on: counts its credit and answers drain."""

    def __init__(self, session: Channel, attach: Attach) -> None:
        super().__init__(session, attach)
        self.credit = 0
        self._delivery_count = 0

    @override
    def flowed(self, flow: Flow) -> None:
        self.active_at = self.session.now

        if flow.link_credit is not None:
            seen = flow.delivery_count or 0
            self.credit = max(seen + flow.link_credit - self._delivery_count, 0)

        self.wake()

        if flow.drain and self.credit:
            self._delivery_count += self.credit
            self.credit = 0
            self.session.flow(self.handle, self._delivery_count, 0, drain=True)
        elif flow.echo:
            self.session.flow(self.handle, self._delivery_count, self.credit)

    def deliver(self, payload: bytes) -> None:
        """Send one settled message; there must be credit."""
        self.credit -= 1
        self._delivery_count += 1
        self.session.transfer(self.handle, payload)
