"""Why events cannot be read, and what to do about it: readers in the way, no group, no right."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.text import safe
from ehtui.domain.world.new_group import create_group_command
from ehtui.wire import problems

if TYPE_CHECKING:
    from ehtui.wire.amqp.performatives import AmqpError
    from ehtui.wire.credentials import HubAccess

PEEK_GROUP = "ehtui-peek"  # what ehtui proposes to call it
DEFAULT_GROUP = "$default"
_READERS = re.compile(r"List of connected receivers - \(?(?P<names>[^.)]{1,200})")
_LASTING = frozenset(
    {
        ProblemKind.UNAUTHORISED,
        ProblemKind.FORBIDDEN,
        ProblemKind.NOT_FOUND,
        ProblemKind.CONFLICT,
        ProblemKind.MALFORMED,
        ProblemKind.UNSUPPORTED,
        ProblemKind.INTERNAL,
    }
)


def is_lasting(problem: Problem) -> bool:
    """Whether trying again by itself cannot help."""
    return problem.kind in _LASTING


def no_peek_group(access: HubAccess) -> Problem:
    """None is configured: ehtui reads events in no group that consumers may be using."""
    return Problem(
        ProblemKind.NOT_FOUND,
        "No peek group is configured: ehtui reads events only in a consumer group of its own.",
        f"{_create(access, PEEK_GROUP)}; then set eventhub.peek_group: {PEEK_GROUP}"
        f" (or --peek-group {PEEK_GROUP}).",
    )


def unknown_partition(access: HubAccess, partition: str, known: tuple[str, ...]) -> Problem:
    """The hub has no such partition."""
    few = ", ".join(known) if len(known) <= 8 else f"{known[0]} to {known[-1]}"  # noqa: PLR2004
    return Problem(
        ProblemKind.NOT_FOUND,
        f"The event hub {safe(access.hub)!r} has no partition {safe(partition)!r}.",
        f"Its partitions are {safe(few)}.",
    )


def too_many_partitions(count: int, most: int) -> Problem:
    """More receivers than a session of the service has room for."""
    return Problem(
        ProblemKind.UNSUPPORTED,
        f"Events of {count} partitions at a time are more than ehtui reads: {most} are the most.",
        "Name some of them with --partition.",
    )


def of_receiver(access: HubAccess, group: str, partition: str, error: AmqpError) -> Problem:
    """Why the receiver of a partition was refused, or ended."""
    told, where = error.description, _where(partition, group)

    if "created with epoch" in told or error.condition == "amqp:link:stolen":
        return Problem(
            ProblemKind.CONFLICT,
            f"{where} is held by a consumer with an owner level (epoch): no reader without one is"
            " let in.",
            f"Set eventhub.peek_group to a group that no consumer uses. {_create(access)}.",
        )

    if error.condition == "amqp:resource-limit-exceeded":
        names = _READERS.search(told)
        readers = f" ({safe(names['names'])})" if names else ""
        return Problem(
            ProblemKind.CONFLICT,
            f"{where} has as many readers as Event Hubs allows, 5{readers}.",
            f"Stop one of them, or read in another peek group. {_create(access)}.",
        )

    if "Unauthorized access" in told or error.condition == "amqp:unauthorized-access":
        return Problem(
            ProblemKind.FORBIDDEN,
            f"{access.endpoint} does not let {access.credential.label} read events of"
            f" {safe(access.hub)!r}.",
            "Give it the Listen right, or the role Azure Event Hubs Data Receiver.",
        )

    return _of_position(access, group, partition, error)


def _of_position(access: HubAccess, group: str, partition: str, error: AmqpError) -> Problem:
    if error.condition == "amqp:not-found":
        basic = "" if group.lower() == DEFAULT_GROUP else " (The Basic tier has only $Default.)"
        return Problem(
            ProblemKind.NOT_FOUND,
            f"The event hub {safe(access.hub)!r} has no consumer group {safe(group)!r}.",
            f"{_create(access, group)}.{basic}",
        )

    if error.condition == "com.microsoft:georeplication:invalid-offset":
        return Problem(
            ProblemKind.UNSUPPORTED,
            f"Partition {safe(partition)} does not take this offset: the hub is geo-replicated, and"
            " the offset is of another form.",
            "Begin at a sequence number or a time instead.",
        )

    if error.condition == "com.microsoft:argument-error":
        return Problem(
            ProblemKind.MALFORMED,
            f"Partition {safe(partition)} has no such position"
            f" ({safe(error.description.partition(' TrackingId:')[0])[:200]}).",
            "Begin at earliest, latest, or at a sequence number that the partition has.",
        )

    return problems.from_condition(access, error.condition, error.description)


def not_delivered(access: HubAccess, partition: str, seconds: float) -> Problem:
    """The service has the event, and does not send it."""
    return Problem(
        ProblemKind.TIMEOUT,
        f"{access.endpoint} sent no event of partition {safe(partition)} within {seconds:g} s,"
        " though there are some.",
        "Try again; a busy namespace may be out of throughput units.",
    )


def _where(partition: str, group: str) -> str:
    return f"Partition {safe(partition)} in the consumer group {safe(group)!r}"


def _create(access: HubAccess, group: str = PEEK_GROUP) -> str:
    """How a group is made, as the beginning of a sentence."""
    if not access.use_tls:
        return (
            f"`ehtui sandbox` has one, {PEEK_GROUP}, and takes others: --group"
            f" {shlex.quote(safe(group))}; Microsoft's emulator takes them from its Config.json"
        )

    command = create_group_command(access.namespace, safe(access.hub), safe(group))

    if command is None:
        return f"Create the group {safe(group)!r} where this hub is configured"

    return f"Create one: `{command}`"
