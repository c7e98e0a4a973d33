"""What reading a hub's management node gives, whoever reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.problems import Problem
from ehtui.domain.world.hub import HubDescription, PartitionSample

if TYPE_CHECKING:
    from collections.abc import Sequence


NEVER_WRITTEN = -1  # the last sequence number of such a partition (facts.md §4)


@dataclass(frozen=True, slots=True)
class Reading:
    """One round of reads: what was answered, and what was refused."""

    hub: HubDescription | None  # None where it was not asked for
    samples: tuple[PartitionSample, ...]
    refused: tuple[tuple[str, Problem], ...] = ()  # by partition
    undescribed: Problem | None = None  # why there is no description though it was asked for


class MisfitError(Exception):
    """The other side said what this reader does not understand: another should ask it."""


class HubReader(Protocol):
    """Reads a hub; one call at a time."""

    async def read(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        """Sample these partitions, and describe the hub too where asked.

        Raises:
            ProblemError: Nothing could be read; the next call begins afresh.
            MisfitError: What came could not be understood; likewise.
        """

    async def close(self) -> None:
        """Let go of connections; never raises, ends within a second."""


def plausible(sample: PartitionSample) -> PartitionSample:
    """The sample, if its numbers can be those of one log.

    Raises:
        ValueError: They cannot: nothing counted from them would be true.
    """
    begin, last = sample.begin_sequence, sample.last_sequence

    # Where it is empty the begin means nothing.
    if last < NEVER_WRITTEN or (not sample.is_empty and not 0 <= begin <= last + 1):
        raise ValueError("its sequence numbers contradict each other")

    return sample


def natural(partition: str) -> tuple[int, str]:
    """Sorts partition ids as people count."""
    return (int(partition), "") if partition.isdecimal() else (1 << 62, partition)
