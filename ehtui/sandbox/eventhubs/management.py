"""The `$management` node: READ of a hub and of a partition, with the service's fields and types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.addresses import MANAGEMENT, Address
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.wire.amqp.messages import Reply, Request
from ehtui.wire.amqp.values import Long, Strings, Symbol, Timestamp

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.channel import Peer
    from ehtui.sandbox.eventhubs.namespace import Hub
    from ehtui.sandbox.eventhubs.partition_log import PartitionLog

HUB_TYPE = "com.microsoft:eventhub"
PARTITION_TYPE = "com.microsoft:partition"
NEVER = Timestamp(-62135596800000)  # 0001-01-01: .NET's smallest time, of an empty partition


def handle(request: Request, connection: Peer) -> Reply:
    """Answer a READ; refusals are replies with a status.

    Raises:
        ServiceError: It is some other operation.
    """
    broker, given = connection.broker, request.properties
    now = broker.namespace.clock()
    address = Address(str(given.get("name", "")), partition=_partition(given))
    tracker = address.tracker(broker.namespace.name)

    if given.get("operation") != "READ":
        raise errors.invalid_command(str(given.get("operation")), tracker)

    broker.statistics.management_reads += 1

    if broker.faults.management_status:
        refusal = ServiceError(errors.INTERNAL, broker.faults.management_status, "A fault.", "")
        return _refuse(request, refusal, now)

    try:
        if broker.faults.is_busy:
            raise errors.server_busy(tracker)

        value = _read(str(given.get("type")), address, connection)
    except ServiceError as error:
        return _refuse(request, error, now)

    return Reply(
        request.message_id,
        {"status-code": 200, "status-description": "OK"},
        value,
        request.reply_to,
    )


def _partition(given: Any) -> str | None:
    return None if given.get("partition") is None else str(given["partition"])


def _read(kind: str, address: Address, connection: Peer) -> dict[str, Any]:
    namespace = connection.broker.namespace
    tracker = address.tracker(namespace.name)
    hub = namespace.find(address.hub)

    if hub is None:
        raise errors.entity_not_found(address.resource(namespace.name), tracker)

    # JavaScript puts its token for the node's own path, Python for the hub.
    path = address.hub.lower()

    if not (connection.allows(path) or connection.allows(f"{path}/{MANAGEMENT}")):
        raise errors.claim_required("Listen", address.resource(namespace.name), tracker)

    if kind == HUB_TYPE:
        return _describe_hub(hub)

    log = hub.partition(address.partition or "")

    if kind != PARTITION_TYPE:
        raise errors.invalid_command(kind, tracker)

    if log is None:
        raise errors.invalid_partition(len(hub.partitions), tracker)

    log.expire(namespace.clock())
    return _describe_partition(hub, log)


def _describe_hub(hub: Hub) -> dict[str, Any]:
    return {
        "name": hub.name,
        "type": HUB_TYPE,
        "created_at": Timestamp(hub.created_at * 1000),
        "partition_count": len(hub.partitions),
        "partition_ids": Strings(log.id for log in hub.partitions),
        "georeplication_factor": hub.georeplication_factor,
    }


def _describe_partition(hub: Hub, log: PartitionLog) -> dict[str, Any]:
    return {
        "name": hub.name,
        "type": PARTITION_TYPE,
        "partition": log.id,
        "begin_sequence_number": Long(log.begin_sequence),
        "last_enqueued_sequence_number": Long(log.last_sequence),
        "last_enqueued_offset": str(log.last_offset),
        "last_enqueued_time_utc": Timestamp(log.last.enqueued_ms) if log.last else NEVER,
        "is_partition_empty": log.is_empty,
    }


def _refuse(request: Request, error: ServiceError, now: float) -> Reply:
    properties = {
        "status-code": error.status,
        "status-description": error.worded(now),
        "error-condition": Symbol(error.condition),
    }
    return Reply(request.message_id, properties, to=request.reply_to)
