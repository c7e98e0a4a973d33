"""`$cbs` and `$management`: requests on one link of a client, replies on another.

READ of a hub and of a partition answers with the service's fields and types; put-token comes before
links are opened.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ehtui.sandbox.eventhubs import errors, signing_in
from ehtui.sandbox.eventhubs.addresses import CBS, MANAGEMENT, Address, path_of
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.sandbox.eventhubs.links import LinkUser, Peer
from ehtui.wire.amqp.messages import Reply, Request, decode_request, encode_reply
from ehtui.wire.amqp.values import Long, Strings, Symbol, Timestamp

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.namespace import Hub
    from ehtui.sandbox.eventhubs.partition_log import PartitionLog
    from ehtui.wire.amqp.links import Delivered, Link, ReceivingLink, SendingLink
    from ehtui.wire.amqp.performatives import Attach

HUB_TYPE = "com.microsoft:eventhub"
PARTITION_TYPE = "com.microsoft:partition"
NEVER = Timestamp(-62135596800000)  # 0001-01-01: .NET's smallest time, of an empty partition
ANY_SIZE = 2**64 - 1  # what `$cbs` announces (facts.md §8); it takes no more than others
_OK, _ACCEPTED = 200, 202
_CREDIT = 100
_LARGEST_REPLY_BYTES = 32 << 10  # the description of a hub with 1,024 partitions takes 7 KiB
_REPLY_OVERHEAD_BYTES = 64


class Requests(LinkUser):
    """Takes requests for a node and answers on one of the client's response links."""

    link: ReceivingLink

    def __init__(self, peer: Peer, link: Link, _: Attach, node: str) -> None:
        super().__init__(peer, link)
        most_bytes = peer.broker.limits.request_bytes
        self.link.set_up(
            credit=_CREDIT, tell_after=_CREDIT * 2 // 3, most_bytes=most_bytes, room=peer.broker
        )
        self.node = node
        self.idles_out = node != CBS  # its token refresh comes once an hour

    @property
    @override
    def most_bytes(self) -> int:
        return ANY_SIZE if self.node == CBS else super().most_bytes

    @override
    def delivered(self, delivery: Delivered) -> None:
        self.broker.statistics.requests += 1
        answer = put_token if self.node == CBS else read

        try:
            request = decode_request(delivery.payload)
            responses = self._responses(request.reply_to)

            if responses and responses.is_full:
                raise errors.no_room(self.broker.namespace.name, what="replies")

            reply = answer(request, self.peer)
        except (ServiceError, ValueError) as error:
            self.settle(delivery, error)
            return

        self.settle(delivery)

        if responses:
            responses.respond(encode_reply(reply))

    def _responses(self, reply_to: str | None) -> Responses | None:
        """Where the client awaits replies: the link that it names, or the last of this session."""
        found = [u for u in self.peer.users() if isinstance(u, Responses) and u.node == self.node]
        return max(reversed(found), key=lambda u: self._fitness(u, reply_to), default=None)

    def _fitness(self, responses: Responses, reply_to: str | None) -> tuple[bool, bool]:
        is_near = responses.link.session is self.link.session
        return responses.answers_to(reply_to), is_near


class Responses(LinkUser):
    """Brings a node's replies to the client, after the dispositions of what they answer."""

    link: SendingLink
    idles_out = False

    def __init__(self, peer: Peer, link: Link, attach: Attach, node: str) -> None:
        super().__init__(peer, link)
        self.node = node
        self._names = {attach.name, attach.target.address if attach.target else None}
        self._waiting: deque[bytes] = deque()

    def answers_to(self, reply_to: str | None) -> bool:
        """Whether a request with this reply-to means this link."""
        return reply_to is not None and reply_to in self._names

    @property
    def is_full(self) -> bool:
        """Whether more replies wait for credit already than are kept."""
        return not self.broker.has_room(_LARGEST_REPLY_BYTES)

    def respond(self, payload: bytes) -> None:
        """Send a reply as soon as there is credit."""
        self._waiting.append(payload)
        self.broker.held_bytes += _held(payload)
        self.link.session.before_output(self.wake)

    @override
    def wake(self) -> None:
        while self._waiting and self.link.can_send and self.peer.is_writable:
            payload = self._waiting.popleft()
            self.broker.held_bytes -= _held(payload)
            self.link.send(payload)

    @override
    def closed(self) -> None:
        self.broker.held_bytes -= sum(map(_held, self._waiting))
        self._waiting.clear()


