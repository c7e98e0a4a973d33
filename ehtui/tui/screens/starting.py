"""Where reading of events begins: chosen, or typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option
from typing_extensions import override

from ehtui.domain.world.events import Earliest, Latest
from ehtui.tui.screens.dialog import Dialog
from ehtui.views.events.starting import USAGE, Start, StartError, start_of, start_words
from ehtui.views.phrasing import Phrasing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.widget import Widget

    from ehtui.domain.world.events import Event
    from ehtui.views.events.reading import Reading

_STARTS: tuple[tuple[Start, str, str], ...] = (
    (None, "around the checkpoint", "of the group on screen; without one, before the end"),
    (Latest(), "latest", "what comes from now on"),
    (Earliest(), "earliest", "all that is retained"),
)


class StartScreen(Dialog["Reading"]):
    """Answers with what to read; what is typed goes before what is chosen."""

    HEADING = "Read events from"
    HINT = "↑↓ enter chooses · or type a place · esc closes"
    PARTS: ClassVar[Mapping[str, int]] = {"starts": 3}
    DEFAULT_CSS = """
    StartScreen #meant { color: $dim; }
    """

    def __init__(self, reading: Reading, selected: Event | None) -> None:
        super().__init__()
        self._reading = reading
        self._selected = selected

    @override
    def content(self) -> Iterable[Widget]:
        yield Input(placeholder="920   12:03   5m   2026-11-26 12:03   offset 7168", id="place")
        yield OptionList(
            *(Option(Content.assemble(f"{name:<24}", (note, "$dim"))) for _, name, note in _STARTS),
            id="starts",
            classes="dialog--section",
        )

    def on_mount(self) -> None:
        """Type at once; the arrows choose."""
        known = [start for start, _, _ in _STARTS]
        start = self._reading.start
        self.query_one(OptionList).highlighted = known.index(start) if start in known else 0
        self.set_focus(self.query_one(Input))

    @override
    def moving(self) -> Widget:
        """The list's keys work while one types."""
        return self.query_one(OptionList)

    @on(Input.Changed)
    def tell(self, event: Input.Changed) -> None:
        """What is meant by what is typed so far."""
        event.stop()

        if not event.value.strip():
            self.say_below(None)
            return

        try:
            start = self._typed(event.value)
            self.say_below(
                f"{start_words(start, self._say)} · enter" if event.value.strip() else None
            )
        except StartError:
            self.say_below(USAGE)

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """What is typed, else what is chosen."""
        event.stop()

        if not event.value.strip():
            self._answer(_STARTS[self.query_one(OptionList).highlighted or 0][0])
            return

        try:
            self._answer(self._typed(event.value))
        except StartError as error:
            self.say_below(str(error))

    @on(OptionList.OptionSelected)
    def chosen(self, event: OptionList.OptionSelected) -> None:
        """A click, or Enter in the list."""
        self._answer(_STARTS[event.option_index][0])

    def _answer(self, start: Start) -> None:
        self.dismiss(replace(self._reading, start=start))

    def _typed(self, text: str) -> Start:
        return start_of(text, self._say.now, self.app.tables.clock.utc_offset_s)

    @property
    def _say(self) -> Phrasing:
        return Phrasing(self.app.snapshot, self.app.tables.clock, self.app.group)
