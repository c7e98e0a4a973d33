"""What is wrong with a partition, flagged for the findings."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ehtui.domain.leases.timing import RESOLUTION_S
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import GroupPartition, Health, LeaseState
from ehtui.domain.world.store import Layout

if TYPE_CHECKING:
    from ehtui.domain.progress.health import Progress, StallLimits
    from ehtui.domain.progress.lag import PartitionHistory
    from ehtui.domain.snapshot import Lease

# Python 3.11 looks a member of an enum up by its name, each time.
_BEHIND, _MODERN = Health.BEHIND, Layout.MODERN


class TroubleFlag:
    """What is wrong with a partition: bits, so that a healthy one costs findings nothing."""

    FREE = 1
    OVERDUE = 2
    EXPIRED = 4
    STUCK = 8
    NEVER = 16
    AHEAD = 32
    LOST = 64
    REWOUND = 128
    BEHIND = 256
    RISK = 512
    OTHER_LAYOUT = 1024
    NO_SEQUENCE = 2048
    PREDATES_HUB = 4096
    UNSERVED = FREE | OVERDUE | EXPIRED


_LEASE_FLAGS = {
    LeaseState.RELEASED: TroubleFlag.FREE,
    LeaseState.NEVER_OWNED: TroubleFlag.FREE,
    LeaseState.OVERDUE: TroubleFlag.OVERDUE,
    LeaseState.EXPIRED: TroubleFlag.EXPIRED,
}
_GETTING_THROUGH = frozenset({Health.OK, Health.AHEAD})
_STUCK = frozenset({Health.STOPPED, Health.STALLED})


def flags_of(
    shown: GroupPartition,
    progress: Progress,
    history: PartitionHistory | None,
    limits: StallLimits,
    looked_at: float,
) -> int:
    """What is wrong with a partition as it is shown."""
    flags = _LEASE_FLAGS.get(shown.lease.state, 0) | _record_flags(shown)
    verdict = shown.health
    if verdict in _STUCK and _renews_meanwhile(shown.lease, progress):
        flags |= TroubleFlag.STUCK
    elif verdict is _BEHIND:
        flags |= TroubleFlag.BEHIND

    if progress.rewind is not None:
        flags |= TroubleFlag.REWOUND

    if _never_written(shown, progress, history, limits, looked_at):
        flags |= TroubleFlag.NEVER

    is_removed = history is not None and bool(history.begin_per_s)
    if is_removed and shown.lag and verdict not in _GETTING_THROUGH:
        flags |= TroubleFlag.RISK

    return flags


def _record_flags(shown: GroupPartition) -> int:
    is_other = shown.layout is not None and shown.layout is not _MODERN
    flags = TroubleFlag.OTHER_LAYOUT if is_other else 0

    if shown.checkpoint is not None and shown.checkpoint.sequence is None:
        flags |= TroubleFlag.NO_SEQUENCE

    if shown.lag_reason == Rule.PREDATES_HUB:
        flags |= TroubleFlag.PREDATES_HUB
    elif shown.ahead:
        flags |= TroubleFlag.AHEAD

    return flags | TroubleFlag.LOST if shown.lost else flags


def _renews_meanwhile(lease: Lease, progress: Progress) -> bool:
    """Whether its owner still balances while events wait: else it may just have died.

    Its claim proves nothing: events may have waited for it, and it may have died at once.
    """
    since = max(progress.waiting_since or inf, lease.claimed_at or 0.0)
    is_renewed = lease.renewed_at is None or lease.renewed_at > since + RESOLUTION_S
    return lease.state is LeaseState.HELD and is_renewed and progress.waiting_since is not None


def _never_written(
    shown: GroupPartition,
    progress: Progress,
    history: PartitionHistory | None,
    limits: StallLimits,
    looked_at: float,
) -> bool:
    sample = history.state.sample if history is not None else None
    if progress.watched_at is None or sample is None or not shown.lag_is_bound:
        return False

    has_grown = sample.last_sequence > (progress.watched_sequence or 0)
    return has_grown and looked_at - progress.watched_at > limits.unknown_s
