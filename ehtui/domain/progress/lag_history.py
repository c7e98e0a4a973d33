"""A group's lag, and that of each of its partitions, by the minute for an hour: packed, bounded.

A series of the snapshot holds about 60 looks, which is minutes. An hour of every look would be
35 MB at 1,024 partitions and 5 groups; the highest of each minute in an array is 2.4 MB.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import NO_LAG, LagHistory, LagMinute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.snapshot import GroupPartition, Series

MINUTE_S = 60
MINUTES = 60


def minuted(
    history: LagHistory,
    at: float,
    total: int | None,
    shown: Sequence[GroupPartition],
) -> LagHistory:
    """`history` with a group's lag as a look at `at` (local time) found it; None is unknown."""
    number = int(at // MINUTE_S)
    if number < history.number:  # local time was set back: what is ahead of it was never measured
        kept = tuple(minute for minute in history.minutes if minute.number < number)
        history = LagHistory(kept, number)

    minutes, highest = history.minutes, history.total
    if number > history.number:
        if highest != NO_LAG:
            minutes = (*minutes, _closed(history, shown))

        minutes = tuple(minute for minute in minutes if minute.number >= number - MINUTES)
        highest = NO_LAG

    if total is not None and total > highest:
        highest = total

    if number == history.number and highest == history.total:
        return history

    return LagHistory(minutes, number, highest)


def _closed(history: LagHistory, shown: Sequence[GroupPartition]) -> LagMinute:
    from_at = history.number * MINUTE_S
    to_at = from_at + MINUTE_S
    ids = tuple([p.id for p in shown])
    if history.minutes and history.minutes[-1].partitions == ids:
        ids = history.minutes[-1].partitions  # one for all
    lags = [
        NO_LAG if p.lag is None or p.lag_is_bound else highest_within(p.lag_series, from_at, to_at)
        for p in shown
    ]
    return LagMinute(history.number, history.total, ids, array("q", lags))


def highest_within(series: Series, from_at: float, to_at: float) -> int:
    """The highest value that held between two moments; -1 where none did.

    A value holds until the next corner, so what was last said before counts where nothing else was.
    """
    top = NO_LAG

    for at, value in reversed(series):
        if at < from_at:
            return int(value) if top == NO_LAG else top

        if at < to_at and value > top:
            top = int(value)

    return top
