"""The lag of a group over time, and the groups beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from ehtui.tui.chrome import ASCII, Chrome
from ehtui.tui.grid import Grid
from ehtui.tui.strips import Brushes, Title, changed_regions, look_in, title_line
from ehtui.tui.widgets.chart import ASCII_EIGHTHS, EIGHTHS, columns, drawn, nice_top
from ehtui.views.formats import count, duration
from ehtui.views.groups import groups_table
from ehtui.views.lags import total_lag

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ehtui.domain.snapshot import Series, Snapshot
    from ehtui.tui.chrome import Chrome

AXIS_CELLS = 9
LEAST_TOP = 100.0  # a trickle is no mountain
_MARGIN = 2


class LagPane(Widget):
    """A filled curve under a rule; it repaints the cells that changed."""

    DEFAULT_CSS = """
    LagPane { background: $background; color: $foreground; }
    """

    def __init__(self, chrome: Chrome) -> None:
        super().__init__(id="lag")
        self._chrome = chrome
        self._series: Series = ()
        self._lines: tuple[Strip, ...] = ()
        self._brushes: Brushes | None = None

    def show(self, series: Series) -> None:
        """Draw newer points, evenly spaced."""
        self._series = series
        self.redraw()

    def redraw(self) -> None:
        """Draw, and repaint what differs."""
        if not self.is_mounted or not self.size:
            return

        width = self.size.width
        before, self._lines = self._lines, self._drawn(width, self.size.height)

        if len(before) != len(self._lines) or before[0].cell_length != width:
            self.refresh()
        elif regions := changed_regions(before, self._lines):
            self.refresh(*regions)

    @override
    def render_line(self, y: int) -> Strip:
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width)

    @override
    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._brushes = None
        self._lines = ()

        if self.is_mounted:
            self.call_next(self.redraw)

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.redraw()

    def _drawn(self, width: int, height: int) -> tuple[Strip, ...]:
        looks = partial(look_in, self.app)
        brushes = self._brushes = self._brushes or Brushes(self.rich_style, looks)
        plain = brushes.named("")
        title = Title("Lag", self._sums())
        rule = title_line(
            title, width=width, is_focused=False, brushes=brushes, chrome=self._chrome
        )
        body = height - 3  # the rule, the moments, and air below
        lines = [rule, *(self._curve(width, body, brushes) if body > 0 else [])]
        lines += [self._moments(width, brushes)] if self._series and body > 0 else []
        lines += [Strip([])] * (height - len(lines))

        return tuple(line.adjust_cell_length(width, plain) for line in lines[:height])

    def _sums(self) -> str:
        if not self._series:
            return ""

        highest = max(value for _, value in self._series)

        return f"peak {count(round(highest))}"

    def _curve(self, width: int, body: int, brushes: Brushes) -> list[Strip]:
        note = brushes.named("note")

        if not self._series:
            return [Strip([Segment("  not known yet", note)])]

        plot = max(1, width - AXIS_CELLS - _MARGIN)
        values = columns(self._series, self._series[0][0], self._series[-1][0], plot)
        highest = max(value for _, value in self._series)
        top = max(LEAST_TOP, nice_top(highest))
        signs = ASCII_EIGHTHS if self._chrome is ASCII else EIGHTHS
        labelled = {0: top} | ({} if body % 2 else {body // 2: top / 2})

        return [
            Strip(
                [
                    Segment(f"{_label(labelled.get(y)):>{AXIS_CELLS - 1}} ", note),
                    Segment(line, brushes.named("chart")),
                ]
            )
            for y, line in enumerate(drawn(values, top, body, signs))
        ]

    def _moments(self, width: int, brushes: Brushes) -> Strip:
        """Lengths, not times of day: those would be written anew with every picture."""
        ago = f"{duration(round(self._series[-1][0] - self._series[0][0]))} ago"
        space = max(1, width - AXIS_CELLS - _MARGIN - len(ago) - len("now"))

        return Strip([Segment(f"{'':{AXIS_CELLS}}{ago}{' ' * space}now", brushes.named("note"))])


def _label(value: float | None) -> str:
    return "" if value is None else count(round(value))


class Band(Horizontal):
    """Same events, independent checkpoints: a row a group, and the curve of the one on screen."""

    DEFAULT_CSS = """
    Band {
        LagPane { width: 11fr; }
        Grid { width: 9fr; margin-left: 1; }
    }
    """

    def __init__(self, chrome: Chrome) -> None:
        super().__init__(id="band")
        self._chrome = chrome
        self._picture: tuple[Snapshot, str] | None = None

    @override
    def compose(self) -> ComposeResult:
        yield LagPane(self._chrome)
        yield Grid("Groups", id="groups", chrome=self._chrome)

    def on_mount(self) -> None:
        """Draw what was to be shown before there was anything to draw on."""
        self._draw()

    def show(self, snapshot: Snapshot, group: str) -> None:
        """Draw a newer picture."""
        self._picture = snapshot, group

        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        if self._picture is not None:
            snapshot, group = self._picture
            self.query_one(LagPane).show(total_lag(snapshot, snapshot.group(group)))
            self.query_one(Grid).show(groups_table(snapshot))
