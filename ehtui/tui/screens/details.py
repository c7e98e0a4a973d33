"""What there is to read of one thing: everything known, as it goes on; and why it is so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import work
from textual.containers import VerticalScroll
from textual.content import Content
from typing_extensions import override

from ehtui.tui.dialog_text import dialog_text
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.dialog import LOW, TIGHT, TONES, Reading, Wrapped, hanging
from ehtui.tui.widgets.chart import Chart
from ehtui.views.details import inspected
from ehtui.views.keys import consumer_at
from ehtui.views.lags import partition_curve
from ehtui.views.why import CHECKS, GLOSSARY, TO_DO, heading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from ehtui.views.cells import Section
    from ehtui.views.why import Explanation

CHART_LINES = 10
_LABEL_CELLS = 22
_UNBROKEN = 10_000


class Facts(VerticalScroll):
    """Sections of facts."""

    def __init__(self, *, id: str, classes: str = "") -> None:  # noqa: A002 - Textual's own word
        super().__init__(Wrapped(), id=id, classes=classes)
        self._sections: Sequence[Section] = ()

    def show(self, sections: Sequence[Section]) -> None:
        """Draw newer facts."""
        if sections != self._sections:
            self._sections = sections
            self.query_one(Wrapped).show(partial(_told, sections))


class DetailsScreen(Reading):
    """The answer, then facts under their headings; for a partition with the curve of its lag."""

    PARTS: ClassVar[Mapping[str, int]] = {"answer": 3, "facts": 3}
    DEFAULT_CSS = """
    DetailsScreen {
        & > #box { width: 104; }
        Facts { scrollbar-gutter: stable; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DETAILS), *bindings(Scope.CHART)]

    def __init__(self, pane: str, key: str) -> None:
        super().__init__()
        self._pane = pane
        self._key = key
        self._found: Sequence[Section] = ()  # by a close look
        self._has_curve = False
        self._told: tuple[Sequence[Section], Sequence[Section]] = ((), ())  # answer, facts

    @override
    def heading(self) -> str:
        return dialog_text(self.app).title(self.app.snapshot, self.app.group, self._pane, self._key)

    @override
    def hint(self) -> str:
        chart = "←→ looks back · + - zooms · " if self._pane == "partitions" else ""

        return f"↑↓ scrolls · {chart}e events · y copies · esc closes"

    @override
    def content(self) -> Iterable[Widget]:
        yield Facts(id="answer")

        if self._pane == "partitions":
            chart = Chart("lag", self.app.tables.clock, self.app.chrome)
            yield chart.add_class("dialog--section")

        yield Facts(id="facts", classes="dialog--section")

    @property
    def words(self) -> str:
        """All of it as text."""
        answer, facts = self._told

        return _told([*answer, *facts], _UNBROKEN).plain

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
            answer = words.answer(app.snapshot, app.group, self._pane, self._key)
            self._told = (answer, [*sections, *self._found])

        for chart in self.query(Chart):
            snapshot, group = app.snapshot, app.snapshot.group(app.group)
            chart.show(partial(partition_curve, snapshot, group, self._key), snapshot.host_ahead_s)
            self._has_curve = partition_curve(snapshot, group, self._key, 1).highest is not None

        self.fit()

    @override
    def fit(self) -> None:
        """Where lines are scarce, the curve gives way, and the answer scrolls with the facts."""
        is_tight = self.app.size.height < TIGHT
        answer, facts = self._told

        for chart in self.query(Chart):
            chart.styles.height = self.lines_of(chart, 0)
            chart.display = self.app.size.height >= LOW and self._has_curve

        for above in self.query("#answer").results(Facts):
            above.show(answer)
            above.display = bool(answer) and not is_tight

        for below in self.query("#facts").results(Facts):
            below.show([*answer, *facts] if is_tight else facts)

        super().fit()

    @override
    def lines_of(self, part: Widget, width: int) -> int:
        """A curve takes what it was given."""
        if isinstance(part, Chart):
            return min(CHART_LINES, self.app.size.height // 4)

        return super().lines_of(part, width)

    def action_look(self, step: int) -> None:
        """The chart's keys work wherever the focus is."""
        for chart in self.query(Chart):
            chart.action_look(step)

    def action_zoom(self, step: int) -> None:
        """As on the chart."""
        for chart in self.query(Chart):
            chart.action_zoom(step)

    def action_events(self) -> None:
        """Look at its events."""
        events_below(self)

    def action_copy(self) -> None:
        """Copy all of it as text."""
        self.app.copy_to_clipboard(self.words)
        self.app.say("Copied.")


def _told(sections: Sequence[Section], width: int) -> Content:
    labels = (line.label for section in sections for line in section.lines)
    cells = min(max(map(cell_len, labels), default=0), _LABEL_CELLS, width // 3)

    return Content("\n\n").join(_section(section, width, cells) for section in sections)


def _section(section: Section, width: int, cells: int) -> Content:
    lines = [Content.styled(section.heading, "bold $primary")] if section.heading else []

    for line in section.lines:
        label = f"{line.label:<{cells}} " if line.label else ""
        lines.append(hanging(label, line.value, width, style=TONES[line.tone], label_style="$dim"))

    return Content("\n").join(lines)


def events_below(screen: Reading) -> None:
    """Close a dialog, and look at the events of what is selected under it."""
    screen.dismiss(None)
    screen.app.call_later(screen.app.run_action, "screen.events")


class WhyScreen(Reading):
    """The verdict, what to do, the checks; what their words mean unfolds below."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.WHY))
    HINT = "↑↓ scrolls · e events · ? what the words mean · esc closes"
    PARTS: ClassVar[Mapping[str, int]] = {"told": 3}
    DEFAULT_CSS = """
    WhyScreen {
        & > #box { width: 92; }
        #told { scrollbar-gutter: stable; }
    }
    """

    def __init__(self, explanation: Explanation) -> None:
        super().__init__()
        self._explanation = explanation
        self._is_unfolded = False

    @override
    def heading(self) -> str:
        return f"Why? {self._explanation.about}"

    @override
    def content(self) -> Iterable[Widget]:
        yield VerticalScroll(
            Wrapped(partial(_answered, self._explanation, is_unfolded=False)), id="told"
        )

    def on_mount(self) -> None:
        """Scroll with the arrows."""
        self.set_focus(self.query_one("#told"))

    def action_events(self) -> None:
        """Look at its events."""
        events_below(self)

    def action_glossary(self) -> None:
        """Unfold what the words mean, or fold it away."""
        scroll, told = self.query_one("#told"), self.query_one(Wrapped)
        above = told.size.height
        self._is_unfolded = not self._is_unfolded
        told.show(partial(_answered, self._explanation, is_unfolded=self._is_unfolded))
        self.fit()

        if self._is_unfolded:
            self.call_after_refresh(scroll.scroll_to, y=above, animate=False)


def _answered(told: Explanation, width: int, *, is_unfolded: bool) -> Content:
    return Content("\n").join(_answer_lines(told, width, is_unfolded=is_unfolded))


def _answer_lines(told: Explanation, width: int, *, is_unfolded: bool) -> Iterator[Content]:
    yield hanging("", told.verdict, width, style=f"bold {TONES[told.tone]}")

    if told.next_steps:
        yield _heading(heading(TO_DO, told.language))
        yield from (hanging("", step, width) for step in told.next_steps)

    yield _heading(heading(CHECKS, told.language))

    for answer in told.answers:
        yield hanging(f"{answer.mark} ", answer.text, width, label_style=TONES[answer.tone])

    if is_unfolded:
        yield _heading(heading(GLOSSARY, told.language))
        yield from (hanging("", lesson, width, style="$dim") for lesson in told.lessons)


def _heading(words: str) -> Content:
    return Content.assemble("\n", (words, "bold $primary"))
