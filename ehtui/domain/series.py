"""Values over time: kept short by storing corners only, read by time."""

from __future__ import annotations

from bisect import bisect_right
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Series

LENGTH = 60
WINDOW_S = 60.0
SHORTEST_S = 0.9  # below it a rate says more about the clock than about the world


def extended(series: Series, seen_at: float, at: float, value: float) -> Series:
    """`series` with `value` at `at`; `seen_at` is when its last value was last seen to hold.

    A value that did not change leaves the series as it is, the same object.
    """
    if not series:
        return ((at, value),)

    last_at, last = series[-1]

    if value == last or at <= last_at:
        return series

    corner = ((seen_at, last),) if last_at < seen_at < at else ()
    return (*series[-(LENGTH - 2) :], *corner, (at, value))


def value_at(series: Series, at: float) -> float:
    """The value at a moment within or after a series that is not empty."""
    index = bisect_right(series, (at, inf))

    if index == len(series):
        return series[-1][1]

    if index == 0:
        return series[0][1]

    (from_at, before), (to_at, after) = series[index - 1], series[index]
    return before + (after - before) * (at - from_at) / (to_at - from_at)


def rate(series: Series, at: float, window_s: float = WINDOW_S) -> float | None:
    """Mean growth per second over the last `window_s`; None before there is a length to divide by.

    A series that shrank (a hub created anew) has no rate.
    """
    if not series:
        return None

    start = max(at - window_s, series[0][0])

    if at - start < SHORTEST_S:
        return None

    grown = series[-1][1] - value_at(series, start)
    return grown / (at - start) if grown >= 0 else None
