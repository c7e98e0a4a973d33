"""What the end of an owner would cost: when somebody else could have its partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.leases import lease as takeover
from ehtui.domain.leases.lease import NO_SURVIVOR, last_renewal, survivors_skew
from ehtui.domain.leases.timing import timing_of
from ehtui.domain.targets import TakeoverWindow

if TYPE_CHECKING:
    from ehtui.domain.leases.lease import Span
    from ehtui.domain.leases.timing import LeaseTiming
    from ehtui.domain.snapshot import GroupState, Snapshot

CLOCK_S = 0.5  # by which the store's time may be misjudged: its Date has whole seconds
CLOSE_S = 1.0  # from the signal until a client that closes has released what it holds


class _Stakes(NamedTuple):
    """Who holds a partition, and what becomes of it without them."""

    timing: LeaseTiming
    survivors: int
    waiting: int
    renewed_at: float | None  # the latest renewal of all that its owner holds
    looked_at: float
    skew: Span  # of the survivors' clocks


def after_death(
    snapshot: Snapshot, group: str, partition: str, dies: Span | None = None
) -> TakeoverWindow:
    """If its owner died without releasing: survivors wait for the lease to run out.

    `dies` are the moments between which it does, server time; by default now. Until then it goes
    on renewing, seen or not.
    """
    stakes = _stakes(snapshot, group, partition)
    if stakes is None:
        return NO_SURVIVOR

    if stakes.survivors and stakes.renewed_at is None:  # a blob lease: its age is unknown
        return TakeoverWindow(None, None, "blob-lease")

    dies = dies or (snapshot.server_now, snapshot.server_now)
    renewed = last_renewal(stakes.renewed_at or 0.0, stakes.timing, stakes.looked_at, dies)
    return takeover.after_lapse(
        renewed, stakes.timing, stakes.survivors, stakes.waiting, stakes.skew
    )


def after_release(
    snapshot: Snapshot, group: str, partition: str, at: float | None = None
) -> TakeoverWindow:
    """If its owner was asked to close at that moment, server time; survivors take it next round."""
    stakes = _stakes(snapshot, group, partition)
    if stakes is None:
        return NO_SURVIVOR

    at = snapshot.server_now if at is None else at
    released = (at - CLOCK_S, at + CLOSE_S)
    return takeover.after_release(released, stakes.timing, stakes.survivors, stakes.waiting)


def _stakes(snapshot: Snapshot, name: str, partition: str) -> _Stakes | None:
    group = snapshot.group(name)
    shown = next((p for p in group.partitions if p.id == partition), None) if group else None
    if group is None or shown is None or shown.lease.owner is None:
        return None

    owner = shown.lease.owner
    leases = (p.lease for p in group.partitions if p.lease.owner == owner)
    renewed = [lease.renewed_at for lease in leases if lease.renewed_at is not None]

    return _Stakes(
        timing=timing_of(owner, group.timings, snapshot.policy.lease_of(name)),
        survivors=_survivors(snapshot, group, owner),
        waiting=next((len(o.partitions) for o in group.owners if o.id == owner), 1),
        renewed_at=max(renewed) if renewed else None,
        looked_at=snapshot.server_now if snapshot.listed_at is None else snapshot.listed_at,
        skew=survivors_skew(group.owners, owner, snapshot.clock_skew_s),
    )


def _survivors(snapshot: Snapshot, group: GroupState, owner: str) -> int:
    """Other owners, and local consumers of the group that own nothing."""
    others = sum(1 for o in group.owners if o.id != owner)

    return others + sum(
        1 for c in snapshot.consumers if c.is_idle_in(group.name) and owner not in c.owners
    )
