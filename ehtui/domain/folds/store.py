"""What the checkpoint store said: leases that changed hands, renewals, checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.folds.group import new_group, rejudged, strays_of, unread, with_partitions
from ehtui.domain.folds.handovers import rounds_of, tell_handovers, unlearned, with_expiry
from ehtui.domain.folds.ledger import books_kept, with_stops
from ehtui.domain.folds.owners import counted, followed_owners
from ehtui.domain.leases.handovers import UNSEEN, OwnerChange, followed, owner_of, watched
from ehtui.domain.snapshot import LeaseState, Subject
from ehtui.domain.state import GroupMemory, JudgedPartition
from ehtui.domain.world.clocks import UNREAD_CLOCKS, dated, on_one_timeline
from ehtui.domain.world.hub import Names
from ehtui.domain.world.joined_listing import (
    HIDE_OWNER,
    HubNames,
    JoinedListing,
    RecordKey,
    Stored,
    changed_keys,
    checkpoint_at,
    hides,
    join_listing,
    natural,
    natural_key,
    ownership_at,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.folds.partition import JudgingContext
    from ehtui.domain.updates import GroupsListed, StoreRead
    from ehtui.domain.world.store import Checkpoint, Ownership, StoreListing

MOST_UNUSED_ROWS = 1024  # partitions of groups that only the service knows: each is judged


def fold_store(builder: SnapshotBuilder, update: StoreRead) -> None:
    """Fold in one listing; one that was asked for before the last one is old news."""
    listing = update.listing
    was = builder.clocks
    clocks, is_anew = dated(was, listing)

    if clocks.listed_at < was.listed_at and not is_anew:
        return

    if is_anew:  # all that was judged was judged by a wrong Date
        builder.joined, builder.groups, builder.started_at, was = None, {}, None, UNREAD_CLOCKS

    before = builder.joined.listing if builder.joined is not None else None
    listing, builder.clocks, builder.restamped = on_one_timeline(
        listing, before, clocks, was, builder.restamped
    )
    builder.looked_before_at = before.server_time if before is not None else None

    if builder.started_at is None:
        builder.started_at = listing.server_time

    _fold_listing(builder, listing)
    builder.close_reads = counted(builder)


def rejoin(builder: SnapshotBuilder) -> None:
    """Join the last listing again, because the hub that it is matched to became known or grew."""
    if builder.joined is not None:
        _fold_listing(builder, builder.joined.listing)


def fold_groups(builder: SnapshotBuilder, update: GroupsListed) -> None:
    """The service said which groups there are: room for those of which nothing is stored."""
    before, names = builder.listed_groups, update.names

    if names is None or names == before:
        return

    builder.listed_groups = names
    joined, own = builder.joined, _configured(builder)
    stored = own if joined is None else own | joined.names.keys()
    gone = {name.lower() for name in before or ()} - {name.lower() for name in names} - stored
    builder.groups = {key: group for key, group in builder.groups.items() if key not in gone}

    if joined is not None:  # the first list is no news: all of it was there before
        _fold_listing(builder, joined.listing, is_news=before is not None)


def _configured(builder: SnapshotBuilder) -> set[str]:
    """The keys of the groups that the configuration names."""
    return {name.lower() for name in (builder.policy.default_group, *builder.policy.groups)}


def _fold_listing(builder: SnapshotBuilder, listing: StoreListing, *, is_news: bool = True) -> None:
    before = builder.joined
    joined = builder.joined = join_listing(listing, _hub_names(builder), before)
    changed = changed_keys(before, joined)

    if before is not None and before.hub != joined.hub:
        builder.groups = _still_named(builder, before, joined)
        before = before if builder.groups else None

    is_first = before is None
    unseen_by_group = _with_every_group(builder, joined, is_news=is_news and not is_first)
    by_group: dict[str, set[str]] = {}

    for key, pid in changed:
        by_group.setdefault(key, set()).add(pid)

    context = builder.context()

    for key in tuple(builder.groups):
        written = by_group.get(key, set())
        unseen = unseen_by_group.get(key, set())
        _fold_group(builder, key, written, unseen, context, is_first=is_first)

    builder.moved = frozenset()


def _still_named(
    builder: SnapshotBuilder, before: JoinedListing, joined: JoinedListing
) -> dict[str, GroupMemory]:
    """The groups that go on: none where another hub was joined before, else those that it has."""
    if before.hub is not None:
        return {}

    own = _configured(builder) | {name.lower() for name in builder.listed_groups or ()}
    return {
        key: group for key, group in builder.groups.items() if key in joined.names or key in own
    }


def _hub_names(builder: SnapshotBuilder) -> HubNames | None:
    """What records of this hub may be written under; None while it has not answered."""
    hub = builder.hub
    if hub is None:
        return None

    return HubNames(Names(hub.namespace, builder.policy.aliases), hub.name.lower())


def _with_every_group(
    builder: SnapshotBuilder, joined: JoinedListing, *, is_news: bool
) -> dict[str, set[str]]:
    """Make room for every group and partition that is known, the configured group first.

    Gives the partitions that were not seen before, by group.
    """
    partitions = _partitions(builder, joined)
    names = _names(builder, joined, len(partitions))
    unseen_by_group: dict[str, set[str]] = {}

    for key, name in names.items():
        group = builder.groups.get(key)
        if group is None:
            group = new_group(key, name, partitions)
            unseen_by_group[key] = set(partitions)

            if is_news:
                builder.tell(
                    timeline.GROUP_APPEARED,
                    builder.looked_at,
                    Subject(group=name),
                    timeline.GroupAppeared(name),
                )

        if tuple(group.by_partition) != partitions:
            unseen_by_group[key] = set(partitions) - set(group.by_partition)
            group = with_partitions(group, partitions)

        spellings = joined.spellings.get(key, ())
        if group.state.spellings != spellings:
            group = replace(group, state=replace(group.state, spellings=spellings))

        builder.groups[key] = group

    return unseen_by_group


def _names(builder: SnapshotBuilder, joined: JoinedListing, partitions: int) -> dict[str, str]:
    """All groups by their keys: configured ones, the store's, and what the service lists beside.

    Of the last only so many as cost little. The peek group is there for ehtui itself.
    """
    policy = builder.policy
    names: dict[str, str] = {}

    for name in (policy.default_group, *policy.groups):
        names.setdefault(name.lower(), name)

    names.update((k, policy.spelled(n)) for k, n in sorted(joined.names.items()) if k not in names)
    known = {*names, (policy.peek_group or "").lower()}
    unused = [name for name in builder.listed_groups or () if name.lower() not in known]
    room = MOST_UNUSED_ROWS // max(partitions, 1)
    names.update((name.lower(), name) for name in sorted(unused, key=str.lower)[:room])
    return names


def _partitions(builder: SnapshotBuilder, joined: JoinedListing) -> tuple[str, ...]:
    if builder.hub is not None:
        return builder.hub.partition_ids

    keys = (*joined.ownerships.keys, *joined.checkpoints.keys)
    return natural({record_key[1] for record_key in keys if record_key is not None})


class _Changes(Struct):
    """What one look changed in a group."""

    stored: dict[str, Stored] = field(default_factory=dict)
    owner_changes: list[OwnerChange] = field(default_factory=list)
    # Last-Modified before and after, of what an owner renewed
    renewed: dict[str, list[tuple[float, float]]] = field(default_factory=dict)


def _fold_group(
    builder: SnapshotBuilder,
    key: str,
    written: set[str],
    unseen: set[str],
    context: JudgingContext,
    *,
    is_first: bool,
) -> None:
    joined, group = builder.joined, builder.groups[key]
    if joined is None:
        return

    changes, by_partition = _Changes(), dict(group.by_partition)

    for pid in written | unseen:
        if pid in by_partition:  # else a record for a partition that the hub does not have
            record_key, is_unseen = (key, pid), is_first and pid in unseen
            by_partition[pid] = _followed_records(
                joined=joined,
                record_key=record_key,
                judged=by_partition[pid],
                changes=changes,
                context=context,
                is_unseen=is_unseen,
            )

    changes.owner_changes.sort(key=lambda change: natural_key(change.partition))
    before, expiry, was = group.state.timings, group.expiry, group.by_partition
    group = with_stops(group, context, changes.renewed)
    group = _moved(builder, group, by_partition, changes.owner_changes)
    group = books_kept(builder, group, was, changes.stored, changes.renewed)
    group = with_expiry(group, unlearned(group))
    group = followed_owners(
        builder,
        group,
        changes.renewed,
        has_changed=is_first or bool(changes.owner_changes) or group.expiry != expiry,
        is_first=is_first,
    )
    retimed = _retimed(group, before)
    touched = written | unseen | retimed | _orphaned(group, context)
    touched |= builder.moved | unread(builder, group)
    group = rejudged(builder, group, touched, context, changes.stored)
    builder.groups[key] = _with_strays(builder, group, joined)


def _with_strays(
    builder: SnapshotBuilder, group: GroupMemory, joined: JoinedListing
) -> GroupMemory:
    """With the records of partitions that the hub does not have, once it has answered."""
    if builder.hub is None:
        return group

    policy = builder.policy.lease_of(group.state.name)
    strays = strays_of(group, joined, builder.hub.partition_ids, policy, builder.looked_at)

    if strays is group.state.strays:
        return group

    return replace(group, state=replace(group.state, strays=strays))


def _moved(
    builder: SnapshotBuilder,
    group: GroupMemory,
    by_partition: dict[str, JudgedPartition],
    owner_changes: list[OwnerChange],
) -> GroupMemory:
    """`group` with these partitions, and what changed hands told and learned from."""
    rounds = rounds_of(group.by_partition.values()) if owner_changes else {}
    looked_before_at = builder.looked_before_at or builder.listed_at
    silent = [
        replace(change, silent_s=looked_before_at - rounds[old].at)
        if (old := owner_of(change.before)) in rounds
        else change
        for change in owner_changes
    ]
    return tell_handovers(
        builder, replace(group, by_partition=by_partition), silent, group.state.timings, rounds
    )


def _followed_records(
    joined: JoinedListing,
    record_key: RecordKey,
    judged: JudgedPartition,
    changes: _Changes,
    context: JudgingContext,
    is_unseen: bool,  # noqa: FBT001 - whether it is the first look at it
) -> JudgedPartition:
    old, pid = judged.ownership, record_key[1]
    record = ownership_at(joined, record_key, old.record)
    checkpoint = checkpoint_at(joined, record_key, record)
    shown = judged.shown.checkpoint
    is_unread = _is_same(shown, checkpoint)
    unreadable = joined.unreadable.get(record_key, ())
    is_hidden = record is None and hides(unreadable, HIDE_OWNER)
    changes.stored[pid] = Stored(shown if is_unread else checkpoint, unreadable, is_hidden)

    if is_hidden and old is not UNSEEN:
        ownership = old  # it may still be its owner's: nobody released it
    elif is_unseen:
        ownership = watched(record, context.looked_at)
    elif _is_same(old.record, record) and old is not UNSEEN:
        ownership = old  # only the checkpoint was written
    elif old is UNSEEN and record is None:
        ownership = watched(None, context.looked_at)
    else:
        ownership = followed(old, record, context.looked_at)
        was, owner = owner_of(old), owner_of(ownership)
        if was != owner:
            sequence = shown.sequence if shown is not None else None
            changes.owner_changes.append(
                OwnerChange(
                    partition=pid,
                    lease=judged.shown.lease,
                    before=old,
                    after=ownership,
                    sequence=sequence,
                    lag=judged.shown.lag,
                    checkpoint=shown,
                    next_checkpoint=changes.stored[pid].checkpoint,
                )
            )
        elif record is not None and owner is not None and old.record is not None:
            was_at, written_at = old.record.blob.last_modified, record.blob.last_modified
            # A blob lease that ran out is no writing.
            if old.record.blob.etag != record.blob.etag:
                changes.renewed.setdefault(owner, []).append((was_at, written_at))

    return JudgedPartition(judged.shown, ownership, judged.progress, judged.flags, judged.due_at)


def _is_same(before: Ownership | Checkpoint | None, after: Ownership | Checkpoint | None) -> bool:
    if before is None or after is None:
        return before is after

    return before is after or (before.blob.etag == after.blob.etag and before == after)


def _orphaned(group: GroupMemory, context: JudgingContext) -> set[str]:
    """Partitions still held in the name of an owner whose process ended."""
    return {
        pid
        for owner in group.state.owners
        if owner.id in context.ended
        for pid in owner.partitions
        if pid in group.by_partition
        and group.by_partition[pid].shown.lease.state is LeaseState.HELD
    }


def _retimed(group: GroupMemory, before: Mapping[str, object]) -> set[str]:
    """Partitions whose owner's timing changed."""
    owners = {owner for owner, timing in group.state.timings.items() if before.get(owner) != timing}
    if not owners:
        return set()

    return {pid for pid, judged in group.by_partition.items() if judged.ownership.holder in owners}
