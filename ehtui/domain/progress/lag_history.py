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
LOOKS = 120  # a hub and a store that are read every five seconds: five minutes


def minuted(
    history: LagHistory,
    at: float,
    total: int | None,
    shown: Sequence[GroupPartition],
) -> LagHistory:
    """`history` with a group's lag as a look at `at` (local time) found it; None is unknown."""
    number = int(at // MINUTE_S)
    is_back = bool(history.looks) and at <= history.looks[-1][0]
    if total is None and number == history.number and not is_back:
        return history

    if number < history.number:  # local time was set back: what is ahead of it was never measured
        kept = tuple(minute for minute in history.minutes if minute.number < number)
        history = LagHistory(kept, number, looks=history.looks)

    minutes, highest = history.minutes, history.total
    if number > history.number:
        if highest != NO_LAG:
            minutes = (*minutes, _closed(history, shown))

        minutes = tuple(minute for minute in minutes if minute.number >= number - MINUTES)
        highest = NO_LAG

    looks = tuple([look for look in history.looks if look[0] < at]) if is_back else history.looks
    if total is not None:
        highest = max(highest, total)
        looks = (*looks[-(LOOKS - 1) :], (at, float(total)))

    return LagHistory(minutes, number, highest, looks)


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
