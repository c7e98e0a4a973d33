"""What somebody looks at of a table: cursor, tags and scroll by key, and the lines to draw."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.strip import Strip

from ehtui.tui.grid_layout import arrange, can_skip
from ehtui.tui.grid_rows import Listing, RowFilter, Sort
from ehtui.tui.grid_strips import GUTTER, MARGIN, Brushes, Mark, Sheet
from ehtui.tui.grid_title import Title, title_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.tui.chrome import Chrome
    from ehtui.views.cells import Row, Table

HEAD_LINES = 2  # the title and the columns' names


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
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

    def column_at(self, x: int, y: int) -> str | None:
        """The column whose heading stands there."""
        if y != self.head - 1 or self.head < HEAD_LINES:
            return None

        return next((key for start, end, key in self.headings if start <= x < end), None)


class View:
    """The mutable part of a grid, without a terminal."""

    def __init__(
        self,
        name: str,
        *,
        wrap_lines: int = 1,
        headings: bool = True,
        follows_top: bool = False,
        compact: Sequence[str] = (),
    ) -> None:
        self.compact = compact  # the columns to show, in order; none given: all
        self.is_compact = True  # while there are other panes beside it
        self._name = name
        self._wants_headings = headings
        self.listing = Listing().arranged()
        self.cursor: str | None = None
        self.cursor_row = 0  # where it was seen last
        self.tags: frozenset[str] = frozenset()
        self.body_height = 0
        self._wrap_lines = wrap_lines
        self._follows_top = follows_top
        self._label = ""
        self._top = 0
        self._lines = 0
        self._skip = 0
        self._size = Size(0, 0)
        self._sheet: Sheet | None = None
        self._drawn: dict[str, tuple[Row, Mark, tuple[Strip, ...]]] = {}
        self._thumbed: dict[int, tuple[Strip, Strip]] = {}  # lines, by identity, with the thumb
        self._heads: dict[Sort | None, Strip] = {}
        self._keys: tuple[str, ...] = ()  # of the lines drawn last
        self._measured: tuple[Listing, Sheet, Sequence[int]] | None = None
        self._reveals = False
        self._anchors: tuple[tuple[str, int], ...] | None = None

    def show(self, table: Table) -> None:
        """Take newer rows; what was under the eyes stays there."""
        was_empty = not self.listing
        self._hold()
        self.listing = self.listing.with_table(table)
        self.tags &= frozenset(table.keys) if self.tags else self.tags
        position = self.listing.position(self.cursor)

        if position is not None:
            self.cursor_row = position
        elif self.cursor is not None:
            self._go_nearby()
        elif was_empty and not self._follows_top:
            self.move(self.cursor_row)

    def filter_rows(self, matches: RowFilter | None, label: str) -> None:
        """Show matching rows only."""
        self._change(matches=matches)
        self._label = label

    def show_faults_only(self, *, only: bool) -> None:
        """Show warnings and worse only."""
        self._change(faults_only=only)

    def sort_by(self, sort: Sort | None) -> None:
        """Order the rows."""
        self._change(sort=sort)

    def settle(self) -> None:
        """After a change that somebody asked for, a cursor whose row is hidden goes nearby."""
        position = self.listing.position(self.cursor)

        if position is None:
            self._go_nearby()
        else:
            self.cursor_row = position

        self._reveals = True

    def _go_nearby(self) -> None:
        """The row that took the place of the cursor's, else the last; the view stays if it may."""
        self.cursor_row = max(0, min(self.cursor_row, len(self.listing) - 1))
        self.cursor = self.listing.keys[self.cursor_row] if self.listing else None

    def take_focus(self) -> None:
        """Have a cursor, if there is a row for it."""
        if self.cursor is None and self.listing:
            self.move(self.cursor_row)

    def move(self, position: int) -> None:
        """Put the cursor on a row by its place; beyond the ends is the end."""
        if self.listing:
            self.cursor_row = position
            self._go_nearby()
            self._reveals = True

    def scroll(self, lines: int) -> None:
        """Move the view and leave the cursor."""
        self._top = max(0, self._top + lines)

    def skip_columns(self, columns: int) -> None:
        """Scroll sideways by whole columns."""
        wanted = max(0, self._skip + columns)

        table, order = self.listing.table, self._order()

        if columns < 0 or can_skip(table.columns, self._inner_width, wanted, order):
            self._skip = wanted

    def toggle_tag(self, key: str) -> None:
        """Tag or untag a row."""
        self.tags ^= {key}

    def draw(self, size: Size, brushes: Brushes, chrome: Chrome, *, is_focused: bool) -> Frame:
        """The lines for this size."""
        self._size = size
        sheet = self._sheet_for(brushes, chrome)
        head = HEAD_LINES if self._has_headings(size) else 1
        self.body_height = max(0, size.height - head)
        starts = self._starts(sheet)
        self._lines = starts[-1]
        self._place_top(starts)
        body, self._keys = self._body(sheet, starts, is_focused=is_focused)
        title = title_line(
            Title(
                self._name,
                self.listing.table.title,
                self.listing.table.notes,
                self._states(starts),
            ),
            width=size.width,
            is_focused=is_focused,
            brushes=brushes,
            chrome=chrome,
        )
        lines = [title, *([self._headings(sheet)] if head == HEAD_LINES else []), *body]
        headings = tuple(
            (slot.x + GUTTER, slot.x + GUTTER + slot.width, sheet.columns[slot.index].key)
            for slot in sheet.slots
        )

        return Frame(tuple(lines[: size.height]), size.width, head, self._keys, headings)

    @property
    def _inner_width(self) -> int:
        return max(1, self._size.width - GUTTER - MARGIN)

    def _has_headings(self, size: Size) -> bool:
        wants = self._wants_headings or not self.is_compact

        return wants and size.height > HEAD_LINES and bool(self.listing.table.rows)

    def _headings(self, sheet: Sheet) -> Strip:
        sort = self.listing.sort

        if sort not in self._heads:
            self._heads[sort] = sheet.header(sort)

        return self._heads[sort]

    def _change(self, **changes: object) -> None:
        self._hold()
        listing = self.listing
        self.listing = Listing(
            table=listing.table,
            sort=changes.get("sort", listing.sort),  # type: ignore[arg-type]
            matches=changes.get("matches", listing.matches),  # type: ignore[arg-type]
            faults_only=bool(changes.get("faults_only", listing.faults_only)),
        ).arranged()

    def _hold(self) -> None:
        """Remember what stands where, the cursor's row first, until the next drawing."""
        if self._anchors is not None or not self._keys:
            return

        on_screen = [(key, line) for line, key in enumerate(self._keys)]
        first = [anchor for anchor in on_screen if anchor[0] == self.cursor][:1]
        self._anchors = (*first, *on_screen)
        self._reveals = self._reveals or bool(first)

    @property
    def lines(self) -> int:
        """How many lines all rows took when they were drawn last."""
        return self._lines

    def _place_top(self, starts: Sequence[int]) -> None:
        anchors, self._anchors = self._anchors or (), None

        if self._top:
            for key, line in anchors:
                position = self.listing.position(key)

                if position is not None:
                    self._top = starts[position] - line
                    break

        position = self.listing.position(self.cursor)

        if self._reveals and position is not None:
            self._top = min(self._top, starts[position])
            self._top = max(self._top, starts[position + 1] - self.body_height)

        self._reveals = False
        self._top = max(0, min(self._top, starts[-1] - self.body_height))

    def _starts(self, sheet: Sheet) -> Sequence[int]:
        """The line on which each row begins, and the end."""
        if self._wrap_lines == 1 or not self.listing:
            return range(len(self.listing) + 1)

        measured = self._measured

        if measured is None or measured[0] is not self.listing or measured[1] is not sheet:
            heights = (sheet.height(row) for row in self.listing.rows)
            measured = self.listing, sheet, list(accumulate(heights, initial=0))
            self._measured = measured

        return measured[2]

    def _order(self) -> Sequence[int] | None:
        """The columns that were chosen, by index; None is all of them."""
        places = {column.key: place for place, column in enumerate(self.listing.table.columns)}
        chosen = [places[key] for key in dict.fromkeys(self.compact) if key in places]

        return chosen if chosen and self.is_compact else None

    def _sheet_for(self, brushes: Brushes, chrome: Chrome) -> Sheet:
        columns = self.listing.table.columns
        slots = arrange(columns, self._inner_width, skip=self._skip, order=self._order())
        width = self._inner_width + GUTTER
        sheet = Sheet(columns, slots, width, brushes, chrome, self._wrap_lines)

        if self._sheet is None or sheet != self._sheet:
            self._sheet = sheet
            self._drawn.clear()
            self._thumbed.clear()
            self._heads.clear()

        return self._sheet

    def _body(
        self, sheet: Sheet, starts: Sequence[int], *, is_focused: bool
    ) -> tuple[list[Strip], tuple[str, ...]]:
        listing = self.listing
        lines: list[Strip] = []
        keys: list[str] = []
        drawn: dict[str, tuple[Row, Mark, tuple[Strip, ...]]] = {}
        thumbed: dict[int, tuple[Strip, Strip]] = {}
        thumb = self._thumb(starts[-1])
        position = _row_of(starts, self._top)

        while position < len(listing) and len(lines) < self.body_height:
            row = listing.row(position)
            mark = self._mark(row, is_focused=is_focused)
            before = self._drawn.get(row.key)
            is_known = before is not None and before[1] == mark and before[0] == row
            strips = before[2] if is_known and before is not None else sheet.row(row, mark)
            drawn[row.key] = (row, mark, strips)
            hidden = max(0, self._top - starts[position])

            for strip in strips[hidden : hidden + self.body_height - len(lines)]:
                if len(lines) in thumb:
                    known = self._thumbed.get(id(strip))
                    thumbed[id(strip)] = known or (strip, sheet.with_thumb(strip))
                    lines.append(thumbed[id(strip)][1])
                else:
                    lines.append(strip)

                keys.append(row.key)

            position += 1

        self._drawn, self._thumbed = drawn, thumbed

        while len(lines) < self.body_height:
            says_why = not listing and not lines
            lines.append(sheet.blank(self._why_empty() if says_why else ""))

        return lines, tuple(keys)

    def _why_empty(self) -> str:
        if self.listing.hidden:
            return f"{self.listing.hidden} hidden by the filter; esc shows them"

        return self.listing.table.empty

    def _mark(self, row: Row, *, is_focused: bool) -> Mark:
        mark = Mark.TAGGED if row.key in self.tags else Mark.NONE

        if row.key == self.cursor:
            mark |= Mark.CURSOR | (Mark.FOCUSED if is_focused else Mark.NONE)

        return mark

    def _thumb(self, lines: int) -> range:
        """Which lines of the body carry the scroll thumb."""
        if lines <= self.body_height or not self.body_height:
            return range(0)

        size = max(1, self.body_height * self.body_height // lines)
        start = self._top * (self.body_height - size) // (lines - self.body_height)

        return range(start, start + size)

    def _states(self, starts: Sequence[int]) -> list[str]:
        listing = self.listing
        states = [f"{len(self.tags)} tagged"] if self.tags else []
        states += ["faults only"] if listing.faults_only else []
        states += [self._label] if self._label else []

        if listing.hidden:
            states.append(f"{len(listing)} of {len(listing.table.rows)}")
        elif starts[-1] > self.body_height and listing:
            last = _row_of(starts, min(starts[-1] - 1, self._top + self.body_height - 1))
            states.append(f"{_row_of(starts, self._top) + 1}–{last + 1} of {len(listing)}")

        return states


def _row_of(starts: Sequence[int], line: int) -> int:
    return max(0, bisect_right(starts, line) - 1)
