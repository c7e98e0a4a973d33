"""Judges one partition of one group: lease, lag, rates, lag in time and health, in that order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from ehtui.domain import health
from ehtui.domain.behind import behind
from ehtui.domain.lag import lag_of
from ehtui.domain.leases import LIVE_STATES, RESOLUTION_S, lease_of, next_change_at
from ehtui.domain.memory import UNSEEN, Flow, Mark, Seat, Tenure
from ehtui.domain.progress import WINDOW, Progress, committed, out_rate
from ehtui.domain.series import extended
from ehtui.domain.snapshot import GroupPartition, Health, Lease, LeaseState, PartitionState

if TYPE_CHECKING:
    from ehtui.domain.behind import History
    from ehtui.domain.lag import Lag
    from ehtui.domain.leases import Timing
    from ehtui.domain.store import Checkpoint, Layout

SETTLING_S = (10.0, 61.0)  # rates fade this long after the last change
_JUST_AFTER_S = 0.001
_UNKNOWN_ROUNDS, _UNKNOWN_POLLS = 10.0, 12.0
_LEASE_MARKS = {
    LeaseState.RELEASED: Mark.FREE,
    LeaseState.NEVER_OWNED: Mark.FREE,
    LeaseState.OVERDUE: Mark.OVERDUE,
    LeaseState.EXPIRED: Mark.EXPIRED,
    LeaseState.HELD: 0,
}
_NOT_GETTING_THROUGH = frozenset({Health.BEHIND, Health.STOPPED, Health.STALLED, Health.UNOWNED})
_STUCK = frozenset({Health.STOPPED, Health.STALLED})


@dataclass(frozen=True, slots=True)
class Moment:
    """When and with what confidence partitions are judged."""

    at: float  # local
    now: float  # server
    looked_at: float  # server time up to which the store's word holds
    offset_s: float
    polled_before_at: float  # local time of the look before, for series
    poll_s: float  # seconds between looks, hub and store together
    is_hub_fresh: bool = True


def vacant(partition: str) -> Seat:
    """A seat that nothing is known of yet."""
    shown = GroupPartition(partition, Lease(LeaseState.NEVER_OWNED))
    return Seat(shown, UNSEEN, Progress(), 0, -inf)


def judged(
    seat: Seat,
    flow: Flow | None,
    timing: Timing | None,
    moment: Moment,
    checkpoint: Checkpoint | None,
) -> Seat:
    """`seat` with everything judged anew; `checkpoint` is the record as it stands."""
    old, tenure = seat.shown, seat.tenure
    lease = lease_of(tenure.record, timing, moment.looked_at, tenure.holder, tenure.claimed_at)

    if lease == old.lease:
        lease = old.lease

    state = flow.state if flow is not None else None
    sample = state.sample if state is not None else None
    lag = lag_of(sample, checkpoint, moment.offset_s)

    if not moment.is_hub_fresh and old.lag is not None:
        lag = lag._replace(lag=old.lag, lost=old.lost, ahead=old.ahead)

    progress = _followed(seat, lag, checkpoint, moment, lease, state)
    in_per_s = state.in_per_s if state is not None else None
    patience = patience_of(timing, moment)
    verdict, rule = health.judge(lease, lag, progress, patience, in_per_s, moment.looked_at)
    out_per_s = out_rate(progress.commits, moment.looked_at)
    sequence = checkpoint.sequence if checkpoint is not None else None
    history: History = flow.history if flow is not None else ()
    oldest_unread = None

    if sequence is not None and sample is not None:
        oldest_unread = max(sequence + 1, sample.begin_sequence)

    shown = GroupPartition(
        old.id,
        lease,
        checkpoint,
        lag.lag,
        lag.is_bound,
        lag.lost,
        lag.ahead,
        behind(history, oldest_unread, lag.lag, moment.now) if oldest_unread is not None else None,
        out_per_s,
        _drain(lag.lag, in_per_s, out_per_s, is_bound=lag.is_bound),
        verdict,
        rule,
        (len(progress.commits), WINDOW),
        old.lag_series
        if lag.lag is None or lag.is_bound
        else extended(old.lag_series, moment.polled_before_at, moment.at, lag.lag),
        _layout(tenure, checkpoint),
        old.takeover if lease.state is not LeaseState.HELD else None,
    )
    marks = _marks(shown, progress, flow, patience, moment)
    due_at = _due(shown, progress, next_change_at(lease, timing), patience, moment)
    return Seat(old if shown == old else shown, tenure, progress, marks, due_at)


def patience_of(timing: Timing | None, moment: Moment) -> health.Patience:
    """How long events may wait: a few looks at least, ten rounds while no cadence is known."""
    unknown_s = _UNKNOWN_POLLS / 2 * moment.poll_s

    if timing is not None:
        unknown_s = max(unknown_s, _UNKNOWN_ROUNDS * timing.period_s)

    return health.Patience(3 * moment.poll_s, unknown_s)


def _followed(
    seat: Seat,
    lag: Lag,
    checkpoint: Checkpoint | None,
    moment: Moment,
    lease: Lease,
    state: PartitionState | None,
) -> Progress:
    """The seat's progress with this look folded in; the same object where nothing moved."""
    progress = seat.progress
    record = progress.record

    if checkpoint is None:
        return _unwritten(progress, lag, lease, state, moment)

    if lag.lag and (progress.waiting_since is None or progress.record is None):
        seen_zero = moment.now if seat.shown.lag == 0 else progress.zero_at
        progress = replace(progress, waiting_since=moment.now, zero_at=seen_zero)

    if record is None or record.blob.etag != checkpoint.blob.etag:
        progress = committed(progress, checkpoint, lag.lag)

    if lag.lag == 0 and (progress.waiting_since is not None or seat.shown.lag != 0):
        progress = replace(progress, waiting_since=None, zero_at=moment.now)

    return progress


