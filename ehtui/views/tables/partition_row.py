"""One partition's cells, in the order of the columns."""

from __future__ import annotations

import math
from functools import lru_cache
from math import floor
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.progress import Rule
from ehtui.domain.progress.proofs import UNPROVEN, Proven
from ehtui.domain.snapshot import GroupPartition, Lease, LeaseState, PartitionState
from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.cells import Cell, Tone
from ehtui.views.glyphs import (
    LEASE_CELLS,
    TREND_CELLS,
    TREND_FLOOR,
    Glyphs,
    OwnerMark,
    buckets,
    drawn_trend,
)
from ehtui.views.lags import checkpoint_sequence, last_sequence
from ehtui.views.states import PROOFS, Word, health_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


SERIES_POINTS = 60  # about so many points has a series of the snapshot

_TRICKLE_S = 30.0
_NOT_KNOWN = Cell(formats.UNKNOWN, Tone.DIM)
_NOBODY = Cell("none", Tone.DIM, sort="~")  # sorts after every owner
_NO_HEALTH = Word(formats.UNKNOWN, Tone.DIM)


class PartitionFacts(Value, frozen=True):
    """What a row is made of."""

    key: str
    of_hub: PartitionState | None
    of_group: GroupPartition | None
    mark: OwnerMark | None
    lease: tuple[Cell, Cell]  # bar and seconds
    proven: Proven = UNPROVEN


class RowStyle(Value, frozen=True):
    """How all rows of a table are drawn."""

    glyphs: Glyphs
    slice_s: float  # of time, for a cell of the trend
    trend_cells: int = TREND_CELLS


def hub_facts(partition: PartitionState | None) -> tuple[object, ...]:
    """What a row shows of the hub: a sample that only is newer shows the same."""
    if partition is None or partition.sample is None:
        return ()

    per_s = partition.in_per_s
    rate = None if per_s is None else formats.rate(per_s)
    return partition.sample.last_sequence, rate, _floor(partition)


def owner_cell(partition: GroupPartition | None, mark: OwnerMark | None, glyphs: Glyphs) -> Cell:
    """Glyph and short id; dim when its lease has run out."""
    if partition is None:
        return _NOT_KNOWN

    owner, state = partition.lease.owner, partition.lease.state

    if state is LeaseState.UNREADABLE:
        return _NOT_KNOWN

    if not owner or mark is None or state in {LeaseState.RELEASED, LeaseState.NEVER_OWNED}:
        return _NOBODY

    tone = Tone.DIM if state is LeaseState.EXPIRED else Tone.PLAIN
    text = f"{glyphs.owners[mark.glyph]} {formats.owner(owner)}"
    return Cell(text, tone, mark.colour, owner)


def rate_cell(per_s: float | None) -> Cell:
    """Events a second."""
    return _NOT_KNOWN if per_s is None else Cell(formats.rate(per_s), sort=per_s)


def _number(value: int | None) -> Cell:
    return _NOT_KNOWN if value is None else Cell(formats.count(value), sort=float(value))


def _last(of_hub: PartitionState | None, of_group: GroupPartition | None) -> Cell:
    last = last_sequence(of_hub, of_group)

    if last is None:
        return _NOT_KNOWN

    # A partition that was never written has no last event: its -1 is no sequence number.
    return Cell("empty", Tone.DIM, sort=-1.0) if last < 0 else _number(last)


def _checkpoint(partition: GroupPartition | None) -> Cell:
    if partition is None:
        return _NOT_KNOWN

    if partition.checkpoint is None:
        is_broken = partition.lag_reason == Rule.UNREADABLE
        return Cell("unreadable", Tone.WARNING) if is_broken else Cell("none", Tone.DIM, sort=-1.0)

    if partition.checkpoint.sequence is None:
        return Cell("unset", Tone.DIM, sort=-1.0)

    number = _number(checkpoint_sequence(partition))
    # Of the hub before: it cannot be held against the last event beside it.
    return replace(number, tone=Tone.DIM) if partition.lag_reason == Rule.PREDATES_HUB else number


def _lag(partition: GroupPartition | None) -> Cell:
    if partition is None or partition.lag is None:
        return _NOT_KNOWN

    tone = health_of(partition).tone if partition.lag and not partition.lag_is_bound else Tone.PLAIN
    text = formats.lag(partition.lag, is_bound=partition.lag_is_bound)
    return Cell(text, Tone.PLAIN if tone is Tone.GOOD else tone, sort=float(partition.lag))


