"""Errors as Event Hubs words them (facts.md §3.6, §4, §8): clients and log readers match on these.

Every text ends with TrackingId, SystemTracker and Timestamp; `ServiceError.worded()` adds them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_FOUND = "amqp:not-found"
NOT_ALLOWED = "amqp:not-allowed"
UNAUTHORISED = "amqp:unauthorized-access"
STOLEN = "amqp:link:stolen"
DETACH_FORCED = "amqp:link:detach-forced"
TOO_LARGE = "amqp:link:message-size-exceeded"
RESOURCE_LIMIT = "amqp:resource-limit-exceeded"
HANDLE_IN_USE = "amqp:session:handle-in-use"
CONNECTION_FORCED = "amqp:connection:forced"
FRAMING = "amqp:connection:framing-error"
DECODE = "amqp:decode-error"
INTERNAL = "amqp:internal-error"
SERVER_BUSY = "com.microsoft:server-busy"
ARGUMENT = "com.microsoft:argument-error"
OUT_OF_RANGE = "com.microsoft:argument-out-of-range"
PRODUCER_STOLEN = "com.microsoft:producer-epoch-stolen"
OUT_OF_ORDER = "com.microsoft:out-of-order-sequence"
AUTH_FAILED = "com.microsoft:auth-failed"

_MORE = "To know more visit https://aka.ms/sbResourceMgrExceptions. "


@dataclass(frozen=True)
class ServiceError(Exception):
    """A refusal: the AMQP condition, the HTTP-like status that replies carry, and the text."""

    condition: str
    status: int
    text: str
    tracker: str  # what the SystemTracker names, e.g. "ns:eventhub:hub~0|group"

    @override
    def __str__(self) -> str:
        return self.text

    def worded(self, now: float) -> str:
        """The whole text, as of `now`."""
        moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return (
            f"{self.text} TrackingId:{uuid.uuid4()}_G0, SystemTracker:{self.tracker},"
            f" Timestamp:{moment}"
        )


def _refusal(condition: str, status: int, text: str) -> Callable[..., ServiceError]:
    """Makes refusals, of a tracker and of what `text` names."""

    def make(tracker: str, **facts: object) -> ServiceError:
        return ServiceError(condition, status, text.format(**facts), tracker)

    return make


entity_not_found = _refusal(
    NOT_FOUND, 404, f"The messaging entity '{{resource}}' could not be found. {_MORE}"
)
# The hub or group of an open link.
entity_deleted = _refusal(
    NOT_FOUND, 404, f"The messaging entity '{{resource}}' has been deleted. {_MORE}"
)
_CLAIM = (
    "Unauthorized access. '{claim}' claim(s) are required to perform this operation."
    " Resource: '{resource}'."
)
claim_required = _refusal(UNAUTHORISED, 401, _CLAIM)
# The token of an open link ran out without a new one.
token_expired = _refusal(DETACH_FORCED, 401, _CLAIM)
invalid_partition = _refusal(
    OUT_OF_RANGE,
    400,
    "The specified partition is invalid for an EventHub partition sender or receiver."
    " It should be between 0 and {last}.",
)
# An offset or sequence number beyond the end of the partition.
invalid_position = _refusal(
    ARGUMENT,
    400,
    "The supplied {what} '{given}' is invalid. The last {what} in the system is '{last}'.",
)
invalid_filter = _refusal(
    ARGUMENT, 400, "The filter '{filter}' is not a valid amqp filter for EventHub entities."
)
# A receiver lost its partition to one with the same or a higher owner level.
stolen = _refusal(
    STOLEN,
    410,
    "New receiver '{new.name}' with higher epoch of '{new.level}' is created hence current"
    " receiver '{old.name}' with epoch '{level}' is getting disconnected. If you are recreating the"
    " receiver, make sure a higher epoch is used.",
)
owner_level_too_low = _refusal(
    STOLEN,
    410,
    "Receiver '{holder.name}' with a higher epoch '{holder.level}' already exists. Receiver"
    " '{new.name}' with epoch {new.level} cannot be created. Make sure you are creating receiver"
    " with increasing epoch value to ensure connectivity, or ensure all old epoch receivers are"
    " closed or disconnected.",
)
# A receiver without owner level while one with it holds the partition.
owner_level_needed = _refusal(
    STOLEN,
    410,
    "At least one receiver for the endpoint is created with epoch of '{level}', and so non-epoch"
    " receiver is not allowed. Either reconnect with a higher epoch, or make sure all epoch"
    " receivers are closed or disconnected.",
)
# Receivers without owner level; `names` of those that are there.
too_many_receivers = _refusal(
    RESOURCE_LIMIT,
    403,
    "Exceeded the maximum number of allowed receivers per partition in a consumer group which is"
    " {limit}. List of connected receivers - {names}.",
)
message_too_large = _refusal(
    TOO_LARGE,
    403,
    "The received message (delivery-id:{delivery}, size:{size} bytes) exceeds the limit"
    " ({limit} bytes) currently allowed on the link.",
)
# More of something than the sandbox holds for its clients.
no_room = _refusal(
    RESOURCE_LIMIT,
    403,
    "The sandbox holds no more {what} than it does for all of its clients by now.",
)
key_too_long = _refusal(
    ARGUMENT, 400, "The partition key has {length} bytes; {limit} are the most."
)
# An idempotent producer came with an older epoch, or a newer one came.
publisher_stolen = _refusal(
    PRODUCER_STOLEN,
    410,
    "The producer with epoch '{epoch}' is disconnected: there is one with epoch '{newer}'.",
)
out_of_order = _refusal(
    OUT_OF_ORDER,
    400,
    "The producer sequence number '{given}' is out of order; '{expected}' is the next.",
)
number_needed = _refusal(
    ARGUMENT, 400, "An event of an idempotent producer has no producer sequence number."
)
# The namespace throttles.
server_busy = _refusal(
    SERVER_BUSY,
    503,
    "The request was terminated because the entity is being throttled. Error code : 50002."
    f" Sub error : 101. Please wait 4 seconds and try again. {_MORE}",
)
# An operation of `$management` or `$cbs` that does not exist.
invalid_command = _refusal(NOT_ALLOWED, 400, "Invalid command '{operation}'.")
# A link on which nothing moved for too long; `entity` is a consumer or a publisher.
link_idle = _refusal(
    DETACH_FORCED,
    408,
    "The link '{link}' is force detached. Code: ServerError. Details:"
    " AmqpEventHub{entity}.IdleTimerExpired: Idle timeout: {span}.",
)
# A connection that was silent, or without links, for too long.
connection_idle = _refusal(
    CONNECTION_FORCED,
    408,
    "The connection was inactive for more than the allowed {milliseconds} milliseconds and is"
    " closed by container '{container}'.",
)
