"""Where a checkpoint is to stand, as far as no event has to be read for it, and what that does.

Sequence numbers are of one partition. "Before the first retained event" is written as the offset
"-1", which every client takes for the start of the stream, on geo-replicated hubs too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.checkpoint_plan import (
    START_OF_STREAM,
    ByDuration,
    Change,
    LikeGroup,
    Note,
    ShiftBy,
    Standing,
    ToEarliest,
    ToLatest,
    ToSequence,
    ToTime,
    Unwritten,
    WriteKind,
)
from ehtui.domain.values import Value
from ehtui.domain.world.hub import StartPosition, end_of, is_integer

if TYPE_CHECKING:
    from ehtui.domain.actions.checkpoint_plan import Strategy
    from ehtui.domain.world.hub import HubDescription, PartitionSample
    from ehtui.domain.world.store import Layout


class Slot(Value, frozen=True):
    """A blob that has, or would have, a checkpoint of the group."""

    partition: str
    container: str
    name: str
    layout: Layout
    etag: str | None  # None: it would be created
    standing: Standing | None = None
    is_held: bool = False  # by a blob lease
    is_broken: bool = False  # what stands there cannot be read, but written over


class AtEvent(Value, frozen=True):
    """The checkpoint's event, by its sequence number, inside what the partition retains."""

    sequence: int
    notes: tuple[Note, ...] = ()


class BeforeMoment(Value, frozen=True):
    """The event that was enqueued last before a moment: it has to be looked for."""

    at: float  # server time


class Left(Value, frozen=True):
    """The checkpoint stays as it is."""

    why: Unwritten
    detail: str = ""


class Found(Value, frozen=True):
    """Where it is to stand."""

    standing: Standing
    notes: tuple[Note, ...] = ()


Wanted = AtEvent | BeforeMoment | Left
Aim = Found | Left


def done_before(sample: PartitionSample) -> int:
    """The sequence number before the first retained event: whoever stands there reads all."""
    if sample.is_empty or sample.last_sequence < 0:
        return sample.last_sequence

    return sample.begin_sequence - 1


def wanted(
    strategy: Strategy, sample: PartitionSample, standing: Standing | None, server_now: float
) -> Wanted:
    """What a strategy means for a partition; `standing` is the checkpoint to start from."""
    meant: Wanted

    match strategy:
        case ToEarliest():
            meant = AtEvent(done_before(sample))
        case ToLatest():
            meant = AtEvent(sample.last_sequence)
        case ToTime(at=at):
            meant = BeforeMoment(at)
        case ByDuration(seconds=seconds):
            meant = BeforeMoment(server_now - seconds)
        case ToSequence(sequence=sequence):
            meant = at_event(sequence, sample)
        case ShiftBy(events=events):
            meant = _shifted(events, sample, standing)
        case LikeGroup():
            meant = _shifted(0, sample, standing)
        case _:  # a file and a backup say it per blob
            meant = Left(Unwritten.NO_CHECKPOINT)

    return meant


def at_event(sequence: int, sample: PartitionSample) -> AtEvent:
    """An event, or the nearest one that is there."""
    begin = done_before(sample)

    if sequence < begin:
        return AtEvent(begin, (Note.CLAMPED_TO_BEGIN,))

    if sequence > sample.last_sequence:
        return AtEvent(sample.last_sequence, (Note.CLAMPED_TO_END,))

    return AtEvent(sequence)


def _shifted(events: int, sample: PartitionSample, standing: Standing | None) -> Wanted:
    stands = None if standing is None else position_of(standing, sample)

    return Left(Unwritten.NO_CHECKPOINT) if stands is None else at_event(stands + events, sample)


def position_of(standing: Standing, sample: PartitionSample) -> int | None:
    """The last event that counts as done, by what is retained now; None: nobody can tell.

    It may be beyond the last event that the sample knows of.
    """
    begin = done_before(sample)

    if standing.offset == START_OF_STREAM:
        return begin

    if standing.sequence is None:
        return None

    return max(standing.sequence, begin)


def known_standing(
    sequence: int, sample: PartitionSample, hub: HubDescription, given: Standing | None
) -> Standing | None:
    """The offset that belongs to an event, where no event has to be read for it.

    `given` is a checkpoint of this very partition that is to be copied.
    """
    if sequence <= done_before(sample):
        return Standing(done_before(sample), START_OF_STREAM)

    if sequence == sample.last_sequence:
        end = end_of(hub, sample)

        if isinstance(end, StartPosition):
            return Standing(sequence, end.offset)

    if given is not None and given.sequence == sequence and given.offset is not None:
        return None if _is_refused(given.offset, hub) else given

    return None


def _is_refused(offset: str, hub: HubDescription) -> bool:
    is_old = is_integer(offset) and offset != START_OF_STREAM

    return bool(hub.is_geo_replicated) and is_old


def change_of(slot: Slot, aim: Aim, hub: HubDescription, sample: PartitionSample | None) -> Change:
    """What is written to a blob, and what a consumer gets by it."""
    unwritten, detail, after, notes = _judged(slot, aim, hub)
    replayed, skipped = effect_of(slot.standing, after, sample)

    if unwritten is None and replayed is None:
        notes = (*notes, _why_unknown(slot))

    return Change(
        partition=slot.partition,
        kind=WriteKind.CREATE if slot.etag is None else WriteKind.SET,
        container=slot.container,
        name=slot.name,
        layout=slot.layout,
        etag=slot.etag,
        before=slot.standing,
        after=after,
        unwritten=unwritten,
        detail=detail,
        replayed=replayed if unwritten is None else None,
        skipped=skipped if unwritten is None else None,
        notes=notes,
    )


def _why_unknown(slot: Slot) -> Note:
    if slot.is_broken:
        return Note.UNREADABLE_BEFORE

    has_number = slot.standing is not None and slot.standing.sequence is not None

    return Note.AHEAD_BEFORE if has_number else Note.NO_EFFECT_KNOWN


def _judged(
    slot: Slot, aim: Aim, hub: HubDescription
) -> tuple[Unwritten | None, str, Standing | None, tuple[Note, ...]]:
    if isinstance(aim, Left):
        return aim.why, aim.detail, None, ()

    after = aim.standing

    if after == slot.standing:
        return Unwritten.SAME, "", after, aim.notes

    if after.offset is not None and _is_refused(after.offset, hub):
        return Unwritten.OLD_OFFSET, "", after, ()

    return (Unwritten.HELD if slot.is_held else None), "", after, aim.notes


def effect_of(
    before: Standing | None, after: Standing | None, sample: PartitionSample | None
) -> tuple[int | None, int | None]:
    """Events that are delivered again and events that never are; None where nobody can tell."""
    if sample is None or before is None or after is None:
        return None, None

    stands, goes = position_of(before, sample), position_of(after, sample)

    if stands is None or goes is None:
        return None, None

    if max(stands, goes) > sample.last_sequence:  # of another stream, or newer than the sample
        return None, None

    return max(0, stands - goes), max(0, goes - stands)


def unplaced(partition: str, why: Unwritten) -> Change:
    """A partition of which no blob is known."""
    return Change(
        partition=partition,
        kind=WriteKind.CREATE,
        container="",
        name="",
        layout=None,
        etag=None,
        before=None,
        after=None,
        unwritten=why,
    )
