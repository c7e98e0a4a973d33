"""Which columns of a table fit, and where they stand: arithmetic in terminal cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from ehtui.domain.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.views.cells import Column

NARROW_GAP = 1
TIGHT_GAPS = (2, NARROW_GAP)
LOOSE_GAPS = (5, 4, 3, *TIGHT_GAPS)  # where no column takes the space that is left


@dataclass(frozen=True, slots=True)
class Slot:
    """A column that is shown: which, from which cell on, how wide, and the gap after it."""

    index: int
    x: int
    width: int
    gap: int


def arrange(
    columns: Sequence[Column], width: int, *, skip: int = 0, order: Sequence[int] | None = None
) -> tuple[Slot, ...]:
    """Place columns in `width` cells: those of `order`, by index, or all of them as they come.

    Gaps shrink first, then columns give way in their declared order. With `skip`, the first column
    stays and the next `skip` scroll away: then nothing gives way but what is beyond the edge.
    """
    shown = list(range(len(columns)) if order is None else order)
    if skip:
        return _place(
            columns, _cut(columns, shown[:1] + shown[1 + skip :], width), width, NARROW_GAP
        )
    while len(shown) > 1 and _needed(columns, shown, NARROW_GAP) > width:
        first = max(reversed(shown), key=lambda index: columns[index].gives_way)
        if not columns[first].gives_way:
            break
        shown.remove(first)
    if order is None and _needed(columns, shown, TIGHT_GAPS[0]) > width:
        shown = [index for index in shown if not columns[index].is_extra]
    shown = _cut(columns, shown, width)
    gaps = TIGHT_GAPS if any(columns[index].grows for index in shown) else LOOSE_GAPS
    fits = (gap for gap in gaps if _needed(columns, shown, gap) <= width)
    return _place(columns, shown, width, next(fits, NARROW_GAP))


def can_skip(
    columns: Sequence[Column], width: int, skip: int, order: Sequence[int] | None = None
) -> bool:
    """Whether scrolling to `skip` leaves something beyond the right edge of the view before."""
    order = range(len(columns)) if order is None else order
    if skip < 1 or skip >= len(order):
        return False
    if skip == 1:
        return len(arrange(columns, width, order=order)) < len(order)
    return arrange(columns, width, skip=skip - 1, order=order)[-1].index != order[-1]


def _base(column: Column) -> int:
    if column.grows and column.min_width is not None:
        return column.min_width
    return column.width


def _needed(columns: Sequence[Column], shown: Sequence[int], gap: int) -> int:
    return sum(_base(columns[index]) for index in shown) + gap * (len(shown) - 1)


def _cut(columns: Sequence[Column], shown: Sequence[int], width: int) -> list[int]:
    """As many columns as fit from the left, at least one."""
    kept = list(shown)
    while len(kept) > 1 and _needed(columns, kept, NARROW_GAP) > width:
        kept.pop()
    return kept


def _place(
    columns: Sequence[Column], shown: Sequence[int], width: int, gap: int
) -> tuple[Slot, ...]:
    spare = max(0, width - _needed(columns, shown, gap))
    growing = [index for index in shown if columns[index].grows]
    slots: list[Slot] = []
    x = 0
    for index in shown:
        size = _base(columns[index])
        if index in growing:
            share = spare // len(growing)
            growing.remove(index)
            spare -= share
            size += share
        size = max(1, min(size, width - x))
        slots.append(Slot(index, x, size, gap))
        x += size + gap
    return tuple(slots)


@lru_cache(maxsize=8192)
def fit(text: str, width: int, *, align_right: bool = False, ellipsis: str = "…") -> str:
    """Text in exactly `width` terminal cells; wide characters are never halved."""
    if not text.isprintable():
        text = visible(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length > width:
        text = set_cell_size(text, max(0, width - 1)) + ellipsis
    elif length < width:
        blank = " " * (width - length)
        text = blank + text if align_right else text + blank
    return text


@lru_cache(maxsize=2048)
def wrap(text: str, width: int, most: int) -> tuple[str, ...]:
    """Text on at most `most` lines of `width` cells, broken at spaces; the last takes the rest."""
    lines: list[str] = []
    line = ""
    words = visible(text).split(" ") if not text.isprintable() else text.split(" ")
    for position, word in enumerate(words):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width or not line:
            line = longer
        elif len(lines) == most - 1:
            return (*lines, " ".join((line, *words[position:])))
        else:
            lines.append(line)
            line = word
    return (*lines, line)
