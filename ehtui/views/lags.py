"""Lag beside its two numbers, of one process, and of a group over time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from ehtui.views import formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.snapshot import (
        ConsumerState,
        GroupPartition,
        GroupState,
        PartitionState,
        Series,
        Snapshot,
    )


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


class ConsumerLag(NamedTuple):
    """A sum over what is owned; None where nothing is, or nothing of it is known."""

    events: int | None
    is_partial: bool = False  # some partition's lag is not known: at least so many
    is_bound: bool = False  # some partition was never checkpointed: at most so many

    @property
    def text(self) -> str:
        """For a column: `1,823`, `≥40`, `≤9`, `~12`, `–`."""
        if self.events is None:
            return formats.UNKNOWN

        sign = {(True, False): "≥", (False, True): "≤", (True, True): "~"}
        return sign.get((self.is_partial, self.is_bound), "") + formats.count(self.events)


class ConsumerLags:
    """Those of a snapshot's consumers."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._partitions: dict[str, Mapping[str, GroupPartition]] = {}

    def of(self, consumer: ConsumerState) -> ConsumerLag:
        """The lag of one."""
        owned = [self._group(group).get(partition) for group, partition in consumer.owns]
        known = [p for p in owned if p is not None and p.lag is not None]
        return ConsumerLag(
            sum(p.lag or 0 for p in known) if known else None,
            is_partial=0 < len(known) < len(owned),
            is_bound=any(p.lag_is_bound for p in known),
        )

    def _group(self, name: str) -> Mapping[str, GroupPartition]:
        if name not in self._partitions:
            group = self._snapshot.group(name)
            self._partitions[name] = {p.id: p for p in group.partitions} if group else {}

        return self._partitions[name]


WINDOW_S = 600.0
_SOURCES = ("hub", "store")  # lag is the difference of what these two say


def total_lag(snapshot: Snapshot, group: GroupState | None, points: int = 60) -> Series:
    """The sum at `points` even moments (local time) up to the last read; empty while unknown.

    It begins where every partition that has a lag had one: a partial sum would look like a rise.
    """
    known = [p.lag_series for p in group.partitions if p.lag_series] if group else []
    last = _last_read(snapshot)

    if not known or last is None or points < 1:
        return ()

    last = max(last, *(series[-1][0] for series in known))
    first = max(last - WINDOW_S, *(series[0][0] for series in known))
    step_s = max(0.0, last - first) / max(1, points - 1)
    moments = [first + step_s * place for place in range(points)] if step_s else [first]
    sums = [0.0] * len(moments)

    for series in known:
        for place, value in enumerate(_values(series, moments)):
            sums[place] += value

    return tuple(zip(moments, sums, strict=True))


def _last_read(snapshot: Snapshot) -> float | None:
    """Local time of the older of the two reads."""
    reads = [source.read_at for source in snapshot.sources if source.name in _SOURCES]
    read = [at for at in reads if at is not None]
    return min(read, default=None)


def _values(series: Series, moments: list[float]) -> list[float]:
    """Values at rising moments, in one walk: between two corners a line, then the last value."""
    values: list[float] = []
    legs = iter([*pairwise(series), (series[-1], (float("inf"), series[-1][1]))])
    (from_at, before), (to_at, after) = next(legs)

    for at in moments:
        while at >= to_at:
            (from_at, before), (to_at, after) = next(legs)

        is_level = before == after or at <= from_at
        share = 0.0 if is_level else (at - from_at) / (to_at - from_at)
        values.append(before + (after - before) * share)

    return values
