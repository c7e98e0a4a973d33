"""What the hub says of itself over `$management` (facts.md §4), and where reading may begin.

On a geo-replicated hub the offset in a partition's properties is no start position (facts.md §8).
Whoever writes a checkpoint asks here, and cannot mistake one for the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ehtui.domain.world.store import Checkpoint


@dataclass(frozen=True, slots=True)
class PartitionSample:
    """One `$management` READ of a partition."""

    partition: str
    begin_sequence: int  # first retained event; meaningless when empty
    last_sequence: int  # -1 when never written
    last_offset: str  # opaque: never parsed, compared or subtracted
    last_enqueued_at: float | None
    is_empty: bool
    sampled_at: float  # local receipt
    asked_at: float | None = field(default=None, compare=False)  # local; None: not noted

    @property
    def first_at(self) -> float:
        """When it can have been true at the earliest: as it was asked for."""
        return self.sampled_at if self.asked_at is None else self.asked_at

    @property
    def moment(self) -> float:
        """When it was true, as near as a round trip tells: half-way."""
        return (self.first_at + self.sampled_at) / 2


@dataclass(frozen=True, slots=True)
class HubDescription:
    """One `$management` READ of the hub."""

    namespace: str  # fully qualified, with the port where the endpoint names one
    name: str
    created_at: float | None
    partition_ids: tuple[str, ...]  # natural order
    georeplication_factor: int | None = None  # regions; None: the service does not say

    @property
    def is_geo_replicated(self) -> bool | None:
        """Whether offsets are of more than one region; None is unknown."""
        return None if self.georeplication_factor is None else self.georeplication_factor > 1


_INTEGER = re.compile(r"-?\d+", re.ASCII)


class StartPosition(NamedTuple):
    """An offset that a client may be given to read on behind it."""

    offset: str


class NoStartPosition(NamedTuple):
    """There is none to be had from these properties; `why` is a code."""

    why: str  # geo-replicated, opaque-offset (of a hub that does not say whether it is), empty


Position = StartPosition | NoStartPosition


def end_of(hub: HubDescription, sample: PartitionSample) -> Position:
    """Where reading goes on behind the last event of a partition."""
    if sample.last_sequence < 0:
        return NoStartPosition("empty")

    if hub.is_geo_replicated:
        return NoStartPosition("geo-replicated")

    # Before geo-replication every offset was an integer: anything else is of a hub that has it.
    if hub.is_geo_replicated is None and not is_integer(sample.last_offset):
        return NoStartPosition("opaque-offset")

    return StartPosition(sample.last_offset)


def is_integer(offset: str) -> bool:
    """Whether an offset has the form that all had before geo-replication."""
    return bool(_INTEGER.fullmatch(offset))


def is_old_form(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint is one that a geo-replicated hub refuses after a promotion.

    An integer offset is; so is a sequence number alone, which is of one region.
    """
    if checkpoint.offset is None:
        return checkpoint.sequence is not None

    return is_integer(checkpoint.offset)
