"""The lease as a bar and the seconds that are left."""

from __future__ import annotations

from functools import lru_cache
from math import floor

from ehtui.domain.snapshot import Lease, LeaseState, TimingBasis
from ehtui.views import formats
from ehtui.views.cells import Cell, Tone
from ehtui.views.glyphs import LEASE_CELLS, Glyphs

LAST_SECONDS = 30.0  # under this the countdown always goes by the second
STEP_S = 10.0  # of a bound: a period that was judged a little otherwise moves nothing
_GUESSES = frozenset({TimingBasis.ASSUMED, TimingBasis.GUESSED})
_SECONDS_UP_TO = 1000

_TONE = {
    LeaseState.HELD: Tone.GOOD,
    LeaseState.OVERDUE: Tone.WARNING,
    LeaseState.EXPIRED: Tone.CRITICAL,
}
_NO_LEASE = (Cell(" " * LEASE_CELLS, Tone.DIM), Cell("none", Tone.DIM))
NOT_KNOWN = (
    Cell(formats.UNKNOWN.ljust(LEASE_CELLS), Tone.DIM),
    Cell(formats.UNKNOWN, Tone.DIM),
)


def lease_cells(
    lease: Lease, now: float, glyphs: Glyphs, cells: int = LEASE_CELLS, *, quiet: bool = False
) -> tuple[Cell, Cell]:
    """Bar and seconds; `quiet` lets a lease that is renewed in time stand still."""
    if lease.state in {LeaseState.RELEASED, LeaseState.NEVER_OWNED}:
        return _NO_LEASE

    if lease.state is LeaseState.UNREADABLE:
        return NOT_KNOWN

    if lease.expires_at is None:
        return _untimed(lease.state, glyphs, cells)

    guess = "~" if lease.basis in _GUESSES else ""
    left = lease.expires_at - now
    at_least = _at_least(lease, now) if quiet else None

    if at_least is not None:
        left, guess = at_least, guess or ">"  # one sign: a guess of a bound is a guess

    filled = _filled(left, lease.expires_after_s, cells)

    # Half up: to even, as round() does, a countdown would skip each second number.
    return _timed(lease.state, floor(left + 0.5), filled, guess, glyphs, cells)


def _at_least(lease: Lease, now: float) -> float | None:
    """So much is left whenever its owner renews in time; None where every second counts.

    The bound is what is left when a renewal is overdue: a number that moves tells a missed one.
    """
    expires_at, overdue_at = lease.expires_at, lease.overdue_at

    if lease.state is not LeaseState.HELD or expires_at is None or overdue_at is None:
        return None

    if now > overdue_at or expires_at - now < LAST_SECONDS:
        return None

    return max(LAST_SECONDS, round(expires_at - overdue_at, 3) // STEP_S * STEP_S)


def _filled(left: float, expires_after_s: float | None, cells: int) -> int | None:
    if not expires_after_s:
        return None

    share = min(1.0, max(0.0, left / expires_after_s))

    return max(1, round(share * cells)) if left > 0 else 0


@lru_cache(maxsize=16)
def _untimed(state: LeaseState, glyphs: Glyphs, cells: int) -> tuple[Cell, Cell]:
    tone = _TONE[state]
    bar = glyphs.bar_full if state is LeaseState.HELD else glyphs.bar_empty

    return Cell(bar * cells, tone), Cell(state.value, tone)


@lru_cache(maxsize=4096)
def _timed(
    state: LeaseState,
    whole: int,
    filled: int | None,
    guess: str,
    glyphs: Glyphs,
    cells: int,
) -> tuple[Cell, Cell]:
    tone = _TONE[state]
    bar = (
        formats.UNKNOWN.ljust(cells)
        if filled is None
        else glyphs.bar_full * filled + glyphs.bar_empty * (cells - filled)
    )

    if state is LeaseState.EXPIRED or whole <= 0:
        text = f"{guess}{formats.coarse(-whole)} ago" if whole < 0 else f"{guess}0s"
    else:
        length = f"{whole}s" if whole < _SECONDS_UP_TO else formats.coarse(whole)
        text = f"{guess}{length}"

    return Cell(bar, tone), Cell(text, tone, sort=float(whole))
