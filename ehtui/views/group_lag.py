"""A group's lag over time: the sum of what is known of its partitions."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.domain.snapshot import GroupState, Series, Snapshot

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
