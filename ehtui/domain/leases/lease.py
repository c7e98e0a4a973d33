"""Is a lease alive, judged by server time (facts.md §1.8, §2, §6); and when survivors can have it.

Renewals are seen by ETag; expiry is judged by who takes over.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.leases.renewals import RESOLUTION_S
from ehtui.domain.leases.timing import TimingBasis, timing_of
from ehtui.domain.snapshot import Lease, LeaseState
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.leases.sdks import SdkProfile
    from ehtui.domain.leases.timing import LeaseTiming
    from ehtui.domain.snapshot import GroupState, OwnerState, Snapshot
    from ehtui.domain.world.process import ProcessId
    from ehtui.domain.world.store import Ownership


LOOK_AGAIN_S = 0.5
# Python 3.11 looks a member of an enum up by its name, each time: a tenth of all judging.
_HELD, _OVERDUE = LeaseState.HELD, LeaseState.OVERDUE
_BLOB_LEASE_HELD = frozenset({"leased", "breaking"})


def _ownerless(record: Ownership | None, last_owner: str | None) -> Lease:
    """Released, its record deleted, or never owned."""
    if record is None:
        return NEVER_OWNED if last_owner is None else Lease(LeaseState.RELEASED, last_owner)

    return replace(_of_record(record, LeaseState.RELEASED), owner=last_owner)


def _of_record(record: Ownership, state: LeaseState, claimed_at: float | None = None) -> Lease:
    """What a record says without its age."""
    blob = record.blob
    return Lease(
        state,
        record.owner,
        etag=blob.etag,
        last_modified=blob.last_modified,
        blob=blob.name,
        claimed_at=claimed_at,
        remark=record.remark,
    )


def lease_of(
    record: Ownership | None,
    timing: LeaseTiming | None,
    looked_at: float,
    last_owner: str | None,
    claimed_at: float | None,
    ended_at: float | None = None,
    *,
    listed_at: float | None = None,
) -> Lease:
    """The lease that a record amounts to at `looked_at`, server time.

    `ended_at` is when its owner's process was missed: what was not written since is late at once.
    `listed_at` is the listing that the record is from: who was not late by then may have renewed
    since, unseen.
    """
    if record is None or record.holder is None:
        return _ownerless(record, last_owner)

    if record.blob_lease_state is not None or timing is None:
        # Held by the storage service itself: nothing tells its age.
        is_held = record.blob_lease_state in _BLOB_LEASE_HELD
        return _of_record(record, _HELD if is_held else LeaseState.EXPIRED, claimed_at)

    blob = record.blob
    overdue_at = _overdue_at(blob.last_modified, timing, ended_at)
    expires_at = blob.last_modified + timing.expires_after_s
    state = _HELD

    if (looked_at if listed_at is None else listed_at) >= overdue_at:
        state = LeaseState.EXPIRED if looked_at >= expires_at else LeaseState.OVERDUE

    return Lease(
        state=state,
        owner=record.owner,
        renewed_at=blob.last_modified,
        expires_at=expires_at,
        renewed_every_s=timing.shown_period_s,
        expires_after_s=timing.expires_after_s,
        period_basis=timing.period_basis,
        basis=timing.basis,
        etag=blob.etag,
        last_modified=blob.last_modified,
        blob=blob.name,
        claimed_at=claimed_at,
        overdue_at=overdue_at,
    )


def _overdue_at(renewed_at: float, timing: LeaseTiming, ended_at: float | None) -> float:
    late_at = renewed_at + timing.overdue_after_s
    # Written later: another process goes by its id.
    return late_at if ended_at is None or ended_at < renewed_at else min(late_at, ended_at)


def next_change_at(
    lease: Lease, timing: LeaseTiming | None, looked_at: float = 0.0
) -> float | None:
    """When this lease becomes overdue or expires if nothing is written."""
    if lease.renewed_at is None or timing is None:
        return None

    if lease.state is _HELD:
        late_at = lease.renewed_at + timing.overdue_after_s
        # The look that would show it may be still to come.
        return late_at if looked_at < late_at else looked_at + LOOK_AGAIN_S

    return lease.expires_at if lease.state is _OVERDUE else None


NEVER_OWNED = Lease(LeaseState.NEVER_OWNED)


CLAIM_S = 0.5  # from a survivor's look at the store until its claim stands there
SKEWED_S = 2.0  # clocks that differ by less are taken for one: so exactly are they compared
SHORTEST = 0.9  # of a period: the shortest round (facts.md §2: Python's mean is 1.1 intervals)
NO_SURVIVOR = TakeoverWindow(None, None, "no-survivor")

Span = tuple[float, float]  # between two moments, or two lengths
NO_SKEW: Span = (0.0, 0.0)


def survivors_skew(owners: Iterable[OwnerState], dead: str | None, skew_s: float | None) -> Span:
    """By how much survivors call a lease expired too late: by server time minus their own clock.

    `skew_s` is that of this host. Whose clock is not seen may be right.
    """
    if skew_s is None or abs(skew_s) < SKEWED_S:
        return NO_SKEW

    is_here = [owner.link is not None for owner in owners if owner.id != dead]
    return (skew_s, skew_s) if all(is_here) else (min(0.0, skew_s), max(0.0, skew_s))


def last_renewal(renewed_at: float, timing: LeaseTiming, looked_at: float, span: Span) -> Span:
    """Between which moments an owner renews for the last time if it dies within `span`.

    `renewed_at` is the Last-Modified that a look at `looked_at` found: it may renew unseen.
    """
    dies_after, dies_before = span
    is_timed = timing.period_basis is not TimingBasis.ASSUMED
    next_at = renewed_at + SHORTEST * timing.period_s if is_timed else renewed_at
    latest_at = dies_before if dies_before >= next_at else renewed_at
    longest_s = timing.longest_s + RESOLUTION_S

    # Late already when it was looked at: it may have renewed for the last time.
    if not is_timed or looked_at >= renewed_at + longest_s:
        return renewed_at, latest_at

    return max(renewed_at, dies_after - longest_s), latest_at


def after_lapse(
    renewed: Span, timing: LeaseTiming, survivors: int, waiting: int, skew: Span = NO_SKEW
) -> TakeoverWindow:
    """The window of a partition whose owner renewed for the last time within `renewed`.

    `survivors` are those who could take it, `waiting` the partitions that wait for them. Where
    their expiry or the `skew` of their clocks is undecided, the window spans all that is possible.
    """
    if survivors == 0 or not timing.rivals:
        return NO_SURVIVOR

    if timing.basis is TimingBasis.OBSERVED:  # what was seen was seen with these clocks
        skew = NO_SKEW

    earliest_at = floor(renewed[0] + skew[0] + timing.soonest_expiry_s)

    if timing.is_open:
        return TakeoverWindow(earliest_at, None, timing.code, timing.doubt)

    longest_s = max(p.expires_after_s + _rounds(p, survivors, waiting) for p in timing.rivals)
    latest_at = ceil(renewed[1] + skew[1] + longest_s + CLAIM_S)
    return TakeoverWindow(earliest_at, latest_at, timing.code, timing.doubt)


def _next_round(
    released: Span, timing: LeaseTiming, survivors: int, waiting: int
) -> TakeoverWindow:
    """The window of a partition that was released within that time: the next round of somebody."""
    if survivors == 0 or not timing.rivals:
        return NO_SURVIVOR

    longest_s = max(_rounds(p, survivors, waiting) for p in timing.rivals)
    doubt = timing.doubt if timing.is_assumed else None
    latest_at = ceil(released[1] + longest_s + CLAIM_S)
    return TakeoverWindow(floor(released[0]), latest_at, "released", doubt)


def forecast(
    lease: Lease,
    timing: LeaseTiming,
    survivors: int,
    waiting: int,
    now: float,
    *,
    renewed_at: float | None = None,
    skew: Span = NO_SKEW,
) -> TakeoverWindow | None:
    """The window of a partition that nobody serves; None while its owner renews.

    `renewed_at` is the latest renewal of all that its owner held: while one of its leases runs,
    survivors count it among those who share.
    """
    if lease.state is LeaseState.HELD:
        return None

    if lease.state in {LeaseState.RELEASED, LeaseState.NEVER_OWNED}:
        free_at = lease.last_modified if lease.last_modified is not None else now
        return _next_round((free_at, free_at), timing, survivors, waiting)

    if lease.renewed_at is None:  # a blob lease: its age is unknown
        return TakeoverWindow(None, None, "blob-lease") if survivors else NO_SURVIVOR

    latest_at = max(lease.renewed_at, renewed_at or 0.0)
    return after_lapse((lease.renewed_at, latest_at), timing, survivors, waiting, skew)


def _rounds(profile: SdkProfile, survivors: int, waiting: int) -> float:
    """A survivor may have looked just before; balanced ones then take one a round each."""
    further = 0 if profile.is_greedy else ceil(max(0, waiting - survivors) / survivors)
    return profile.slowest_s * (1 + further)


CLOCK_S = 0.5  # by which the store's time may be misjudged: its Date has whole seconds
CLOSE_S = 1.0  # from the signal until a client that closes has released what it holds


class _Stakes(Value, frozen=True):
    """Who holds a partition, and what becomes of it without them."""

    timing: LeaseTiming
    survivors: int
    waiting: int
    renewed_at: float | None  # the latest renewal of all that its owner holds
    looked_at: float
    skew: Span  # of the survivors' clocks


def after_death(
    snapshot: Snapshot,
    group: str,
    partition: str,
    dies: Span | None = None,
    leaving: frozenset[ProcessId] = frozenset(),
) -> TakeoverWindow:
    """If its owner died without releasing: survivors wait for the lease to run out.

    `dies` are the moments between which it does, server time; by default now. Until then it goes
    on renewing, seen or not. `leaving` are processes that end along with it.
    """
    stakes = _stakes(snapshot, group, partition, leaving)
    if stakes is None:
        return NO_SURVIVOR

    if stakes.survivors and stakes.renewed_at is None:  # a blob lease: its age is unknown
        return TakeoverWindow(None, None, "blob-lease")

    dies = dies or (snapshot.server_now, snapshot.server_now)
    renewed = last_renewal(stakes.renewed_at or 0.0, stakes.timing, stakes.looked_at, dies)
    return after_lapse(renewed, stakes.timing, stakes.survivors, stakes.waiting, stakes.skew)


def after_release(
    snapshot: Snapshot,
    group: str,
    partition: str,
    at: float | None = None,
    leaving: frozenset[ProcessId] = frozenset(),
) -> TakeoverWindow:
    """If its owner was asked to close at that moment, server time; survivors take it next round."""
    stakes = _stakes(snapshot, group, partition, leaving)
    if stakes is None:
        return NO_SURVIVOR

    at = snapshot.server_now if at is None else at
    released = (at - CLOCK_S, at + CLOSE_S)
    return _next_round(released, stakes.timing, stakes.survivors, stakes.waiting)


def _stakes(
    snapshot: Snapshot, name: str, partition: str, leaving: frozenset[ProcessId]
) -> _Stakes | None:
    group = snapshot.group(name)
    shown = group.partition(partition) if group else None
    if group is None or shown is None or shown.lease.owner is None:
        return None

    owner = shown.lease.owner
    gone = {owner}.union(*(c.owners for c in snapshot.consumers if c.process.id in leaving))
    leases = (p.lease for p in group.partitions if p.lease.owner == owner)
    renewed = [lease.renewed_at for lease in leases if lease.renewed_at is not None]

    return _Stakes(
        timing=timing_of(owner, group.timings, snapshot.policy.lease_of(name)),
        survivors=_survivors(snapshot, group, gone, leaving),
        waiting=sum(len(o.partitions) for o in group.owners if o.id in gone) or 1,
        renewed_at=max(renewed) if renewed else None,
        looked_at=snapshot.server_now if snapshot.listed_at is None else snapshot.listed_at,
        skew=survivors_skew(group.owners, owner, snapshot.clock_skew_s),
    )


def _survivors(
    snapshot: Snapshot, group: GroupState, gone: set[str], leaving: frozenset[ProcessId]
) -> int:
    """Other owners, and local consumers of the group that own nothing; none of those that go."""
    others = sum(1 for o in group.owners if o.id not in gone)

    return others + sum(
        1
        for c in snapshot.consumers
        if c.is_idle_in(group.name) and gone.isdisjoint(c.owners) and c.process.id not in leaving
    )
