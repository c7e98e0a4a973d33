"""The lease as a bar and the seconds that are left."""

from __future__ import annotations

from functools import lru_cache

from ehtui.domain.snapshot import Lease, LeaseState, Snapshot, SourceStatus, TimingBasis
from ehtui.views import formats
from ehtui.views.cells import Cell, Tone
from ehtui.views.glyphs import LEASE_CELLS, Glyphs

LAST_SECONDS = 30  # under this the countdown goes by the second
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


def polled_at(snapshot: Snapshot) -> float:
    """Server time of the store's last read: countdowns follow the poll, to keep lines quiet.

    While the store fails, leases run out unseen: then they follow the clock.
    """
    store = next((source for source in snapshot.sources if source.name == "store"), None)

    if store is None or store.read_at is None or store.status is not SourceStatus.OK:
        return snapshot.server_now

    return store.read_at + (snapshot.clock_offset_s or 0.0)


def lease_cells(
    lease: Lease, polled: float, now: float, glyphs: Glyphs, cells: int = LEASE_CELLS
) -> tuple[Cell, Cell]:
    """Bar and seconds. `polled` is the moment shown until the last seconds, which follow `now`."""
    if lease.state in {LeaseState.RELEASED, LeaseState.NEVER_OWNED}:
        return _NO_LEASE

    if lease.expires_at is None:
        return _untimed(lease.state, glyphs, cells)

    left = lease.expires_at - now
    left = left if left < LAST_SECONDS else lease.expires_at - polled
    whole = round(left)
    guess = "~" if lease.basis is TimingBasis.ASSUMED else ""
    filled = _filled(left, lease.expires_after_s, cells)

    return _timed(lease.state, whole, filled, guess, glyphs, cells)


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
