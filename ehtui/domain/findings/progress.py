"""Owned, but not read: stuck, never checkpointed, behind, about to lose events, lost, rewound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings import evidence_records as kinds
from ehtui.domain.findings.context import GroupContext, finding, partition_ids
from ehtui.domain.folds.handovers import WINDOW_S
from ehtui.domain.leases.handovers import HandoverKind
from ehtui.domain.progress import Rule
from ehtui.domain.progress.flags import TroubleFlag
from ehtui.domain.progress.health import USUAL_WAITS, waited
from ehtui.domain.snapshot import Finding, Health, Severity, Subject
from ehtui.domain.values import total

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.progress.lag import HubInput
    from ehtui.domain.state import JudgedPartition


RISK_WITHIN_S = 6 * 3600.0
CRITICAL_WITHIN_S = 3600.0
_FORCED = frozenset({HandoverKind.STOLEN, HandoverKind.TAKEN_OVER})


def stuck(context: GroupContext) -> Iterator[Finding]:
    """A live owner, events waiting, no progress: the handler hangs, or checkpoints no more."""
    for judged in context.flagged(TroubleFlag.STUCK):
        shown, progress = judged.shown, judged.progress
        owner = shown.lease.owner or ""
        in_per_s = context.in_per_s(shown.id)
        wait_s = waited(shown.lease, shown.lag or 0, progress, in_per_s, context.now) or 0.0
        is_known = len(progress.waits) >= USUAL_WAITS or shown.health is Health.STALLED
        process = context.process_of(owner)
        context.explained.add(shown.id)
        record = progress.record
        evidence = kinds.HandlerStuck(
            owner=owner,
            rule="stalled" if shown.rule == Rule.STALLED else "stopped",
            checkpoint_sequence=record.sequence if record else None,
            checkpoint_at=record.blob.last_modified if record else None,
            cadence_s=max(progress.waits) if len(progress.waits) >= USUAL_WAITS else None,
            waiting_s=wait_s,
            checkpoint_age_s=max(0.0, context.now - record.blob.last_modified) if record else None,
            lag=shown.lag,
            in_per_s=in_per_s,
            pid=process.id.pid if process else None,
            cpu_percent=process.cpu_percent if process else None,
        )
        severity = Severity.CRITICAL if is_known else Severity.WARNING
        subject = context.subject((shown.id,), owner=owner)
        yield finding(kinds.HANDLER_STUCK, severity, subject, evidence, context.now - wait_s)


def never(context: GroupContext) -> Iterator[Finding]:
    """Owned, with traffic, and never checkpointed for long: progress can't be known."""
    affected = context.flagged(TroubleFlag.NEVER)

    if not affected:
        return

    starts = [s.progress.watched_at for s in affected if s.progress.watched_at is not None]
    since = min(starts, default=context.now)
    partitions = partition_ids(affected)
    evidence = kinds.NeverCheckpointed(
        partitions=partitions,
        owners=tuple(sorted({s.shown.lease.owner or "" for s in affected})),
        watched_s=context.now - since,
        lag_bound=total(s.shown.lag for s in affected),
        arrived=sum(_arrived(context, s) for s in affected),
    )
    yield finding(
        kinds.CHECKPOINT_NEVER, Severity.WARNING, context.subject(partitions), evidence, since
    )


def _arrived(context: GroupContext, judged: JudgedPartition) -> int:
    sample, since = context.sample(judged.shown.id), judged.progress.watched_sequence
    return 0 if sample is None or since is None else max(0, sample.last_sequence - since)


def ahead(context: GroupContext) -> Iterator[Finding]:
    """Checkpoints beyond the stream: no event is delivered until it has caught up."""
    affected = context.flagged(TroubleFlag.AHEAD)

    if not affected:
        return

    worst = max(affected, key=lambda s: s.shown.ahead or 0)
    record, partitions = worst.shown.checkpoint, partition_ids(affected)
    sample = context.sample(worst.shown.id)
    context.explained.update(partitions)
    evidence = kinds.CheckpointAhead(
        partitions=partitions,
        ahead=worst.shown.ahead or 0,
        checkpoint_sequence=record.sequence if record else None,
        last_sequence=sample.last_sequence if sample else None,
        checkpoint_at=record.blob.last_modified if record else None,
        hub_created_at=context.builder.hub_created_at,
    )
    yield finding(kinds.CHECKPOINT_AHEAD, Severity.CRITICAL, context.subject(partitions), evidence)


def lost(context: GroupContext) -> Iterator[Finding]:
    """Events that retention removed before they were read."""
    affected = [judged for judged in context.flagged(TroubleFlag.LOST) if _is_lost(context, judged)]

    if not affected:
        return

    partitions, single = partition_ids(affected), affected[0] if len(affected) == 1 else None
    record = single.shown.checkpoint if single else None
    sample = context.sample(single.shown.id) if single else None
    evidence = kinds.EventsLost(
        lost=total(s.shown.lost for s in affected) or 0,
        partitions=partitions,
        checkpoint_sequence=record.sequence if record else None,
        begin_sequence=sample.begin_sequence if sample else None,
    )
    yield finding(kinds.EVENTS_LOST, Severity.CRITICAL, context.subject(partitions), evidence)


def _is_lost(context: GroupContext, judged: JudgedPartition) -> bool:
    """Whether more is gone than it may have read since the store was looked at."""
    policy, shown = context.builder.policy, judged.shown
    read = (shown.out_per_s or 0.0) * (policy.hub_interval_s + policy.store_interval_s)
    return (shown.lost or 0) > read


