"""A lag in time: how old the next event of a group is, read from it or from when events came."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Behind, BehindBasis
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.world.hub import PartitionSample


class Unread(Value, frozen=True):
    """The first event at or behind a sequence number, as it was read."""

    unread_from: int
    sequence: int
    enqueued_at: float  # server time


MOST_UNREAD = 16  # groups of a partition of which it is known at a time


def seen_unread(known: tuple[Unread, ...], unread: Unread) -> tuple[Unread, ...]:
    """`known` with one more; the oldest look goes."""
    others = [each for each in known if each.unread_from != unread.unread_from]
    return (*others[1 - MOST_UNREAD :], unread)


# Last sequence numbers, growing; each with its enqueued time and until when it was seen as last.
Arrivals = tuple[tuple[int, float, float], ...]

FULL = 96
RECENT = 32  # kept as they are; what is older thins out
NOTHING_UNREAD = Behind(0.0, BehindBasis.MEASURED)


def remembered(
    arrivals: Arrivals,
    sample: PartitionSample,
    hub_ahead_s: float = 0.0,
    last_until: float | None = None,
) -> Arrivals:
    """`history` with what this sample tells; older points thin out, so that hours fit.

    `hub_ahead_s` is the hub's clock minus server time, in which the history is kept. `last_until`,
    server time, is when the newest point of the history was last seen to be the last event.
    """
    if sample.last_enqueued_at is None or sample.last_sequence < 0:
        return arrivals

    at = sample.last_enqueued_at - hub_ahead_s
    point = (sample.last_sequence, at, at)
    if arrivals and point[0] <= arrivals[-1][0]:
        return arrivals if point[0] == arrivals[-1][0] else (point,)

    if arrivals and last_until is not None:
        before, before_at, until = arrivals[-1]
        arrivals = (*arrivals[:-1], (before, before_at, max(until, min(last_until, at))))

    return (*(_thinned(arrivals) if len(arrivals) >= FULL else arrivals), point)


def _thinned(arrivals: Arrivals) -> Arrivals:
    """Every other one of the older points: of two, the one that a longer silence followed."""
    older = arrivals[1:-RECENT]
    pairs = zip(older[::2], older[1::2], strict=False)
    kept = [max(pair, key=lambda point: point[2] - point[1]) for pair in pairs]
    return (arrivals[0], *kept, *older[len(kept) * 2 :], *arrivals[-RECENT:])


def behind_exactly(known: tuple[Unread, ...], oldest_unread: int, now: float) -> Behind | None:
    """How far behind a group is whose next event was read; None where that is not known."""
    for each in known:
        if each.unread_from <= oldest_unread <= each.sequence:
            age_s = max(0.0, now - each.enqueued_at)
            return Behind(age_s, BehindBasis.EXACT, each.enqueued_at)

    return None


def behind(arrivals: Arrivals, oldest_unread: int, lag: int | None, now: float) -> Behind | None:
    """How far behind a group is whose next event is `oldest_unread`; `now` is server time.

    Interpolated between two samples, from the last look that still saw the event before as the
    last: what came after a silence is no older than that. Never extrapolated: what is older than
    the history is only known to be at least so old.
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

    sequence, enqueued_at, _ = arrivals[index]
    if sequence == oldest_unread:
        basis = BehindBasis.INTERPOLATED
    elif index == 0:
        basis = BehindBasis.AT_LEAST
    else:
        basis = BehindBasis.INTERPOLATED
        before, _, until = arrivals[index - 1]
        share = (oldest_unread - before) / (sequence - before)
        enqueued_at = until + (enqueued_at - until) * share

    return Behind(max(0.0, now - enqueued_at), basis, enqueued_at)
