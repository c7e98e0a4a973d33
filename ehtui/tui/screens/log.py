"""A consumer's log as it grows: searched, by level, at a time; lines about ownership stand out."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.content import Content
from textual.widgets import Input
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.domain.world.process import LogLevel
from ehtui.tui.filtering import FilterError, parse_line
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.dialog import Reading
from ehtui.tui.widgets.ask_field import SEARCH, AskField, hit_words, hits_words
from ehtui.tui.widgets.log_view import LogView
from ehtui.views.moments import moment_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.binding import BindingType
    from textual.widget import Widget

    from ehtui.monitor.backend import Tail

EVERY_S = 1.0
_LEVELS = (None, LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR)
_LEVEL_WORDS = {
    LogLevel.INFO: "info and worse",
    LogLevel.WARNING: "warnings and worse",
    LogLevel.ERROR: "errors",
}
_SEARCH, _TIME = "search", "time"
_ASKS = {
    _SEARCH: SEARCH,
    _TIME: "time: 12:03, 2026-11-26 12:03, or how long ago: 5m",
}


class LogScreen(Reading):
    """Follows until it is closed; the file is read on a thread."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.LOG))
    HINT = "/ search · v level · w wrap · t time · p hold · f ownership · esc closes"
    DEFAULT_CSS = """
    LogScreen {
        & > #box { width: 96%; height: 90%; }
    }
    """

    def __init__(self, path: str, tail: Tail) -> None:
        super().__init__()
        self._path = path
        self._tail = tail
        self._asks = _SEARCH
        self._found = ""  # how the search goes

    @property
    def view(self) -> LogView:
        """The lines."""
        return self.query_one(LogView)

    @override
    def heading(self) -> str:
        return safe(self._path)

    @override
    def content(self) -> Iterable[Widget]:
        yield LogView(self.app.chrome)
        yield AskField()

    def on_mount(self) -> None:
        """Begin to follow."""
        self.set_focus(self.view)
        self.follow()

    @work(group="log", exit_on_error=False)
    async def follow(self) -> None:
        """Append what came; a file that cannot be read now may be later."""
        while True:
            try:
                lines = await asyncio.to_thread(self._tail.read)
                self.say_below(self.hint())
                self.view.add(lines)
                self._tell()
            except OSError as error:
                self.say_below(f"{error.strerror or error}; retrying")

            await asyncio.sleep(EVERY_S)

    def action_only_ownership(self) -> None:
        """Lines about owners and leases only, or all."""
        self.view.only_ownership = not self.view.only_ownership
        self._show_anew()

    def action_level(self) -> None:
        """Everything, info and worse, warnings and worse, errors: one after the other."""
        place = _LEVELS.index(self.view.least)
        self.view.least = _LEVELS[(place + 1) % len(_LEVELS)]
        self._show_anew()

    def action_wrap(self) -> None:
        """Break long lines, or let them go on to the right."""
        self.view.wraps = not self.view.wraps
        self._show_anew()

    def action_hold(self) -> None:
        """Stand still, or follow."""
        self.view.hold(held=self.view.follows)
        self._tell()

    def action_hit(self, step: int) -> None:
        """Go to the next line that was searched for, or the one before."""
        at = self.view.next_hit(step)
        self._found = hit_words(at)
        self._tell()

    def action_ask(self, what: str) -> None:
        """Type what to search for, or a time to go to."""
        self._asks = what
        self.query_one(AskField).ask(_ASKS[what])

    @on(Input.Submitted, "#ask")
    def answered(self, event: Input.Submitted) -> None:
        """Search, or go there."""
        event.stop()
        self.query_one(AskField).close(self.view)
        self._found = (
            self._searched(event.value) if self._asks == _SEARCH else self._gone(event.value)
        )
        self._tell()

    @override
    def action_dismiss_none(self) -> None:
        if self.query_one(AskField).has_focus:
            self.query_one(AskField).close(self.view)
        else:
            self.dismiss(None)

    def _searched(self, text: str) -> str:
        problems: list[str] = []

        try:
            matches = parse_line(text, problems)
        except FilterError as error:
            return str(error)

        hits = self.view.search(matches)

        if problems:
            self.view.search(None)
            return f"{text}: {problems[0]}"

        if matches is None:
            return ""

        return hits_words(hits)

    def _gone(self, text: str) -> str:
        at = moment_of(text, time.time(), self.app.tables.clock.utc_offset_s)

        if at is None:
            return f"“{text}” is not a time such as 12:03 or 5m"

        return "" if self.view.go_to_time(at) else "no line has a time"

    def _show_anew(self) -> None:
        self.view.lay_out()
        self._tell()

    def _tell(self) -> None:
        """The file, and how it is looked at, in the border."""
        view = self.view
        new = f", {view.unseen:,} new" if view.unseen else ""
        states = (
            "" if view.follows else f"held{new}",
            _LEVEL_WORDS[view.least] if view.least is not None else "",
            "ownership only" if view.only_ownership else "",
            self._found,
        )
        told = Content(" · ".join((self._path, *filter(None, states))))
        box = self.query_one("#box")

        if str(box.border_title) != told.plain:
            box.border_title = told