def _held(payload: bytes) -> int:
    """What a reply that waits costs; a small one is not free."""
    return len(payload) + _REPLY_OVERHEAD_BYTES


def put_token(request: Request, peer: Peer) -> Reply:
    """Answer put-token.

    Raises:
        ServiceError: It is some other operation.
    """
    broker, given = peer.broker, request.properties
    namespace = broker.namespace
    audience = str(given.get("name", ""))
    tracker = f"{namespace.name}:{path_of(audience)[:300]}"

    if given.get("operation") != "put-token":
        raise errors.invalid_command(tracker, operation=given.get("operation"))

    broker.statistics.tokens_put += 1

    if broker.faults.cbs_status:
        return _reply(request, broker.faults.cbs_status, "A fault of the sandbox.")

    kind, now = str(given.get("type", "")), broker.now

    try:
        token = str(request.value or "")
        claim = signing_in.verify(token, kind, audience, namespace.keys, now)
        hub = claim.path.split("/")[0]

        if hub and namespace.find(hub) is None:
            raise errors.entity_not_found(tracker, resource=f"sb://{namespace.name}/{hub}")

        peer.claims.put(claim)
    except ServiceError as error:
        return _refuse(request, error, now)
    except signing_in.TokenError as error:
        refusal = ServiceError(errors.AUTH_FAILED, 401, str(error), tracker)
        return _refuse(request, refusal, now)

    return _reply(request, _ACCEPTED, "Accepted")


def read(request: Request, peer: Peer) -> Reply:
    """Answer a READ; refusals are replies with a status.

    Raises:
        ServiceError: It is some other operation.
    """
    broker, given = peer.broker, request.properties
    partition = None if given.get("partition") is None else str(given["partition"])
    address = Address(str(given.get("name", "")), partition=partition)
    tracker = address.tracker(broker.namespace.name)

    if given.get("operation") != "READ":
        raise errors.invalid_command(tracker, operation=given.get("operation"))

    broker.statistics.management_reads += 1

    try:
        value = _read(str(given.get("type")), address, peer)
    except ServiceError as error:
        return _refuse(request, error, broker.now)

    return _reply(request, _OK, "OK", value)


def _reply(request: Request, status: int, text: str, value: Any = None, **more: Any) -> Reply:
    properties = {"status-code": status, "status-description": text, **more}
    return Reply(request.message_id, properties, value, request.reply_to)


def _refuse(request: Request, error: ServiceError, now: float) -> Reply:
    condition = {"error-condition": Symbol(error.condition)}
    return _reply(request, error.status, error.worded(now), **condition)


def _read(kind: str, address: Address, peer: Peer) -> dict[str, Any]:
    namespace, faults = peer.broker.namespace, peer.broker.faults
    tracker = address.tracker(namespace.name)
    hub = namespace.find(address.hub)

    if faults.management_status:
        raise ServiceError(errors.INTERNAL, faults.management_status, "A fault.", "")

    if faults.is_busy:
        raise errors.server_busy(tracker)

    if hub is None:
        raise errors.entity_not_found(tracker, resource=address.resource(namespace.name))

    # JavaScript puts its token for the node's own path, Python for the hub.
    path = address.hub.lower()

    if not (peer.claims.allow(path) or peer.claims.allow(f"{path}/{MANAGEMENT}")):
        raise errors.claim_required(
            tracker, claim="Listen", resource=address.resource(namespace.name)
        )

    if kind == HUB_TYPE:
        return _describe_hub(hub)

    log = hub.partition(address.partition or "")

    if kind != PARTITION_TYPE:
        raise errors.invalid_command(tracker, operation=kind)

    if log is None:
        raise errors.invalid_partition(tracker, last=len(hub.partitions) - 1)

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
        # Once everything was removed the service gives the last one (facts.md §8).
        "begin_sequence_number": Long(min(log.begin_sequence, max(log.last_sequence, 0))),
        "last_enqueued_sequence_number": Long(log.last_sequence),
        "last_enqueued_offset": str(log.last_offset),
        "last_enqueued_time_utc": Timestamp(log.last.enqueued_ms) if log.last else NEVER,
        "is_partition_empty": log.is_empty,
    }
