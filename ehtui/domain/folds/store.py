"""What the checkpoint store said: leases that changed hands, renewals, checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING

from ehtui.domain import ownership
from ehtui.domain.clocks import UNREAD_CLOCKS, dated, on_one_timeline
from ehtui.domain.folds.moves import tell_moves
from ehtui.domain.groups import Written, new_group, rejudged, reseated
from ehtui.domain.leases import NO_RHYTHM, heard, timings
from ehtui.domain.memory import UNSEEN, GroupMemory, OwnerTrack, Seat
from ehtui.domain.namespaces import Names
from ehtui.domain.sdks import hints_of
from ehtui.domain.snapshot import LIVE_STATES, LeaseState, Subject
from ehtui.domain.store import Checkpoint, Ownership
from ehtui.domain.tenures import Shift, followed, owner_of, watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.draft import Draft
    from ehtui.domain.seats import Moment
    from ehtui.domain.store import StoreListing
    from ehtui.domain.updates import StoreRead

QUIET = 0.75  # share of the time between two looks: who rested that long renewed once since
FORGET_OWNER_S = 3600.0
MOST_OWNERS = 256


def fold_store(draft: Draft, update: StoreRead) -> None:
    """Fold in one listing; one that was asked for before the last one is old news."""
    listing = update.listing
    was = draft.clocks
    clocks, is_anew = dated(was, listing)

    if clocks.listed_at < was.listed_at and not is_anew:
        return

    if is_anew:  # all that was judged was judged by a wrong Date
        draft.look, draft.groups, draft.started_at, was = None, {}, None, UNREAD_CLOCKS

    before = draft.look.listing if draft.look is not None else None
    listing, draft.clocks, draft.restamped = on_one_timeline(
        listing, before, clocks, was, draft.restamped
    )
    draft.looked_before_at = before.server_time if before is not None else None

    if draft.started_at is None:
        draft.started_at = listing.server_time

    _fold_listing(draft, listing)


def rejoin(draft: Draft) -> None:
    """Join the last listing again, because the hub that it is matched to became known or grew."""
    if draft.look is not None:
        _fold_listing(draft, draft.look.listing)


def _fold_listing(draft: Draft, listing: StoreListing) -> None:
    before = draft.look
    look = draft.look = ownership.look_at(listing, _hub_names(draft), before)
    changed = ownership.changed_places(before, look)

    if before is not None and before.hub != look.hub:
        draft.groups = _still_named(draft, before, look)
        before = before if draft.groups else None

    is_first = before is None
    seated = _seat_groups(draft, look, is_first=is_first)
    by_group: dict[str, set[str]] = {}

    for key, pid in changed:
        by_group.setdefault(key, set()).add(pid)

    moment = draft.moment()

    for key in tuple(draft.groups):
        written = by_group.get(key, set())
        unseen = seated.get(key, set())
        _fold_group(draft, key, written, unseen, moment, is_first=is_first)


def _still_named(
    draft: Draft, before: ownership.Look, look: ownership.Look
) -> dict[str, GroupMemory]:
    """The groups that go on: none where another hub was joined before, else those that it has."""
    if before.hub is not None:
        return {}

    own = draft.policy.default_group.lower()
    return {key: group for key, group in draft.groups.items() if key in look.names or key == own}


def _hub_names(draft: Draft) -> ownership.HubNames | None:
    """What records of this hub may be written under; None while it has not answered."""
    hub = draft.hub

    if hub is None:
        return None

    return ownership.HubNames(Names(hub.namespace, draft.policy.aliases), hub.name.lower())


def _seat_groups(draft: Draft, look: ownership.Look, *, is_first: bool) -> dict[str, set[str]]:
    """Make room for every group and partition that is known, the configured group first.

    Gives the partitions that were not seen before, by group.
    """
    own_name = draft.policy.default_group
    names = {own_name.lower(): own_name}
    names.update((k, n) for k, n in sorted(look.names.items()) if k not in names)
    partitions = _partitions(draft, look)
    seated: dict[str, set[str]] = {}

    for key, name in names.items():
        group = draft.groups.get(key)

        if group is None:
            group = new_group(key, name, partitions)
            seated[key] = set(partitions)

            if not is_first:
                draft.tell("group.appeared", draft.looked_at, Subject(group=name), {"group": name})

        if tuple(group.seats) != partitions:
            seated[key] = set(partitions) - set(group.seats)
            group = reseated(group, partitions)

        spellings = look.spellings.get(key, ())

        if group.state.spellings != spellings:
            group = replace(group, state=replace(group.state, spellings=spellings))

        draft.groups[key] = group

    return seated


def _partitions(draft: Draft, look: ownership.Look) -> tuple[str, ...]:
    if draft.hub is not None:
        return draft.hub.partition_ids

    places = (*look.ownerships.places, *look.checkpoints.places)
    return ownership.natural({place[1] for place in places if place is not None})


@dataclass(slots=True)
class _Changes:
    """What one look changed in a group."""

    checkpoints: dict[str, Checkpoint | None] = field(default_factory=dict)
    shifts: list[Shift] = field(default_factory=list)
    deltas: dict[str, list[float]] = field(default_factory=dict)  # of renewals, by owner
    renewals: set[str] = field(default_factory=set)  # nothing but the lease was written


def _fold_group(
    draft: Draft, key: str, written: set[str], unseen: set[str], moment: Moment, *, is_first: bool
) -> None:
    look, group = draft.look, draft.groups[key]

    if look is None:
        return

    changes, seats = _Changes(), dict(group.seats)

    for pid in written | unseen:
        if pid in seats:  # else a record for a partition that the hub does not have
            place, is_unseen = (key, pid), is_first and pid in unseen
            seats[pid] = _followed_seat(look, place, seats[pid], changes, moment, is_unseen)

    changes.shifts.sort(key=lambda shift: ownership.natural_key(shift.partition))
    before = group.timings
    group = replace(group, seats=seats)
    group = tell_moves(draft, group, changes.shifts, before)
    group = _followed_owners(draft, group, changes, is_first=is_first)
    retimed = _retimed(group, before)
    found = Written(changes.checkpoints, frozenset(changes.renewals - retimed))
    touched = written | unseen | retimed | _orphaned(group, moment)
    draft.groups[key] = rejudged(draft, group, touched, moment, found)


def _followed_seat(
    look: ownership.Look,
    place: ownership.Place,
    seat: Seat,
    changes: _Changes,
    moment: Moment,
    is_unseen: bool,  # noqa: FBT001 - whether it is the first look at it
) -> Seat:
    old, pid = seat.tenure, place[1]
    record = ownership.ownership_at(look, place, old.record)
    checkpoint = ownership.checkpoint_at(look, place, record)
    shown = seat.shown.checkpoint
    is_unread = _is_same(shown, checkpoint)
    changes.checkpoints[pid] = shown if is_unread else checkpoint

    if is_unseen:
        tenure = watched(record, moment.looked_at)
    elif _is_same(old.record, record) and old is not UNSEEN:
        tenure = old  # only the checkpoint was written
    elif old is UNSEEN and record is None:
        tenure = watched(None, moment.looked_at)
    else:
        tenure = followed(old, record, moment.looked_at)
        was, owner = owner_of(old), owner_of(tenure)

        if was != owner:
            sequence = shown.sequence if shown is not None else None
            changes.shifts.append(
                Shift(pid, seat.shown.lease, old, tenure, sequence, seat.shown.lag)
            )
        elif record is not None and owner is not None and old.record is not None:
            _note_renewal(changes, pid, owner, old.record, record, is_unread=is_unread)

    return Seat(seat.shown, tenure, seat.progress, seat.marks, seat.due_at)


def _note_renewal(
    changes: _Changes, pid: str, owner: str, before: Ownership, after: Ownership, *, is_unread: bool
) -> None:
    """The same owner wrote again; a blob lease that ran out is no writing."""
    if before.blob.etag == after.blob.etag:
        return

    delta_s = after.blob.last_modified - before.blob.last_modified
    changes.deltas.setdefault(owner, []).append(delta_s)

    if is_unread:
        changes.renewals.add(pid)


def _is_same(before: Ownership | Checkpoint | None, after: Ownership | Checkpoint | None) -> bool:
    if before is None or after is None:
        return before is after

    return before is after or (before.blob.etag == after.blob.etag and before == after)


def _orphaned(group: GroupMemory, moment: Moment) -> set[str]:
    """Partitions still held in the name of an owner whose process ended."""
    return {
        pid
        for owner in group.state.owners
        if owner.id in moment.ended
        for pid in owner.partitions
        if pid in group.seats and group.seats[pid].shown.lease.state is LeaseState.HELD
    }


def _retimed(group: GroupMemory, before: Mapping[str, object]) -> set[str]:
    """Partitions whose owner's timing changed."""
    owners = {owner for owner, timing in group.timings.items() if before.get(owner) != timing}

    if not owners:
        return set()

    return {pid for pid, seat in group.seats.items() if seat.tenure.holder in owners}


