"""One event whole: where it stands, its properties, and its body as it is read best."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual import on, work
from textual.widgets import Input
from typing_extensions import override

from ehtui.tui import event_actions
from ehtui.tui.filtering import FilterError, parse_line
from ehtui.tui.keys import Scope, bindings, spelt
from ehtui.tui.screens.dialog import Reading
from ehtui.tui.widgets.ask_field import AskField, hit_words, hits_words
from ehtui.tui.widgets.pager import Pager, rows_of
from ehtui.views.events.body import Shown, body_lines
from ehtui.views.events.details import as_words, body_section, event_sections, event_title

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.binding import BindingType
    from textual.widget import Widget

    from ehtui.domain.world.events import Event
    from ehtui.tui.widgets.pager import Row
    from ehtui.views.cells import Section
    from ehtui.views.events.table import Marks
    from ehtui.views.phrasing import Phrasing

_LARGE = 16384  # bytes of a body from which on it is read in a thread
_VIEWS = tuple(Shown)


class Among(Protocol):
    """Where an event stands: what is before and behind it."""

    @property
    def selected(self) -> Event | None:
        """The event that is chosen."""

    @property
    def marks(self) -> Marks:
        """What is marked."""

    @property
    def say(self) -> Phrasing:
        """How moments are told."""

    @property
    def group(self) -> str:
        """Whose checkpoints are marked."""

    def step(self, events: int) -> None:
        """Choose the one so many events further on."""


class EventScreen(Reading):
    """The selected event; the arrows go to the next and the one before."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.EVENT))
    DEFAULT_CSS = """
    EventScreen {
        & > #box { width: 100%; max-width: 100%; height: 100%; max-height: 100%; }
    }
    """

    def __init__(self, among: Among) -> None:
        super().__init__()
        self._among = among
        self._event = among.selected
        self._shown = Shown.UNPACKED
        self._found = ""  # how the search goes
        self._sections: Sequence[Section] = ()

    @property
    def pager(self) -> Pager:
        """The lines."""
        return self.query_one(Pager)

    @override
    def heading(self) -> str:
        parts = (event_title(self._event) if self._event is not None else "", self._found)

        return " · ".join(filter(None, parts))

    @override
    def hint(self) -> str:
        after = _VIEWS[(_VIEWS.index(self._shown) + 1) % len(_VIEWS)]

        return f"←→ other events · v {after} · / search · y copies · ctrl+s saves · esc closes"

    @override
    def content(self) -> Iterable[Widget]:
        yield Pager(id="whole")
        yield AskField()

    @override
    def fit(self) -> None:
        """It always has the whole screen."""

    def on_mount(self) -> None:
        """Scroll with the arrows."""
        self.set_focus(self.pager)

    def on_resize(self) -> None:
        """Break the lines for the width that it has."""
        self.call_after_refresh(self.lay_out, stays=True)

    @work(group="body", exclusive=True, exit_on_error=False)
    async def lay_out(self, *, stays: bool) -> None:
        """Read the body anew: of a large one while keys go on."""
        event, cells = self._event, self.pager.cells

        if event is None or not cells:
            return

        if len(event.body) > _LARGE:
            self.say_below("reading …")
            made = await asyncio.to_thread(self._made, event, cells)
        else:
            made = self._made(event, cells)

        self._sections, rows = made
        self.pager.show(rows, stays=stays)
        self.say_below(None)
        self._retitle()

    def _made(self, event: Event, cells: int) -> tuple[Sequence[Section], Sequence[Row]]:
        among = self._among
        told = body_section(body_lines(event, self._shown, cells), len(event.body))
        sections = [*event_sections(event, among.marks, among.say, among.group), told]

        return sections, rows_of(sections, cells)

    def _retitle(self) -> None:
        self.query_one("#box").border_title = self.heading()

    def action_other(self, step: int) -> None:
        """The next event on the screen below, or the one before."""
        self._among.step(step)

        if self._among.selected is not None and self._among.selected != self._event:
            self._event = self._among.selected
            self.lay_out(stays=False)
        else:
            self.say_below("no further event here · esc closes")

    def action_view(self) -> None:
        """Unpacked, as it was sent, in hex."""
        self._shown = _VIEWS[(_VIEWS.index(self._shown) + 1) % len(_VIEWS)]
        self.lay_out(stays=True)

    def action_hit(self, step: int) -> None:
        """Go to the next line that was searched for, or the one before."""
        at = self.pager.next_hit(step)
        self._found = hit_words(at)
        self._retitle()

    def action_ask(self) -> None:
        """Type what to search for."""
        self.query_one(AskField).ask()

    @on(Input.Submitted, "#ask")
    def answered(self, event: Input.Submitted) -> None:
        """Search."""
        event.stop()
        self.query_one(AskField).close(self.pager)
        problems: list[str] = []

        try:
            hits = self.pager.search(parse_line(event.value, problems))
        except FilterError as error:
            self._found = str(error)
        else:
            told = hits_words(hits) if event.value.strip() else ""
            self._found = problems[0] if problems else told

        self._retitle()

    @override
    def action_dismiss_none(self) -> None:
        if self.query_one(AskField).has_focus:
            self.query_one(AskField).close(self.pager)
        else:
            self.dismiss(None)

    @property
    def words(self) -> str:
        """All of it as text."""
        return as_words(list(self._sections))

    def action_copy(self) -> None:
        """Copy all of it as it is shown."""
        self.app.copy_to_clipboard(self.words)
        self.app.say("Copied.")

    def action_save(self) -> None:
        """Save it as a line of JSON, exactly as it was sent."""
        if self._event is not None:
            self.app.run_flow(event_actions.save(self.app, [self._event]))

    def action_resend(self) -> None:
        """Send it once more."""
        if not self.app.refuses(spelt("resend", ())):
            self.app.run_flow(event_actions.resend(self.app, self._event))
