"""The lines of a log: by level, broken or not, searched, followed or held. Memory is bounded."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Offset, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from typing_extensions import override

from ehtui.domain.world.process import LogLevel
from ehtui.tui.strips import Brushes, Mark, look_in, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ehtui.domain.world.process import LogLine
    from ehtui.tui.chrome import Chrome

MOST_LINES = 5000
_GUTTER = 2
_ANY_LINES = 10_000
_LOOKS = (
    (LogLevel.ERROR, "critical"),
    (LogLevel.WARNING, "warning"),
    (LogLevel.INFO, ""),
    (LogLevel.TRACE, "dim"),
)


class _Row(NamedTuple):
    """A line of the view: a line of the log, or a part of one that is broken."""

    line: LogLine
    text: str
    is_first: bool


class LogView(ScrollView, can_focus=True):
    """Draws what it was given, the newest last; scrolling up holds it, the end follows again."""

    DEFAULT_CSS = """
    LogView {
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
    }
    """

    def __init__(self, chrome: Chrome) -> None:
        super().__init__()
        self._chrome = chrome
        self._kept: deque[LogLine] = deque(maxlen=MOST_LINES)
        self._rows: list[_Row] = []
        self._matches: Callable[[str], bool] | None = None
        self._hit: LogLine | None = None
        self._brushes: Brushes | None = None
        self.least: LogLevel | None = None
        self.only_ownership = False
        self.wraps = True
        self.follows = True
        self.unseen = 0  # that came while it was held

    def add(self, lines: Sequence[LogLine]) -> None:
        """Newer lines; those that are too many are forgotten, the oldest first."""
        is_full = len(self._kept) + len(lines) > MOST_LINES
        self._kept.extend(lines)
        self.unseen = 0 if self.follows else self.unseen + sum(map(self._shows, lines))

        if is_full:
            self.lay_out()
        elif lines and self.size.width:
            self._rows += self._rows_of(lines)
            self._settle()

    def lay_out(self) -> None:
        """Choose and break the lines anew; what stood at the top stays there."""
        if not self.size.width:
            return

        top = self._rows[self.scroll_offset.y].line if self._has_row(self.scroll_offset.y) else None
        self._rows = list(self._rows_of(self._kept))
        self._settle()

        if top is not None and not self.follows:
            self._show_line(top, at_top=True)

    def hold(self, *, held: bool) -> None:
        """Stand still, or follow."""
        self.follows = not held
        self.unseen = 0
        self._settle()

    def search(self, matches: Callable[[str], bool] | None) -> int:
        """Find lines; goes to the newest that was seen. How many there are."""
        self._matches, self._hit = matches, None
        hits = self._hits()

        if hits:
            bottom = self.scroll_offset.y + self.size.height
            seen = [place for place in hits if place < bottom]
            self._go_to_hit(seen[-1] if seen else hits[0])

        self.refresh()
        return len(hits)

    def next_hit(self, step: int) -> tuple[int, int] | None:
        """Go to another hit, around the end: which of how many; None where there is none."""
        hits = self._hits()

        if not hits:
            return None

        lines = [self._rows[place].line for place in hits]
        now = next((n for n, line in enumerate(lines) if line is self._hit), -1 if step > 0 else 0)
        number = (now + step) % len(hits)
        self._go_to_hit(hits[number])

        return number + 1, len(hits)

    def go_to_time(self, at: float) -> bool:
        """Show the first line of that moment or later; whether any line has a time."""
        timed = [line for line in self._kept if line.at is not None and self._shows(line)]

        if not timed:
            return False

        found = next((line for line in timed if line.at is not None and line.at >= at), timed[-1])
        self.follows = False
        self._show_line(found, at_top=True)

        return True

    @property
    def texts(self) -> list[str]:
        """What its rows say, seen or not."""
        return [row.text for row in self._rows]

    @property
    def _width(self) -> int:
        """Beside the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def _empty(self) -> str:
        return "No lines of that kind." if self._kept else "No lines yet."

    # Textual's side.

    @override
    def render_line(self, y: int) -> Strip:
        if self._brushes is None:
            self._brushes = Brushes(self.rich_style, partial(look_in, self.app))

        place, width = y + self.scroll_offset.y, self._width

        if not self._has_row(place):
            words = "" if self._rows or y else self._empty
            line = Strip([Segment(words, self._brushes.named("dim"))])
            return line.adjust_cell_length(width, self._brushes.named(""))

        row = self._rows[place]
        mark = Mark.CURSOR | Mark.FOCUSED if row.line is self._hit else Mark.NONE
        sign = self._chrome.cursor if row.line.is_ownership else " "
        left = self.scroll_offset.x
        pieces = [
            Segment(
                f"{sign} ", self._brushes.named("state" if row.line.is_ownership else "", mark)
            ),
            Segment(row.text, self._brushes.named(_look(row.line), mark)),
        ]
        line = Strip(pieces).crop_extend(left, left + width, self._brushes.named("", mark))

        return line.adjust_cell_length(width, self._brushes.named("", mark))

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._brushes = None

    def on_resize(self) -> None:
        """Break the lines for the new width; how far it scrolls is known after the layout."""
        self.lay_out()
        self.call_after_refresh(self._settle)

    @override
    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        is_at_end = new_value >= self.max_scroll_y

        if is_at_end != self.follows and (is_at_end or new_value < old_value):
            self.follows = is_at_end
            self.unseen = 0

    # Rows.

    def _shows(self, line: LogLine) -> bool:
        if self.only_ownership and not line.is_ownership:
            return False

        return self.least is None or (line.level is not None and line.level >= self.least)

    def _rows_of(self, lines: Sequence[LogLine] | deque[LogLine]) -> Iterator[_Row]:
        room = max(10, self._width - _GUTTER)

        for line in lines:
            if not self._shows(line):
                continue

            parts = wrap(line.text, room, _ANY_LINES) if self.wraps else (line.text,)
            yield from (_Row(line, part, not number) for number, part in enumerate(parts))

    def _settle(self) -> None:
        width = self._width

        if not self.wraps:
            width = max([cell_len(row.text) + _GUTTER for row in self._rows] or [width])

        self.virtual_size = Size(max(width, 1), len(self._rows))

        if self.follows:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True, immediate=True)
            self.vertical_scrollbar.position = self.scroll_y  # one that comes only now knows none
            seen = min(len(self._rows), self.size.height)
            self.app.cursor_position = self.content_region.offset + Offset(0, max(0, seen - 1))

        self.refresh()

    def _has_row(self, place: int) -> bool:
        return 0 <= place < len(self._rows)

    def _hits(self) -> list[int]:
        """Rows where a line begins that is searched for."""
        matches = self._matches

        if matches is None:
            return []

        return [n for n, row in enumerate(self._rows) if row.is_first and matches(row.line.text)]

    def _go_to_hit(self, place: int) -> None:
        self._hit = self._rows[place].line
        self.follows = False
        self._show_line(self._hit, at_top=False)

    def _show_line(self, line: LogLine, *, at_top: bool) -> None:
        place = next((n for n, row in enumerate(self._rows) if row.line is line), None)

        if place is None:
            return

        top = place if at_top else max(0, place - self.size.height // 2)
        self.scroll_to(y=min(top, self.max_scroll_y), animate=False, force=True, immediate=True)
        self.app.cursor_position = self.content_region.offset + Offset(
            0, place - int(self.scroll_y)
        )
        self.refresh()


def _look(line: LogLine) -> str:
    """As loud as its level; without one an ownership line is plain, and everything else faint."""
    if line.level is None:
        return "" if line.is_ownership else "dim"

    return next((look for least, look in _LOOKS if line.level >= least), "dim")