def _followed_owners(
    draft: Draft,
    group: GroupMemory,
    changes: _Changes,
    *,
    is_first: bool,
) -> GroupMemory:
    """Note who is there and how they renew, and judge the timing anew where that changed."""
    listed_at, listed_before_at = draft.listed_at, draft.looked_before_at or draft.listed_at
    gap_s = listed_at - listed_before_at
    owners = dict(group.owners)
    has_changed = is_first or bool(changes.shifts) or not group.timings

    for owner, found in changes.deltas.items():
        delta_s = median(found)
        track = owners.get(owner)

        if track is None:
            continue

        rhythm = track.rhythm

        if 0 < QUIET * gap_s <= listed_before_at - track.renewed_at:  # else it may have been more
            rhythm = heard(rhythm, delta_s)

        has_changed |= rhythm.period_s != track.rhythm.period_s
        has_changed |= rhythm.longest_s != track.rhythm.longest_s
        owners[owner] = OwnerTrack(rhythm, track.joined_at, draft.looked_at, listed_at)

    if not has_changed:
        return replace(group, owners=owners)

    owners = _present_owners(draft, group, owners, is_first=is_first)
    live = frozenset(
        seat.tenure.record.owner
        for seat in group.seats.values()
        if seat.tenure.record is not None
        and seat.tenure.record.owner is not None
        and (seat.shown.lease.state in LIVE_STATES or seat.shown.lease.owner is None)
    )
    judged = timings(
        draft.policy.lease_of(group.state.name),
        {owner: track.rhythm for owner, track in owners.items()},
        hints_by_owner(draft, group),
        live,
        group.seen_expiry_s,
        draft.policy.store_interval_s,
    )
    kept = {o: group.timings[o] if group.timings.get(o) == t else t for o, t in judged.items()}
    return replace(group, owners=owners, timings=kept)


