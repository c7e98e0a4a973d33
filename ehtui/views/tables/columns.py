"""Which columns of a table are shown in so many cells, how wide, and where: arithmetic only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.views.cells import Column

NARROW_GAP = 1
TIGHT_GAPS = (2, NARROW_GAP)
LOOSE_GAPS = (5, 4, 3, *TIGHT_GAPS)  # where no column takes the space that is left


class Slot(Value, frozen=True):
    """A column that is shown: which, from which cell on, how wide, and the gap after it."""

    index: int
    x: int
    width: int
    gap: int


def arrange(
    columns: Sequence[Column],
    width: int,
    *,
    skip: int = 0,
    order: Sequence[int] | None = None,
    gaps: Sequence[int] | None = None,
) -> tuple[Slot, ...]:
    """Place columns in `width` cells: those of `order`, by index, or all of them as they come.

    Short of space, columns that can do with less get less, then gaps shrink, then columns give way
    in their declared order; no cell stays free while one is cut. With `skip`, the first column
    stays and the next `skip` scroll away: then only what is beyond the edge goes.
    """
    shown = list(range(len(columns)) if order is None else order)
    narrowest = gaps[-1] if gaps else NARROW_GAP

    if skip:
        shown = _cut(columns, shown[:1] + shown[1 + skip :], width, narrowest)
        return _placed(columns, shown, width, narrowest)

    shown = _cut(columns, _left(columns, shown, width, narrowest), width, narrowest)
    shown = _without_extras(columns, shown, width) if order is None else shown
    takes_all = any(columns[index].grows for index in shown)
    offered = gaps or (TIGHT_GAPS if takes_all else LOOSE_GAPS)
    gap = next((gap for gap in offered if _wanted(columns, shown, gap) <= width), None)

    if gap is None:  # somebody is cut: two cells between columns, where nobody has to go for them
        tight = (gap for gap in TIGHT_GAPS if gap >= narrowest)
        gap = next((gap for gap in tight if _least(columns, shown, gap) <= width), narrowest)

    return _placed(columns, shown, width, gap)


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


def _floor(column: Column) -> int:
    """The least that a column can do with."""
    return column.width if column.min_width is None else min(column.min_width, column.width)


def _good(column: Column) -> int:
    """What a column needs so that no extra has to go for it."""
    return column.width if column.good_width is None else min(column.good_width, column.width)


def _least(columns: Sequence[Column], shown: Sequence[int], gap: int) -> int:
    return sum(_floor(columns[index]) for index in shown) + gap * (len(shown) - 1)


def _wanted(columns: Sequence[Column], shown: Sequence[int], gap: int) -> int:
    return sum(columns[index].width for index in shown) + gap * (len(shown) - 1)


def _left(columns: Sequence[Column], shown: Sequence[int], width: int, gap: int) -> list[int]:
    """Without those who give way."""
    left = list(shown)

    while len(left) > 1 and _least(columns, left, gap) > width:
        first = max(reversed(left), key=lambda index: columns[index].gives_way)

        if not columns[first].gives_way:
            break

        left.remove(first)

    return left


def _without_extras(columns: Sequence[Column], shown: Sequence[int], width: int) -> list[int]:
    """Without as many extras as it takes for all others to be well."""
    left, gaps = list(shown), TIGHT_GAPS[0] * (len(shown) - 1)
    extras = sorted(
        (index for index in shown if columns[index].is_extra),
        key=lambda index: (columns[index].gives_way, index),
    )

    while extras and sum(_good(columns[index]) for index in left) + gaps > width:
        left.remove(extras.pop())
        gaps -= TIGHT_GAPS[0]

    return left


def _cut(columns: Sequence[Column], shown: Sequence[int], width: int, gap: int) -> list[int]:
    """As many columns as fit from the left, at least one."""
    kept = list(shown)

    while len(kept) > 1 and _least(columns, kept, gap) > width:
        kept.pop()

    return kept


def _placed(
    columns: Sequence[Column], shown: Sequence[int], width: int, gap: int
) -> tuple[Slot, ...]:
    sizes = _sizes(columns, shown, width - gap * (len(shown) - 1))
    slots: list[Slot] = []
    x = 0

    for index in shown:
        size = max(1, min(sizes[index], width - x))
        slots.append(Slot(index, x, size, gap))
        x += size + gap

    return tuple(slots)


def _sizes(columns: Sequence[Column], shown: Sequence[int], cells: int) -> Mapping[int, int]:
    """Each column's width: its least, then what it wants, in equal shares while somebody wants."""
    sizes = {index: _floor(columns[index]) for index in shown}
    spare = max(0, cells - sum(sizes.values()))
    wanting = [index for index in shown if sizes[index] < columns[index].width]

    while spare and wanting:
        share = max(1, spare // len(wanting))

        for index in wanting:
            more = min(share, spare, columns[index].width - sizes[index])
            sizes[index] += more
            spare -= more

        wanting = [index for index in wanting if sizes[index] < columns[index].width]

    growing = [index for index in shown if columns[index].grows]

    for place, index in enumerate(growing):  # what nobody wants
        share = spare // (len(growing) - place)
        sizes[index] += share
        spare -= share

    return sizes
