"""A lag over time as a filled curve: arithmetic in eighths of a cell, and two widgets."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.chrome import ASCII, UNICODE, Chrome
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.strips import Brushes, Title, changed_regions, look_in, title_line
from ehtui.views.formats import Clock, count, duration
from ehtui.views.lags import LagCurve, group_curve, zoomed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType

    from ehtui.domain.snapshot import Snapshot

    CurveOf = Callable[[int, float | None], LagCurve]  # slices, span

AXIS_CELLS = 9
EIGHTHS = " ▁▂▃▄▅▆▇█"
ASCII_EIGHTHS = "  ...:::#"
_MARGIN = 2
# Tops of an axis, a quarter apart at most: a curve fills four fifths of its space.
_STEPS = (1, 1.2, 1.5, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10)


def nice_top(highest: float) -> float:
    """The least round number that is no less, and no more than a quarter more."""
    if highest <= 1:
        return 1.0

    unit = 10.0 ** math.floor(math.log10(highest))
    return next(step * unit for step in _STEPS if step * unit >= highest)


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


def labels(top: float, height: int) -> list[str]:
    """What the axis says on each line: the top, and its half where that is a whole number."""
    half = top / 2
    told = {0: top} | ({height // 2: half} if height % 2 == 0 and half == int(half) else {})
    return [count(round(told[line])) if line in told else "" for line in range(height)]


class Chart(Widget, can_focus=True):
    """One curve. Left and right move a cursor, plus and minus zoom at the newest end."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.CHART))
    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--curve", "chart--axis", "chart--cursor"}
    DEFAULT_CSS = """
    Chart {
        height: 10;
        background: $background;
        .chart--curve { color: $chart; }
        .chart--axis { color: $dim; }
        .chart--cursor { color: $foreground; text-style: bold; }
    }
    """

    def __init__(self, name: str, clock: Clock, chrome: Chrome = UNICODE) -> None:
        super().__init__(id="chart")
        self._label = name
        self._clock = clock
        self._chrome = chrome
        self._curve_of: CurveOf | None = None
        self._curve = LagCurve()
        self._span_s: float | None = None  # None: as long as it is known
        self._host_ahead_s = 0.0
        self._back = 0  # slices from the newest; 0 is the newest itself

    def show(self, curve_of: CurveOf, host_ahead_s: float = 0.0) -> None:
        """Draw what is known by now."""
        self._curve_of, self._host_ahead_s = curve_of, host_ahead_s
        self._redraw()

    def on_resize(self) -> None:
        """Slice for the new width."""
        self._redraw()

    def _redraw(self) -> None:
        if self._curve_of is None or not self.size:
            return

        curve = self._curve_of(max(1, self.size.width - AXIS_CELLS), self._span_s)

        if curve != self._curve:
            self._curve = curve
            self.refresh()

    @override
    def render_line(self, y: int) -> Strip:
        width, height = self.size
        values, body = self._curve.values, height - 2
        axis = self.get_component_rich_style("chart--axis")

        if y == 0:
            return self._title(width)

        if y > body or not values:
            return self._times(width)

        top = nice_top(self._curve.highest or 0.0)
        eighths = ASCII_EIGHTHS if self._chrome is ASCII else EIGHTHS
        line = drawn(values, top, body, eighths)[y - 1]
        at = len(values) - 1 - self._back
        curve = self.get_component_rich_style("chart--curve")

        return Strip(
            [
                Segment(f"{labels(top, body)[y - 1]:>{AXIS_CELLS - 1}} ", axis),
                Segment(line[:at], curve),
                Segment(line[at : at + 1], self.get_component_rich_style("chart--cursor")),
                Segment(line[at + 1 :], curve),
            ],
            AXIS_CELLS + len(values),
        ).adjust_cell_length(width, axis)

    def action_look(self, step: int) -> None:
        """Move the cursor in time."""
        self._back = max(0, min(len(self._curve.values) - 1, self._back - step))
        self.refresh()

    def action_zoom(self, step: int) -> None:
        """Look at less or more time, from half a minute to an hour."""
        self._span_s = zoomed(self._curve.span_s, step)
        self._redraw()

    def _title(self, width: int) -> Strip:
        curve = self._curve
        place = len(curve.values) - 1 - self._back
        value = curve.values[place] if 0 <= place < len(curve.values) else None
        slice_s = curve.span_s / max(1, len(curve.values))
        at = curve.ends_at - slice_s * self._back + self._host_ahead_s
        axis = self.get_component_rich_style("chart--axis")
        told = count(None if value is None else round(value))
        words = [
            Segment(self._label, axis),
            Segment(f"  {told}", self.get_component_rich_style("chart--cursor")),
            Segment(f"  at {self._clock.time(at)}", axis),
        ]

        return Strip(words).adjust_cell_length(width, axis)

    def _times(self, width: int) -> Strip:
        axis = self.get_component_rich_style("chart--axis")
        left = f"{'':{AXIS_CELLS}}{duration(self._curve.span_s)} ago"
        right = self._clock.time(self._curve.ends_at + self._host_ahead_s)
        space = max(1, width - len(left) - len(right))

        return Strip([Segment(f"{left}{' ' * space}{right}", axis)]).adjust_cell_length(width, axis)


