"""A table on Textual's Line API: it repaints the cells that changed and keeps its place by key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual.geometry import Offset
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from ehtui.tui.chrome import UNICODE, Chrome
from ehtui.tui.grid_drawing import Drawing, Frame
from ehtui.tui.grid_viewport import Listing, RowFilter, Sort, Viewport
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.strips import Brushes, changed_regions, look_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.binding import BindingType

    from ehtui.views.cells import Row, Table


DOUBLE_CLICK = 2
WHEEL_LINES = 3


class Grid(Widget, can_focus=True):
    """Draws a `Table`. Cursor and tags are keys of rows, never positions."""

    ALLOW_MAXIMIZE = True
    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.GRID))
    DEFAULT_CSS = """
    Grid { height: 1fr; background: $background; color: $foreground; }
    """

    @dataclass
    class CursorMoved(Message):
        """Another row is under the cursor; None when there is no row."""

        grid: Grid
        key: str | None

    @dataclass
    class RowSelected(Message):
        """A row was opened by Enter or a double click."""

        grid: Grid
        key: str

    @dataclass
    class NoHit(Message):
        """There is no next hit; nothing was ever sought, or nothing is found."""

        grid: Grid
        is_sought: bool

    @dataclass
    class LinesWanted(Message):
        """Its rows take more or fewer lines than before."""

        grid: Grid

    def __init__(
        self,
        heading: str,
        *,
        id: str | None = None,  # noqa: A002 - Textual's own word
        chrome: Chrome = UNICODE,
        wrap_lines: int = 1,
        headings: bool = True,
        follows_top: bool = False,
        compact: Sequence[str] = (),
    ) -> None:
        super().__init__(id=id)
        self._view = Viewport(follows_top=follows_top)
        self._drawing = Drawing(
            heading, chrome, wrap_lines=wrap_lines, headings=headings, compact=compact
        )
        self._frame = Frame(())
        self._brushes: Brushes | None = None
        self._sought: RowFilter | None = None

    @property
    def cursor(self) -> str | None:
        """The key of the row under the cursor."""
        return self._view.cursor

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._view.row

    @property
    def listing(self) -> Listing:
        """What is shown, in order."""
        return self._view.listing

    @property
    def targets(self) -> tuple[str, ...]:
        """What an action is about: tagged rows in their order, else the one under the cursor."""
        return self._view.targets

    @property
    def cursor_lines(self) -> range:
        """The lines of the screen on which the selected row stands; none where it is not seen."""
        keys = self._frame.keys
        if self.cursor not in keys:
            return range(0)
        first = self.region.y + self._frame.head + keys.index(self.cursor)
        return range(first, first + keys.count(self.cursor))

    @property
    def lines_wanted(self) -> int:
        """How many lines its rows take at this width."""
        return self._view.lines

    def show(self, table: Table) -> None:
        """Draw a newer table; cursor, tags and scroll stay with their rows."""
        if self.listing.shows(table):
            return
        before = self.cursor
        self._view.show(table)
        self._redraw()
        self._tell_cursor(before)

    def filter_rows(
        self, matches: RowFilter | None, label: str = "", *, moves: bool = False
    ) -> None:
        """Show matching rows only; `label` says so in the title.

        What they must match is what `n` goes to, also when all rows are shown again.
        """
        self._view.label = label
        self._sought = matches or self._sought
        self._rearrange(replace(self.listing, matches=matches, moves=moves))

    def seek(self, matches: RowFilter | None, label: str = "") -> None:
        """What `n` goes to, in rows that somebody else has filtered; `label` says so."""
        self._view.label = label
        self._sought = matches or self._sought
        self._redraw()

    def show_faults_only(self, *, only: bool) -> None:
        """Show rows of at least a warning only."""
        self._rearrange(replace(self.listing, faults_only=only))

    def sort_by(self, sort: Sort | None) -> None:
        """Order by a column, and go to the top of it; None is the table's own order."""
        self._rearrange(replace(self.listing, sort=sort))
        if self.cursor is not None:
            self._move(0)

    @property
    def columns_shown(self) -> tuple[str, ...]:
        """Keys of the columns that were chosen; all of them where none were."""
        chosen = self._drawing.chosen
        return chosen or tuple(column.key for column in self.listing.table.columns)

    def choose_columns(self, keys: tuple[str, ...]) -> None:
        """Show these, where they fit, beside other panes and alone."""
        self._drawing.choose(keys)
        self._redraw()

    def move_to(self, key: str, *, in_the_middle: bool = False) -> None:
        """Put the cursor on a row, if it is shown; in the middle, so that what follows is seen."""
        position = self.listing.position(key)
        if position is None:
            return
        if in_the_middle:
            self._move(min(position + self.size.height // 2, len(self.listing) - 1))
        self._move(position)

    def set_alone(self, *, alone: bool) -> None:
        """Alone on the screen it shows its headings and every column that fits."""
        self._drawing.is_alone = alone
        self._redraw()

    # Textual's side: size, style, focus, lines.

    @override
    def render_line(self, y: int) -> Strip:
        if not self._frame.fits(self.size):  # painted before the resize was told
            self._draw()
        lines = self._frame.lines
        return lines[y] if y < len(lines) else Strip.blank(self.size.width)

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._brushes = None
        self._frame = Frame(())
        if self.is_mounted:
            self.call_next(self._redraw)

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        self._redraw()

    def on_focus(self) -> None:
        """Show the cursor strongly; the first focus chooses the first row."""
        before = self.cursor
        self._view.take_focus()
        self._redraw()
        self._tell_cursor(before)

    def on_blur(self) -> None:
        """Show the cursor faintly."""
        self._redraw()

    def on_click(self, event: events.Click) -> None:
        """A row is chosen, twice opens it; a header sorts."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        column = self._frame.column_at(offset.x, offset.y)
        key = self._frame.row_at(offset.y)
        if column is not None:
            self._sort_by_click(column)
        elif key is not None:
            self.move_to(key)
            if event.chain == DOUBLE_CLICK:
                self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll without moving the cursor."""
        event.stop()
        self._scroll(WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll without moving the cursor."""
        event.stop()
        self._scroll(-WHEEL_LINES)

    # Actions, bound by the key table.

    def action_move(self, rows: int) -> None:
        """Move the cursor by so many rows."""
        self._move(self._view.cursor_row + (rows if self.cursor else 0))

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many screens of rows."""
        self._move(self._view.cursor_row + pages * max(1, self._view.height - 1))

    def action_half_page(self, pages: int) -> None:
        """Move the cursor by so many halves of a screen of rows."""
        self._move(self._view.cursor_row + pages * max(1, self._view.height // 2))

    def action_first(self) -> None:
        """Go to the first row."""
        self._move(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self._move(len(self.listing) - 1)

    def action_columns(self, columns: int) -> None:
        """Scroll sideways, a column at a time; the first stays."""
        self._drawing.skip_columns(self.listing, columns)
        self._redraw()

    def action_open(self) -> None:
        """Tell that the row under the cursor was opened; ring where there is none."""
        if self.cursor is None:
            self.app.bell()
        else:
            self.post_message(self.RowSelected(self, self.cursor))

    def action_tag(self) -> None:
        """Tag or untag the row under the cursor and go on to the next."""
        if self.cursor is not None:
            self._view.toggle_tag(self.cursor)
            self.action_move(1)
            self._redraw()

    def action_next_problem(self) -> None:
        """Go to the next row of at least a warning, around the end."""
        found = self._view.next_fault()
        if found is None:
            self.app.bell()
        else:
            self._move(found)

    def action_next_hit(self, step: int) -> None:
        """Go to the next row that the pane's last filter matches, or to the one before."""
        found = None if self._sought is None else self._view.next_match(self._sought, step)
        if found is None:
            self.post_message(self.NoHit(self, is_sought=self._sought is not None))
        else:
            self._move(found)

    def _sort_by_click(self, column: str) -> None:
        was_rising = self.listing.sort == Sort(column)
        self.sort_by(Sort(column, descending=was_rising))

    def _move(self, position: int) -> None:
        before = self.cursor
        self._view.move(position)
        self._redraw()
        self._tell_cursor(before)

    def _scroll(self, lines: int) -> None:
        self._view.scroll(lines)
        self._redraw()

    def _rearrange(self, listing: Listing) -> None:
        before = self.cursor
        self._view.rearrange(listing)
        self._redraw()
        self._tell_cursor(before)

    def _tell_cursor(self, before: str | None) -> None:
        if self.cursor != before:
            self.post_message(self.CursorMoved(self, self.cursor))

    def _redraw(self) -> None:
        """Draw the frame and repaint only the cells in which it differs from the one before."""
        if not self.is_mounted or not self.size:
            return
        old = self._frame
        self._draw()
        self.mark_cursor()
        if not old.fits(self.size):
            self.refresh()
            return
        if regions := changed_regions(old.lines, self._frame.lines):
            self.refresh(*regions)

    def mark_cursor(self) -> None:
        """Let the terminal's own cursor stand on the selected row: screen readers follow it.

        Textual sends its place at the end of each painting, whatever it is: this costs nothing.
        """
        line = self._frame.line_of(self.cursor) if self.has_focus else None
        if line is not None:
            self.app.cursor_position = self.content_region.offset + Offset(0, line)

    def _draw(self) -> None:
        if self._brushes is None:
            self._brushes = Brushes(self.rich_style, partial(look_in, self.app))
        wanted = self.lines_wanted
        self._frame = self._drawing.frame(
            self._view, self.size, self._brushes, is_focused=self.has_focus
        )
        if self.lines_wanted != wanted:
            self.post_message(self.LinesWanted(self))
