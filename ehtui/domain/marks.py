"""Marks what is wrong with a partition, so that findings look at nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.memory import Mark
from ehtui.domain.rules import PREDATES_HUB
from ehtui.domain.snapshot import Health, LeaseState
from ehtui.domain.store import Layout
from ehtui.domain.timing import RESOLUTION_S

if TYPE_CHECKING:
    from ehtui.domain.health import Patience
    from ehtui.domain.memory import Flow
    from ehtui.domain.progress import Progress
    from ehtui.domain.snapshot import GroupPartition, Lease

_LEASE_MARKS = {
    LeaseState.RELEASED: Mark.FREE,
    LeaseState.NEVER_OWNED: Mark.FREE,
    LeaseState.OVERDUE: Mark.OVERDUE,
    LeaseState.EXPIRED: Mark.EXPIRED,
    LeaseState.HELD: 0,
    LeaseState.UNREADABLE: 0,
}
_GETTING_THROUGH = frozenset({Health.OK, Health.AHEAD})
# Python 3.11 looks a member of an enum up by its name, each time: a tenth of all judging.
_BEHIND, _MODERN = Health.BEHIND, Layout.MODERN
_STUCK = frozenset({Health.STOPPED, Health.STALLED})


def marks_of(
    shown: GroupPartition,
    progress: Progress,
    flow: Flow | None,
    patience: Patience,
    looked_at: float,
) -> int:
    """What is wrong with a partition as it is shown."""
    marks = _LEASE_MARKS[shown.lease.state] | _record_marks(shown)
    verdict = shown.health

    if verdict in _STUCK and _renews_meanwhile(shown.lease, progress):
        marks |= Mark.STUCK
    elif verdict is _BEHIND:
        marks |= Mark.BEHIND

    if progress.rewind is not None:
        marks |= Mark.REWOUND

    if _never_written(shown, progress, flow, patience, looked_at):
        marks |= Mark.NEVER

    if verdict not in _GETTING_THROUGH and shown.lag and flow is not None and flow.begin_per_s:
        marks |= Mark.RISK

    return marks


def _record_marks(shown: GroupPartition) -> int:
    marks = 0

    if shown.layout is not None and shown.layout is not _MODERN:
        marks |= Mark.OTHER_LAYOUT

    if shown.checkpoint is not None and shown.checkpoint.sequence is None:
        marks |= Mark.NO_SEQUENCE

    if shown.lag_reason == PREDATES_HUB:
        marks |= Mark.PREDATES_HUB
    elif shown.ahead:
        marks |= Mark.AHEAD

    if shown.lost:
        marks |= Mark.LOST

    return marks


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
    flow: Flow | None,
    patience: Patience,
    looked_at: float,
) -> bool:
    if progress.watched_at is None or progress.watched_sequence is None or flow is None:
        return False

    sample = flow.state.sample
    return (
        shown.lag_is_bound
        and sample is not None
        and sample.last_sequence > progress.watched_sequence
        and looked_at - progress.watched_at > patience.unknown_s
    )
