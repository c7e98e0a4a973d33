"""Looks closer for a short while at owners whose renewals were not timed yet.

A store that is read every five seconds hides renewals that come every one to four: then neither
their period nor when their leases lapse can be told. The requests that this costs are bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.draft import SnapshotBuilder
    from ehtui.domain.memory import OwnerTrack

LONGEST_S = 120.0  # for one owner
MOST = 120  # closer looks within `BUDGET_S`, whoever comes and goes
BUDGET_S = 600.0
ENOUGH_RESTS = 2.0  # who has not renewed for so many polls is timed by them as well
_STEPS = ((6, 0.25), (2, 0.5), (0, 1.0))  # renewals that no look told apart → seconds between looks


class CloserLooks(NamedTuple):
    """How often the store is read for now, and why."""

    every_s: float
    owners: int  # whose renewals are being timed
    until_at: float  # at the latest, server time


def closer_looks(builder: SnapshotBuilder) -> CloserLooks | None:
    """How closely to look now; None: as usual."""
    left = MOST - len(builder.close_reads)
    usual_s = builder.policy.store_interval_s
    untimed = list(_untimed(builder))

    if not untimed or left <= 0 or not builder.policy.has_store:
        return None

    blurred = max(track.blurred for track in untimed)
    every_s = next(every_s for least, every_s in _STEPS if blurred >= least)

    if every_s >= usual_s:
        return None

    until_at = min(builder.now + left * every_s, max(t.first_seen_at for t in untimed) + LONGEST_S)
    return CloserLooks(every_s, len(untimed), until_at)


def _untimed(builder: SnapshotBuilder) -> Iterable[OwnerTrack]:
    at, patience_s = builder.listed_at, ENOUGH_RESTS * builder.policy.store_interval_s

    for group in builder.groups.values():
        for owner in group.state.owners:
            track = group.owners.get(owner.id)

            if (
                track is not None
                and track.renewals.period_s is None
                and track.last_renewal is not None
                and owner.id in group.state.timings
                and builder.now - track.first_seen_at < LONGEST_S
                and at - track.last_renewal.modified_at <= patience_s
            ):
                yield track


def counted(builder: SnapshotBuilder) -> tuple[float, ...]:
    """When closer looks were taken lately, this one with them if it is one."""
    since, at = builder.listed_at - BUDGET_S, builder.listed_at
    reads = builder.close_reads
    known = reads if not reads or reads[0] > since else tuple(t for t in reads if t > since)
    is_close = builder.before.closer_looks is not None and builder.looked_before_at is not None
    return (*known, at) if is_close else known
