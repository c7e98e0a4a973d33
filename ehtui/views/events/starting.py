"""Where reading of events begins, as somebody types it and as it is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.world.events import AtOffset, AtSequence, AtTime, Earliest, Latest, Position
from ehtui.views.formats import count, duration
from ehtui.views.moments import moment_of

if TYPE_CHECKING:
    from ehtui.domain.snapshot import GroupPartition, GroupState, PartitionState
    from ehtui.views.phrasing import Phrasing

AROUND = "checkpoint"  # some events before the one that the checkpoint stands before
BEFORE = 20  # events that are shown before that one
_EARLIEST = frozenset({"earliest", "begin", "beginning", "first", "-1", "oldest"})
_LATEST = frozenset({"latest", "end", "new", "now", "newest"})
_AROUND = frozenset({"checkpoint", "around", "cp", "."})
_SEQUENCE = re.compile(r"(?:#|seq(?:uence)?[ :=]?)?\s*(\d[\d,]{0,25})")
_OFFSET = re.compile(r"(?:offset)[ :=]\s*(\S{1,256})")
_MOST = (1 << 63) - 1
USAGE = "earliest, latest, checkpoint, a sequence number such as 920, a time such as 12:03 or 5m"

Start = Position | None  # None is around the checkpoint


class StartError(ValueError):
    """It is no place to begin at; the text says what would be."""


def start_of(text: str, now: float, utc_offset_s: float) -> Start:
    """Where to begin; `now` and the zone, those of the display, tell what a time of day means.

    Raises:
        StartError: Nothing that can be begun at.
    """
    wanted = text.strip().lower()

    if wanted in _AROUND:
        return None

    if wanted in _EARLIEST:
        return Earliest()

    if wanted in _LATEST:
        return Latest()

    if (sequence := _SEQUENCE.fullmatch(wanted)) is not None:
        return AtSequence(min(_MOST, int(sequence[1].replace(",", ""))))

    if (offset := _OFFSET.fullmatch(text.strip())) is not None:
        return AtOffset(offset[1])

    at = moment_of(text, now, utc_offset_s)

    if at is None:
        raise StartError(f"“{safe(text)}” is not a place to begin; {USAGE}")

    return AtTime(at)


def start_words(start: Start, say: Phrasing) -> str:
    """`from 12:03:41`, `from #920`, `around the checkpoint`."""
    match start:
        case None:
            return "around the checkpoint"
        case Earliest():
            return "from the earliest"
        case Latest():
            return "from now on"
        case AtSequence(sequence=sequence):
            return f"from #{count(sequence)}"
        case AtOffset(offset=offset):
            return f"behind offset {safe(offset)[:24]}"
        case AtTime(enqueued_at=at):
            ago = say.elapsed(at) or 0.0
            return f"from {say.clock.moment(at, say.now)}" + (
                f", {duration(ago)} ago" if ago >= 1 else ""
            )


def around(of_hub: PartitionState | None, of_group: GroupPartition | None) -> Position:
    """Some events before where a group stands; without a checkpoint, before the end."""
    sample = of_hub.sample if of_hub is not None else None
    checkpoint = of_group.checkpoint if of_group is not None else None

    if checkpoint is not None and checkpoint.sequence is not None:
        return AtSequence(max(0, checkpoint.sequence + 1 - BEFORE))

    if checkpoint is not None and checkpoint.offset:
        return AtOffset(checkpoint.offset)

    if sample is None or sample.is_empty:
        return Earliest()

    return AtSequence(max(0, sample.last_sequence + 1 - BEFORE))


def checkpoints_of(state: GroupState | None) -> dict[str, int]:
    """The sequence number at which each partition's checkpoint stands, as far as they have one."""
    known = ((each.id, each.checkpoint) for each in (state.partitions if state else ()))

    return {
        id_: checkpoint.sequence
        for id_, checkpoint in known
        if checkpoint is not None and checkpoint.sequence is not None
    }
