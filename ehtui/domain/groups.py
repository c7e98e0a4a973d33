"""Judges what changed in one group and rolls it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from ehtui.domain import agenda, timeline
from ehtui.domain.memory import GroupMemory, Mark, Seat
from ehtui.domain.seats import Moment, judged, renewed, vacant
from ehtui.domain.snapshot import (
    LIVE_STATES,
    GroupPartition,
    GroupState,
    Lease,
    LeaseState,
    OwnerState,
    Subject,
)
from ehtui.domain.stored import Stored, stored_of
from ehtui.domain.takeover import forecast, survivors_skew
from ehtui.domain.tally import Tally
from ehtui.domain.tenures import owner_of
from ehtui.domain.timing import timing_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.draft import Draft
    from ehtui.domain.policy import LeasePolicy
    from ehtui.domain.process import OwnerLink

FAST_WAYS = True  # off in the test that compares them with the plain way
_shown_of = attrgetter("shown")


def new_group(key: str, name: str, partitions: Iterable[str]) -> GroupMemory:
    """A group that nothing is known of yet."""
    return reseated(GroupMemory(key, GroupState(name, ())), partitions)


def reseated(group: GroupMemory, partitions: Iterable[str]) -> GroupMemory:
    """`group` with exactly these partitions."""
    seats = {pid: group.seats.get(pid) or vacant(pid) for pid in partitions}
    shown = tuple(map(_shown_of, seats.values()))
    tally = Tally.of(shown)
    state = tally.state(group.state, shown, group.state.owners)
    places = {pid: place for place, pid in enumerate(seats)}
    troubled = _troubled(seats)
    return replace(
        group, seats=seats, state=state, troubled=troubled, known=tally.known, places=places
    )


@dataclass(frozen=True, slots=True)
class Written:
    """What a look at the store found written in one group."""

    stored: Mapping[str, Stored] = field(default_factory=dict)  # as it is now
    renewals: frozenset[str] = frozenset()  # partitions of which nothing but the lease was written


def rejudged(
    draft: Draft,
    group: GroupMemory,
    partitions: set[str],
    moment: Moment,
    written: Written | None = None,
) -> GroupMemory:
    """`group` with these partitions and those that are due judged anew, and rolled up.

    Without `written` it was the hub that moved on.
    """
    clock = moment.looked_at
    due = agenda.due(group.agenda, group.seats, clock)
    touched = partitions | due

    if not touched:
        return group

    before = group.state
    tally = Tally(before.counts, before.lag or 0, group.known)
    seats: dict[str, Seat] = {}  # judged
    shown: dict[str, GroupPartition] = {}  # changed
    leases_changed = has_trouble = False

    for pid in touched:
        seat = group.seats.get(pid)

        if seat is None:
            continue

        after = seats[pid] = _judged(draft, group, seat, moment, written, is_due=pid in due)
        old, new = seat.shown, after.shown
        has_trouble = has_trouble or bool(seat.marks or after.marks)

        if new is old:
            continue

        shown[pid] = new
        tally.swap(old, new)

        leases_changed |= _follow_lease(draft, before.name, pid, old.lease, new.lease)

    all_seats = {**group.seats, **seats}
    return replace(
        group,
        seats=all_seats,
        state=_rolled_up(group, shown, tally, leases_changed=leases_changed),
        troubled=_troubled(all_seats) if has_trouble else group.troubled,
        known=tally.known,
        agenda=agenda.planned(group.agenda, seats, clock),
    )


def _follow_lease(draft: Draft, group: str, partition: str, old: Lease, new: Lease) -> bool:
    """Whether it changed more than its age; what happened to it is told."""
    if old is new or (old.state is new.state and old.owner == new.owner):
        return False

    _tell_lease(draft, group, partition, old, new)
    return True


def _judged(
    draft: Draft,
    group: GroupMemory,
    seat: Seat,
    moment: Moment,
    written: Written | None,
    *,
    is_due: bool,
) -> Seat:
    """Judged the fast way where that gives the same, else the plain way."""
    pid, holder = seat.shown.id, seat.tenure.holder
    timing = group.state.timings.get(holder) if holder is not None else None

    if written is not None and pid in written.renewals and not is_due and FAST_WAYS:
        after = renewed(seat, timing, moment)

        if after is not None:
            return after

    stored = written.stored.get(pid) if written is not None else None

    return judged(seat, draft.flows.get(pid), timing, moment, stored or stored_of(seat.shown))


def _tell_lease(draft: Draft, group: str, partition: str, old: Lease, new: Lease) -> None:
    """Tell that the same owner's lease became late, lapsed or came back."""
    if old.owner is None or old.owner != new.owner:
        return

    owner = old.owner
    subject = Subject(group=group, partition=partition, owner=owner)

    if new.state is LeaseState.OVERDUE and old.state is LeaseState.HELD:
        overdue = timeline.Overdue(owner, new.renewed_at, new.expires_at)
        draft.tell(timeline.LEASE_OVERDUE, draft.looked_at, subject, overdue)
    elif new.state is LeaseState.EXPIRED and old.state in LIVE_STATES:
        expired = timeline.Expired(owner, new.renewed_at, new.expires_after_s, new.basis)
        draft.tell(timeline.LEASE_EXPIRED, new.expires_at or draft.looked_at, subject, expired)
    elif new.state is LeaseState.HELD and old.state in {LeaseState.OVERDUE, LeaseState.EXPIRED}:
        back = timeline.Recovered(owner, _late(old, new))
        draft.tell(timeline.LEASE_RECOVERED, new.renewed_at or draft.looked_at, subject, back)


