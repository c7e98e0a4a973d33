"""Where a receiver begins: as Event Hubs reads it, and whether anything is there."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ehtui.domain.world.events import AtOffset, AtSequence, AtTime, Latest, Position

if TYPE_CHECKING:
    from ehtui.domain.world.hub import PartitionSample

# A double of these days is exact to a quarter of a microsecond.
_HAIR_MS = 1e-3


def selector_of(position: Position) -> str:
    """Where a receiver begins, as Event Hubs reads it (facts.md §4)."""
    match position:
        case AtSequence(sequence, is_inclusive):
            # Behind the one before: a position beyond the last event is refused.
            name, value = "sequence-number", str(sequence - is_inclusive)
        case AtTime(enqueued_at):
            # Whole milliseconds: the product of a float may be a hair above or below one.
            name, value = "enqueued-time", str(ceil(enqueued_at * 1000 - _HAIR_MS) - 1)
        case AtOffset(offset):
            name, value = "offset", offset.replace("'", "''")
        case Latest():
            name, value = "offset", "@latest"
        case _:
            name, value = "offset", "-1"

    return f"amqp.annotation.x-opt-{name} > '{value}'"


def is_past(position: Position, sample: PartitionSample) -> bool:
    """Whether a position is behind the last event that a partition has."""
    if sample.is_empty or sample.last_sequence < 0:
        return True

    match position:
        case Latest():
            return True
        case AtSequence(sequence, is_inclusive):
            return sequence - is_inclusive >= sample.last_sequence
        case AtTime(enqueued_at):
            last_at = sample.last_enqueued_at
            return last_at is not None and last_at < enqueued_at
        case AtOffset(offset):
            return offset == sample.last_offset
        case _:
            return False
