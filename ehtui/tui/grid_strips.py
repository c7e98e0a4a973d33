"""From rows to strips: styles by meaning, lines of a frame, and what differs between two."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.strip import Strip

from ehtui.tui.chrome import Chrome
from ehtui.tui.grid_layout import Slot, fit, wrap
from ehtui.tui.themes import OWNER_COLOURS
from ehtui.views.cells import Cell, Column, Row, Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from rich.style import Style

    from ehtui.tui.grid_rows import Sort

GUTTER = 2  # cursor mark, tag mark
MARGIN = 2  # space, scroll thumb
_PICTURES = frozenset({"trend"})
# Two changes nearer than this go out as one: moving the cursor and setting a colour costs more.
_MERGE_CELLS = 12
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
        """The style that a cell is meant in."""
        if cell.owner is not None:
            return self.named(f"owner-{cell.owner % OWNER_COLOURS}", mark)

        return self.named("" if cell.tone is Tone.PLAIN else f"{cell.tone}", mark)

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
        """The row's lines, without the scroll thumb's margin."""
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
            segments += (Segment(title, style), Segment(" " * slot.gap, plain))

        return Strip(segments).adjust_cell_length(self.width, plain)

    def blank(self, text: str = "") -> Strip:
        """A line without a row; `text` says why there is none."""
        style = self.brushes.named("dim")
        shown = fit(" " * GUTTER + text, self.width, ellipsis=self.chrome.ellipsis)

        return Strip([Segment(shown, style)], self.width)

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
            segments.append(Segment(shown + " " * slot.gap, style))

        return Strip(segments).adjust_cell_length(self.width, self.brushes.named("", mark))

    def _style(self, column: Column, cell: Cell, mark: Mark) -> Style:
        """A column of sparklines that say all is well keeps quiet: it is mostly solid blocks."""
        if column.key in _PICTURES and cell.tone is Tone.GOOD:
            return self.brushes.named("picture", mark)

        return self.brushes.cell(cell, mark)

    def _gutter(self, line: int, mark: Mark) -> Iterator[Segment]:
        pointer = self.chrome.cursor if mark & Mark.CURSOR else " "
        tag = self.chrome.tag if mark & Mark.TAGGED and not line else " "
        is_strong = mark & Mark.FOCUSED
        style = "pointer" if is_strong else "pointer-blurred"
        yield Segment(pointer, self.brushes.named(style, mark))
        yield Segment(tag, self.brushes.named("tag", mark))


def changed_spans(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """The (start, end) cells in which two lines differ, near ones merged."""
    if old is new:
        return []

    before, after = list(old), list(new)

    if len(before) != len(after):
        return [(0, max(old.cell_length, new.cell_length))]

    spans: list[tuple[int, int]] = []
    x = 0

    for was, now in zip(before, after, strict=True):
        size = cell_len(now.text)

        if size != cell_len(was.text):
            return [(0, max(old.cell_length, new.cell_length))]

        if was != now:
            start, end = _narrowed(was, now, size)

            if spans and x + start - spans[-1][1] < _MERGE_CELLS:
                start = spans.pop()[0] - x

            spans.append((x + start, x + end))

        x += size

    return spans


def _narrowed(was: Segment, now: Segment, size: int) -> tuple[int, int]:
    """The part that differs; looked into only where every character is one cell."""
    if was.style != now.style or not (_SINGLE(was.text) and _SINGLE(now.text)):
        return (0, size)

    differing = [i for i, (a, b) in enumerate(zip(was.text, now.text, strict=True)) if a != b]

    return (differing[0], differing[-1] + 1)