class LagPane(Widget):
    """A group's curve under a rule; it repaints the cells that changed."""

    DEFAULT_CSS = """
    LagPane { background: $background; color: $foreground; }
    """

    def __init__(self, chrome: Chrome, *, id: str = "lag") -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._chrome = chrome
        self._picture: tuple[Snapshot, str, float | None] | None = None
        self._curve = LagCurve()
        self._lines: tuple[Strip, ...] = ()
        self._brushes: Brushes | None = None
        self._names_group = False

    def zoomed(self, step: int) -> float:
        """How much time it would show, one step closer or farther."""
        return zoomed(self._curve.span_s, step)

    def show(
        self,
        snapshot: Snapshot,
        group: str,
        span_s: float | None = None,
        *,
        names_group: bool = False,
    ) -> None:
        """Draw a newer picture; `span_s` None is as long as it is known."""
        self._picture, self._names_group = (snapshot, group, span_s), names_group
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
        self._curve = self._sliced(max(1, width - AXIS_CELLS - _MARGIN))
        rule = title_line(
            self._title(), width=width, is_focused=False, brushes=brushes, chrome=self._chrome
        )
        body = height - 3  # the rule, the moments, and air below
        has_curve = self._curve.highest is not None
        lines = [rule, *(self._plotted(body, brushes) if body > 0 else [])]
        lines += [self._moments(width, brushes)] if has_curve and body > 0 else []
        lines += [Strip([])] * (height - len(lines))

        return tuple(line.adjust_cell_length(width, plain) for line in lines[:height])

    def _sliced(self, slices: int) -> LagCurve:
        if self._picture is None:
            return LagCurve()

        snapshot, group, span_s = self._picture
        return group_curve(snapshot, snapshot.group(group), slices, span_s)

    def _title(self) -> Title:
        group = self._picture[1] if self._picture is not None else ""
        name = f"Lag of {safe(group)}" if self._names_group else "Lag"
        highest = self._curve.highest
        last = f"last {duration(self._curve.span_s)}"

        return Title(name, "" if highest is None else f"{last} · peak {count(round(highest))}")

    def _plotted(self, body: int, brushes: Brushes) -> list[Strip]:
        note, highest = brushes.named("note"), self._curve.highest

        if highest is None:
            return [Strip([Segment("  not known yet", note)])]

        top = nice_top(highest)
        signs = ASCII_EIGHTHS if self._chrome is ASCII else EIGHTHS
        curve = drawn(self._curve.values, top, body, signs)

        return [
            Strip(
                [
                    Segment(f"{label:>{AXIS_CELLS - 1}} ", note),
                    Segment(line, brushes.named("chart")),
                ]
            )
            for label, line in zip(labels(top, body), curve, strict=True)
        ]

    def _moments(self, width: int, brushes: Brushes) -> Strip:
        """Lengths, not times of day: those would be written anew with every picture."""
        ago = f"{duration(self._curve.span_s)} ago"
        space = max(1, width - AXIS_CELLS - _MARGIN - len(ago) - len("now"))

        return Strip([Segment(f"{'':{AXIS_CELLS}}{ago}{' ' * space}now", brushes.named("note"))])
