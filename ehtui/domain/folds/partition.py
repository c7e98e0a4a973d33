"""Judges one partition of one group: lease, lag, rates, lag in time and health, in that order."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec import field
from msgspec.structs import replace

from ehtui.domain.leases.handovers import UNSEEN, OwnershipHistory
from ehtui.domain.leases.lease import lease_of, next_change_at
from ehtui.domain.progress import Rule
from ehtui.domain.progress.behind import NOTHING_UNREAD, behind, behind_exactly
from ehtui.domain.progress.flags import flags_of
from ehtui.domain.progress.health import (
    WINDOW,
    Progress,
    Situation,
    StallLimits,
    allowed_wait,
    committed,
    judge,
    out_rate,
    stall_limits,
    usual_wait,
)
from ehtui.domain.progress.lag import (
    Listed,
    Looks,
    PartitionHistory,
    extended,
    known_lag,
    shown_lag,
)
from ehtui.domain.snapshot import (
    LIVE_STATES,
    Behind,
    GroupPartition,
    Health,
    Lease,
    LeaseState,
    PartitionState,
    Series,
)
from ehtui.domain.state import JudgedPartition
from ehtui.domain.values import Value
from ehtui.domain.world.joined_listing import HIDE_OWNER, Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.leases.timing import LeaseTiming
    from ehtui.domain.progress.lag import Lag
    from ehtui.domain.world.store import Checkpoint, Layout

SETTLING_S = 61.0  # a rate has faded so long after the last checkpoint
REFRESH_S = 30.0  # what waits is judged again at least so often
_JUST_AFTER_S = 0.001
# Python 3.11 looks a member of an enum up by its name, each time: a tenth of all judging.
_HELD, _EXPIRED, _UNREADABLE = LeaseState.HELD, LeaseState.EXPIRED, LeaseState.UNREADABLE
_STUCK = frozenset({Health.STOPPED, Health.STALLED})
_FILLED = tuple((filled, WINDOW) for filled in range(WINDOW + 1))
NO_STATE = PartitionState("")


class JudgingContext(Value, frozen=True):
    """When and with what confidence partitions are judged."""

    at: float  # local
    now: float  # server
    looked_at: float  # server time up to which the store's word holds
    listed_at: float  # server time of its last word
    listed: Listed
    ahead_s: float  # server time minus local time
    polled_before_at: float  # local time of the look before, for series
    poll_s: float  # seconds between looks, hub and store together
    is_hub_fresh: bool = True
    # Owners whose process ended before the store was looked at, and when.
    ended: Mapping[str, float] = field(default_factory=dict)
    hub_created_at: float | None = None

    def limits_of(self, timing: LeaseTiming | None) -> StallLimits:
        """How long events may wait."""
        return stall_limits(self.poll_s, timing)


def unjudged(partition: str) -> JudgedPartition:
    """A partition that nothing is known of yet."""
    shown = GroupPartition(partition, Lease(LeaseState.NEVER_OWNED))
    return JudgedPartition(shown, UNSEEN, Progress(), 0, -inf)


def stored_of(shown: GroupPartition) -> Stored:
    """The same as it was when `shown` was judged."""
    return Stored(shown.checkpoint, shown.unreadable, shown.lease.state is _UNREADABLE)


def hidden_lease(stored: Stored) -> Lease | None:
    """A lease that nobody can tell whose it is."""
    if not stored.is_owner_hidden:
        return None

    blob = next(b for b in stored.unreadable if b.kind in HIDE_OWNER)
    return Lease(LeaseState.UNREADABLE, last_modified=blob.written_at, blob=blob.name)


def judge_partition(
    judged: JudgedPartition,
    history: PartitionHistory | None,
    timing: LeaseTiming | None,
    context: JudgingContext,
    stored: Stored,
) -> JudgedPartition:
    """`judged` with everything judged anew; `stored` are the records as they stand."""
    old, looked_at = judged.shown, context.looked_at
    lease = hidden_lease(stored) or _lease(judged.ownership, timing, context)
    lease = old.lease if lease == old.lease else lease
    state = history.state if history is not None else NO_STATE
    looks = Looks(state, stored, context.listed, context.hub_created_at)
    known = known_lag(old, looks)
    lag = shown_lag(old, looks, known, is_hub_fresh=context.is_hub_fresh)

    if stored.checkpoint is None:
        progress = _unwritten(judged.progress, lag, lease, state, context)
    else:
        progress = _written(judged, looks, lag, known.lag, context)

    situation = Situation(lease, lag, progress, context.limits_of(timing), state.in_per_s)
    shown = _shown(judged, situation, looks, history, context, is_kept=lag is not known)
    flags = flags_of(shown, progress, history, situation.limits, looked_at)
    next_at = looked_at if looks.is_open(lag) else next_change_at(lease, timing, looked_at)
    due_at = _due(shown, progress, next_at, situation.limits, looked_at)
    return JudgedPartition(shown, judged.ownership, progress, flags, due_at)


def _shown(
    judged: JudgedPartition,
    situation: Situation,
    looks: Looks,
    history: PartitionHistory | None,
    context: JudgingContext,
    *,
    is_kept: bool,
) -> GroupPartition:
    """The partition as it is shown; the same object where nothing of it changed.

    `is_kept` says that its lag is still that of the moment before.
    """
    old, lease, lag, progress = judged.shown, situation.lease, situation.lag, situation.progress
    checkpoint = looks.checkpoint
    verdict, rule = judge(situation, context.looked_at, old.health)
    out_per_s = out_rate(progress.pace, context.looked_at)
    shown = GroupPartition(
        id=old.id,
        lease=lease,
        checkpoint=checkpoint,
        lag=lag.lag,
        lag_is_bound=lag.is_bound,
        lost=lag.lost,
        ahead=lag.ahead,
        behind=old.behind if is_kept else _behind(history, lag, looks, context),
        out_per_s=out_per_s,
        drain_s=_drain(lag, situation.in_per_s, out_per_s),
        health=verdict,
        rule=rule,
        window=_FILLED[len(progress.commits)],
        lag_series=old.lag_series if is_kept else _lag_series(old, lag, context),
        layout=_layout(judged.ownership, checkpoint),
        lag_reason=lag.why,
        unreadable=looks.stored.unreadable,
        takeover=old.takeover if lease.state is not _HELD else None,
        counted=lag.counted,
    )
    is_same = lease is old.lease and checkpoint is old.checkpoint and shown == old
    return old if is_same else shown


def _lease(
    ownership: OwnershipHistory, timing: LeaseTiming | None, context: JudgingContext
) -> Lease:
    ended_at = context.ended.get(ownership.holder) if ownership.holder is not None else None
    lease = lease_of(
        record=ownership.record,
        timing=timing,
        looked_at=context.looked_at,
        last_owner=ownership.holder,
        claimed_at=ownership.claimed_at,
        ended_at=ended_at,
        listed_at=context.listed_at,
    )

    if lease.state is _EXPIRED and lease.expires_at is None:
        return replace(lease, expires_at=ownership.free_since)  # a blob lease that was seen to end

    return lease


def _behind(
    history: PartitionHistory | None, lag: Lag, looks: Looks, context: JudgingContext
) -> Behind | None:
    """Lag in time, for the moment that the lag is told for."""
    checkpoint = looks.checkpoint

    if lag.lag == 0:
        return NOTHING_UNREAD

    if history is None or checkpoint is None or checkpoint.sequence is None or lag.why:
        return None

    sample = history.state.sample
    begin = sample.begin_sequence if sample is not None else 0
    oldest = max(checkpoint.sequence + 1, begin)
    now = looks.moment + context.ahead_s
    exact = behind_exactly(history.unread, oldest, now) if history.unread else None
    return exact or behind(history.arrivals, oldest, lag.lag, now)


def _written(
    judged: JudgedPartition, looks: Looks, lag: Lag, waits: int | None, context: JudgingContext
) -> Progress:
    """Its progress with this look folded in; the same object where nothing moved.

    `waits` is how many events are known to wait.
    """
    progress, lag_before = judged.progress, judged.shown.lag
    checkpoint = looks.checkpoint
    assert checkpoint is not None

    if lag.why == Rule.PREDATES_HUB:
        unseen = Progress(checkpoint)  # what was seen before is of another stream
        return progress if progress == unseen else unseen

    if waits and (progress.waiting_since is None or progress.record is None):
        seen_zero = context.now if lag_before == 0 else progress.zero_at
        progress = replace(progress, waiting_since=context.now, zero_at=seen_zero)

    record = progress.record
    if record is not checkpoint and (record is None or record.blob.etag != checkpoint.blob.etag):
        progress = committed(progress, checkpoint, lag.lag, context.poll_s / 2)
        progress = _corrected(progress, looks.state)

    if waits == 0 and (progress.waiting_since is not None or lag_before != 0):
        progress = replace(progress, waiting_since=None, zero_at=context.now)

    return progress


def _corrected(progress: Progress, state: PartitionState) -> Progress:
    """A checkpoint that was beyond the stream and came back is put right, not rewound."""
    rewind, sample = progress.rewind, state.sample
    if rewind is None or sample is None or rewind.from_sequence <= sample.last_sequence:
        return progress

    return replace(progress, rewind=None)


def _unwritten(
    progress: Progress, lag: Lag, lease: Lease, state: PartitionState, context: JudgingContext
) -> Progress:
    """Remembers since when a partition is owned without a checkpoint, and where the hub was."""
    if progress.record is not None:  # its blob was deleted
        progress = Progress()

    if lease.state not in LIVE_STATES or lag.lag is None or state.sample is None:
        return progress if progress.watched_at is None else Progress()

    if progress.watched_at is not None:
        return progress

    last = state.sample.last_sequence
    return Progress(watched_at=context.looked_at, watched_sequence=last)


def _lag_series(old: GroupPartition, lag: Lag, context: JudgingContext) -> Series:
    if lag.why == Rule.PREDATES_HUB:  # what was drawn is the lag of another stream
        return ()

    if lag.lag is None or lag.is_bound:
        return old.lag_series

    return extended(old.lag_series, context.polled_before_at, context.at, lag.lag)


def _drain(lag: Lag, in_per_s: float | None, out_per_s: float | None) -> float | None:
    if lag.lag == 0:
        return 0.0

    if lag.lag is None or lag.is_bound or in_per_s is None or out_per_s is None:
        return None

    return lag.lag / (out_per_s - in_per_s) if out_per_s > in_per_s else None


def _layout(ownership: OwnershipHistory, checkpoint: Checkpoint | None) -> Layout | None:
    if ownership.record is not None:
        return ownership.record.layout

    return checkpoint.layout if checkpoint is not None else None


def _due(
    shown: GroupPartition,
    progress: Progress,
    next_at: float | None,
    limits: StallLimits,
    now: float,
) -> float:
    """The next moment, by the clock of the last look, that can change a verdict by itself.

    `next_at` is when its lease does, or when the next look has to decide something.
    """
    due_at = next_at if next_at is not None and next_at >= now else inf

    if shown.lag:
        due_at = min(due_at, now + REFRESH_S)

        if progress.waiting_since is not None:
            since = max(progress.waiting_since, shown.lease.claimed_at or 0.0)
            for waits_s in (usual_wait(progress), allowed_wait(progress, limits)):
                late_at = since + waits_s + _JUST_AFTER_S
                due_at = late_at if now < late_at < due_at else due_at

        if progress.watched_at is not None:
            late_at = progress.watched_at + limits.unknown_s + _JUST_AFTER_S
            due_at = late_at if now < late_at < due_at else due_at

    if shown.out_per_s:
        settles_at = progress.commits[-1].at + SETTLING_S
        due_at = settles_at if now < settles_at < due_at else due_at

        if progress.pace is not None:
            due_at = min(due_at, max(now, progress.pace.silent_at) + _JUST_AFTER_S)

    return due_at
