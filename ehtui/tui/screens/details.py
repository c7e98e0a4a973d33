"""Everything known about one row, with the raw values; it goes on counting while it is open."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import work
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static
from typing_extensions import override

from ehtui.tui.dialog_text import dialog_text
from ehtui.tui.grid_layout import wrap
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.dialog import TONES, Dialog
from ehtui.tui.widgets.chart import Chart
from ehtui.views.details import inspected
from ehtui.views.keys import consumer_at
from ehtui.views.lags import partition_curve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from ehtui.views.cells import Line, Section

_LABEL_CELLS = 22
_UNBROKEN = 10_000


class Facts(Static):
    """Sections of facts, their lines broken for the width they have."""

    def __init__(self) -> None:
        super().__init__(id="body")
        self._sections: Sequence[Section] = ()

    @property
    def words(self) -> str:
        """All of it as text."""
        return _told(self._sections, _UNBROKEN).plain

    def show(self, sections: Sequence[Section]) -> None:
        """Draw newer facts."""
        if sections != self._sections:
            self._sections = sections
            self._tell()

    def on_resize(self) -> None:
        """Break the lines anew."""
        self._tell()

    def _tell(self) -> None:
        if self.size.width:
            self.update(_told(self._sections, self.size.width))


class DetailsScreen(Dialog[None]):
    """Facts under their headings; for a partition with the curve of its lag."""

    DEFAULT_CSS = """
    DetailsScreen {
        & > #box { width: 104; }
        #facts { height: auto; max-height: 100%; scrollbar-gutter: stable; }
        Chart { margin: 0 0 1 0; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DETAILS), *bindings(Scope.CHART)]

    def __init__(self, pane: str, key: str) -> None:
        super().__init__()
        self._pane = pane
        self._key = key
        self._found: Sequence[Section] = ()  # by a close look

    @override
    def heading(self) -> str:
        return self._pane.removesuffix("s").capitalize()

    @override
    def hint(self) -> str:
        chart = "←→ looks back · + - zooms · " if self._pane == "partitions" else ""

        return f"↑↓ scrolls · {chart}y copies · esc closes"

    @override
    def content(self) -> Iterable[Widget]:
        if self._pane == "partitions":
            yield Chart("lag", self.app.tables.clock, self.app.chrome)

        yield VerticalScroll(Facts(), id="facts")

    def on_mount(self) -> None:
        """Follow the snapshot."""
        self.watch(self.app, "snapshot", self._show, init=False)
        self._show()
        self.set_focus(self.query_one("#facts"))

        if self._pane == "consumers":
            self._look_closely()

    @work(group="inspect", exit_on_error=False)
    async def _look_closely(self) -> None:
        """Add what is too dear to read of every process all the time."""
        app = self.app
        consumer = consumer_at(app.snapshot, self._key)

        if consumer is not None:
            self._found = inspected(await app.backend.inspect(consumer.process.id))
            self._show()

    def _show(self) -> None:
        app = self.app
        words = dialog_text(app)
        sections = words.details(app.snapshot, app.group, self._pane, self._key)

        if not sections:
            self.say_below("no longer there · esc closes")
        else:
            self.query_one(Facts).show([*sections, *self._found])

        for chart in self.query(Chart):
            snapshot, group = app.snapshot, app.snapshot.group(app.group)
            chart.show(partial(partition_curve, snapshot, group, self._key), snapshot.host_ahead_s)
            chart.display = partition_curve(snapshot, group, self._key, 1).highest is not None

    def action_look(self, step: int) -> None:
        """The chart's keys work wherever the focus is."""
        for chart in self.query(Chart):
            chart.action_look(step)

    def action_zoom(self, step: int) -> None:
        """As on the chart."""
        for chart in self.query(Chart):
            chart.action_zoom(step)

    def action_copy(self) -> None:
        """Copy all of it as text."""
        self.app.copy_to_clipboard(self.query_one(Facts).words)
        self.app.say("Copied.")


def _told(sections: Sequence[Section], width: int) -> Content:
    return Content("\n\n").join(_section(section, width) for section in sections)


def _section(section: Section, width: int) -> Content:
    lines = [Content.styled(section.heading, "bold $primary")]
    lines += [_line(line, width) for line in section.lines]

    return Content("\n").join(lines)


def _line(line: Line, width: int) -> Content:
    """Label and value; what is too long goes on below the value."""
    label = f"{line.label:<{_LABEL_CELLS}} " if line.label else ""
    parts = wrap(line.value, max(10, width - cell_len(label)), _UNBROKEN)
    value = f"\n{' ' * cell_len(label)}".join(parts)

    return Content.assemble((label, "$dim"), (value, TONES[line.tone]))
