"""Links of consumers and producers, and what they do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.addresses import (
    EARLIEST,
    FILTER,
    Address,
    By,
    Position,
    parse_selector,
)
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.sandbox.eventhubs.events import Incoming, StoredEvent, parse_delivery, runtime_metrics
from ehtui.sandbox.eventhubs.namespace import NO_NAME, Hub, Receiver
from ehtui.wire.amqp.performatives import Accepted, Attach, Error, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.sandbox.eventhubs.broker import Broker
    from ehtui.sandbox.eventhubs.partition_log import PartitionLog
    from ehtui.sandbox.eventhubs.signing_in import Claims
    from ehtui.wire.amqp.links import Delivered, Link, Oversized, ReceivingLink, SendingLink

# Credit is told again after so many deliveries, or two thirds of it, if that is fewer: as
# Microsoft's own library does (`AmqpLinkSettings.FlowThreshold` in github.com/Azure/azure-amqp).
TOLD_AFTER = 100
_CREDIT = 1000
_METRICS = "com.microsoft:enable-receiver-runtime-metric"
_OFFERED = ("com.microsoft:georeplication", _METRICS)
_SETTLED = 1
_LEVEL = "com.microsoft:epoch"
_NAME = "com.microsoft:receiver-name"
_NAME_LENGTH = 256
_TURN = 256  # events before other connections get their turn
_LONGEST_KEY = 512  # bytes: 128 characters of any script


class Peer(Protocol):
    """A client's connection, as its links know it."""

    broker: Broker
    claims: Claims

    @property
    def client(self) -> str:
        """What it calls itself."""

    @property
    def is_writable(self) -> bool:
        """Whether events may be sent."""

    def users(self) -> Iterable[LinkUser]:
        """What its open links lead to."""


class LinkUser:
    """What a link leads to. Its handle is the client's: both sides may choose alike."""

    idles_out = True
    entity = "Publisher"  # what the service calls it

    def __init__(self, peer: Peer, link: Link) -> None:
        self.peer = peer
        self.broker = peer.broker
        self.link = link
        self.active_at = self.broker.now
        link.user = self
        link.on_close = self._closed

    def reply_to(self, attach: Attach) -> Attach:
        """Our attach: the client's own, seen from the other side.

        Its properties stand in it again: Python's 5.11.0 does not attach without any.
        """
        return attach._replace(
            is_receiver=not attach.is_receiver,
            initial_delivery_count=0 if attach.is_receiver else None,
            max_message_bytes=self.most_bytes,
            offered_capabilities=tuple(n for n in attach.desired_capabilities if n in _OFFERED),
            desired_capabilities=(),
        )

    @property
    def most_bytes(self) -> int:
        """The largest message, as it is announced."""
        return self.broker.namespace.max_message_bytes

    def delivered(self, delivery: Delivered) -> None:
        """A whole delivery arrived."""

    def wake(self) -> None:
        """There may be room to send again."""

    def check(self, now: float) -> None:
        """Look at what time alone can end."""
        limit_s = self.broker.timeouts.idle_link_s

        if self.idles_out and now - self.active_at > limit_s:
            hours, rest = divmod(int(limit_s), 3600)
            span = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
            facts = {"link": self.link.name, "entity": self.entity, "span": span}
            self.detach(errors.link_idle(self.broker.namespace.name, **facts))

    def closed(self) -> None:
        """The link is gone; let go of what it holds."""

    def detach(self, error: ServiceError) -> None:
        """End the link from our side."""
        self.link.detach(self.broker.told(error))

    def oversized(self, delivery: Oversized) -> None:
        """A delivery was larger than it may be, or than there is room for."""
        tracker = self.broker.namespace.name

        if not delivery.is_too_large:
            self.detach(errors.no_room(tracker, what="half deliveries"))
            return

        number, limit = delivery.first.delivery_id or 0, delivery.link.most_bytes
        size = delivery.size_bytes
        error = errors.message_too_large(tracker, delivery=number, size=size, limit=limit)
        self.settle(delivery, error)

    def settle(
        self, delivery: Delivered | Oversized, error: ServiceError | ValueError | None = None
    ) -> None:
        """Tell the sender how a delivery ended."""
        if isinstance(error, ServiceError):
            state: Accepted | Rejected = Rejected(self.broker.told(error))
        else:
            state = Rejected(Error(errors.DECODE, str(error))) if error else Accepted()

        self.link.session.settle(delivery.first, state)

    def _closed(self) -> None:
        self.broker.links -= 1
        self.closed()


class Entity(LinkUser):
    """A link to a hub, or a partition of it, for as long as it exists and the client may."""

    right = "Send"

    def __init__(self, peer: Peer, link: Link, address: Address, hub: Hub) -> None:
        super().__init__(peer, link)
        self._address = address
        self._hub = hub
        self._resource = address.resource(self.broker.namespace.name)
        self._tracker = address.tracker(self.broker.namespace.name)

    @override
    def check(self, now: float) -> None:
        group = self._address.group

        if self._hub.is_deleted or not (group is None or self._hub.has_group(group)):
            self.detach(errors.entity_deleted(self._tracker, resource=self._resource))
        elif not self.peer.claims.allow(self._address.path, self.right):
            facts = {"claim": self.right, "resource": self._resource}
            self.detach(errors.token_expired(self._tracker, **facts))
        else:
            super().check(now)


