"""Flags what is wrong with a partition, so that findings look at nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.leases.timing import RESOLUTION_S
from ehtui.domain.progress.rules import PREDATES_HUB
from ehtui.domain.snapshot import (
    GroupPartition,
    Health,
    LeaseState,
)
from ehtui.domain.world.store import Layout

if TYPE_CHECKING:
    from ehtui.domain.progress.health import Progress, StallLimits
    from ehtui.domain.progress.partition_history import PartitionHistory
    from ehtui.domain.snapshot import GroupPartition, Lease


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


_LEASE_MARKS = {
    LeaseState.RELEASED: TroubleFlag.FREE,
    LeaseState.NEVER_OWNED: TroubleFlag.FREE,
    LeaseState.OVERDUE: TroubleFlag.OVERDUE,
    LeaseState.EXPIRED: TroubleFlag.EXPIRED,
    LeaseState.HELD: 0,
    LeaseState.UNREADABLE: 0,
}
_GETTING_THROUGH = frozenset({Health.OK, Health.AHEAD})
# Python 3.11 looks a member of an enum up by its name, each time: a tenth of all judging.
_BEHIND, _MODERN = Health.BEHIND, Layout.MODERN
_STUCK = frozenset({Health.STOPPED, Health.STALLED})


def flags_of(
    shown: GroupPartition,
    progress: Progress,
    history: PartitionHistory | None,
    limits: StallLimits,
    looked_at: float,
) -> int:
    """What is wrong with a partition as it is shown."""
    flags = _LEASE_MARKS[shown.lease.state] | _record_marks(shown)
    verdict = shown.health
    if verdict in _STUCK and _renews_meanwhile(shown.lease, progress):
        flags |= TroubleFlag.STUCK
    elif verdict is _BEHIND:
        flags |= TroubleFlag.BEHIND

    if progress.rewind is not None:
        flags |= TroubleFlag.REWOUND

    if _never_written(shown, progress, history, limits, looked_at):
        flags |= TroubleFlag.NEVER

    if (
        verdict not in _GETTING_THROUGH
        and shown.lag
        and history is not None
        and history.begin_per_s
    ):
        flags |= TroubleFlag.RISK

    return flags


def _record_marks(shown: GroupPartition) -> int:
    flags = 0

    if shown.layout is not None and shown.layout is not _MODERN:
        flags |= TroubleFlag.OTHER_LAYOUT

    if shown.checkpoint is not None and shown.checkpoint.sequence is None:
        flags |= TroubleFlag.NO_SEQUENCE

    if shown.lag_reason == PREDATES_HUB:
        flags |= TroubleFlag.PREDATES_HUB
    elif shown.ahead:
        flags |= TroubleFlag.AHEAD

    if shown.lost:
        flags |= TroubleFlag.LOST

    return flags


def _renews_meanwhile(lease: Lease, progress: Progress) -> bool:
    """Whether its owner still balances while events wait: else it may just have died.

    Its claim proves nothing: events may have waited for it, and it may have died at once.
    """
    if lease.state is not LeaseState.HELD or progress.waiting_since is None:
        return False

    since = max(progress.waiting_since, lease.claimed_at or 0.0)
    return lease.renewed_at is None or lease.renewed_at > since + RESOLUTION_S


def _never_written(
    shown: GroupPartition,
    progress: Progress,
    history: PartitionHistory | None,
    limits: StallLimits,
    looked_at: float,
) -> bool:
    if progress.watched_at is None or progress.watched_sequence is None or history is None:
        return False

    sample = history.state.sample
    return (
        shown.lag_is_bound
        and sample is not None
        and sample.last_sequence > progress.watched_sequence
        and looked_at - progress.watched_at > limits.unknown_s
    )
