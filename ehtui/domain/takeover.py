"""When survivors can own a partition again (facts.md §2): expiry is judged by who takes over."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from ehtui.domain.renewals import RESOLUTION_S
from ehtui.domain.snapshot import LeaseState, TimingBasis
from ehtui.domain.targets import TakeoverWindow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.sdks import SdkProfile
    from ehtui.domain.snapshot import Lease, OwnerState
    from ehtui.domain.timing import LeaseTiming

CLAIM_S = 0.5  # from a survivor's look at the store until its claim stands there
SKEWED_S = 2.0  # clocks that differ by less are taken for one: so exactly are they compared
SHORTEST = 0.9  # of a period: the shortest round (facts.md §2: Python's mean is 1.1 intervals)
NO_SURVIVOR = TakeoverWindow(None, None, "no-survivor")

Span = tuple[float, float]  # between two moments, or two lengths
NO_SKEW: Span = (0.0, 0.0)


def survivors_skew(owners: Iterable[OwnerState], dead: str | None, skew_s: float | None) -> Span:
    """By how much survivors call a lease expired too late: by server time minus their own clock.

    `skew_s` is that of this host. Whose clock is not seen may be right.
    """
    if skew_s is None or abs(skew_s) < SKEWED_S:
        return NO_SKEW

    is_here = [owner.link is not None for owner in owners if owner.id != dead]
    return (skew_s, skew_s) if all(is_here) else (min(0.0, skew_s), max(0.0, skew_s))


def last_renewal(renewed_at: float, timing: LeaseTiming, looked_at: float, span: Span) -> Span:
    """Between which moments an owner renews for the last time if it dies within `span`.

    `renewed_at` is the Last-Modified that a look at `looked_at` found: it may renew unseen.
    """
    dies_after, dies_before = span
    is_timed = timing.period_basis is not TimingBasis.ASSUMED
    next_at = renewed_at + SHORTEST * timing.period_s if is_timed else renewed_at
    latest_at = dies_before if dies_before >= next_at else renewed_at
    longest_s = timing.longest_s + RESOLUTION_S

    # Late already when it was looked at: it may have renewed for the last time.
    if not is_timed or looked_at >= renewed_at + longest_s:
        return renewed_at, latest_at

    return max(renewed_at, dies_after - longest_s), latest_at


def after_lapse(
    renewed: Span, timing: LeaseTiming, survivors: int, waiting: int, skew: Span = NO_SKEW
) -> TakeoverWindow:
    """The window of a partition whose owner renewed for the last time within `renewed`.

    `survivors` are those who could take it, `waiting` the partitions that wait for them. Where
    their expiry or the `skew` of their clocks is undecided, the window spans all that is possible.
    """
    if survivors == 0 or not timing.rivals:
        return NO_SURVIVOR

    if timing.basis is TimingBasis.OBSERVED:  # what was seen was seen with these clocks
        skew = NO_SKEW

    earliest_at = floor(renewed[0] + skew[0] + timing.soonest_expiry_s)

    if timing.is_open:
        return TakeoverWindow(earliest_at, None, timing.code, timing.doubt)

    longest_s = max(p.expires_after_s + _rounds(p, survivors, waiting) for p in timing.rivals)
    latest_at = ceil(renewed[1] + skew[1] + longest_s + CLAIM_S)
    return TakeoverWindow(earliest_at, latest_at, timing.code, timing.doubt)


def after_release(
    released: Span, timing: LeaseTiming, survivors: int, waiting: int
) -> TakeoverWindow:
    """The window of a partition that was released within that time: the next round of somebody."""
    if survivors == 0 or not timing.rivals:
        return NO_SURVIVOR

    longest_s = max(_rounds(p, survivors, waiting) for p in timing.rivals)
    doubt = timing.doubt if timing.is_assumed else None
    latest_at = ceil(released[1] + longest_s + CLAIM_S)
    return TakeoverWindow(floor(released[0]), latest_at, "released", doubt)


def forecast(
    lease: Lease,
    timing: LeaseTiming,
    survivors: int,
    waiting: int,
    now: float,
    *,
    renewed_at: float | None = None,
    skew: Span = NO_SKEW,
) -> TakeoverWindow | None:
    """The window of a partition that nobody serves; None while its owner renews.

    `renewed_at` is the latest renewal of all that its owner held: while one of its leases runs,
    survivors count it among those who share.
    """
    if lease.state is LeaseState.HELD:
        return None

    if lease.state in {LeaseState.RELEASED, LeaseState.NEVER_OWNED}:
        free_at = lease.last_modified if lease.last_modified is not None else now
        return after_release((free_at, free_at), timing, survivors, waiting)

    if survivors == 0 or not timing.rivals:
        return NO_SURVIVOR

    if lease.renewed_at is None:  # a blob lease: its age is unknown
        return TakeoverWindow(None, None, "blob-lease")

    latest_at = max(lease.renewed_at, renewed_at or 0.0)
    return after_lapse((lease.renewed_at, latest_at), timing, survivors, waiting, skew)


def _rounds(profile: SdkProfile, survivors: int, waiting: int) -> float:
    """A survivor may have looked just before; balanced ones then take one a round each."""
    further = 0 if profile.is_greedy else ceil(max(0, waiting - survivors) / survivors)
    return profile.slowest_s * (1 + further)
