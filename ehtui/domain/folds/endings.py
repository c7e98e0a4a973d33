"""Whether an owner's process had ended before somebody else took what it held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.leases.handovers import owner_of
from ehtui.domain.leases.timing import RESOLUTION_S, TimingBasis

if TYPE_CHECKING:
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.leases.handovers import OwnerChange
    from ehtui.domain.leases.timing import LeaseTiming

KILL = "KILL"  # the one signal that nobody answers with a release
_KNOWN_EXPIRIES = frozenset({TimingBasis.CONFIGURED, TimingBasis.OBSERVED})


def had_ended(
    builder: SnapshotBuilder,
    change: OwnerChange,
    timing: LeaseTiming | None,
    round_at: float | None,
) -> bool:
    """Whether the old owner's process ended and released nothing, as far as can be known.

    Missed before the look that still found its name, it released nothing. Missed since, it may
    have. Who was seen to renew after it was missed, at `round_at`, did not end: another process
    goes by its id.
    """
    owner = owner_of(change.before) or ""
    ended_at = builder.host.ended(builder.now + RESOLUTION_S).get(owner)
    if ended_at is None or (round_at is not None and round_at > ended_at):
        return False

    if ended_at < (builder.looked_before_at or 0.0):
        return True

    return not _may_have_released(builder, change, timing, ended_at)


def _may_have_released(
    builder: SnapshotBuilder, change: OwnerChange, timing: LeaseTiming | None, ended_at: float
) -> bool:
    """Whether something says that it let go between the two looks, before its process ended.

    Somebody had it while the process still ran, this session asked the process to end, or its
    lease was too young for anybody who waits until it has run out.
    """
    owner, record = owner_of(change.before), change.after.record
    if record is None:
        return True

    claimed_at, renewed_at = record.blob.last_modified, change.lease.renewed_at

    for departure in builder.host.departures:
        if owner not in departure.owners or departure.at != ended_at:
            continue

        alive_at = departure.alive_at
        had_run = alive_at is not None and claimed_at + RESOLUTION_S <= alive_at
        if had_run or departure.signal not in {None, KILL}:
            return True

    if timing is None or renewed_at is None:
        return False

    # What was only assumed of its timing says nothing of how young that is.
    is_timed = timing.period_basis is not TimingBasis.ASSUMED
    is_known = timing.basis in _KNOWN_EXPIRIES
    young_s = max(
        timing.silent_after_s if is_timed else 0.0,
        timing.soonest_expiry_s - RESOLUTION_S if is_known else 0.0,
    )
    return claimed_at - renewed_at < young_s
