"""Joins a listing's records by group and partition, over all spellings and layouts.

The service ignores the case of namespace, hub and group; stores do not, and some writers add the
port (facts.md §1.0, §7). So names are matched by what they mean, and the raw spellings are kept.
"""

from __future__ import annotations

from itertools import compress, count
from operator import is_not
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec.structs import replace

from ehtui.domain.values import Value
from ehtui.domain.world.store import (
    Checkpoint,
    Layout,
    Ownership,
    RecordKind,
    StoreListing,
    UnreadableBlob,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ehtui.domain.world.hub import Names


RecordKey = tuple[str, str]  # (group in lower case, partition)
Record = TypeVar("Record", Ownership, Checkpoint)

STICKS_S = 45.0  # of two live spellings the shown one stays, though both renew in turn
LONGEST_NUMBER = 18
_SUPERSEDED = frozenset({Layout.FUNCTIONS_LEGACY, Layout.DAPR_LEGACY})


class HubNames(Value, frozen=True):
    """What the hub that is looked at goes by."""

    namespace: Names
    name: str  # in lower case


class RecordIndex(Value, Generic[Record], frozen=True):
    """Records of one kind in the order of the listing, and the key of each."""

    records: tuple[Record, ...]
    keys: list[RecordKey | None]  # None: another hub's
    contested: Mapping[RecordKey, tuple[int, ...]]  # indices, where a key has several records
    by_key: Mapping[RecordKey, int]  # where it has one
    written: tuple[int, ...] = ()  # indices: records that differ from those of the look before


class JoinedListing(Value, frozen=True):
    """One listing, joined."""

    listing: StoreListing
    hub: HubNames | None  # None: the hub has not answered, everything listed may be its
    ownerships: RecordIndex[Ownership]
    checkpoints: RecordIndex[Checkpoint]
    spellings: Mapping[str, tuple[str, ...]]  # group → raw namespace/hub/group
    names: Mapping[str, str]  # group → as first written
    partitions: Mapping[str, frozenset[str]]  # group → those that records name
    unreadable: Mapping[RecordKey, tuple[UnreadableBlob, ...]]


def join_listing(
    listing: StoreListing, hub: HubNames | None, before: JoinedListing | None
) -> JoinedListing:
    """Join a listing; where it names the same blobs as the one before, the join stands."""
    unreadable = _unreadable(listing)

    if before is not None and before.hub == hub:
        ownerships = _refreshed(before.ownerships, listing.ownerships)
        checkpoints = _refreshed(before.checkpoints, listing.checkpoints)
        if ownerships is not None and checkpoints is not None:
            return replace(
                before,
                listing=listing,
                ownerships=ownerships,
                checkpoints=checkpoints,
                unreadable=unreadable,
            )

    owns, reads = _indexed(listing.ownerships, hub), _indexed(listing.checkpoints, hub)
    spellings: dict[str, dict[str, None]] = {}
    names: dict[str, str] = {}

    named = [(o.namespace, o.hub, o.group) for o in owns.records]
    named += [(c.namespace, c.hub, c.group) for c in reads.records]

    partitions: dict[str, set[str]] = {}

    for name, key in zip(named, [*owns.keys, *reads.keys], strict=True):
        if key is not None:
            spellings.setdefault(key[0], {})["/".join(name)] = None
            names.setdefault(key[0], name[2])
            partitions.setdefault(key[0], set()).add(key[1])

    return JoinedListing(
        listing=listing,
        hub=hub,
        ownerships=owns,
        checkpoints=reads,
        spellings={group: tuple(found) for group, found in spellings.items()},
        names=names,
        partitions={group: frozenset(found) for group, found in partitions.items()},
        unreadable=unreadable,
    )


def _unreadable(listing: StoreListing) -> Mapping[RecordKey, tuple[UnreadableBlob, ...]]:
    found: dict[RecordKey, tuple[UnreadableBlob, ...]] = {}

    for blob in listing.unreadable:
        if blob.group is not None and blob.partition is not None:
            key = (blob.group.lower(), blob.partition)
            found[key] = (*found.get(key, ()), blob)

    return found


def _refreshed(
    before: RecordIndex[Record], records: tuple[Record, ...]
) -> RecordIndex[Record] | None:
    """The same index with new records, where the same blobs are listed in the same order."""
    if len(records) != len(before.records):
        return None

    written: list[int] = []

    # A source keeps the records of blobs that were not written: most are the same objects.
    for index in compress(count(), map(is_not, before.records, records)):
        old, new = before.records[index], records[index]
        if old.blob.name != new.blob.name:
            return None

        # Not by ETag alone: a blob lease ends without a new one.
        if old.blob.etag != new.blob.etag or old != new:
            written.append(index)

    return RecordIndex(records, before.keys, before.contested, before.by_key, tuple(written))


def _indexed(records: tuple[Record, ...], hub: HubNames | None) -> RecordIndex[Record]:
    keys = [_key_of(record, hub) for record in records]
    indices: dict[RecordKey, list[int]] = {}

    for index, key in enumerate(keys):
        if key is not None:
            indices.setdefault(key, []).append(index)

    return RecordIndex(
        records,
        keys,
        {key: tuple(found) for key, found in indices.items() if len(found) > 1},
        {key: found[0] for key, found in indices.items() if len(found) == 1},
    )


def _key_of(record: Ownership | Checkpoint, hub: HubNames | None) -> RecordKey | None:
    """Layouts whose names carry no hub are only read when configured: they fit any."""
    if hub is not None:
        if record.namespace and not hub.namespace.cover(record.namespace):
            return None

        if record.hub and record.hub.lower() != hub.name:
            return None

    return (record.group.lower(), record.partition)


def changed_keys(before: JoinedListing | None, after: JoinedListing) -> set[RecordKey]:
    """Where a record changed, appeared or vanished between two looks that followed each other."""
    if before is None:
        return _all_keys(after) | set(after.unreadable)

    broken = {
        key
        for key in before.unreadable.keys() | after.unreadable.keys()
        if before.unreadable.get(key) != after.unreadable.get(key)
    }

    owns, reads = before.ownerships, before.checkpoints
    if after.ownerships.keys is not owns.keys or after.checkpoints.keys is not reads.keys:
        return _all_keys(before) | _all_keys(after) | broken  # the join was made anew

    both = (after.ownerships, after.checkpoints)
    written = {key for s in both for i in s.written if (key := s.keys[i]) is not None}
    return written | broken


def _all_keys(joined: JoinedListing) -> set[RecordKey]:
    return {
        p for s in (joined.ownerships.keys, joined.checkpoints.keys) for p in s if p is not None
    }


def ownership_at(
    joined: JoinedListing, key: RecordKey, shown: Ownership | None
) -> Ownership | None:
    """The record that counts for a key; `shown` is the one before."""
    indexed = joined.ownerships
    index = indexed.by_key.get(key)
    if index is not None:
        return indexed.records[index]

    found = [indexed.records[i] for i in indexed.contested.get(key, ())]
    if not found:
        return None

    best = max(found, key=_ownership_rank)
    same = next((o for o in found if shown is not None and o.blob.name == shown.blob.name), None)
    is_fresh = same is not None and best.blob.last_modified - same.blob.last_modified < STICKS_S

    return same if same is not None and same.holder is not None and is_fresh else best


def _ownership_rank(record: Ownership) -> tuple[bool, bool, float]:
    return (
        record.layout not in _SUPERSEDED,
        record.holder is not None,
        record.blob.last_modified,
    )


def checkpoint_at(
    joined: JoinedListing, key: RecordKey, owned: Ownership | None
) -> Checkpoint | None:
    """The checkpoint that counts for a key: the one in the spelling of its ownership first."""
    indexed = joined.checkpoints
    index = indexed.by_key.get(key)
    if index is not None:
        return indexed.records[index]

    found = [indexed.records[i] for i in indexed.contested.get(key, ())]

    return max(found, key=lambda c: _checkpoint_rank(c, owned), default=None)


def _checkpoint_rank(record: Checkpoint, owned: Ownership | None) -> tuple[bool, bool, float]:
    is_same = owned is not None and (record.namespace, record.hub, record.group) == (
        owned.namespace,
        owned.hub,
        owned.group,
    )
    return (record.layout not in _SUPERSEDED, is_same, record.blob.last_modified)


def has_several(joined: JoinedListing, key: RecordKey) -> bool:
    """Whether a partition of a group has records under several names, of clients of today.

    Who writes one name does not see who writes the other: both may read it.
    """
    return _are_several(joined.ownerships, key) or _are_several(joined.checkpoints, key)


def _are_several(index: RecordIndex[Record], key: RecordKey) -> bool:
    found = [index.records[place].layout for place in index.contested.get(key, ())]
    return sum(layout not in _SUPERSEDED for layout in found) > 1


def natural(partitions: set[str] | list[str]) -> tuple[str, ...]:
    """Partition ids as people order them: 2 before 10."""
    return tuple(sorted(partitions, key=natural_key))


def natural_key(partition: str) -> tuple[int, int, str]:
    """Sorts numbers by value and before everything else."""
    is_number = partition.isdecimal() and len(partition) <= LONGEST_NUMBER
    return (0, int(partition), partition) if is_number else (1, 0, partition)


HIDE_OWNER = frozenset({RecordKind.OWNERSHIP, RecordKind.LEASE})
_HIDE_CHECKPOINT = frozenset({RecordKind.CHECKPOINT, RecordKind.LEASE})


class Stored(Value, frozen=True):
    """What the store holds of one partition of one group, beside an ownership that can be read."""

    checkpoint: Checkpoint | None = None
    unreadable: tuple[UnreadableBlob, ...] = ()
    is_owner_hidden: bool = False  # an ownership is there, and none that can be read

    @property
    def is_checkpoint_hidden(self) -> bool:
        """Whether a checkpoint is there, and none that can be read."""
        return self.checkpoint is None and hides(self.unreadable, _HIDE_CHECKPOINT)


def hides(unreadable: Iterable[UnreadableBlob], kinds: Collection[RecordKind]) -> bool:
    """Whether one of these records is of those kinds."""
    return any(blob.kind in kinds for blob in unreadable)