def _unwritten(
    progress: Progress, lag: Lag, lease: Lease, state: PartitionState | None, moment: Moment
) -> Progress:
    """Remembers since when a partition is owned without a checkpoint, and where the hub was."""
    if progress.record is not None:  # its blob was deleted
        progress = Progress()

    is_owned = lease.state in LIVE_STATES and lag.lag is not None

    if not is_owned or state is None or state.sample is None:
        return progress if progress.watched_at is None else Progress()

    if progress.watched_at is not None:
        return progress

    return replace(
        progress, watched_at=moment.looked_at, watched_sequence=state.sample.last_sequence
    )


def _drain(
    lag: int | None, in_per_s: float | None, out_per_s: float | None, *, is_bound: bool
) -> float | None:
    if lag == 0:
        return 0.0

    if lag is None or is_bound or in_per_s is None or out_per_s is None or out_per_s <= in_per_s:
        return None

    return lag / (out_per_s - in_per_s)


def _layout(tenure: Tenure, checkpoint: Checkpoint | None) -> Layout | None:
    if tenure.record is not None:
        return tenure.record.layout

    return checkpoint.layout if checkpoint is not None else None


def _marks(
    shown: GroupPartition,
    progress: Progress,
    flow: Flow | None,
    patience: health.Patience,
    moment: Moment,
) -> int:
    marks = _LEASE_MARKS[shown.lease.state]
    verdict = shown.health

    if verdict in _STUCK and _renews_meanwhile(shown.lease, progress):
        marks |= Mark.STUCK
    elif verdict is Health.BEHIND:
        marks |= Mark.BEHIND

    if shown.ahead:
        marks |= Mark.AHEAD

    if shown.lost:
        marks |= Mark.LOST

    if progress.rewind is not None:
        marks |= Mark.REWOUND

    if _never_written(shown, progress, flow, patience, moment):
        marks |= Mark.NEVER

    if verdict in _NOT_GETTING_THROUGH and shown.lag and flow is not None and flow.begin_per_s:
        marks |= Mark.RISK

    return marks


def _renews_meanwhile(lease: Lease, progress: Progress) -> bool:
    """Whether its owner still balances while events wait: else it may just have died."""
    if lease.state is not LeaseState.HELD or progress.waiting_since is None:
        return False

    return lease.renewed_at is None or lease.renewed_at > progress.waiting_since + RESOLUTION_S


def _never_written(
    shown: GroupPartition,
    progress: Progress,
    flow: Flow | None,
    patience: health.Patience,
    moment: Moment,
) -> bool:
    if progress.watched_at is None or progress.watched_sequence is None or flow is None:
        return False

    sample = flow.state.sample
    return (
        shown.lag_is_bound
        and sample is not None
        and sample.last_sequence > progress.watched_sequence
        and moment.looked_at - progress.watched_at > patience.unknown_s
    )


def _due(
    shown: GroupPartition,
    progress: Progress,
    lease_at: float | None,
    patience: health.Patience,
    moment: Moment,
) -> float:
    """The next moment, by the clock of the last look, that can change a verdict by itself."""
    now = moment.looked_at
    moments = [lease_at] if lease_at is not None else []

    if shown.lag:
        moments.append(now + SETTLING_S[0])

        if progress.waiting_since is not None:
            since = max(progress.waiting_since, shown.lease.claimed_at or 0.0)
            moments.append(since + health.allowed_wait(progress, patience) + _JUST_AFTER_S)

        if progress.watched_at is not None:
            moments.append(progress.watched_at + patience.unknown_s + _JUST_AFTER_S)

    if shown.out_per_s and progress.commits:
        moments.extend(progress.commits[-1].at + settling for settling in SETTLING_S)

    return min((at for at in moments if at > now), default=inf)
