"""From rows to strips: styles by meaning, lines of a frame, and what differs between two."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from ehtui.tui.chrome import Chrome
from ehtui.tui.grid_layout import Slot, fit, wrap
from ehtui.tui.themes import OWNER_COLOURS
from ehtui.views.cells import Cell, Column, Row, Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.style import Style

    from ehtui.tui.grid_rows import Sort

GUTTER = 2  # cursor mark, tag mark
MARGIN = 2  # space, scroll thumb
_PICTURES = frozenset({"trend"})
# Latin, dashes, arrows, boxes, blocks and shapes: one cell each, in every terminal.
_SINGLE = re.compile("[\u0020-\u02ff\u2010-\u2027\u2190-\u21ff\u2500-\u25ff]*").fullmatch


class Mark(IntFlag):
    """What is special about a row besides its content."""

    NONE = 0
    CURSOR = 1
    FOCUSED = 2
    TAGGED = 4


class Brushes:
    """The styles of a grid by meaning, mixed once per theme."""

    def __init__(self, base: Style, component: Callable[[str], Style]) -> None:
        self._base = base
        self._component = component
        self._mixed: dict[tuple[str, Mark], Style] = {}

    def named(self, name: str, mark: Mark = Mark.NONE) -> Style:
        """A component class's style on the background that the row's marks ask for."""
        style = self._mixed.get((name, mark))

        if style is None:
            style = self._mixed[name, mark] = self._mix(name, mark)

        return style

    def cell(self, cell: Cell, mark: Mark) -> Style:
        """The style that a cell is meant in.

        The row under the cursor is written each second, a colour costs as much as its text, and
        what is well needs none there.
        """
        if cell.owner is not None:
            return self.named(f"owner-{cell.owner % OWNER_COLOURS}", mark)

        is_plain = cell.tone is Tone.PLAIN or (cell.tone is Tone.GOOD and mark & Mark.FOCUSED)

        return self.named("" if is_plain else f"{cell.tone}", mark)

    def _mix(self, name: str, mark: Mark) -> Style:
        style = self._base

        if name:
            style += self._component(name)

        if mark & Mark.CURSOR:
            cursor = "cursor" if mark & Mark.FOCUSED else "cursor-blurred"
            style += self._component(cursor)

        return style


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything that a row's strips depend on besides the row."""

    columns: tuple[Column, ...]
    slots: tuple[Slot, ...]
    width: int
    brushes: Brushes
    chrome: Chrome
    wrap_lines: int = 1

    def height(self, row: Row) -> int:
        """How many lines the row takes."""
        return 1 if self.wrap_lines == 1 else max(len(texts) for texts in self._texts(row))

    def row(self, row: Row, mark: Mark) -> tuple[Strip, ...]:
        """The row's lines, with a blank margin for the scroll thumb."""
        texts = self._texts(row)
        lines = max(len(lines) for lines in texts)

        return tuple(self._line(row, texts, line, mark) for line in range(lines))

    def header(self, sort: Sort | None) -> Strip:
        """The titles of the columns; the sorted one says which end comes first."""
        plain = self.brushes.named("header")
        segments = [Segment(" " * GUTTER, plain)]

        for slot in self.slots:
            column = self.columns[slot.index]
            is_sorted = sort is not None and sort.column == column.key
            arrow = self._arrow(sort) if is_sorted else ""
            style = self.brushes.named("header-sorted") if is_sorted else plain
            title = fit(
                f"{arrow}{column.title}",
                slot.width,
                align_right=column.align_right,
                ellipsis=self.chrome.ellipsis,
            )
            segments += (Segment(title, style), Segment(self._gap(slot), plain))

        return self._whole(segments)

    def blank(self, text: str = "") -> Strip:
        """A line without a row; `text` says why there is none."""
        style = self.brushes.named("dim")
        shown = fit(" " * GUTTER + text, self.width, ellipsis=self.chrome.ellipsis)

        return self._whole([Segment(shown, style)])

    def with_thumb(self, line: Strip) -> Strip:
        """A line whose last cell is the scroll thumb."""
        thumb = Segment(self.chrome.thumb, self.brushes.named("thumb"))
        size = line.cell_length

        return Strip([*line.crop(0, size - 1), thumb], size)

    def _arrow(self, sort: Sort | None) -> str:
        is_descending = sort is not None and sort.descending

        return self.chrome.descending if is_descending else self.chrome.ascending

    def _texts(self, row: Row) -> list[Sequence[str]]:
        if self.wrap_lines == 1:
            return [(row.cells[slot.index].text,) for slot in self.slots]

        return [
            wrap(row.cells[slot.index].text, slot.width, self.wrap_lines)
            if self.columns[slot.index].grows
            else (row.cells[slot.index].text,)
            for slot in self.slots
        ]

    def _line(self, row: Row, texts: list[Sequence[str]], line: int, mark: Mark) -> Strip:
        segments = list(self._gutter(line, mark))
        ellipsis = self.chrome.ellipsis

        for slot, lines in zip(self.slots, texts, strict=True):
            cell = row.cells[slot.index]
            text = lines[line] if line < len(lines) else ""
            right = self.columns[slot.index].align_right
            shown = fit(text, slot.width, align_right=right, ellipsis=ellipsis)
            style = self._style(self.columns[slot.index], cell, mark)
            segments.append(Segment(shown + self._gap(slot), style))

        return self._whole(segments, mark)

    def _gap(self, slot: Slot) -> str:
        """The space behind a column; the last one's reaches to the margin."""
        is_last = slot is self.slots[-1]

        return " " * (self.width - GUTTER - slot.x - slot.width if is_last else slot.gap)

    def _whole(self, segments: Iterable[Segment], mark: Mark = Mark.NONE) -> Strip:
        """A line with its margin, of as few pieces as there are styles: each costs its colours."""
        margin = (Segment(" ", self.brushes.named("", mark)), Segment(" ", self.brushes.named("")))

        return Strip(Segment.simplify((*segments, *margin)), self.width + MARGIN)

    def _style(self, column: Column, cell: Cell, mark: Mark) -> Style:
        """A column of sparklines that say all is well keeps quiet: it is mostly solid blocks."""
        if column.key in _PICTURES and cell.tone is Tone.GOOD:
            return self.brushes.named("picture", mark)

        return self.brushes.cell(cell, mark)

    def _gutter(self, line: int, mark: Mark) -> Iterator[Segment]:
        pointer = "" if mark & Mark.FOCUSED else "pointer-blurred"
        signs = (
            (self.chrome.cursor, pointer, mark & Mark.CURSOR),
            (self.chrome.tag, "tag", mark & Mark.TAGGED and not line),
        )

        for sign, name, is_set in signs:
            shown, style = (sign, name) if is_set else (" ", "")
            yield Segment(shown, self.brushes.named(style, mark))


