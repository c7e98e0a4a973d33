"""Local consumers that own nothing: by design, or starved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import TakeoverTimes
from ehtui.domain.findings.context import GroupContext, finding, first_window
from ehtui.domain.findings.evidence import CONSUMER_STANDBY, CONSUMER_STARVED, StandingBy, Starving
from ehtui.domain.progress.trouble_flags import TroubleFlag
from ehtui.domain.snapshot import ConsumerRole, ConsumerState, Finding, Severity
from ehtui.domain.world.process import LogIncidentKind

if TYPE_CHECKING:
    from collections.abc import Iterator


def idle(context: GroupContext) -> Iterator[Finding]:
    """One finding for each local consumer that takes part and owns nothing."""
    owner_pids = _owner_pids(context) if context.idle else ()

    for consumer in context.idle:
        subject = context.subject(pid=consumer.process.id.pid)

        if (context.name, ConsumerRole.STANDBY) in consumer.idle:
            spare = _standby(context, consumer, owner_pids)
            yield finding(CONSUMER_STANDBY, Severity.INFO, subject, spare)
        elif context.builder.is_fresh("store"):
            starved = _starved(context, consumer)
            yield finding(CONSUMER_STARVED, Severity.WARNING, subject, starved)


def _others(context: GroupContext, consumer: ConsumerState) -> int:
    own = _owner(context, consumer)
    return sum(1 for o in context.group.state.owners if o.id != own)


def _owner(context: GroupContext, consumer: ConsumerState) -> str | None:
    link = consumer.link_in(context.name)
    return link.owner if link is not None else None


def _not_claimed(context: GroupContext, consumer: ConsumerState) -> int | None:
    return context.builder.host.incidents.get((consumer.process.id, LogIncidentKind.NOT_CLAIMED))


def _owner_pids(context: GroupContext) -> tuple[str, ...]:
    """Processes of this host that own something in the group."""
    return tuple(
        str(c.process.id.pid)
        for c in context.builder.consumers
        if any(group == context.name for group, _ in c.owns)
    )


def _standby(
    context: GroupContext, consumer: ConsumerState, owner_pids: tuple[str, ...]
) -> StandingBy:
    lapsing = [s for s in context.troubled if s.flags & TroubleFlag.UNSERVED]
    hub, process, first = context.builder.hub, consumer.process, first_window(lapsing)
    return StandingBy(
        pid=process.id.pid,
        owner=_owner(context, consumer),
        partition_count=len(context.group.by_partition),
        live_owners=_others(context, consumer),
        owner_pids=owner_pids,
        lapsing=tuple(s.shown.id for s in lapsing),
        takeover=TakeoverTimes(first.earliest_at, first.latest_at, first.is_guess),
        not_claimed=_not_claimed(context, consumer),
        namespace=hub.namespace if hub else None,
        hub=hub.name if hub else None,
        command=process.command,
        consumer_name=process.consumer_name,
    )


def _starved(context: GroupContext, consumer: ConsumerState) -> Starving:
    others, count = _others(context, consumer), len(context.group.by_partition)
    free = tuple(
        s.shown.id for s in context.troubled if s.flags & (TroubleFlag.FREE | TroubleFlag.EXPIRED)
    )
    process = consumer.process
    return Starving(
        pid=process.id.pid,
        owner=_owner(context, consumer),
        partition_count=count,
        live_owners=others,
        expected_min=count // (others + 1),
        unowned=free,
        reason="unclaimed" if free else "unshared",
        starved_since_at=context.builder.host.idle_since.get(
            (process.id, context.group.key), context.now
        ),
        not_claimed=_not_claimed(context, consumer),
        command=process.command,
    )


OF_GROUP = (idle,)
