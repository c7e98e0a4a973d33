"""From what is looked at to the lines of a grid; a row that did not change is drawn once."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.strip import Strip

from ehtui.domain.values import Value
from ehtui.tui.strips import Brushes, Mark, Title, fit, title_line, wrap
from ehtui.views.cells import Cell, Column, Row, Tone
from ehtui.views.tables.columns import Slot, arrange, can_skip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.style import Style
    from textual.geometry import Size

    from ehtui.tui.chrome import Chrome
    from ehtui.tui.grid_viewport import Listing, Sort, Viewport

GUTTER = 2  # cursor mark, tag mark
MARGIN = 2  # space, scroll thumb
HEAD_LINES = 2  # the title and the columns' names
_PICTURES = frozenset({"trend"})


class Frame(Value, frozen=True, eq=False):
    """The lines of a grid as drawn, and what stands where."""

    lines: tuple[Strip, ...]
    width: int = 0
    head: int = 0
    keys: tuple[str, ...] = ()  # of the row on each line below the head
    headings: tuple[tuple[int, int, str], ...] = ()  # (from, to, column)

    def fits(self, size: Size) -> bool:
        """Whether it was drawn at this size."""
        return self.width == size.width and len(self.lines) == size.height

    def row_at(self, y: int) -> str | None:
        """The key of the row on a line."""
        position = y - self.head
        return self.keys[position] if 0 <= position < len(self.keys) else None

    def line_of(self, key: str | None) -> int | None:
        """The first line of that row, None where it is not seen."""
        return self.head + self.keys.index(key) if key in self.keys else None

    def column_at(self, x: int, y: int) -> str | None:
        """The column whose heading stands there."""
        if y != self.head - 1 or self.head < HEAD_LINES:
            return None
        return next((key for start, end, key in self.headings if start <= x < end), None)


class Sheet(Value, frozen=True):
    """Everything that a row's strips depend on besides the row."""

    columns: tuple[Column, ...]
    slots: tuple[Slot, ...]
    width: int
    brushes: Brushes
    chrome: Chrome
    wrap_lines: int = 1

    def height(self, row: Row) -> int:
        """How many lines the row takes."""
        return max(len(texts) for texts in self._texts(row))

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
            title, style = column.title, plain
            if sort is not None and sort.column == column.key:
                arrow = self.chrome.descending if sort.descending else self.chrome.ascending
                title, style = f"{arrow}{title}", self.brushes.named("header-sorted")
            shown = self._fit(title, slot, align_right=column.align_right)
            segments += (Segment(shown, style), Segment(self._gap(slot), plain))
        return self._whole(segments)

    def blank(self, text: str = "") -> Strip:
        """A line without a row; `text` says why there is none."""
        shown = fit(" " * GUTTER + text, self.width, ellipsis=self.chrome.ellipsis)
        return self._whole([Segment(shown, self.brushes.named("dim"))])

    def with_thumb(self, line: Strip) -> Strip:
        """A line whose last cell is the scroll thumb."""
        thumb = Segment(self.chrome.thumb, self.brushes.named("thumb"))
        return Strip([*line.crop(0, line.cell_length - 1), thumb], line.cell_length)

    def _texts(self, row: Row) -> list[Sequence[str]]:
        if self.wrap_lines == 1:
            return [(row.cells[slot.index].within(slot.width),) for slot in self.slots]
        return [
            wrap(row.cells[slot.index].text, slot.width, self.wrap_lines)
            if self.columns[slot.index].grows
            else (row.cells[slot.index].within(slot.width),)
            for slot in self.slots
        ]

    def _line(self, row: Row, texts: list[Sequence[str]], line: int, mark: Mark) -> Strip:
        segments = list(self._gutter(line, mark))
        for slot, lines in zip(self.slots, texts, strict=True):
            column, cell = self.columns[slot.index], row.cells[slot.index]
            text = lines[line] if line < len(lines) else ""
            shown = self._fit(text, slot, align_right=column.align_right)
            segments.append(Segment(shown + self._gap(slot), self._style(column, cell, mark)))
        return self._whole(segments, mark)

    def _fit(self, text: str, slot: Slot, *, align_right: bool) -> str:
        return fit(text, slot.width, align_right=align_right, ellipsis=self.chrome.ellipsis)

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