def changed_regions(old: Iterable[Strip], new: Iterable[Strip]) -> list[Region]:
    """Where two pictures of the same size differ: at most one region a line."""
    spans = enumerate(map(changed_span, old, new))

    return [Region(span[0], y, span[1] - span[0], 1) for y, span in spans if span is not None]


def changed_span(old: Strip, new: Strip) -> tuple[int, int] | None:
    """From the first to behind the last cell in which two lines differ; None where none does.

    One span a line: Textual writes a line from its widget's left edge, once for each span.
    """
    if old is new:
        return None

    if old.cell_length != new.cell_length:
        return (0, max(old.cell_length, new.cell_length))

    before, after = list(old), list(new)
    start = _alike(before, after)

    if start == new.cell_length:
        return None

    return start, new.cell_length - _alike(before, after, from_end=True)


def _alike(before: Sequence[Segment], after: Sequence[Segment], *, from_end: bool = False) -> int:
    """How many cells agree, counted from the start or from the end."""
    step, cells = -1 if from_end else 1, 0

    for was, now in zip(before[::step], after[::step], strict=False):
        if was != now:
            return cells + _common(was, now, step)

        cells += cell_len(now.text)

    return cells


def _common(was: Segment, now: Segment, step: int) -> int:
    """Cells that agree at one end; looked into only where every character is one cell."""
    if was.style != now.style or not (_SINGLE(was.text) and _SINGLE(now.text)):
        return 0

    pairs = enumerate(zip(was.text[::step], now.text[::step], strict=False))

    return next((n for n, (a, b) in pairs if a != b), min(len(was.text), len(now.text)))
