"""One partition's cells, in the order of the columns."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ehtui.domain.progress.proofs import UNPROVEN, Proven
from ehtui.domain.progress.rules import PREDATES_HUB, UNREADABLE
from ehtui.domain.snapshot import GroupPartition, LeaseState, PartitionState
from ehtui.views import formats
from ehtui.views.cells import Cell, Tone
from ehtui.views.counted import checkpoint_sequence, last_sequence
from ehtui.views.glyphs import TREND_CELLS, TREND_FLOOR, Glyphs, buckets, drawn_trend
from ehtui.views.owners import OwnerMark
from ehtui.views.proofs import PROOFS
from ehtui.views.states import Word, health_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SERIES_POINTS = 60  # about so many points has a series of the snapshot

_TRICKLE_S = 30.0
_NOT_KNOWN = Cell(formats.UNKNOWN, Tone.DIM)
_NOBODY = Cell("none", Tone.DIM, sort="~")  # sorts after every owner
_NO_HEALTH = Word(formats.UNKNOWN, Tone.DIM)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row is made of."""

    key: str
    of_hub: PartitionState | None
    of_group: GroupPartition | None
    mark: OwnerMark | None
    lease: tuple[Cell, Cell]  # bar and seconds
    proven: Proven = UNPROVEN


@dataclass(frozen=True, slots=True)
class Look:
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
        is_broken = partition.lag_reason == UNREADABLE
        return Cell("unreadable", Tone.WARNING) if is_broken else Cell("none", Tone.DIM, sort=-1.0)

    if partition.checkpoint.sequence is None:
        return Cell("unset", Tone.DIM, sort=-1.0)

    number = _number(checkpoint_sequence(partition))
    # Of the hub before: it cannot be held against the last event beside it.
    return replace(number, tone=Tone.DIM) if partition.lag_reason == PREDATES_HUB else number


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


def _trend(partition: GroupPartition | None, look: Look, floor: float) -> Cell:
    if partition is None or not partition.lag_series:
        return _NOT_KNOWN

    newest = partition.lag_series[-1][0]
    series, cells = partition.lag_series, look.trend_cells
    values = buckets(series, now=newest, width_s=look.slice_s, cells=cells)
    tone = health_of(partition).tone

    return Cell(drawn_trend(look.glyphs, values, floor), tone, sort=series[-1][1])


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


# In the order of the columns.
CELLS: Mapping[str, Callable[[Facts, Look], Cell]] = {
    "id": lambda of, _: _id(of.key),
    "health": lambda of, _: _health(of.of_group),
    "owner": lambda of, look: owner_cell(of.of_group, of.mark, look.glyphs),
    "bar": lambda of, _: of.lease[0],
    "lease": lambda of, _: of.lease[1],
    "last": lambda of, _: _last(of.of_hub, of.of_group),
    "checkpoint": lambda of, _: _checkpoint(of.of_group),
    "lag": lambda of, _: _lag(of.of_group),
    "trend": lambda of, look: _trend(of.of_group, look, _floor(of.of_hub)),
    "behind": lambda of, _: _behind(of.of_group),
    "in": lambda of, _: rate_cell(of.of_hub.in_per_s if of.of_hub else None),
    "out": lambda of, _: rate_cell(of.of_group.out_per_s if of.of_group else None),
    "proves": lambda of, _: _proves(of.proven),
}
