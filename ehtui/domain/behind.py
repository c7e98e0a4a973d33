"""Lag in time: how long ago the oldest unread event was enqueued (peers.md B3)."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Behind, BehindBasis

if TYPE_CHECKING:
    from ehtui.domain.hub import PartitionSample

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
