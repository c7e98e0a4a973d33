"""Looks up what a plan for checkpoints needs: the blobs as they are, and the events to stand at.

Nothing is written. Events are read in the peek group, and only where nothing else tells an offset.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.actions.checkpoint_backups import Backup, read_backup, undo_of
from ehtui.actions.checkpoint_owners import owners_in
from ehtui.actions.checkpoint_slots import GroupRecords, can_be_made, slots_of
from ehtui.actions.store_writer import StoreWriter
from ehtui.domain.actions.checkpoint_aims import (
    AtEvent,
    BeforeMoment,
    Found,
    Left,
    at_event,
    change_of,
    effect_of,
    known_standing,
    unplaced,
    wanted,
)
from ehtui.domain.actions.checkpoint_plan import (
    Change,
    FileEntry,
    FromFile,
    LikeGroup,
    LiveOwner,
    Note,
    Standing,
    Undo,
    Unwritten,
)
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.problems import ProblemError
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.text import safe
from ehtui.domain.world.events import AtSequence, EventLookup
from ehtui.domain.world.hub import HubDescription, Names, PartitionSample
from ehtui.domain.world.joined_listing import natural_key
from ehtui.domain.world.store import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.actions.checkpoint_aims import Aim, Slot
    from ehtui.domain.actions.checkpoints import CheckpointRequest
    from ehtui.domain.world.store import StoreListing

AT_ONCE = 8  # partitions
READ_WITHIN_S = 15.0  # for an event; it includes connecting


async def rehearsed(
    request: CheckpointRequest,
    store: StoreWriter | None,
    lookup: EventLookup | None,
    snapshot: Snapshot,
    since: float = -inf,
) -> CheckpointRequest:
    """The same request with what looking at blobs and events found; nothing is written.

    `since` is the local time before which samples of the hub are too old to be counted by.
    """
    if store is None or snapshot.hub is None:
        return request

    finder = CheckpointFinder(store, lookup, snapshot, snapshot.hub, since)
    found = await finder.find(request)

    return replace(request, found=found, listed=finder.owners)


@dataclass
class CheckpointFinder:
    """Finds what becomes of each blob, for one request."""

    store: StoreWriter
    lookup: EventLookup | None  # None: no peek group is configured
    snapshot: Snapshot
    hub: HubDescription
    since: float = -inf  # local; samples from before are none
    owners: tuple[LiveOwner, ...] = ()  # by the records that were found
    _samples: dict[str, PartitionSample] = field(init=False)

    def __post_init__(self) -> None:
        self._samples = {
            p.id: p.sample
            for p in self.snapshot.partitions
            if p.sample is not None and p.sample.first_at >= self.since
        }

    async def find(self, request: CheckpointRequest) -> tuple[Change, ...] | Refusal:
        """What would be written, or why nothing can be."""
        try:
            listing = await self.store.listing()
            self.owners = owners_in(listing, self.snapshot, request.group)

            if isinstance(request.strategy, Undo):
                found = await self._undo(request, request.strategy)
            else:
                found = await self._moved(request, listing)
        except ProblemError as error:
            return Refusal(RefusalReason.NO_STORE, request.group, error.problem.summary)

        if isinstance(found, Refusal):
            return found

        return tuple(sorted(found, key=lambda c: (natural_key(c.partition), c.container, c.name)))

    async def _moved(
        self, request: CheckpointRequest, listing: StoreListing
    ) -> list[Change] | Refusal:
        records = GroupRecords(listing, self.snapshot, request.group)
        model = None

        if isinstance(request.strategy, LikeGroup):
            model = GroupRecords(listing, self.snapshot, request.strategy.group)

            if not model.is_known:
                return Refusal(RefusalReason.UNKNOWN_GROUP, request.strategy.group)
        elif not records.is_known:
            return Refusal(RefusalReason.UNKNOWN_GROUP, request.group)

        gate = asyncio.Semaphore(AT_ONCE)

        async def one(partition: str) -> list[Change]:
            async with gate:
                return await self._partition(request, records, model, partition)

        each = await asyncio.gather(*map(one, self._chosen(request)))

        return [change for changes in each for change in changes]

    def _chosen(self, request: CheckpointRequest) -> Iterable[str]:
        if request.partitions:
            return dict.fromkeys(request.partitions)

        if isinstance(request.strategy, FromFile):
            return dict.fromkeys(entry.partition for entry in request.strategy.entries)

        return self.hub.partition_ids

    async def _partition(
        self,
        request: CheckpointRequest,
        records: GroupRecords,
        model: GroupRecords | None,
        partition: str,
    ) -> list[Change]:
        if partition not in self.hub.partition_ids:
            return [unplaced(partition, Unwritten.UNKNOWN_PARTITION)]

        places = records.places(partition, model)
        slots = [
            slot
            for slot in await slots_of(self.store, partition, list(places.values()))
            if can_be_made(slot)
        ]

        if not slots:
            return [unplaced(partition, Unwritten.NO_FORM)]

        if isinstance(request.strategy, FromFile):
            return await self._by_file(request.strategy, slots)

        source = model.newest(partition) if model is not None else None
        changes = []

        is_upgraded = any(slot.layout is Layout.MODERN for slot in slots)

        for slot in slots:
            given = slot.standing if source is None else Standing(source.sequence, source.offset)
            is_without = model is not None and source is None
            aim: Aim = Left(Unwritten.SUPERSEDED)

            if not (is_upgraded and slot.layout is Layout.DAPR_LEGACY):
                aim = await self._aim(request, partition, None if is_without else given)

            changes.append(change_of(slot, aim, self.hub, self._samples.get(partition)))

        return changes

    async def _aim(self, request: CheckpointRequest, partition: str, given: Standing | None) -> Aim:
        sample = self._samples.get(partition)

        if sample is None:
            return Left(Unwritten.NOT_SAMPLED)

        meant = wanted(request.strategy, sample, given, self.snapshot.server_now)

        if isinstance(meant, BeforeMoment):
            meant = await self._before(partition, meant.at, sample)

        if isinstance(meant, Left):
            return meant

        copied = given if isinstance(request.strategy, LikeGroup) else None

        return await self._standing(partition, meant, sample, copied)

    async def _before(self, partition: str, at: float, sample: PartitionSample) -> AtEvent | Left:
        """The last event that was enqueued before a moment."""
        last_at = sample.last_enqueued_at
        is_empty = at_event(sample.last_sequence, sample).sequence < 0 or sample.is_empty

        # Everything that is retained was enqueued before it, or nothing is retained.
        if is_empty or (last_at is not None and last_at < at):
            return AtEvent(sample.last_sequence)

        if self.lookup is None:
            return Left(Unwritten.NO_PEEK_GROUP)

        try:
            event = await self.lookup.read_before(partition, at, READ_WITHIN_S)
        except ProblemError as error:
            return Left(Unwritten.LOOKUP_FAILED, safe(error.problem.summary))

        if event is None:
            return at_event(-1, sample)

        return at_event(event.sequence, sample)

    async def _standing(
        self, partition: str, meant: AtEvent, sample: PartitionSample, given: Standing | None
    ) -> Aim:
        known = known_standing(meant.sequence, sample, self.hub, given)

        if known is not None:
            return Found(known, meant.notes)

        if self.lookup is None:
            return Left(Unwritten.NO_PEEK_GROUP)

        try:
            event = await self.lookup.read_at(partition, AtSequence(meant.sequence), READ_WITHIN_S)
        except ProblemError as error:
            return Left(Unwritten.LOOKUP_FAILED, safe(error.problem.summary))

        if event is None or event.sequence != meant.sequence:
            return Left(Unwritten.NO_EVENT)

        return Found(Standing(event.sequence, event.offset), meant.notes)

    async def _by_file(self, strategy: FromFile, slots: list[Slot]) -> list[Change]:
        changes = []
        left = [e for e in strategy.entries if e.partition == slots[0].partition]

        for slot in slots:
            entry = _entry_of(strategy, slot)

            if entry is not None:
                changes.append(await self._as_entry(entry, slot))
                left = [each for each in left if each != entry]

        return [*changes, *map(_elsewhere, left)]

    async def _as_entry(self, entry: FileEntry, slot: Slot) -> Change:
        sample = self._samples.get(slot.partition)
        is_there = slot.standing == Standing(entry.sequence, entry.offset)
        aim: Aim

        if is_there:
            aim = Left(Unwritten.SAME)
        elif entry.etag is not None and entry.etag != (slot.etag or ""):
            aim = Left(Unwritten.CHANGED)
        elif entry.offset is not None:
            aim = Found(Standing(entry.sequence, entry.offset), (Note.OFFSET_AS_GIVEN,))
        elif sample is None:
            aim = Left(Unwritten.NOT_SAMPLED)
        else:
            meant = at_event(entry.sequence, sample)
            aim = await self._standing(slot.partition, meant, sample, None)

        return change_of(slot, aim, self.hub, sample)

    async def _undo(self, request: CheckpointRequest, undo: Undo) -> list[Change] | Refusal:
        try:
            backup = await asyncio.to_thread(read_backup, undo.backup)
        except (OSError, ValueError) as error:
            return Refusal(RefusalReason.NO_BACKUP, undo.backup, safe(str(error)))

        if (fault := self._misfit(backup, request)) is not None:
            return Refusal(RefusalReason.NO_BACKUP, undo.backup, fault)

        wanted_partitions = request.partitions or tuple(b.partition for b in backup.blobs)
        changes = []

        for kept in backup.blobs:
            if kept.partition in wanted_partitions:
                blob = await self.store.read(kept.blob.container, kept.blob.item.name)
                change = undo_of(kept, blob, is_forced=request.is_forced)
                sample = self._samples.get(kept.partition)
                replayed, skipped = effect_of(change.before, change.after, sample)
                changes.append(replace(change, replayed=replayed, skipped=skipped))

        return changes

    def _misfit(self, backup: Backup, request: CheckpointRequest) -> str | None:
        if not Names(self.hub.namespace, self.snapshot.policy.aliases).cover(backup.namespace):
            return f"it is of namespace {safe(backup.namespace)}"

        if backup.hub.lower() != self.hub.name.lower():
            return f"it is of hub {safe(backup.hub)}"

        if backup.group.lower() != request.group.lower():
            return f"it is of group {safe(backup.group)}"

        return None


def _elsewhere(entry: FileEntry) -> Change:
    """An entry that names a blob which the group does not have here."""
    if entry.name is None:
        detail = "another line of the file says where it is to stand"
    else:
        detail = f"there is no {safe(entry.container or '')}/{safe(entry.name or '')} here"

    return replace(unplaced(entry.partition, Unwritten.CHANGED), detail=detail)


def _entry_of(strategy: FromFile, slot: Slot) -> FileEntry | None:
    """The entry that names this very blob or, else, the partition alone."""
    own = [entry for entry in strategy.entries if entry.partition == slot.partition]
    exact = [e for e in own if (e.container, e.name) == (slot.container, slot.name)]

    return next(iter(exact or [e for e in own if e.name is None]), None)
