"""A link that a consumer reads a partition on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.events import StoredEvent, runtime_metrics
from ehtui.sandbox.eventhubs.link import SendingLink
from ehtui.sandbox.eventhubs.positions import EARLIEST, FILTER, By, Position, parse_selector
from ehtui.sandbox.eventhubs.receivers import NO_NAME, Receiver

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.addresses import Address
    from ehtui.sandbox.eventhubs.channel import Channel
    from ehtui.sandbox.eventhubs.namespace import Hub
    from ehtui.sandbox.eventhubs.partition_log import PartitionLog
    from ehtui.wire.amqp.performatives import Attach

_LEVEL = "com.microsoft:epoch"
_NAME = "com.microsoft:receiver-name"
_METRICS = "com.microsoft:enable-receiver-runtime-metric"
_NAME_LENGTH = 256
_TURN = 256  # events before other connections get their turn


class ConsumerLink(SendingLink):
    """Sends a partition's events from a position on, as credit and windows allow."""

    def __init__(
        self, session: Channel, attach: Attach, address: Address, hub: Hub, log: PartitionLog
    ) -> None:
        super().__init__(session, attach)
        self._address = address
        self._hub = hub
        self._log = log
        self._tracker = address.tracker(session.broker.namespace.name)
        self._tracks_metrics = _METRICS in attach.desired_capabilities
        self._next = self._start(attach)
        self._is_scheduled = False
        self._receiver = Receiver(
            group=address.group or "",
            partition=log.id,
            name=(_text(_property(attach, _NAME)) or NO_NAME)[:_NAME_LENGTH],
            level=_level(_property(attach, _LEVEL)),
            tracker=self._tracker,
            disconnect=self.detach,
        )
        hub.receivers.admit(self._receiver)
        log.subscribe(self._schedule)

    @override
    def wake(self) -> None:
        session = self.session

        while self.is_open and self.credit and session.has_window:
            events = self._log.read(self._next, min(self.credit, session.window, _TURN))

            if not events:
                return

            self._send(events)

            if len(events) == _TURN and session.has_window:
                self._schedule()
                return

    @override
    def closed(self) -> None:
        self._hub.receivers.leave(self._receiver)
        self._log.unsubscribe(self._schedule)

    @override
    def check(self, now: float) -> None:
        if self.credit:  # a consumer that asks for events is not idle
            self.active_at = now

        if not self.session.connection.allows(self._address.path, "Listen"):
            self.detach(errors.token_expired(self._resource, self._tracker))

    def _send(self, events: list[StoredEvent]) -> None:
        """As many of them as there is room for: they are large or small."""
        session = self.session
        now_ms = int(session.now * 1000)
        metrics = runtime_metrics(self._log.last, now_ms) if self._tracks_metrics else b""
        self.active_at = session.now

        for event in events:
            self._next = event.sequence + 1
            session.broker.statistics.events_out += 1
            self.deliver(event.header + metrics + event.rest)

            if not session.has_window:
                return

    def _schedule(self) -> None:
        """Something was appended or deleted: look at it once the loop is free."""
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._is_scheduled = False

        if not self.is_open:
            return

        if self._hub.is_deleted or not self._hub.has_group(self._address.group or ""):
            self.detach(errors.entity_deleted(self._resource, self._tracker))
        else:
            self.wake()

    @property
    def _resource(self) -> str:
        return self._address.resource(self.session.broker.namespace.name)

    def _start(self, attach: Attach) -> int:
        filters = (attach.source.filters if attach.source else None) or {}
        text = filters.get(FILTER)

        try:
            position = EARLIEST if text is None else parse_selector(text)
        except ValueError:
            raise errors.invalid_filter(text or "", self._tracker) from None

        self._check_position(position)
        return self._log.start(position)

    def _check_position(self, position: Position) -> None:
        last = {By.OFFSET: self._log.last_offset, By.SEQUENCE: self._log.last_sequence}.get(
            position.by
        )

        if position.value is not None and last is not None and position.value > last:
            raise errors.invalid_position(position.by, position.value, last, self._tracker)


def _property(attach: Attach, name: str) -> object:
    return (attach.properties or {}).get(name)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _level(value: object) -> int | None:
    return value if isinstance(value, int) else None
