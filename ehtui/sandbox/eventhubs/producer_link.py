"""A link that a producer sends events on: to a hub, a partition or as a publisher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.sandbox.eventhubs.events import parse_delivery
from ehtui.sandbox.eventhubs.link import ReceivingLink
from ehtui.wire.amqp.performatives import Accepted, Attach, Error, Rejected, Transfer

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.addresses import Address
    from ehtui.sandbox.eventhubs.channel import Channel
    from ehtui.sandbox.eventhubs.events import Incoming
    from ehtui.sandbox.eventhubs.namespace import Hub
    from ehtui.sandbox.eventhubs.partition_log import PartitionLog


_LONGEST_KEY = 512  # bytes: 128 characters of any script


class ProducerLink(ReceivingLink):
    """Appends what arrives to the partition of the address, of the key, or the next in turn."""

    def __init__(
        self,
        session: Channel,
        attach: Attach,
        address: Address,
        hub: Hub,
        log: PartitionLog | None,
    ) -> None:
        super().__init__(session, attach)
        self._address = address
        self._hub = hub
        self._log = log
        self._tracker = address.tracker(session.broker.namespace.name)

    @override
    def delivered(self, first: Transfer, payload: bytes) -> None:
        broker = self.session.broker

        if broker.faults.is_busy:
            busy = errors.server_busy(self._tracker)
            self.session.settle(first, Rejected(self.wire_error(busy)))
            return

        try:
            events = parse_delivery(payload, first.message_format)
            self._append(events)
        except ServiceError as error:
            self.session.settle(first, Rejected(self.wire_error(error)))
            return
        except ValueError as error:
            self.session.settle(first, Rejected(Error(errors.DECODE, str(error))))
            return

        broker.statistics.events_in += len(events)
        self.session.settle(first, Accepted())

    def _append(self, events: list[Incoming]) -> None:
        key = next((event.key for event in events if event.key is not None), None)

        if key is not None and len(key) > _LONGEST_KEY:
            raise errors.key_too_long(len(key), _LONGEST_KEY, self._tracker)

        log = self._log or self._hub.choose(key)
        log.append(events, self.session.now, self._address.publisher or "")

    @override
    def check(self, now: float) -> None:
        namespace = self.session.broker.namespace

        if self._hub.is_deleted:
            resource = self._address.resource(namespace.name)
            self.detach(errors.entity_deleted(resource, self._tracker))
        elif not self.session.connection.allows(self._address.path, "Send"):
            resource = self._address.resource(namespace.name)
            self.detach(errors.token_expired(resource, self._tracker))
