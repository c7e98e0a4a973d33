"""What the checkpoint store said: leases that changed hands, renewals, checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ehtui.domain import ownership, timeline
from ehtui.domain.clocks import UNREAD_CLOCKS, dated, on_one_timeline
from ehtui.domain.closer_looks import counted
from ehtui.domain.folds.expiry import rounds_of, unlearned, with_expiry
from ehtui.domain.folds.moves import tell_moves
from ehtui.domain.folds.owners import followed_owners
from ehtui.domain.groups import new_group, rejudged, reseated
from ehtui.domain.memory import UNSEEN, GroupMemory, Seat
from ehtui.domain.namespaces import Names
from ehtui.domain.snapshot import LeaseState, Subject
from ehtui.domain.stored import HIDE_OWNER, Stored, hides
from ehtui.domain.strays import strays_of
from ehtui.domain.tenures import Shift, followed, owner_of, watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.draft import Draft
    from ehtui.domain.seats import Moment
    from ehtui.domain.store import Checkpoint, Ownership, StoreListing
    from ehtui.domain.updates import StoreRead


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
    draft.close_reads = counted(draft)


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

    draft.moved = frozenset()


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
    names.update(
        (k, draft.policy.spelled(n)) for k, n in sorted(look.names.items()) if k not in names
    )
    partitions = _partitions(draft, look)
    seated: dict[str, set[str]] = {}

    for key, name in names.items():
        group = draft.groups.get(key)

        if group is None:
            group = new_group(key, name, partitions)
            seated[key] = set(partitions)

            if not is_first:
                draft.tell(
                    timeline.GROUP_APPEARED,
                    draft.looked_at,
                    Subject(group=name),
                    timeline.GroupAppeared(name),
                )

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

    stored: dict[str, Stored] = field(default_factory=dict)
    shifts: list[Shift] = field(default_factory=list)
    # Last-Modified before and after, of what an owner renewed
    renewed: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


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
            seats[pid] = _followed_seat(
                look=look,
                place=place,
                seat=seats[pid],
                changes=changes,
                moment=moment,
                is_unseen=is_unseen,
            )

    changes.shifts.sort(key=lambda shift: ownership.natural_key(shift.partition))
    before, expiry = group.state.timings, group.expiry
    group = _moved(draft, group, seats, changes.shifts)
    group = with_expiry(group, unlearned(group))
    group = followed_owners(
        draft,
        group,
        changes.renewed,
        has_changed=is_first or bool(changes.shifts) or group.expiry != expiry,
        is_first=is_first,
    )
    retimed = _retimed(group, before)
    touched = written | unseen | retimed | _orphaned(group, moment) | draft.moved
    group = rejudged(draft, group, touched, moment, changes.stored)
    draft.groups[key] = _with_strays(draft, group, look)


def _with_strays(draft: Draft, group: GroupMemory, look: ownership.Look) -> GroupMemory:
    """With the records of partitions that the hub does not have, once it has answered."""
    if draft.hub is None:
        return group

    policy = draft.policy.lease_of(group.state.name)
    strays = strays_of(group, look, draft.hub.partition_ids, policy, draft.looked_at)

    if strays is group.state.strays:
        return group

    return replace(group, state=replace(group.state, strays=strays))


def _moved(
    draft: Draft, group: GroupMemory, seats: dict[str, Seat], shifts: list[Shift]
) -> GroupMemory:
    """`group` with these seats, and what changed hands told and learned from."""
    rounds = rounds_of(group.seats.values()) if shifts else {}
    looked_before_at = draft.looked_before_at or draft.listed_at
    silent = [
        replace(shift, silent_s=looked_before_at - rounds[old].at)
        if (old := owner_of(shift.before)) in rounds
        else shift
        for shift in shifts
    ]
    return tell_moves(draft, replace(group, seats=seats), silent, group.state.timings, rounds)


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
    unreadable = look.unreadable.get(place, ())
    is_hidden = record is None and hides(unreadable, HIDE_OWNER)
    changes.stored[pid] = Stored(shown if is_unread else checkpoint, unreadable, is_hidden)

    if is_hidden and old is not UNSEEN:
        tenure = old  # it may still be its owner's: nobody released it
    elif is_unseen:
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
                Shift(
                    partition=pid,
                    lease=seat.shown.lease,
                    before=old,
                    after=tenure,
                    sequence=sequence,
                    lag=seat.shown.lag,
                )
            )
        elif record is not None and owner is not None and old.record is not None:
            _note_renewal(changes, owner, old.record, record)

    return Seat(seat.shown, tenure, seat.progress, seat.marks, seat.due_at)


def _note_renewal(changes: _Changes, owner: str, before: Ownership, after: Ownership) -> None:
    """The same owner wrote again; a blob lease that ran out is no writing."""
    if before.blob.etag == after.blob.etag:
        return

    stamps = (before.blob.last_modified, after.blob.last_modified)
    changes.renewed.setdefault(owner, []).append(stamps)


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
    owners = {owner for owner, timing in group.state.timings.items() if before.get(owner) != timing}

    if not owners:
        return set()

    return {pid for pid, seat in group.seats.items() if seat.tenure.holder in owners}
