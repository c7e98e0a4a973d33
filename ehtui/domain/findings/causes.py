"""Root causes, which explain what else a group shows: nobody alive, short leases, a crash loop."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ehtui.domain.findings import evidence as kinds
from ehtui.domain.findings.context import (
    ARRIVALS,
    GroupContext,
    by_partition,
    finding,
    is_hand_over,
)
from ehtui.domain.folds.handovers import WINDOW_S
from ehtui.domain.leases.handovers import Handover, HandoverKind
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.snapshot import Finding, LeaseState, Severity
from ehtui.domain.values import total

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.state import JudgedPartition


LEAST = 3  # partitions that were taken beyond the taker's share
LEAST_ROUNDS = 2
# Rust before 0.14 (facts.md §8): leases of 10 s, renewed every 30 s.
OLD_RUST_EXPIRY_S, OLD_RUST_PERIODS_S = 10.0, (25.0, 40.0)


def too_short(context: GroupContext) -> Iterator[Finding]:
    """Whoever looks takes more than its share from owners that live: it calls them expired.

    To balance the load nobody ever takes more than its share from the living (facts.md §2).
    """
    alive = context.alive
    taken = [
        m
        for m in context.handovers
        if m.is_beyond_share
        and (m.from_owner in alive or context.is_back(m.from_owner, m.at))
        and not {m.from_owner, m.to_owner} & context.ended
    ]

    if len(taken) < LEAST or len({(m.to_owner, m.at) for m in taken}) < LEAST_ROUNDS:
        return

    moved = {m.partition for m in context.handovers if m.from_owner not in {None, m.to_owner}}
    partitions = tuple(p for p in context.group.by_partition if p in moved)
    context.explained.update(partitions)
    context.shuffled.update(partitions)
    ages = [m.age_s for m in taken if m.age_s is not None]
    age_s, period_s = min(ages, default=None), _period_s(context, taken)
    evidence = kinds.LeasesTooShort(
        changes=len(taken),
        window_s=WINDOW_S,
        owners=len({m.to_owner for m in taken} | {m.from_owner for m in taken}),
        partitions=partitions,
        youngest_s=age_s,
        renewed_every_s=period_s,
        is_like_old_rust=_is_like_old_rust(age_s, period_s),
    )
    yield finding(
        kinds.GROUP_LEASES_TOO_SHORT, Severity.WARNING, context.subject(), evidence, taken[0].at
    )


def _period_s(context: GroupContext, taken: Sequence[Handover]) -> float | None:
    """How often these owners go a round: measured, else between two grabs of the same one."""
    known = [
        timing.period_s
        for timing in context.group.state.timings.values()
        if timing.period_basis is TimingBasis.OBSERVED
    ]
    grabs: dict[str | None, list[float]] = {}

    for handover in taken:
        grabs.setdefault(handover.to_owner, []).append(handover.at)

    gaps = [b - a for at in grabs.values() for a, b in pairwise(at) if b - a > 1]
    return _median(known) if known else _median(gaps) if gaps else None


def _is_like_old_rust(age_s: float | None, period_s: float | None) -> bool:
    least_s, most_s = OLD_RUST_PERIODS_S
    is_paced = period_s is not None and least_s <= period_s <= most_s
    return is_paced and age_s is not None and age_s >= OLD_RUST_EXPIRY_S - 1


GONE_EXPIRIES = 2.0  # a group without a live owner for so many expiries has no consumers


ABANDONED_S = 3600.0


def no_consumers(context: GroupContext) -> Iterator[Finding]:
    """Records, but nobody alive for long: explains everything else about the group's partitions."""
    group = context.group

    if group.state.owners:
        return

    affected = list(group.by_partition.values())
    has_records = any(
        s.ownership.record is not None or s.shown.checkpoint is not None for s in affected
    )

    # Of a lease that cannot be read nobody knows whether somebody lives.
    is_hidden = any(s.shown.lease.state is LeaseState.UNREADABLE for s in affected)

    if not affected or not has_records or is_hidden:
        return

    last = max(affected, key=_last_seen)
    alive_at = _last_seen(last)
    record = last.ownership.record
    is_timed = record is None or record.blob_lease_state is None

    if context.now - alive_at < GONE_EXPIRIES * context.expiry_s():
        return

    context.explained.update(group.by_partition)
    in_per_s = total(context.in_per_s(pid) for pid in group.by_partition)
    is_own = context.is_configured
    is_waiting = bool(group.state.lag) or bool(in_per_s)
    severity = Severity.CRITICAL if is_own and is_waiting else Severity.WARNING

    if not is_own and context.now - alive_at > ABANDONED_S:
        severity = Severity.INFO

    evidence = kinds.NoConsumers(
        partition_count=len(affected),
        last_owner=last.ownership.holder,
        last_renewed_at=alive_at or None if is_timed else None,
        last_seen_at=alive_at or None,
        lag=group.state.lag,
        lost=total(s.shown.lost for s in affected),
        in_per_s=in_per_s,
        local_consumers=len(context.idle),
    )
    since = alive_at + context.expiry_s() if alive_at else context.builder.started_at or context.now
    yield finding(kinds.GROUP_NO_CONSUMERS, severity, context.subject(), evidence, since)