class Drawing:
    """Draws frames, and keeps what the next one can use again."""

    def __init__(
        self,
        name: str,
        chrome: Chrome,
        *,
        wrap_lines: int = 1,
        headings: bool = True,
        compact: Sequence[str] = (),
    ) -> None:
        self.is_alone = False  # on the screen: every column that fits, and always headings
        self._name = name
        self._chrome = chrome
        self._wrap_lines = wrap_lines
        self._wants_headings = headings
        self._compact = compact  # the columns to show beside other panes; none given: all
        self._chosen: tuple[str, ...] = ()  # by hand: beside others and alone
        self._skip = 0  # columns scrolled away
        self._width = 0
        self._sheet: Sheet | None = None
        self._rows: dict[str, tuple[Row, Mark, tuple[Strip, ...]]] = {}
        self._thumbed: dict[int, tuple[Strip, Strip]] = {}  # lines, by identity, with the thumb
        self._header: tuple[Sort | None, Strip] | None = None
        self._measured: tuple[Listing, Sheet, Sequence[int]] | None = None

    def frame(self, view: Viewport, size: Size, brushes: Brushes, *, is_focused: bool) -> Frame:
        """The lines for this size; the viewport learns its height and what stands where."""
        self._width = max(1, size.width - GUTTER - MARGIN)
        sheet = self._sheet_for(view.listing, brushes)
        has_headings = self._wants_headings or self.is_alone
        has_headings = has_headings and size.height > HEAD_LINES and bool(view.listing.table.rows)
        head = HEAD_LINES if has_headings else 1
        view.place(self._starts(view.listing, sheet), max(0, size.height - head))
        body, keys = self._body(view, sheet, is_focused=is_focused)
        view.on_screen = keys
        table = view.listing.table
        title = Title(self._name, table.title, table.notes, view.states)
        lines = [
            title_line(
                title,
                width=size.width,
                is_focused=is_focused,
                brushes=brushes,
                chrome=self._chrome,
            ),
            *([self._headings(sheet, view.listing.sort)] if has_headings else []),
            *body,
        ]
        headings = tuple(
            (slot.x + GUTTER, slot.x + GUTTER + slot.width, sheet.columns[slot.index].key)
            for slot in sheet.slots
        )
        return Frame(tuple(lines[: size.height]), size.width, head, keys, headings)

    def skip_columns(self, listing: Listing, columns: int) -> None:
        """Scroll sideways by whole columns, the first stays, as far as there are more."""
        wanted, table = max(0, self._skip + columns), listing.table
        if columns < 0 or can_skip(table.columns, self._width, wanted, self._order(listing)):
            self._skip = wanted

    @property
    def chosen(self) -> tuple[str, ...]:
        """The columns that are asked for; none: all."""
        return self._chosen or (() if self.is_alone else tuple(self._compact))

    def choose(self, keys: tuple[str, ...]) -> None:
        """Show these columns."""
        self._chosen, self._skip = keys, 0

    def _order(self, listing: Listing) -> Sequence[int] | None:
        """The columns that were chosen, by index; None is all of them."""
        places = {column.key: place for place, column in enumerate(listing.table.columns)}
        chosen = [places[key] for key in dict.fromkeys(self.chosen) if key in places]
        return chosen or None

    def _sheet_for(self, listing: Listing, brushes: Brushes) -> Sheet:
        columns = listing.table.columns
        slots = arrange(columns, self._width, skip=self._skip, order=self._order(listing))
        width = self._width + GUTTER
        sheet = Sheet(
            columns=columns,
            slots=slots,
            width=width,
            brushes=brushes,
            chrome=self._chrome,
            wrap_lines=self._wrap_lines,
        )
        if self._sheet is None or sheet != self._sheet:
            self._sheet, self._header = sheet, None
            self._rows.clear()
            self._thumbed.clear()
        return self._sheet

    def _headings(self, sheet: Sheet, sort: Sort | None) -> Strip:
        if self._header is None or self._header[0] != sort:
            self._header = sort, sheet.header(sort)
        return self._header[1]

    def _starts(self, listing: Listing, sheet: Sheet) -> Sequence[int]:
        """The line on which each row begins, and the end."""
        if self._wrap_lines == 1 or not listing:
            return range(len(listing) + 1)
        known = self._measured
        if known is None or known[0] is not listing or known[1] is not sheet:
            heights = (sheet.height(row) for row in listing.rows)
            known = self._measured = listing, sheet, list(accumulate(heights, initial=0))
        return known[2]

    def _body(
        self, view: Viewport, sheet: Sheet, *, is_focused: bool
    ) -> tuple[list[Strip], tuple[str, ...]]:
        listing, thumb = view.listing, view.thumb
        lines: list[Strip] = []
        keys: list[str] = []
        rows: dict[str, tuple[Row, Mark, tuple[Strip, ...]]] = {}
        thumbed: dict[int, tuple[Strip, Strip]] = {}
        position = view.row_of(view.top)
        while position < len(listing) and len(lines) < view.height:
            row = listing.row(position)
            mark = _mark(view, row, is_focused=is_focused)
            before = self._rows.get(row.key)
            if before is not None and before[1] == mark and before[0] == row:
                strips = before[2]
            else:
                strips = sheet.row(row, mark)
            rows[row.key] = (row, mark, strips)
            hidden = max(0, view.top - view.starts[position])
            for strip in strips[hidden : hidden + view.height - len(lines)]:
                shown = strip
                if len(lines) in thumb:
                    known = self._thumbed.get(id(strip)) or (strip, sheet.with_thumb(strip))
                    thumbed[id(strip)], shown = known, known[1]
                lines.append(shown)
                keys.append(row.key)
            position += 1
        self._rows, self._thumbed = rows, thumbed
        if not listing and view.height:
            lines.append(sheet.blank(_why_empty(listing)))
        lines += (sheet.blank() for _ in range(view.height - len(lines)))
        return lines, tuple(keys)


def _why_empty(listing: Listing) -> str:
    if listing.hidden:
        return f"{listing.hidden} hidden by the filter; esc shows them"
    return listing.table.empty


def _mark(view: Viewport, row: Row, *, is_focused: bool) -> Mark:
    mark = Mark.TAGGED if row.key in view.tags else Mark.NONE
    if row.key == view.cursor:
        mark |= Mark.CURSOR | (Mark.FOCUSED if is_focused else Mark.NONE)
    return mark