def _present_owners(
    draft: Draft, group: GroupMemory, owners: dict[str, OwnerTrack], *, is_first: bool
) -> dict[str, OwnerTrack]:
    looked_at = draft.looked_at

    for seat in group.seats.values():
        holder = seat.tenure.holder

        if holder is not None and holder not in owners:
            joined_at = None if is_first else seat.tenure.claimed_at
            owners[holder] = OwnerTrack(NO_RHYTHM, joined_at, looked_at, draft.listed_at)

    present = {seat.tenure.holder for seat in group.seats.values()}

    for owner, track in tuple(owners.items()):
        if owner in present:
            owners[owner] = replace(track, seen_at=looked_at)

    if len(owners) <= len(present) + MOST_OWNERS // 4:
        return owners

    newest = sorted(owners, key=lambda o: owners[o].seen_at)[-MOST_OWNERS:]
    keep = present | {o for o in newest if looked_at - owners[o].seen_at < FORGET_OWNER_S}
    return {owner: track for owner, track in owners.items() if owner in keep}


def hints_by_owner(draft: Draft, group: GroupMemory) -> dict[str, frozenset[str]]:
    """What else tells an owner's SDK: its process, a .NET checkpoint, names not lower-cased."""
    names = {c.process.id: c.process.name for c in draft.consumers}
    hints = {
        owner: found
        for owner, link in draft.host.links.items()
        if owner in group.owners and (found := hints_of(names.get(link.process), link.evidence))
    }

    for seat in group.seats.values():
        holder, checkpoint = seat.tenure.holder, seat.shown.checkpoint

        if holder is None or holder in hints:
            continue

        if checkpoint is not None and checkpoint.client_identifier == holder:
            hints[holder] = frozenset({"dotnet"})
        elif seat.tenure.record is not None and not seat.tenure.record.group.islower():
            hints[holder] = frozenset({"go"})

    return hints