def _last_seen(judged: JudgedPartition) -> float:
    """When somebody last wrote this partition's ownership; a checkpoint shows life as well.

    Renewing a blob lease writes nothing: that it was seen to end shows when it still lived.
    """
    record, checkpoint = judged.ownership.record, judged.shown.checkpoint
    written = [r.blob.last_modified for r in (record, checkpoint) if r is not None]
    ended = [judged.ownership.free_since or 0.0] if record and record.blob_lease_state else []
    return max([*written, *ended], default=0.0)


CRASHES = 3


def crash_loop(context: GroupContext) -> Iterator[Finding]:
    """Owners come and go, the checkpoint stays: often one event that kills its reader."""
    looping: dict[str, list[Handover]] = {}

    for partition, arrivals in by_partition(_returns(context)).items():
        judged = context.group.by_partition.get(partition)

        if judged is None or len(arrivals) < CRASHES:
            continue

        checkpoint = judged.shown.checkpoint
        at = checkpoint.sequence if checkpoint is not None else None
        same = [m for m in arrivals[1:] if m.sequence == at]
        steals = sum(1 for m in arrivals if m.kind is HandoverKind.STOLEN)
        # Without a checkpoint nothing shows that they do not get on: a start looks like it, too.
        enough = CRASHES - 1 if at is not None else 2 * CRASHES - 1

        # Lag that never shrinks although owner after owner arrives, and not by stealing.
        if len(same) >= enough and judged.shown.lag and steals < len(arrivals) / 2:
            looping[partition] = arrivals

    if not looping:
        return

    partitions = tuple(p for p in context.group.by_partition if p in looping)
    worst = max(looping.values(), key=len)
    checkpoint = context.group.by_partition[partitions[0]].shown.checkpoint
    owners = tuple(dict.fromkeys(m.to_owner for m in worst if m.to_owner is not None))
    gone = [d for d in context.builder.host.departures if context.now - d.at <= WINDOW_S]
    context.explained.update(partitions)
    context.restarting.update(m.to_owner for own in looping.values() for m in own if m.to_owner)
    evidence = kinds.CrashLoop(
        restarts=len(worst),
        window_s=WINDOW_S,
        partitions=partitions,
        owners=owners[-CRASHES:],
        lived_s=_median(_lives(worst)) if len(worst) > 1 else None,
        checkpoint_sequence=checkpoint.sequence
        if checkpoint is not None and len(partitions) == 1
        else None,
        command=gone[-1].command if gone else None,
    )
    subject = context.subject(partitions)
    yield finding(kinds.OWNER_CRASH_LOOP, Severity.CRITICAL, subject, evidence, worst[0].at)


def _returns(context: GroupContext) -> list[Handover]:
    """Arrivals of somebody whose forerunner had gone, and not because this session ended it."""
    alive, departures = context.alive, context.builder.host.departures
    asked_to_go = {owner for d in departures if d.signal is not None for owner in d.owners}
    return [
        m
        for m in context.handovers
        if m.kind in ARRIVALS
        and m.from_owner not in asked_to_go
        and not is_hand_over(m, alive)
        and not (m.is_guess and m.is_beyond_share)  # rather robbed of everything than gone
    ]


def _lives(arrivals: Sequence[Handover]) -> list[float]:
    return [b.at - a.at for a, b in pairwise(arrivals)]


OF_GROUP = (no_consumers, too_short, crash_loop)


def _median(values: Sequence[float]) -> float:
    from statistics import median  # noqa: PLC0415 - where nothing is wrong there is none

    return median(values)