def _late(old: Lease, new: Lease) -> float | None:
    if old.renewed_at is None or new.renewed_at is None or new.renewed_every_s is None:
        return None

    return max(0.0, new.renewed_at - old.renewed_at - new.renewed_every_s)


def _rolled_up(
    group: GroupMemory, shown: Mapping[str, GroupPartition], tally: Tally, *, leases_changed: bool
) -> GroupState:
    """The state with these partitions as they are shown now; the same while none changed."""
    before = group.state

    if not shown:
        return before

    patched = list(before.partitions)

    for pid, partition in shown.items():
        patched[group.places[pid]] = partition

    partitions, owners = tuple(patched), before.owners

    if leases_changed or not owners:
        owners = owners_of(partitions, group, {o.id: o for o in owners})

    return tally.state(before, partitions, owners)


def owners_of(
    shown: Iterable[GroupPartition], group: GroupMemory, known: Mapping[str, OwnerState]
) -> tuple[OwnerState, ...]:
    """Who holds live leases, in the order of their first partition."""
    held: dict[str, list[str]] = {}

    for partition in shown:
        lease = partition.lease

        if lease.state in LIVE_STATES and lease.owner is not None:
            held.setdefault(lease.owner, []).append(partition.id)

    return tuple(
        _owner_state(owner, tuple(partitions), group, known.get(owner))
        for owner, partitions in held.items()
    )


def _owner_state(
    owner: str, partitions: tuple[str, ...], group: GroupMemory, known: OwnerState | None
) -> OwnerState:
    track = group.owners.get(owner)
    period_s = track.renewals.period_s if track is not None else None
    state = OwnerState(owner, partitions, known.link if known is not None else None, period_s)
    return known if known is not None and known == state else state


def linked(group: GroupMemory, links: Mapping[str, OwnerLink]) -> GroupMemory:
    """`group` with its owners' processes and periods as they are known now."""
    owners = tuple(
        state
        if state.link == (link := links.get(state.id)) and state.renewed_every_s == period_s
        else OwnerState(state.id, state.partitions, link, period_s)
        for state in group.state.owners
        for period_s in (_period_of(group, state.id),)
    )

    if owners == group.state.owners:
        return group

    return replace(group, state=replace(group.state, owners=owners))


def _period_of(group: GroupMemory, owner: str) -> float | None:
    track = group.owners.get(owner)
    return track.renewals.period_s if track is not None else None


def forecasted(
    group: GroupMemory, *, standbys: int, now: float, policy: LeasePolicy, skew_s: float | None
) -> GroupMemory:
    """`group` with the takeover windows of the partitions that nobody serves.

    `skew_s` is server time minus the clock of this host, by which its consumers judge.
    """
    waiting = [seat for seat in group.troubled if seat.marks & Mark.UNSERVED]

    if not waiting:
        return group

    renewing = {
        seat.shown.lease.owner
        for seat in group.seats.values()
        if seat.shown.lease.state is LeaseState.HELD
    }
    changed: dict[str, Seat] = {}
    renewed_at: dict[str | None, float] = {}

    for seat in waiting:
        lease = seat.shown.lease
        renewed_at[lease.owner] = max(renewed_at.get(lease.owner, 0.0), lease.renewed_at or 0.0)

    for seat in waiting:
        lease = seat.shown.lease
        timing = timing_of(lease.owner, group.state.timings, policy)
        survivors = len(renewing - {lease.owner}) + standbys
        start = seat.tenure.free_since if owner_of(seat.tenure) is None else None
        window = forecast(
            lease,
            timing,
            survivors,
            len(waiting),
            start or now,
            renewed_at=renewed_at[lease.owner],
            skew=survivors_skew(group.state.owners, lease.owner, skew_s),
        )

        if window != seat.shown.takeover:
            changed[seat.shown.id] = seat._replace(shown=seat.shown._replace(takeover=window))

    if not changed:
        return group

    seats = {**group.seats, **changed}
    shown = tuple(map(_shown_of, seats.values()))
    state = replace(group.state, partitions=shown)
    return replace(group, seats=seats, state=state, troubled=_troubled(seats))


def _troubled(seats: Mapping[str, Seat]) -> tuple[Seat, ...]:
    return tuple([seat for seat in seats.values() if seat.marks])