class Consumer(Entity):
    """Sends a partition's events from a position on, as credit and windows allow."""

    link: SendingLink
    right = "Listen"
    entity = "Consumer"

    def __init__(
        self,
        peer: Peer,
        link: Link,
        attach: Attach,
        address: Address,
        hub: Hub,
        log: PartitionLog,
    ) -> None:
        super().__init__(peer, link, address, hub)
        self._log = log
        self._tracks_metrics = _METRICS in attach.desired_capabilities
        self._next = self._start(attach)
        self._is_scheduled = False
        given: dict[str, Any] = dict(attach.properties or {})
        name, level = given.get(_NAME), given.get(_LEVEL)
        self._receiver = Receiver(
            group=address.group or "",
            partition=log.id,
            name=(name if isinstance(name, str) and name else NO_NAME)[:_NAME_LENGTH],
            level=level if isinstance(level, int) else None,
            tracker=self._tracker,
            disconnect=self.detach,
        )
        hub.receivers.admit(self._receiver)
        self._reading = self.broker.namespace.began(
            hub, self._receiver, log, self._next, client=peer.client
        )
        log.listeners.add(self._schedule)

    @override
    def reply_to(self, attach: Attach) -> Attach:
        return super().reply_to(attach)._replace(sender_settles=_SETTLED)

    @property
    def _can_send(self) -> bool:
        return self.link.can_send and self.peer.is_writable

    @override
    def wake(self) -> None:
        link = self.link

        while link.is_open and self._can_send:
            most = min(link.credit, link.session.window, _TURN)
            events = self._log.read(self._next, most)

            if not events:
                return

            self._send(events)

            if len(events) == _TURN and self._can_send:
                self._schedule()
                return

    @override
    def closed(self) -> None:
        self._hub.receivers.leave(self._receiver)
        self._reading.ended_at = self.broker.now
        self._log.listeners.discard(self._schedule)

    @override
    def check(self, now: float) -> None:
        if self.link.credit:  # a consumer that asks for events is not idle
            self.active_at = now

        super().check(now)

    def _send(self, events: list[StoredEvent]) -> None:
        """As many of them as there is room for: they are large or small."""
        now_ms = int(self.broker.now * 1000)
        metrics = runtime_metrics(self._log.last, now_ms) if self._tracks_metrics else b""
        self.active_at = self.broker.now

        for event in events:
            self._next = event.sequence + 1
            self.broker.statistics.events_out += 1
            self._reading.sent(event.sequence)
            self.link.send(event.header + metrics + event.rest)

            if not self._can_send:
                return

    def _schedule(self) -> None:
        """Something was appended or deleted: look at it once the loop is free."""
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_scheduled = False

        if self.link.is_open:
            self.check(self.broker.now)
            self.wake()

    def _start(self, attach: Attach) -> int:
        filters = (attach.source.filters if attach.source else None) or {}
        text = filters.get(FILTER)

        try:
            position = EARLIEST if text is None else parse_selector(text)
        except ValueError:
            raise errors.invalid_filter(self._tracker, filter=text) from None

        self._check_position(position)
        return self._log.start(position)

    def _check_position(self, position: Position) -> None:
        last = {By.OFFSET: self._log.last_offset, By.SEQUENCE: self._log.last_sequence}.get(
            position.by
        )

        if position.value is not None and last is not None and position.value > last:
            raise errors.invalid_position(
                self._tracker, what=position.by, given=position.value, last=last
            )


class Producer(Entity):
    """Appends what arrives to the partition of the address, of the key, or the next in turn."""

    link: ReceivingLink

    def __init__(
        self,
        peer: Peer,
        link: Link,
        attach: Attach,
        address: Address,
        hub: Hub,
        log: PartitionLog | None,
    ) -> None:
        super().__init__(peer, link, address, hub)
        most_bytes = peer.broker.namespace.max_message_bytes
        self.link.set_up(
            credit=_CREDIT, tell_after=TOLD_AFTER, most_bytes=most_bytes, room=peer.broker
        )
        self._log = log
        self._publishing = log.publishers.admit(attach, self.detach, self._tracker) if log else None

    @override
    def reply_to(self, attach: Attach) -> Attach:
        reply = super().reply_to(attach)
        return self._publishing.answer(reply) if self._publishing else reply

    @override
    def closed(self) -> None:
        if self._publishing:
            self._publishing.left(self.detach)

    @override
    def delivered(self, delivery: Delivered) -> None:
        try:
            if self.broker.faults.is_busy:
                raise errors.server_busy(self._tracker)

            events = parse_delivery(delivery.payload, delivery.first.message_format)
            self._append(events)
        except (ServiceError, ValueError) as error:
            self.settle(delivery, error)
            return

        self.broker.statistics.events_in += len(events)
        self.settle(delivery)

    def _append(self, events: list[Incoming]) -> None:
        key = next((event.key for event in events if event.key is not None), None)

        if key is not None and len(key) > _LONGEST_KEY:
            raise errors.key_too_long(self._tracker, length=len(key), limit=_LONGEST_KEY)

        if self._publishing and not self._publishing.takes(events, self._tracker):
            return

        log = self._log or self._hub.choose(key)
        log.append(events, self.broker.now, self._address.publisher or "")
