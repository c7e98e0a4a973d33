"""Which blobs have, or would have, the checkpoints of a group: in every spelling that it has.

A client resumes from the blob in its own spelling, so each one of a partition is written. Where
there is none, the group's other records say how its clients would name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.actions.store_writer import standing_in
from ehtui.domain.actions.checkpoint_aims import Slot
from ehtui.domain.world.hub import Names
from ehtui.domain.world.joined_listing import HubNames, join_listing
from ehtui.domain.world.store import Layout, RecordKind
from ehtui.sources.layouts import FORMATS
from ehtui.sources.layouts.base import Role, UnreadableError
from ehtui.sources.layouts.modern import place_in, place_of, sibling_name
from ehtui.sources.store_writer import is_held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.actions.store_writer import StoreWriter
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.joined_listing import JoinedListing
    from ehtui.domain.world.store import Checkpoint, Ownership, StoreListing


class GroupRecords:
    """The records of one group, as one listing has them."""

    def __init__(self, listing: StoreListing, snapshot: Snapshot, group: str) -> None:
        joined = join_listing(listing, _names(snapshot), None)
        self.group = group
        self.checkpoints = _of_group(joined, group)[0]
        self.ownerships = _of_group(joined, group)[1]
        self.unreadable = [
            blob for blob in listing.unreadable if (blob.group or "").lower() == group.lower()
        ]

    @property
    def is_known(self) -> bool:
        """Whether the store has anything of it."""
        return bool(self.checkpoints or self.ownerships or self.unreadable)

    def places(self, partition: str, model: GroupRecords | None = None) -> dict[str, _Place]:
        """Blobs of a partition by `container/name`, `model` telling how a new group is spelled."""
        found: dict[str, _Place] = {}

        for record in self.checkpoints:
            if record.partition == partition:
                found |= _place(record.blob.container, record.blob.name, record.layout)

        for owned in self.ownerships:
            if owned.partition == partition:
                is_modern = owned.layout is Layout.MODERN
                name = owned.blob.name
                name = sibling_name(name, Role.CHECKPOINT) if is_modern else name
                found |= _place(owned.blob.container, name, owned.layout)

        for broken in self.unreadable:
            is_its = broken.partition == partition and broken.kind is RecordKind.CHECKPOINT

            if is_its and place_of(broken.name) is not None:
                found |= _place(broken.container, broken.name, Layout.MODERN)

        return (
            found
            or self._spelled_like_others(partition)
            or _spelled_like(model, partition, self.group)
        )

    def _spelled_like_others(self, partition: str) -> dict[str, _Place]:
        return _spelled_like(self, partition, None)

    def newest(self, partition: str) -> Checkpoint | None:
        """The checkpoint that counts for a partition: the one that was written last."""
        own = [record for record in self.checkpoints if record.partition == partition]

        return max(own, key=lambda c: c.blob.last_modified, default=None)


_Place = tuple[str, str, Layout]


def _place(container: str, name: str, layout: Layout) -> dict[str, _Place]:
    return {f"{container}/{name}": (container, name, layout)}


def _spelled_like(
    model: GroupRecords | None, partition: str, group: str | None
) -> dict[str, _Place]:
    """Where the newest record of a group is, for another partition, or another group."""
    every: list[Ownership | Checkpoint] = (
        [] if model is None else [*model.ownerships, *model.checkpoints]
    )
    modern = [record for record in every if record.layout is Layout.MODERN]

    if not modern:
        return {}

    blob = max(modern, key=lambda record: record.blob.last_modified).blob

    return _place(blob.container, place_in(blob.name, partition, group), Layout.MODERN)


def _names(snapshot: Snapshot) -> HubNames | None:
    hub = snapshot.hub

    if hub is None:
        return None

    return HubNames(Names(hub.namespace, snapshot.policy.aliases), hub.name.lower())


def _of_group(joined: JoinedListing, group: str) -> tuple[list[Checkpoint], list[Ownership]]:
    wanted = group.lower()
    reads, owns = joined.checkpoints, joined.ownerships

    return (
        [r for r, key in zip(reads.records, reads.keys, strict=True) if key and key[0] == wanted],
        [r for r, key in zip(owns.records, owns.keys, strict=True) if key and key[0] == wanted],
    )


async def slots_of(store: StoreWriter, partition: str, places: Sequence[_Place]) -> list[Slot]:
    """The blobs as they are at this moment.

    Raises:
        ProblemError: They cannot be read.
    """
    return [await _slot(store, partition, *place) for place in places]


async def _slot(
    store: StoreWriter, partition: str, container: str, name: str, layout: Layout
) -> Slot:
    blob = await store.read(container, name)

    if blob is None:
        return Slot(partition, container, name, layout, None)

    standing, is_broken = None, False

    try:
        standing = standing_in(blob, layout)
    except UnreadableError:
        is_broken = True

    return Slot(
        partition, container, name, layout, blob.item.etag, standing, is_held(blob), is_broken
    )


def can_be_made(slot: Slot) -> bool:
    """Whether a blob that is not there can be created: hosts with JSON leases make theirs."""
    return slot.etag is not None or FORMATS[slot.layout].layout is Layout.MODERN
