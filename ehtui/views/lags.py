"""Lag beside its two numbers, of one process, and of a group over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.progress.lag_history import MINUTE_S
from ehtui.domain.snapshot import NO_LAG, NO_LAG_HISTORY
from ehtui.domain.values import Value
from ehtui.views import formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ehtui.domain.snapshot import (
        ConsumerState,
        GroupPartition,
        GroupState,
        LagHistory,
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


SPANS_S = (30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_SOURCES = ("hub", "store")  # lag is the difference of what these two say
_STANDS_STILL_S, _SHARE_STILL = 15.0, 0.05  # so long, or such a share of what is seen
_OUTGROWN = 1.25  # a little is left out rather than half of the space empty
_APART_S, _INTERVALS_APART = 15.0, 3.0  # between looks that are farther apart is the unknown


class LagCurve(Value, frozen=True):
    """The highest lag of each slice of time, oldest first; None: nothing was measured in it."""

    values: tuple[float | None, ...] = ()
    span_s: float = SPANS_S[0]
    ends_at: float = 0.0  # local time: the picture's moment

    @property
    def highest(self) -> float | None:
        """Of all that was measured."""
        return max((value for value in self.values if value is not None), default=None)


def zoomed(span_s: float, step: int) -> float:
    """The next shorter (1) or longer (-1) span."""
    return SPANS_S[max(0, min(len(SPANS_S) - 1, SPANS_S.index(span_s) - step))]


def group_curve(
    snapshot: Snapshot, group: GroupState | None, slices: int, span_s: float | None = None
) -> LagCurve:
    """A group's lag over the last `span_s`; None is as long as it is known, in round lengths."""
    history = group.lag_history if group is not None else NO_LAG_HISTORY
    return _curve(snapshot, _Known(history.looks, _totals(history)), slices, span_s)


def partition_curve(
    snapshot: Snapshot,
    group: GroupState | None,
    partition: str,
    slices: int,
    span_s: float | None = None,
) -> LagCurve:
    """The same of one partition."""
    found = next((p for p in group.partitions if p.id == partition), None) if group else None

    if group is None or found is None:
        return LagCurve((None,) * slices)

    lags = {minute.number: minute.of(partition) for minute in group.lag_history.minutes}
    minutes = {number: float(lag) for number, lag in lags.items() if lag is not None}
    return _curve(snapshot, _Known(found.lag_series, minutes, are_corners=True), slices, span_s)


def by_minute(group: GroupState) -> tuple[float | None, ...]:
    """A group's highest of each minute, from the first that is known to this one."""
    history = group.lag_history
    totals = _totals(history)
    return tuple(totals.get(n) for n in range(min(totals), history.number + 1)) if totals else ()


def _totals(history: LagHistory) -> dict[int, float]:
    totals = {minute.number: float(minute.total) for minute in history.minutes}

    if history.total != NO_LAG:
        totals[history.number] = float(history.total)

    return totals


class _Known(NamedTuple):
    """What is known of a lag over time: minutes, and points for the last of them."""

    points: Series
    minutes: Mapping[int, float]  # by their number, the highest
    are_corners: bool = False  # points: between two of them the lag was measured and level

    @property
    def first_at(self) -> float | None:
        """When it begins."""
        first_point = [at for at, _ in self.points[:1]]
        return min([*first_point, *(number * MINUTE_S for number in self.minutes)], default=None)


def _curve(snapshot: Snapshot, known: _Known, slices: int, span_s: float | None) -> LagCurve:
    now, first_at = snapshot.taken_at, known.first_at

    if span_s is None:
        lasting_s = now - first_at if first_at is not None else 0.0
        span_s = next((span for span in SPANS_S if span * _OUTGROWN >= lasting_s), SPANS_S[-1])

    slice_s = span_s / max(1, slices)
    stride = max(1, math.ceil(min(_STANDS_STILL_S, span_s * _SHARE_STILL) / slice_s))
    # Slices keep their places on the clock, and the last of them reaches until now: so a curve
    # stands still for a while, but for its newest end, which is what is known now.
    last = math.floor(now / (slice_s * stride)) * stride
    grid = _Slices(last - slices, slice_s, [None] * slices)
    policy = snapshot.policy
    apart_s = max(_APART_S, _INTERVALS_APART * max(policy.hub_interval_s, policy.store_interval_s))
    read_at = _last_read(snapshot)
    until = now if read_at is None or now - read_at <= apart_s else read_at
    _draw_minutes(grid, known)
    _draw_points(grid, known, until, apart_s)

    if grid.values[-1:] != [None] and known.points and until == now:
        grid.values[-1:] = [known.points[-1][1]]

    return LagCurve(tuple(grid.values), span_s, now)


class _Slices(NamedTuple):
    """Slices of time being filled, counted from the epoch; `first` is that of the first value."""

    first: int
    slice_s: float
    values: list[float | None]

    def raise_to(self, from_at: float, to_at: float, value: float) -> None:
        """Let a value hold from one moment up to another."""
        newest = len(self.values) - 1
        first = min(newest, math.floor(from_at / self.slice_s) - self.first)
        last = min(newest, max(first, math.ceil(to_at / self.slice_s) - 1 - self.first))

        for place in range(max(0, first), last + 1):
            before = self.values[place]
            self.values[place] = value if before is None else max(before, value)


def _draw_minutes(grid: _Slices, known: _Known) -> None:
    """Those that ended before points say more; the first began before anything was measured."""
    closely = known.points[0][0] if known.points else math.inf
    earliest = min(known.minutes, default=0)

    for number, value in known.minutes.items():
        from_at, to_at = number * MINUTE_S, min((number + 1) * MINUTE_S, closely)

        if from_at < to_at and (number > earliest or to_at < closely):
            grid.raise_to(from_at, to_at, value)


def _draw_points(grid: _Slices, known: _Known, until: float, apart_s: float) -> None:
    """A stair from point to point, and on until it was read last; nothing over what is unknown."""
    points = known.points
    ends = [at for at, _ in points[1:]] + [max(until, at) for at, _ in points[-1:]]

    for (at, value), end in zip(points, ends, strict=True):
        for from_at, to_at in _measured(known, at, end) if known.are_corners else ((at, end),):
            is_near = known.are_corners or end - at <= apart_s
            grid.raise_to(from_at, to_at if is_near else from_at, value)


def _measured(known: _Known, at: float, end: float) -> Iterator[tuple[float, float]]:
    """The pieces of a level stretch without the minutes in which nothing was measured."""
    first, last = min(known.minutes, default=math.inf), max(known.minutes, default=-math.inf)
    missing = [
        number
        for number in range(int(at // MINUTE_S), int(end // MINUTE_S) + 1)
        if first < number < last and number not in known.minutes
    ]

    for number in missing:
        if number * MINUTE_S > at:
            yield at, number * MINUTE_S

        at = max(at, (number + 1) * MINUTE_S)

    if at <= end:
        yield at, end


def _last_read(snapshot: Snapshot) -> float | None:
    """Local time of the older of the two reads."""
    reads = [source.read_at for source in snapshot.sources if source.name in _SOURCES]
    read = [at for at in reads if at is not None]
    return min(read, default=None)
