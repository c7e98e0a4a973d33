"""Leases that nobody renews, partitions that nobody holds, and consumers that hold none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import TakeoverTimes
from ehtui.domain.findings import evidence as kinds
from ehtui.domain.findings.context import GroupContext, finding, first_window
from ehtui.domain.progress.flags import TroubleFlag
from ehtui.domain.snapshot import ConsumerRole, ConsumerState, Finding, LeaseState, Severity
from ehtui.domain.values import total
from ehtui.domain.world.process import LogIncidentKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.state import Departure, JudgedPartition


BLANK_S = 3.0  # an owner is blank for about a second while partitions are rebalanced (facts.md §7)


def lapsed(context: GroupContext) -> Iterator[Finding]:
    """One finding an owner: its leases run out, or have run out and nobody took them."""
    for flag, kind, severity in (
        (TroubleFlag.EXPIRED, kinds.LEASE_EXPIRED, Severity.CRITICAL),
        (TroubleFlag.OVERDUE, kinds.LEASE_OVERDUE, Severity.WARNING),
    ):
        by_owner: dict[str, list[JudgedPartition]] = {}

        for judged in context.flagged(flag):
            by_owner.setdefault(judged.shown.lease.owner or "", []).append(judged)

        for owner, affected in by_owner.items():
            partitions = tuple(s.shown.id for s in affected)
            context.explained.update(partitions)
            since = min(
                (_since(context, s) for s in affected),
                default=context.now,
            )
            subject = context.subject(partitions, owner=owner)
            yield finding(
                kind, severity, subject, _lapse(context, owner, partitions, affected), since
            )


def _since(context: GroupContext, judged: JudgedPartition) -> float:
    lease = judged.shown.lease

    if lease.state is LeaseState.EXPIRED:  # of a blob lease nothing tells when, but a look
        return lease.expires_at or context.builder.started_at or context.now

    return lease.renewed_at or 0.0


def _lapse(
    context: GroupContext,
    owner: str,
    partitions: tuple[str, ...],
    affected: Sequence[JudgedPartition],
) -> kinds.LeaseLapse:
    lease = min((s.shown.lease for s in affected), key=lambda k: k.expires_at or 0.0)
    departure = departure_of(context, owner)
    link = context.builder.host.links.get(owner)
    process = departure.process if departure else link.process if link else None
    sent = [s for s in context.builder.host.signals if process is not None and s.process == process]
    return kinds.LeaseLapse(
        owner=owner,
        partitions=partitions,
        renewed_at=lease.renewed_at,
        renewed_every_s=lease.renewed_every_s,
        expires_at=lease.expires_at,
        expires_after_s=lease.expires_after_s,
        expiry_basis=lease.basis,
        survivors=len(context.renewing - {owner}),
        standbys=len(context.idle),
        lag=total(s.shown.lag for s in affected),
        pid=process.pid if process else None,
        process_gone_at=departure.at if departure else None,
        signal=sent[-1].signal if sent else None,
        signalled_at=sent[-1].at if sent else None,
        takeover=first_window(affected),
    )


def departure_of(context: GroupContext, owner: str) -> Departure | None:
    """The end of this owner's process, where it was seen."""
    found = [d for d in context.builder.host.departures if owner in d.owners]
    return found[-1] if found else None


def unowned(context: GroupContext) -> Iterator[Finding]:
    """Partitions that nobody holds and no lease runs for: released, or never owned."""
    free = context.flagged(TroubleFlag.FREE)
    listed_at = context.builder.listed_at
    affected = [s for s in free if listed_at - _free_since(context, s) >= BLANK_S]

    if not affected or not _has_records(context):
        return

    # Its blank owner is told once it lasts; until then nothing else may be blamed either.
    context.explained.update(s.shown.id for s in free)
    partitions = tuple(s.shown.id for s in affected)
    since = min(_free_since(context, s) for s in affected)
    grace_s = context.expiry_s()
    states = {s.shown.lease.state for s in affected}
    owners = {s.ownership.holder for s in affected}
    evidence = kinds.PartitionsUnowned(
        partitions=partitions,
        state=states.pop() if len(states) == 1 else "mixed",
        last_owner=owners.pop() if len(owners) == 1 else None,
        unowned_since_at=since,
        grace_s=grace_s,
        live_owners=len(context.renewing),
        standbys=len(context.idle),
        lag=total(s.shown.lag for s in affected),
        takeover=first_window(affected),
    )
    is_late = context.now - since > grace_s
    is_waiting = any(_is_waiting(context, s) for s in affected)
    severity = (Severity.INFO, Severity.WARNING, Severity.CRITICAL)[is_late + is_waiting]
    yield finding(kinds.PARTITION_UNOWNED, severity, context.subject(partitions), evidence, since)


def _has_records(context: GroupContext) -> bool:
    """A group without any record keeps its checkpoints elsewhere, or was never started."""
    return bool(context.group.state.spellings)


def _free_since(context: GroupContext, judged: JudgedPartition) -> float:
    """Never before ehtui's first look: how long it was free by then is history, not a fault."""
    since = judged.ownership.free_since
    return max(since if since is not None else context.now, context.builder.started_at or 0.0)


def _is_waiting(context: GroupContext, judged: JudgedPartition) -> bool:
    shown = judged.shown
    # Without a checkpoint the retained events may all be old; only new ones wait for somebody.
    return bool(shown.lag and (not shown.lag_is_bound or context.in_per_s(shown.id)))


def idle(context: GroupContext) -> Iterator[Finding]:
    """One finding for each local consumer that takes part and owns nothing."""
    owner_pids = _owner_pids(context) if context.idle else ()

    for consumer in context.idle:
        subject = context.subject(pid=consumer.process.id.pid)

        if (context.name, ConsumerRole.STANDBY) in consumer.idle:
            spare = _standby(context, consumer, owner_pids)
            yield finding(kinds.CONSUMER_STANDBY, Severity.INFO, subject, spare)
        elif context.builder.is_fresh("store"):
            starved = _starved(context, consumer)
            yield finding(kinds.CONSUMER_STARVED, Severity.WARNING, subject, starved)


def _others(context: GroupContext, consumer: ConsumerState) -> int:
    own = _owner_id(context, consumer)
    return sum(1 for o in context.group.state.owners if o.id != own)


def _owner_id(context: GroupContext, consumer: ConsumerState) -> str | None:
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
) -> kinds.StandingBy:
    lapsing = [s for s in context.group.troubled if s.flags & TroubleFlag.UNSERVED]
    hub, process, first = context.builder.hub, consumer.process, first_window(lapsing)
    return kinds.StandingBy(
        pid=process.id.pid,
        owner=_owner_id(context, consumer),
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


def _starved(context: GroupContext, consumer: ConsumerState) -> kinds.Starving:
    others, count = _others(context, consumer), len(context.group.by_partition)
    free = tuple(
        s.shown.id
        for s in context.group.troubled
        if s.flags & (TroubleFlag.FREE | TroubleFlag.EXPIRED)
    )
    process = consumer.process
    return kinds.Starving(
        pid=process.id.pid,
        owner=_owner_id(context, consumer),
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


OF_GROUP = (lapsed, unowned, idle)
