"""A link that a producer sends events on: to a hub, a partition or as a publisher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.events import parse_delivery
from ehtui.sandbox.eventhubs.link import ReceivingLink
from ehtui.wire.pyamqp.performatives import Accepted, Attach, Error, Rejected, Transfer

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.addresses import Address
    from ehtui.sandbox.eventhubs.events import Incoming
    from ehtui.sandbox.eventhubs.namespace import Hub
    from ehtui.sandbox.eventhubs.partition_log import PartitionLog
    from ehtui.sandbox.eventhubs.session import Session


class ProducerLink(ReceivingLink):
    """Appends what arrives to the partition of the address, of the key, or the next in turn."""

    def __init__(
        self,
        session: Session,
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
        self._size = 0

    @override
    def received(self, transfer: Transfer) -> None:
        limit = self.session.broker.namespace.max_message_bytes
        self._size += len(transfer.payload)

        if self._size > limit:
            self.detach(
                errors.message_too_large(
                    transfer.delivery_id or 0, self._size, limit, self._tracker
                )
            )
            return

        if not transfer.more:
            self._size = 0

        super().received(transfer)

    @override
    def delivered(self, first: Transfer, payload: bytes) -> None:
        broker = self.session.broker

        if broker.faults.is_busy:
            busy = errors.server_busy(self._tracker)
            self.session.settle(first, Rejected(self.wire_error(busy)))
            return

        try:
            events = parse_delivery(payload, first.message_format)
        except ValueError as error:
            self.session.settle(first, Rejected(Error(errors.DECODE, str(error))))
            return

        self._append(events)
        broker.statistics.events_in += len(events)
        self.session.settle(first, Accepted())

    def _append(self, events: list[Incoming]) -> None:
        key = next((event.key for event in events if event.key is not None), None)
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
