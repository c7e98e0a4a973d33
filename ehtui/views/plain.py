"""A table as aligned lines of text, for a pipe, a log or a terminal without a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views.cells import Column, Row, Table, Tone
from ehtui.views.width import pad, width

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
_SGR = {
    Tone.PLAIN: "",
    Tone.DIM: "2",
    Tone.GOOD: "32",
    Tone.INFO: "36",
    Tone.WARNING: "33",
    Tone.CRITICAL: "1;31",
}


def painted(text: str, tone: Tone, *, colour: bool) -> str:
    """`text` in the colour of its tone, where colour was asked for."""
    code = _SGR[tone] if colour else ""

    return f"\x1b[{code}m{text}\x1b[0m" if code else text


def table_lines(table: Table, cells: int | None = None, *, colour: bool = False) -> list[str]:
    """Header and rows in at most `cells` cells (None: as wide as they are), aligned."""
    if not table.rows:
        return [table.empty] if table.empty else []

    places = _kept(table.columns, cells)
    columns = [_sized(table, place, places, cells) for place in places]
    header = GAP.join(
        pad(column.title, taken, align_right=column.align_right) for column, taken in columns
    )
    lines = [painted(header.rstrip(), Tone.DIM, colour=colour)]

    return [*lines, *(_line(row, places, columns, colour=colour) for row in table.rows)]


def _line(
    row: Row, places: Sequence[int], columns: Sequence[tuple[Column, int]], *, colour: bool
) -> str:
    texts = []

    for place, (column, taken) in zip(places, columns, strict=True):
        cell = row.cells[place]
        text = pad(cell.text, taken, align_right=column.align_right)
        texts.append(painted(text, cell.tone, colour=colour))

    return GAP.join(texts).rstrip()


def _kept(columns: Sequence[Column], cells: int | None) -> list[int]:
    """The columns that fit: who gives way first goes first."""
    places = list(range(len(columns)))

    if cells is None:
        return places

    for place in sorted(places, key=lambda place: -columns[place].gives_way):
        taken = sum(_least(columns[p]) for p in places) + len(GAP) * (len(places) - 1)

        if taken <= cells or not columns[place].gives_way:
            break

        places.remove(place)

    return places


def _least(column: Column) -> int:
    return column.min_width or column.width if column.grows else column.width


def _sized(
    table: Table, place: int, places: Sequence[int], cells: int | None
) -> tuple[Column, int]:
    """A column and its width; the one that grows takes what the others leave."""
    column = table.columns[place]

    if not column.grows:
        return column, column.width

    widest = max(width(text) for text in (column.title, *(r.cells[place].text for r in table.rows)))

    if cells is None:
        return column, widest

    others = sum(table.columns[other].width for other in places if other != place)

    return column, max(_least(column), min(widest, cells - others - len(GAP) * (len(places) - 1)))
