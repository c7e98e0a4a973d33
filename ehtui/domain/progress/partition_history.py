"""A partition over time: growth, rates, and how long ago what is unread was enqueued (peers.md B3).

Values are kept short by storing corners only, and read by time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.snapshot import (
    Behind,
    BehindBasis,
    PartitionState,
    Series,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.snapshot import Series
    from ehtui.domain.world.hub import PartitionSample


class PartitionHistory(NamedTuple):
    """One partition of the hub over time. A tuple: thousands are made a minute."""

    state: PartitionState
    arrivals: Arrivals = ()  # for lag in time
    begins: Series = ()  # begin_sequence over local time
    begin_per_s: float | None = None


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


Arrivals = tuple[tuple[int, float], ...]  # (last sequence number, its enqueued time), growing

FULL = 96
RECENT = 32  # kept as they are; what is older thins out
NOTHING_UNREAD = Behind(0.0, BehindBasis.MEASURED)


def remembered(arrivals: Arrivals, sample: PartitionSample, hub_ahead_s: float = 0.0) -> Arrivals:
    """`history` with what this sample tells; older points thin out, so that hours fit.

    `hub_ahead_s` is the hub's clock minus server time, in which the history is kept.
    """
    if sample.last_enqueued_at is None or sample.last_sequence < 0:
        return arrivals

    point = (sample.last_sequence, sample.last_enqueued_at - hub_ahead_s)
    if arrivals and point[0] <= arrivals[-1][0]:
        return arrivals if point[0] == arrivals[-1][0] else (point,)

    if len(arrivals) >= FULL:
        arrivals = arrivals[:-RECENT:2] + arrivals[-RECENT:]

    return (*arrivals, point)


def behind(arrivals: Arrivals, oldest_unread: int, lag: int | None, now: float) -> Behind | None:
    """How far behind a group is whose next event is `oldest_unread`; `now` is server time.

    Interpolated between two samples, never extrapolated: what is older than the history is only
    known to be at least so old.
    """
    if lag == 0:
        return NOTHING_UNREAD

    if lag is None or not arrivals:
        return None

    index = len(arrivals)
    if index == 0 or arrivals[-1][0] < oldest_unread:
        return None

    if arrivals[-2:][0][0] < oldest_unread:  # nearly all look for one of the newest
        index -= 1
    else:
        index = bisect_left(arrivals, (oldest_unread,))

    sequence, enqueued_at = arrivals[index]
    if sequence == oldest_unread:
        basis = BehindBasis.INTERPOLATED
    elif index == 0:
        basis = BehindBasis.AT_LEAST
    else:
        basis = BehindBasis.INTERPOLATED
        before, before_at = arrivals[index - 1]
        share = (oldest_unread - before) / (sequence - before)
        enqueued_at = before_at + (enqueued_at - before_at) * share

    return Behind(max(0.0, now - enqueued_at), basis, enqueued_at)


class HubInput(NamedTuple):
    """Events a second, of the partitions whose rate is known."""

    partitions: int = 0
    per_s: float = 0.0
    most_per_s: float = 0.0  # of one partition

    def of_others(self, own_per_s: float) -> float:
        """The mean of all partitions but one."""
        return (self.per_s - own_per_s) / (self.partitions - 1)


NO_INPUT = HubInput()


def hub_input_of(histories: Iterable[PartitionHistory]) -> HubInput:
    """Sum up what the hub said."""
    rates = [rate for history in histories if (rate := history.state.in_per_s) is not None]
    return HubInput(len(rates), sum(rates), max(rates, default=0.0))
