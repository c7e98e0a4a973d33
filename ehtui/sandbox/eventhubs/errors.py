"""Errors as Event Hubs words them (facts.md §3.6 and §4): clients and log readers match on these.

Every text ends with TrackingId, SystemTracker and Timestamp; `ServiceError.worded()` adds them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from typing_extensions import override

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


def entity_not_found(resource: str, tracker: str) -> ServiceError:
    """A hub, group or partition path that does not exist."""
    text = f"The messaging entity '{resource}' could not be found. {_MORE}"
    return ServiceError(NOT_FOUND, 404, text, tracker)


def entity_deleted(resource: str, tracker: str) -> ServiceError:
    """The hub or group of an open link was deleted."""
    text = f"The messaging entity '{resource}' has been deleted. {_MORE}"
    return ServiceError(NOT_FOUND, 404, text, tracker)


def claim_required(claim: str, resource: str, tracker: str) -> ServiceError:
    """No token that covers the link was put."""
    text = (
        f"Unauthorized access. '{claim}' claim(s) are required to perform this operation."
        f" Resource: '{resource}'."
    )
    return ServiceError(UNAUTHORISED, 401, text, tracker)


def token_expired(resource: str, tracker: str) -> ServiceError:
    """The token of an open link ran out without a new one."""
    text = f"ExpiredToken: The token is expired. Resource: '{resource}'."
    return ServiceError(UNAUTHORISED, 401, text, tracker)


def invalid_partition(count: int, tracker: str) -> ServiceError:
    """A partition id outside the hub's."""
    text = (
        "The specified partition is invalid for an EventHub partition sender or receiver."
        f" It should be between 0 and {count - 1}."
    )
    return ServiceError(OUT_OF_RANGE, 400, text, tracker)


def invalid_position(what: str, given: int, last: int, tracker: str) -> ServiceError:
    """An offset or sequence number beyond the end of the partition."""
    text = f"The supplied {what} '{given}' is invalid. The last {what} in the system is '{last}'."
    return ServiceError(ARGUMENT, 400, text, tracker)


def invalid_filter(text: str, tracker: str) -> ServiceError:
    """A selector that is no position."""
    return ServiceError(ARGUMENT, 400, f"The supplied filter '{text}' is invalid.", tracker)


def stolen(
    new: tuple[str, int], current: tuple[str, int | None], where: str, tracker: str
) -> ServiceError:
    """A receiver lost its partition to one with the same or a higher owner level.

    `new` and `current` are receiver name and owner level.
    """
    text = (
        f"New receiver '{new[0]}' with higher epoch of '{new[1]}' is created hence current"
        f" receiver '{current[0]}' with epoch '{0 if current[1] is None else current[1]}' is"
        " getting disconnected. If you are recreating the receiver, make sure a higher epoch is"
        f" used. {where}"
    )
    return ServiceError(STOLEN, 410, text.rstrip(), tracker)


def owner_level_too_low(
    name: str, level: int, current: str, current_level: int, tracker: str
) -> ServiceError:
    """A receiver with a lower owner level than the one that holds the partition."""
    text = (
        f"Receiver '{current}' with a higher epoch '{current_level}' already exists."
        f" Receiver '{name}' with epoch {level} cannot be created. Make sure you are creating"
        " receiver with increasing epoch value to ensure connectivity, or ensure all old epoch"
        " receivers are closed or disconnected."
    )
    return ServiceError(STOLEN, 410, text, tracker)


def owner_level_needed(current_level: int, tracker: str) -> ServiceError:
    """A receiver without owner level while one with it holds the partition."""
    text = (
        "At least one receiver for the endpoint is created with epoch of"
        f" '{current_level}', and so non-epoch receiver is not allowed."
        " Please reconnect with a higher epoch."
    )
    return ServiceError(STOLEN, 410, text, tracker)


def too_many_receivers(limit: int, names: list[str], tracker: str) -> ServiceError:
    """More receivers without owner level than a partition of a group takes."""
    text = (
        "Exceeded the maximum number of allowed receivers per partition in a consumer group"
        f" which is {limit}. List of connected receivers - {', '.join(names)}."
    )
    return ServiceError(RESOURCE_LIMIT, 403, text, tracker)


def message_too_large(delivery: int, size: int, limit: int, tracker: str) -> ServiceError:
    """A message beyond the link's limit."""
    text = (
        f"The received message (delivery-id:{delivery}, size:{size} bytes) exceeds the limit"
        f" ({limit} bytes) currently allowed on the link."
    )
    return ServiceError(TOO_LARGE, 403, text, tracker)


def no_room(what: str, tracker: str) -> ServiceError:
    """More of something than the sandbox holds for its clients."""
    text = f"The sandbox holds no more {what} than it does for all of its clients by now."
    return ServiceError(RESOURCE_LIMIT, 403, text, tracker)


def key_too_long(length: int, limit: int, tracker: str) -> ServiceError:
    """A partition key beyond what the service takes."""
    text = f"The partition key has {length} bytes; {limit} are the most."
    return ServiceError(ARGUMENT, 400, text, tracker)


def server_busy(tracker: str) -> ServiceError:
    """The namespace throttles."""
    text = (
        "The request was terminated because the entity is being throttled. Error code : 50002."
        f" Sub error : 101. Please wait 4 seconds and try again. {_MORE}"
    )
    return ServiceError(SERVER_BUSY, 503, text, tracker)


def invalid_command(operation: str, tracker: str) -> ServiceError:
    """A `$management` or `$cbs` operation that does not exist."""
    return ServiceError(NOT_ALLOWED, 400, f"Invalid command '{operation}'.", tracker)


def link_idle(limit_s: float, tracker: str) -> ServiceError:
    """A link on which nothing moved for too long."""
    hours, rest = divmod(int(limit_s), 3600)
    span = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    text = (
        "The link is force detached by the broker because it was idle."
        f" Code: AmqpEventHubConsumer.IdleTimerExpired: Idle timeout: {span}."
    )
    return ServiceError(DETACH_FORCED, 408, text, tracker)


def connection_idle(limit_s: float, container: str) -> ServiceError:
    """A connection that was silent, or without links, for too long."""
    text = (
        f"The connection was inactive for more than the allowed {int(limit_s * 1000)}"
        f" milliseconds and is closed by container '{container}'."
    )
    return ServiceError(CONNECTION_FORCED, 408, text, "gateway")
