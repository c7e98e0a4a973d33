"""When survivors can own a partition again (facts.md §2): expiry is judged by who takes over."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from ehtui.domain.plans import TakeoverWindow
from ehtui.domain.snapshot import LeaseState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.sdks import Profile
    from ehtui.domain.snapshot import Lease

OPEN_S = 0.5  # opening the AMQP link
NO_SURVIVOR = TakeoverWindow(None, None, "no-survivor")


def forecast(
    lease: Lease, rivals: Sequence[Profile], survivors: int, waiting: int, now: float
) -> TakeoverWindow | None:
    """The window of a partition that nobody serves; None while its owner renews.

    `survivors` are those who could take it, `waiting` the partitions that wait for them. Where the
    rivals' SDK is undecided, the window spans all of theirs.
    """
    if lease.state is LeaseState.HELD:
        return None

    if survivors == 0 or not rivals:
        return NO_SURVIVOR

    free_at = lease.last_modified

    if lease.state in {LeaseState.RELEASED, LeaseState.NEVER_OWNED}:
        start = free_at if free_at is not None else now
        latest = max(start + _rounds(p, survivors, waiting) for p in rivals)
        return TakeoverWindow(start, latest + OPEN_S, "released")

    if lease.renewed_at is None:  # a blob lease: its age is unknown
        return TakeoverWindow(None, None, "blob-lease")

    lapse = [lease.renewed_at + p.expires_after_s for p in rivals]
    ends = [at + _rounds(p, survivors, waiting) for at, p in zip(lapse, rivals, strict=True)]
    basis = "|".join(dict.fromkeys(p.name if p.name == "configured" else p.code for p in rivals))
    return TakeoverWindow(min(lapse), max(ends) + OPEN_S, basis)


def _rounds(profile: Profile, survivors: int, waiting: int) -> float:
    """A survivor may have looked just before; balanced ones then take one a round each."""
    further = 0 if profile.is_greedy else ceil(max(0, waiting - survivors) / survivors)
    return profile.slowest_s * (1 + further)
