"""Many lines of facts and text, broken to the width, searched: drawn as they come into view."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from typing_extensions import override

from ehtui.tui.strips import Brushes, Mark, look_in
from ehtui.views.cells import Tone
from ehtui.views.width import pieces, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ehtui.views.cells import Section

_LABEL_CELLS = 32
_LEAST_CELLS = 8
_TONES = {Tone.PLAIN: "", Tone.DIM: "dim"}


class Row(NamedTuple):
    """A line of the view: a line of the text, or a part of one that is broken."""

    text: str
    line: int  # of the text
    label: str = ""
    style: str = ""


def rows_of(sections: Sequence[Section], width: int) -> list[Row]:
    """Sections in lines of so many cells. Long words are broken anywhere."""
    return list(_rows(sections, max(_LEAST_CELLS, width)))


def _rows(sections: Sequence[Section], width: int) -> Iterator[Row]:
    labels = [line.label for each in sections for line in each.lines]
    cells = min(max(map(cell_len, labels), default=0), _LABEL_CELLS, width * 2 // 5)
    number = 0

    for section in sections:
        if number:
            yield Row("", number)

        number += 1
        yield from (
            Row(part, number, style="title-focused") for part in _parts(section.heading, width)
        )

        for line in section.lines:
            number += 1
            style = _TONES.get(line.tone, str(line.tone))
            label = f"{line.label[:cells]:<{cells}} " if line.label else ""
            room = width - cell_len(label)

            parts = wrap(line.value, room) if label else _parts(line.value, room)

            for place, part in enumerate(parts):
                yield Row(part, number, label if not place else " " * cell_len(label), style)


def _parts(text: str, cells: int) -> Sequence[str]:
    if not text.isascii():
        return pieces(text, cells)

    return [text[at : at + cells] for at in range(0, max(1, len(text)), cells)]


class Pager(ScrollView, can_focus=True):
    """Shows rows that somebody else broke for its width: those of a large text take a while."""

    DEFAULT_CSS = """
    Pager {
        height: 1fr;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
    }
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._rows: Sequence[Row] = ()
        self._matches: Callable[[str], bool] | None = None
        self._hits: Sequence[int] = ()
        self._hit: int | None = None  # a line's number
        self._brushes: Brushes | None = None

    @property
    def cells(self) -> int:
        """Beside the scroll bar."""
        return self.scrollable_content_region.width

    @property
    def texts(self) -> list[str]:
        """What its rows say, seen or not."""
        return [f"{row.label}{row.text}" for row in self._rows]

    def show(self, rows: Sequence[Row], *, stays: bool) -> None:
        """Show other rows, from their beginning or from where it stood."""
        self._rows, self._hit = rows, None
        self.virtual_size = Size(max(1, self.cells), len(rows))
        self._find()

        if not stays:
            self.scroll_home(animate=False)

        self.refresh()

    def search(self, matches: Callable[[str], bool] | None) -> int:
        """Find rows and go to the first in view or below; how many there are."""
        self._matches = matches
        self._find()
        top = self.scroll_offset.y
        below = next((place for place in self._hits if place >= top), None)

        if self._hits:
            self._go(self._hits[0] if below is None else below)

        self.refresh()

        return len(self._hits)

    def next_hit(self, step: int) -> tuple[int, int] | None:
        """Go to another hit, around the end: which of how many; None where there is none."""
        if not self._hits:
            return None

        hits = self._hits
        now = hits.index(self._hit) if self._hit in hits else (-1 if step > 0 else 0)
        number = (now + step) % len(hits)
        self._go(hits[number])
        self.refresh()

        return number + 1, len(hits)

    def _find(self) -> None:
        """A line that is broken is one hit, where it begins."""
        matches, found = self._matches, []

        if matches is not None:
            whole: dict[int, list[str]] = {}
            begins: dict[int, int] = {}

            for place, row in enumerate(self._rows):
                whole.setdefault(row.line, []).append(f"{row.label}{row.text}")
                begins.setdefault(row.line, place)

            found = [begins[line] for line, parts in whole.items() if matches("".join(parts))]

        self._hits = found

    def _go(self, place: int) -> None:
        self._hit = place
        top, height = self.scroll_offset.y, self.size.height

        if not top <= place < top + height:
            self.scroll_to(y=max(0, place - height // 3), animate=False, immediate=True)

    @override
    def render_line(self, y: int) -> Strip:
        if self._brushes is None:
            self._brushes = Brushes(self.rich_style, partial(look_in, self.app))

        place, width = y + self.scroll_offset.y, self.cells
        brushes = self._brushes

        if not 0 <= place < len(self._rows):
            return Strip.blank(width, brushes.named(""))

        row = self._rows[place]
        is_hit = self._hit is not None and row.line == self._rows[self._hit].line
        mark = Mark.CURSOR | Mark.FOCUSED if is_hit else Mark.NONE
        pieces_of_line = [
            Segment(row.label, brushes.named("dim", mark)),
            Segment(row.text, brushes.named(row.style, mark)),
        ]

        return Strip(pieces_of_line).adjust_cell_length(width, brushes.named("", mark))

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._brushes = None
