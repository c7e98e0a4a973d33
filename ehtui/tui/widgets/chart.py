"""A series as a filled curve: arithmetic on columns and eighths of a cell, and the widget."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from ehtui.tui.chrome import ASCII, UNICODE, Chrome
from ehtui.tui.keys import Scope, bindings
from ehtui.views.formats import Clock, count, duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType

    from ehtui.domain.snapshot import Series

AXIS_CELLS = 9
MOST_ZOOM = 8


class Chart(Widget, can_focus=True):
    """One series. Left and right move a cursor, plus and minus zoom at the newest end."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.CHART))
    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--curve", "chart--axis", "chart--cursor"}
    DEFAULT_CSS = """
    Chart {
        height: 10;
        background: $background;
        .chart--curve { color: $chart; }
        .chart--axis { color: $dim; }
        .chart--cursor { color: $warning; text-style: bold; }
    }
    """

    def __init__(self, name: str, clock: Clock, chrome: Chrome = UNICODE) -> None:
        super().__init__(id="chart")
        self._label = name
        self._clock = clock
        self._chrome = chrome
        self._series: Series = ()
        self._host_ahead_s = 0.0
        self._zoom = 1
        self._back = 0  # columns from the newest; 0 is the newest itself

    def show(self, series: Series, host_ahead_s: float = 0.0) -> None:
        """Draw newer points."""
        if series is not self._series:
            self._series = series
            self._host_ahead_s = host_ahead_s
            self.refresh()

    @override
    def render_line(self, y: int) -> Strip:
        width, height = self.size
        plot = max(1, width - AXIS_CELLS)
        first, last = self._window()
        values = columns(self._series, first, last, plot)
        top = nice_top(max((value for value in values if value is not None), default=0.0))
        body = height - 2

        if y == 0:
            return self._title(values, width, first, last)

        if y > body:
            return self._times(first, last, width)

        eighths = ASCII_EIGHTHS if self._chrome is ASCII else EIGHTHS
        line = drawn(values, top, body, eighths)[y - 1]
        label = count(round(top * (body - y + 1) / body)) if y in {1, (body + 1) // 2 + 1} else ""
        at = plot - 1 - self._back
        curve = self.get_component_rich_style("chart--curve")

        return Strip(
            [
                Segment(
                    f"{label:>{AXIS_CELLS - 1}} ", self.get_component_rich_style("chart--axis")
                ),
                Segment(line[:at], curve),
                Segment(line[at : at + 1], self.get_component_rich_style("chart--cursor")),
                Segment(line[at + 1 :], curve),
            ],
            AXIS_CELLS + plot,
        ).crop(0, width)

    def action_look(self, step: int) -> None:
        """Move the cursor in time."""
        most = max(0, self.size.width - AXIS_CELLS - 1)
        self._back = max(0, min(most, self._back - step))
        self.refresh(Region(0, 0, self.size.width, self.size.height))

    def action_zoom(self, step: int) -> None:
        """Look at less or more time."""
        wider = self._zoom // 2 if step < 0 else self._zoom * 2
        self._zoom = max(1, min(MOST_ZOOM, wider))
        self.refresh()

    def _window(self) -> tuple[float, float]:
        if not self._series:
            return 0.0, 1.0

        first, last = self._series[0][0], self._series[-1][0]

        return last - max(1.0, (last - first) / self._zoom), last

    def _title(self, values: list[float | None], width: int, first: float, last: float) -> Strip:
        place = len(values) - 1 - self._back
        value = values[place] if 0 <= place < len(values) else None
        at = first + (last - first) * (place + 1) / len(values)
        told = count(None if value is None else round(value))
        axis = self.get_component_rich_style("chart--axis")
        words = [
            Segment(self._label, axis),
            Segment(f"  {told}", self.get_component_rich_style("chart--cursor")),
            Segment(f"  at {self._clock.time(at + self._host_ahead_s)}", axis),
        ]

        return Strip(words).adjust_cell_length(width, axis)

    def _times(self, first: float, last: float, width: int) -> Strip:
        axis = self.get_component_rich_style("chart--axis")
        left = f"{'':{AXIS_CELLS}}{duration(last - first)} ago"
        right = self._clock.time(last + self._host_ahead_s)
        space = max(1, width - len(left) - len(right))

        return Strip([Segment(f"{left}{' ' * space}{right}", axis)]).adjust_cell_length(width, axis)


EIGHTHS = " ▁▂▃▄▅▆▇█"
ASCII_EIGHTHS = "  ...:::#"


def columns(series: Series, from_at: float, to_at: float, count: int) -> list[float | None]:
    """The highest value of each of `count` slices of time; None where nothing was measured.

    A slice without a point of its own between two points has the value of the one before: a curve
    that is sampled more rarely than it is drawn is a stair, not a comb.
    """
    width_s = max(to_at - from_at, 1e-9) / count
    highest: list[float | None] = [None] * count

    for at, value in series:
        place = math.floor((at - from_at) / width_s)
        place = count - 1 if at == to_at else place

        if 0 <= place < count:
            before = highest[place]
            highest[place] = value if before is None else max(before, value)

    known = [place for place, value in enumerate(highest) if value is not None]

    for place in range(known[0], known[-1]) if known else ():
        if highest[place] is None:
            highest[place] = highest[place - 1]

    return highest


def nice_top(highest: float) -> float:
    """The least round number that is no less: 1, 2 or 5 times a power of ten."""
    if highest <= 1:
        return 1.0

    unit = 10.0 ** math.floor(math.log10(highest))

    return next(step * unit for step in (1, 2, 5, 10) if step * unit >= highest)


def drawn(
    values: Sequence[float | None], top: float, height: int, eighths: str = EIGHTHS
) -> list[str]:
    """Lines of a filled curve, the highest first; zero still shows that it was measured."""
    steps = [
        None if value is None else max(1, round(min(value, top) / top * height * 8))
        for value in values
    ]

    return [
        "".join(
            " " if step is None else eighths[max(0, min(8, step - floor * 8))] for step in steps
        )
        for floor in reversed(range(height))
    ]
