"""What the end of an owner would cost: when somebody else could have its partitions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.leases import default_timing
from ehtui.domain.memory import Memory
from ehtui.domain.snapshot import Lease, LeaseState
from ehtui.domain.takeover import NO_SURVIVOR, forecast

if TYPE_CHECKING:
    from ehtui.domain.plans import TakeoverWindow
    from ehtui.domain.snapshot import GroupState, Snapshot


def after_death(snapshot: Snapshot, group: str, partition: str) -> TakeoverWindow:
    """If its owner died now without releasing: survivors wait for the lease to run out."""
    return _after(snapshot, group, partition, LeaseState.OVERDUE)


def after_release(snapshot: Snapshot, group: str, partition: str) -> TakeoverWindow:
    """If its owner released it now: survivors take it in their next round."""
    return _after(snapshot, group, partition, LeaseState.RELEASED)


def _after(snapshot: Snapshot, name: str, partition: str, end: LeaseState) -> TakeoverWindow:
    group = snapshot.group(name)
    shown = next((p for p in group.partitions if p.id == partition), None) if group else None

    if group is None or shown is None or shown.lease.owner is None:
        return NO_SURVIVOR

    lease, owner = shown.lease._replace(state=end), shown.lease.owner

    if end is LeaseState.RELEASED:
        lease = Lease(end, owner, last_modified=snapshot.server_now)

    memory = snapshot.memory if isinstance(snapshot.memory, Memory) else Memory()
    known = memory.groups.get(name.lower())
    timing = known.timings.get(owner) if known is not None else None
    timing = timing or default_timing(snapshot.policy.lease_of(name))
    waiting = next((len(o.partitions) for o in group.owners if o.id == owner), 1)
    survivors = _survivors(snapshot, group, owner)
    window = forecast(lease, timing.rivals, survivors, waiting, snapshot.server_now)

    if window is None or window.earliest_at is None:
        return window or NO_SURVIVOR

    return replace(window, is_assumed=timing.is_assumed)


def _survivors(snapshot: Snapshot, group: GroupState, owner: str) -> int:
    """Other owners, and local consumers of the group that own nothing."""
    others = sum(1 for o in group.owners if o.id != owner)

    return others + sum(
        1 for c in snapshot.consumers if c.is_idle_in(group.name) and owner not in c.owners
    )