def _floor(partition: PartitionState | None) -> float:
    """What arrives in half a minute, as a power of two: a rate that trembles moves no picture."""
    arriving = _TRICKLE_S * (partition.in_per_s or 0.0) if partition else 0.0
    return max(TREND_FLOOR, 2.0 ** math.ceil(math.log2(max(1.0, arriving))))


def _trend(partition: GroupPartition | None, style: RowStyle, floor: float) -> Cell:
    if partition is None or not partition.lag_series:
        return _NOT_KNOWN

    newest = partition.lag_series[-1][0]
    series, cells = partition.lag_series, style.trend_cells
    values = buckets(series, now=newest, width_s=style.slice_s, cells=cells)
    tone = health_of(partition).tone
    return Cell(drawn_trend(style.glyphs, values, floor), tone, sort=series[-1][1])


def _behind(partition: GroupPartition | None) -> Cell:
    if partition is None or partition.behind is None:
        return _NOT_KNOWN

    return Cell(formats.behind(partition.behind), sort=partition.behind.seconds)


def _health(partition: GroupPartition | None) -> Cell:
    word = health_of(partition) if partition else _NO_HEALTH
    return Cell(word.text, word.tone, sort=float(word.rank) if partition else None)


def _proves(proven: Proven) -> Cell:
    """Where a lag of zero is not done it says so; what is usual is no news."""
    if proven.proof is None:
        return Cell("unknown", Tone.DIM)

    word = PROOFS[proven.proof]
    return Cell(word, Tone.DIM if proven.is_done else Tone.INFO, sort=word)


def _id(key: str) -> Cell:
    return Cell(formats.name(key), sort=float(key) if key.isdecimal() else key)


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
LEASE_NOT_KNOWN = (
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
        return LEASE_NOT_KNOWN

    if lease.expires_at is None:
        return _untimed(lease.state, glyphs, cells)

    guess = "~" if lease.basis in _GUESSES else ""
    left = lease.expires_at - now
    at_least = _at_least(lease, now) if quiet else None

    if at_least is not None:
        left, guess = at_least, guess or ">"  # one sign: a guess of a bound is a guess

    filled = _filled(left, lease.expires_after_s, cells)

    # Half up: to even, as round() does, a countdown would skip each second number.
    return _timed(lease.state, floor(left + 0.5), guess, _bar(filled, glyphs, cells))


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


def _bar(filled: int | None, glyphs: Glyphs, cells: int) -> str:
    if filled is None:
        return formats.UNKNOWN.ljust(cells)

    return glyphs.bar_full * filled + glyphs.bar_empty * (cells - filled)


@lru_cache(maxsize=16)
def _untimed(state: LeaseState, glyphs: Glyphs, cells: int) -> tuple[Cell, Cell]:
    tone = _TONE[state]
    bar = glyphs.bar_full if state is LeaseState.HELD else glyphs.bar_empty
    return Cell(bar * cells, tone), Cell(state.value, tone)


@lru_cache(maxsize=4096)
def _timed(state: LeaseState, whole: int, guess: str, bar: str) -> tuple[Cell, Cell]:
    tone = _TONE[state]

    if state is LeaseState.EXPIRED or whole <= 0:
        text = f"{guess}{formats.coarse(-whole)} ago" if whole < 0 else f"{guess}0s"
    else:
        length = f"{whole}s" if whole < _SECONDS_UP_TO else formats.coarse(whole)
        text = f"{guess}{length}"

    return Cell(bar, tone), Cell(text, tone, sort=float(whole))


# In the order of the columns.
CELLS: Mapping[str, Callable[[PartitionFacts, RowStyle], Cell]] = {
    "id": lambda of, _: _id(of.key),
    "health": lambda of, _: _health(of.of_group),
    "owner": lambda of, style: owner_cell(of.of_group, of.mark, style.glyphs),
    "lease": lambda of, _: of.lease[1],
    "bar": lambda of, _: of.lease[0],
    "last": lambda of, _: _last(of.of_hub, of.of_group),
    "checkpoint": lambda of, _: _checkpoint(of.of_group),
    "lag": lambda of, _: _lag(of.of_group),
    "trend": lambda of, style: _trend(of.of_group, style, _floor(of.of_hub)),
    "behind": lambda of, _: _behind(of.of_group),
    "in": lambda of, _: rate_cell(of.of_hub.in_per_s if of.of_hub else None),
    "out": lambda of, _: rate_cell(of.of_group.out_per_s if of.of_group else None),
    "proves": lambda of, _: _proves(of.proven),
}
