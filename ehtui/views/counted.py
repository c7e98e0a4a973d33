"""The two numbers that stand beside a lag: those that it is the difference of.

Hub and store are read at two moments, and what is newer of the one is not held against the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.domain.snapshot import GroupPartition, PartitionState


def last_sequence(of_hub: PartitionState | None, of_group: GroupPartition | None) -> int | None:
    """The last event that the lag counts, or else the last seen; -1 where there never was one."""
    sample = of_hub.sample if of_hub is not None else None
    counted = of_group.counted if of_group is not None else None

    if sample is not None and sample.last_sequence < 0:
        return sample.last_sequence

    if counted is not None:
        return counted.last_sequence

    return sample.last_sequence if sample is not None else None


def checkpoint_sequence(partition: GroupPartition | None) -> int | None:
    """The checkpoint that the lag counts from, or else the one that was seen last."""
    if partition is None or partition.checkpoint is None:
        return None

    counted = partition.counted.checkpoint_sequence if partition.counted is not None else None
    return partition.checkpoint.sequence if counted is None else counted
