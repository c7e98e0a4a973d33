"""Where reading may begin, as far as what the hub says of a partition tells.

On a geo-replicated hub the offset in a partition's properties is no start position (facts.md §8).
Whoever writes a checkpoint asks here, and cannot mistake one for the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ehtui.domain.hub import HubDescription, PartitionSample
    from ehtui.domain.store import Checkpoint

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
