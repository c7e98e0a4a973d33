"""What this session did: told, remembered, and followed until what it set free is owned again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.actions.base import OwnedPartition, SignalEffect
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan
from ehtui.domain.actions.events import forecast_of, state_for, told
from ehtui.domain.actions.outcomes import MeasuredTakeover, OutcomeState
from ehtui.domain.actions.plans import RestartPlan, SignalPlan, StartPlan, SupervisedPlan
from ehtui.domain.folds.ledger import checkpoints_moved
from ehtui.domain.folds.sends import end_send
from ehtui.domain.snapshot import GroupPartition, LeaseState, Subject
from ehtui.domain.state import SentSignal, StartedConsumer

if TYPE_CHECKING:
    from ehtui.domain.actions.base import SignalTarget
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.costs import CountedTakeover
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.snapshot import GroupState, Snapshot
    from ehtui.domain.updates import ActionDone
    from ehtui.domain.world.process import ProcessId


MOST_SIGNALS, MOST_STARTS = 32, 64
START_SLACK_S = 1.0  # the kernel's clock of starts is not quite ours


def fold_action(builder: SnapshotBuilder, update: ActionDone) -> None:
    """Tell what this session did, and remember signals and starts."""
    outcome = update.outcome
    begin_takeovers(builder, outcome)
    end_send(builder, outcome)
    _remember(builder, outcome)

    for kind, subject, details in told(outcome):
        builder.tell(kind, builder.clocks.server(outcome.at), subject, details)


def _remember(builder: SnapshotBuilder, outcome: Outcome) -> None:
    match outcome.plan:
        case SignalPlan() as plan:
            for target in plan.targets:
                _remember_signal(builder, plan.signal, target, outcome)
        case RestartPlan() | SupervisedPlan() as plan:
            _remember_signal(builder, plan.signal, plan.target, outcome)
            home = _home_of(builder, plan.target.process)
            if home is not None:  # as it was started it is started again
                _remember_start(builder, home, outcome, is_restart=True)
        case CheckpointPlan() as plan:
            checkpoints_moved(builder, plan.group, outcome.changes)
        case StartPlan() as plan:
            _remember_start(builder, plan.group, outcome)


def _remember_signal(
    builder: SnapshotBuilder, signal: str, target: SignalTarget, outcome: Outcome
) -> None:
    if state_for(target, outcome) is not OutcomeState.DONE:
        return

    # A restart is told when all is over; the signal was its first step.
    sent_at = outcome.plan.planned_at + (builder.clock_offset_s or 0.0)
    sent = SentSignal(target.process, signal, sent_at)
    signals = (*builder.host.signals[-(MOST_SIGNALS - 1) :], sent)
    # Whoever was waited for had ended before this was told.
    departures = tuple(
        replace(d, signal=signal) if d.process == target.process and d.signal is None else d
        for d in builder.host.departures
    )
    builder.host = replace(builder.host, signals=signals, departures=departures)


def _home_of(builder: SnapshotBuilder, process: ProcessId) -> str | None:
    """The group that a process read, be it gone by now."""
    homes = [c.home for c in builder.before.consumers if c.process.id == process]
    homes += [d.home for d in builder.host.departures if d.process == process]

    return next((home for home in homes if home is not None), None)


def _remember_start(
    builder: SnapshotBuilder, group: str, outcome: Outcome, *, is_restart: bool = False
) -> None:
    """Its group is known before any record names its owner id."""
    pid = outcome.new_pid
    if outcome.state is OutcomeState.DONE and pid is not None:
        kept = list(builder.host.starts.items())[-(MOST_STARTS - 1) :]
        after, before = outcome.plan.planned_at - START_SLACK_S, outcome.at + START_SLACK_S
        start = StartedConsumer(group, after, before, is_restart)
        builder.host = replace(builder.host, starts={**dict(kept), pid: start})


LIVES_ON_S = 30.0  # who renews so long after the signal was not ended by it


class Groups(Protocol):
    """What takeovers are held against."""

    def group(self, name: str) -> GroupState | None:
        """A group as it is known now."""


def start(outcome: Outcome, snapshot: Snapshot) -> tuple[MeasuredTakeover, ...]:
    """One for every partition that the targets owned which the signal reached."""
    if outcome.parts:
        return tuple(
            takeover for part in outcome.parts for takeover in start(part.outcome, snapshot)
        )

    offset = snapshot.clock_offset_s or 0.0

    return tuple(
        MeasuredTakeover(
            owned=owned,
            previous_owner=target.owner,
            started_at=outcome.plan.planned_at + offset,
            checkpoint=_checkpoint(_find(snapshot, owned)),
            sent_at=outcome.at + offset,
        )
        for target in outcome.plan.targets
        if target.effect is not SignalEffect.IGNORED and _was_reached(outcome, target)
        for owned in target.owns
    )


def _was_reached(outcome: Outcome, target: SignalTarget) -> bool:
    result = outcome.result_of(target.process)

    return outcome.state is OutcomeState.DONE if result is None else result.was_reached


def advance(
    takeovers: tuple[MeasuredTakeover, ...], snapshot: Snapshot
) -> tuple[MeasuredTakeover, ...]:
    """The takeovers as this snapshot shows them."""
    return tuple(advance_one(takeover, snapshot) for takeover in takeovers)


def is_over(takeovers: tuple[MeasuredTakeover, ...]) -> bool:
    """Whether every partition is owned again and its checkpoint moved."""
    return all(takeover.is_over for takeover in takeovers)


def lives_on(takeover: MeasuredTakeover, groups: Groups) -> bool:
    """Whether the signal ended nobody: the owner of before goes on renewing."""
    if takeover.owned_at is not None or takeover.sent_at is None:
        return False

    partition = _find(groups, takeover.owned)
    if partition is None:
        return False

    lease = partition.lease
    renewed_at = lease.renewed_at or 0.0
    return lease.owner == takeover.previous_owner and renewed_at > takeover.sent_at + LIVES_ON_S


def advance_one(takeover: MeasuredTakeover, groups: Groups) -> MeasuredTakeover:
    """One takeover as these groups show it."""
    takeover = _priced(takeover, groups)

    if takeover.is_over:
        return takeover  # it is over: not looked for among thousands again

    partition = _find(groups, takeover.owned)
    if partition is None:
        return takeover

    lease = partition.lease
    if (
        takeover.owned_at is None
        and lease.state is LeaseState.HELD
        and lease.owner != takeover.previous_owner
        and lease.last_modified is not None
    ):
        owned_at = lease.claimed_at or lease.last_modified
        takeover = replace(takeover, owner=lease.owner, owned_at=owned_at)

    checkpoint = partition.checkpoint
    if (
        takeover.owned_at is not None
        and takeover.moved_at is None
        and checkpoint is not None
        and checkpoint.blob.last_modified >= takeover.owned_at
        and _checkpoint(partition) != takeover.checkpoint
    ):
        takeover = replace(takeover, moved_at=checkpoint.blob.last_modified)

    return takeover


def _priced(takeover: MeasuredTakeover, groups: Groups) -> MeasuredTakeover:
    """With its cost, once that is counted."""
    if takeover.owned_at is None or takeover.cost.is_counted:
        return takeover

    last = _counted(takeover, groups)
    return takeover if last is None else replace(takeover, cost=last.cost)


def _counted(takeover: MeasuredTakeover, groups: Groups) -> CountedTakeover | None:
    group = groups.group(takeover.owned.group)
    last = group.ledger.latest.get(takeover.owned.partition) if group is not None else None

    return last if last is not None and last.owner == takeover.owner else None


def are_counted(takeovers: tuple[MeasuredTakeover, ...], groups: Groups) -> bool:
    """Whether nothing more will be known of what they cost."""
    return all(
        takeover.cost.is_counted or _counted(takeover, groups) is None for takeover in takeovers
    )


def _find(groups: Groups, owned: OwnedPartition) -> GroupPartition | None:
    group = groups.group(owned.group)
    return group.partition(owned.partition) if group is not None else None


def _checkpoint(partition: GroupPartition | None) -> int | None:
    return partition.checkpoint.sequence if partition and partition.checkpoint else None


MOST_TAKEOVERS = 64
KEPT_S = 3600.0


def begin_takeovers(builder: SnapshotBuilder, outcome: Outcome) -> None:
    """Watch what the targets owned; a newer signal replaces what still runs for a partition."""
    if outcome.state is OutcomeState.DRY_RUN:
        return

    begun = start(outcome, builder.before)
    places = {(takeover.owned.group, takeover.owned.partition) for takeover in begun}
    before = [
        takeover
        for takeover in builder.takeovers
        if takeover.owned_at is not None
        or (takeover.owned.group, takeover.owned.partition) not in places
    ]
    builder.takeovers = (*before, *begun)[-MOST_TAKEOVERS:]


def advance_takeovers(builder: SnapshotBuilder) -> None:
    """Take in what this update showed, and tell a gap as soon as it is measured."""
    if not builder.takeovers:
        return

    kept: list[MeasuredTakeover] = []

    for before in builder.takeovers:
        takeover = advance_one(before, builder)
        if before.owned_at is None and takeover.owned_at is not None:
            _tell(builder, takeover, takeover.owned_at)

        if before.moved_at is None and takeover.moved_at is not None:
            _tell_moved(builder, takeover, takeover.moved_at)

        if builder.now - takeover.started_at <= KEPT_S and not lives_on(takeover, builder):
            kept.append(takeover)

    # The same tuple while nothing moved: an unchanged snapshot costs its readers nothing.
    if tuple(kept) != builder.takeovers:
        builder.takeovers = tuple(kept)


def _tell(builder: SnapshotBuilder, takeover: MeasuredTakeover, owned_at: float) -> None:
    builder.tell(
        timeline.TAKEOVER_MEASURED,
        owned_at,
        Subject(*takeover.subject),
        timeline.TakeoverMeasured(
            owner=takeover.owner,
            previous_owner=takeover.previous_owner,
            signalled_at=takeover.started_at,
            gap_s=takeover.gap_s,
            takeover=forecast_of(takeover.owned.takeover),
            is_inside_forecast=takeover.is_inside_forecast,
        ),
    )


def _tell_moved(builder: SnapshotBuilder, takeover: MeasuredTakeover, moved_at: float) -> None:
    builder.tell(
        timeline.TAKEOVER_MOVED,
        moved_at,
        Subject(*takeover.subject),
        timeline.TakeoverMoved(
            owner=takeover.owner,
            previous_owner=takeover.previous_owner,
            signalled_at=takeover.started_at,
            moved_s=moved_at - takeover.started_at,
        ),
    )