def at_risk(context: GroupContext) -> Iterator[Finding]:
    """When, at today's rates, retention removes events before they are read."""
    for judged in context.flagged(TroubleFlag.RISK):
        shown, history = judged.shown, context.history(judged.shown.id)
        sample, record = context.sample(shown.id), shown.checkpoint

        if history is None or sample is None or record is None or record.sequence is None:
            continue

        margin = record.sequence + 1 - sample.begin_sequence
        begin_per_s, out_per_s = history.begin_per_s or 0.0, shown.out_per_s or 0.0
        closing_per_s = begin_per_s - out_per_s

        # Nearer to the end of the stream than to its beginning, rates tell more of noise.
        is_far_back = (shown.lag or 0) > margin

        if not is_far_back or closing_per_s <= 0:
            continue

        if not 0 <= margin <= closing_per_s * RISK_WITHIN_S:
            continue

        left_s = margin / closing_per_s
        context.explained.add(shown.id)
        evidence = kinds.RetentionRisk(
            checkpoint_sequence=record.sequence,
            begin_sequence=sample.begin_sequence,
            margin=margin,
            begin_per_s=begin_per_s,
            out_per_s=out_per_s,
            loss_at=context.now + left_s,
            lag=shown.lag,
        )
        severity = Severity.CRITICAL if left_s <= CRITICAL_WITHIN_S else Severity.WARNING
        yield finding(kinds.RETENTION_RISK, severity, context.subject((shown.id,)), evidence)


def behind(context: GroupContext) -> Iterator[Finding]:
    """The group's live owners read slower than events arrive."""
    affected = [s for s in context.flagged(TroubleFlag.BEHIND) if _is_worth_telling(context, s)]

    if not affected:
        return

    worst = max(affected, key=lambda s: s.shown.lag or 0).shown
    in_per_s = total(context.in_per_s(s.shown.id) for s in affected)
    out_per_s = total(s.shown.out_per_s for s in affected)
    known = in_per_s is not None and out_per_s is not None
    evidence = kinds.GroupBehind(
        lag=total(s.shown.lag for s in affected) or 0,
        partitions=partition_ids(affected),
        worst_partition=worst.id,
        worst_lag=worst.lag or 0,
        in_per_s=in_per_s,
        out_per_s=out_per_s,
        falling_per_s=max(0.0, (in_per_s or 0.0) - (out_per_s or 0.0)) if known else None,
        behind_s=worst.behind.seconds if worst.behind else None,
        behind_basis=worst.behind.basis if worst.behind else None,
    )
    yield finding(kinds.GROUP_BEHIND, Severity.WARNING, context.subject(), evidence)


def _is_worth_telling(context: GroupContext, judged: JudgedPartition) -> bool:
    """Not for a lag that a few looks read away."""
    shown, in_per_s = judged.shown, context.in_per_s(judged.shown.id)
    policy = context.builder.policy
    least_s = 2 * (policy.hub_interval_s + policy.store_interval_s)

    if shown.behind is not None:
        return shown.behind.seconds >= least_s

    return bool(shown.lag and in_per_s and shown.lag / in_per_s >= least_s)


def rewound(context: GroupContext) -> Iterator[Finding]:
    """Checkpoints that went back, and not because two owners wrote them in turn."""
    rewinds = [
        (s, s.progress.rewind)
        for s in context.flagged(TroubleFlag.REWOUND)
        if s.progress.rewind is not None and not _was_contested(context, s.shown.id)
    ]

    if not rewinds:
        return

    worst, most = max(rewinds, key=lambda r: r[1].from_sequence - r[1].to_sequence)
    partitions = partition_ids([s for s, _ in rewinds])
    evidence = kinds.CheckpointRewound(
        partitions=partitions,
        from_sequence=most.from_sequence,
        to_sequence=most.to_sequence,
        replayed=sum(r.from_sequence - r.to_sequence for _, r in rewinds),
        rewound_at=most.at,
        owner=worst.shown.lease.owner,
    )
    subject = context.subject(partitions)
    yield finding(kinds.CHECKPOINT_REWOUND, Severity.WARNING, subject, evidence, most.at)


def _was_contested(context: GroupContext, partition: str) -> bool:
    """Whether it changed hands more than once lately: the one who lost it writes a last time."""
    if partition in context.shuffled:
        return True

    since = context.now - WINDOW_S
    handovers = [m for m in context.group.handovers if m.partition == partition and m.at >= since]
    return sum(1 for m in handovers if m.kind in _FORCED) > 1


HOT_FACTOR = 4.0
WATCHED_S = 25.0  # a burst is not heat; a series of 60 points may reach no further back
HOT_PER_S = 5.0  # below it nobody minds


def hot(builder: SnapshotBuilder) -> Iterator[Finding]:
    """A partition with several times the input of the others: often a poor partition key."""
    hub_input = builder.hub_input

    if hub_input.partitions < max(len(builder.partitions), 2):  # there are others to compare with
        return

    if not _is_hot(hub_input.most_per_s, hub_input):
        return  # then no other is

    for history in builder.histories.values():
        state = history.state
        own = state.in_per_s

        if own is None or not _is_hot(own, hub_input):
            continue

        if builder.at - state.last_series[0][0] >= WATCHED_S:
            evidence = kinds.HotPartition(
                in_per_s=own,
                others_per_s=hub_input.of_others(own),
                share=own / hub_input.per_s,
            )
            yield finding(kinds.PARTITION_HOT, Severity.INFO, Subject(partition=state.id), evidence)


def _is_hot(own_per_s: float, hub_input: HubInput) -> bool:
    return own_per_s >= HOT_PER_S and own_per_s >= HOT_FACTOR * hub_input.of_others(own_per_s)


OF_SESSION = (hot,)
OF_GROUP = (ahead, lost, stuck, never, rewound, at_risk, behind)
