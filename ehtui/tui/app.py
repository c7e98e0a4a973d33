"""The application: one snapshot, one group, one backend. Screens show, flows act."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING, ClassVar

from textual.reactive import var
from textual.worker import Worker, WorkerState
from typing_extensions import override

from ehtui.domain.snapshot import Severity, Snapshot
from ehtui.domain.text import safe
from ehtui.lazy import LazyModule
from ehtui.tui import styles
from ehtui.tui.chrome import ASCII, ASCII_GLYPHS, UNICODE, UNICODE_GLYPHS, Chrome
from ehtui.tui.commands import Commands
from ehtui.tui.keys import Scope, bindings, dangerous_actions
from ehtui.tui.last_words import LastWords
from ehtui.tui.messages import SnapshotPublished
from ehtui.tui.pause import Pause
from ehtui.tui.pictures import Pictures
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.tui.terminal_input import careful
from ehtui.tui.themes import THEMES, fallback_variables, first_theme
from ehtui.tui.typeahead import TypeAheadApp
from ehtui.views.formats import Clock
from ehtui.views.keys import finding_key

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from textual.binding import BindingType
    from textual.notifications import SeverityLevel
    from textual.theme import Theme

    from ehtui.monitor.backend import Backend
    from ehtui.tui import notify
    from ehtui.tui.notify import Terminal
    from ehtui.tui.options import UiOptions
    from ehtui.tui.screens import help as help_screen
    from ehtui.tui.screens import leave as leave_screen
else:
    notify = LazyModule("ehtui.tui.notify")
    help_screen = LazyModule("ehtui.tui.screens.help")
    leave_screen = LazyModule("ehtui.tui.screens.leave")

_FLOWS = "flows"
_LEAVE_ON = ("SIGTERM", "SIGHUP")


class EhtuiApp(TypeAheadApp):
    """Subscribes to a backend's pictures and shows them; never reads the world itself."""

    TITLE = "ehtui"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.APP))
    COMMANDS = {Commands}  # noqa: RUF012 - declared so by Textual
    CSS = styles.CSS

    # `var`: a reactive of an App would repaint the whole screen with every picture.
    snapshot: var[Snapshot] = var(Snapshot, init=False)
    group: var[str] = var("", init=False)
    paused: var[bool] = var(default=False, init=False)
    busy: var[str] = var("", init=False)

    def __init__(self, backend: Backend, options: UiOptions) -> None:
        self.backend = backend
        self.options = options
        # Said before there is a style sheet: a theme that changes makes every style twice.
        self.set_reactive(EhtuiApp.theme, first_theme(options.theme, mono=options.mono))
        super().__init__(ansi_color=True if options.mono else None)
        self.chrome: Chrome = ASCII if options.ascii else UNICODE
        signs = ASCII_GLYPHS if options.ascii else UNICODE_GLYPHS
        self.pictures = Pictures(signs, Clock(options.utc_offset_s))
        self.forbidden = dangerous_actions() if backend.read_only else frozenset[str]()
        self.set_class(options.ascii, "-ascii")
        self.set_reactive(EhtuiApp.snapshot, backend.snapshot)
        self.set_reactive(EhtuiApp.group, options.group)
        self.set_reactive(EhtuiApp.paused, backend.is_paused)
        self.terminal: Terminal | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._critical: frozenset[str] = frozenset()
        self.pause = Pause(self)

        if options.notify is not None:
            self.terminal = notify.Terminal(self.driver_class, options.notify)
            self.driver_class = self.terminal.driver

        self.driver_class = careful(self.driver_class)
        self.error_console = LastWords(stderr=True)
        self.set_keymap(options.keymap)

    @property
    def states(self) -> tuple[str, ...]:
        """What the header warns of beside the sentence."""
        words = (
            self.busy,
            f"paused {self.pause.time(self.snapshot)}" if self.paused else "",
            "read-only" if self.backend.read_only else "",
        )

        return tuple(word for word in words if word)

    @property
    @override
    def available_themes(self) -> dict[str, Theme]:
        """Textual's and ours: asked for before anything can be registered."""
        return super().available_themes | {theme.name: theme for theme in THEMES}

    @override
    def get_default_screen(self) -> OverviewScreen:
        return OverviewScreen()

    @override
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return fallback_variables(self.current_theme)

    def on_mount(self) -> None:
        """Listen to signals that end us, and to the backend as soon as the screen is painted."""
        self.call_after_refresh(self._listen)
        # The shell wrote over the screen, and only what changes is painted by itself.
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        self._leave_on_signals()

    def on_resize(self) -> None:
        """A terminal that shrank and grew back has lost what we think it shows."""
        if self._unsubscribe is not None:  # before the first paint there is nothing to lose
            self.call_after_refresh(self.action_redraw)

    def action_redraw(self) -> None:
        """Paint everything."""
        self.screen.refresh()

    def on_unmount(self) -> None:
        """Stop listening."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    def on_snapshot_published(self, message: SnapshotPublished) -> None:
        """Show the newest picture, unless it was asked to stand still."""
        if not self.paused:
            self.snapshot = message.snapshot

    def watch_snapshot(self, snapshot: Snapshot) -> None:
        """Ring once for a new critical finding, if wanted."""
        critical = frozenset(
            finding_key(finding)
            for finding in snapshot.findings
            if finding.severity is Severity.CRITICAL
        )

        if critical - self._critical:
            self._raise_alarm()

        self._critical = critical

    def _raise_alarm(self) -> None:
        """As loudly as was asked for."""
        if self.options.bell:
            self.bell()

        if self.terminal is not None:
            words = self.pictures.headline(self.snapshot, self.group).text
            self.terminal.notify(words)

    def say(self, words: str, severity: SeverityLevel = "information") -> None:
        """A short message; words are never markup."""
        self.notify(words, severity=severity, markup=False)

    def run_flow(self, flow: Coroutine[None, None, None]) -> None:
        """Run what a key set going; its failure is told, never fatal."""
        work = self.run_worker(flow, group=_FLOWS, exclusive=True, exit_on_error=False)
        self.expect_prompt(work)

    def cancel_action(self) -> bool:
        """Stop waiting for a running action; whether there was one."""
        if not self.busy:
            return False

        self.workers.cancel_group(self, _FLOWS)
        self.say("No longer waiting; what was begun may still happen.", "warning")

        return True

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An action that failed unforeseen says so; one that has ended asks no more."""
        if event.worker is self.asking and event.worker.is_finished:
            self.stop_asking()

        if event.state is WorkerState.ERROR and event.worker.group == _FLOWS:
            self.say(f"It failed: {safe(str(event.worker.error))}", "error")

    def action_help(self) -> None:
        """Show every key."""
        keys = self.options.keymap
        self.push_screen(help_screen.HelpScreen(keys, read_only=self.backend.read_only))

    @override
    async def action_quit(self) -> None:
        unfinished = self.backend.unfinished

        if not unfinished:
            self.exit(0)
        elif not any(isinstance(each, leave_screen.LeaveScreen) for each in self.screen_stack):
            self.push_screen(leave_screen.LeaveScreen(unfinished), self._leave_it_unfinished)

    def _leave_it_unfinished(self, is_sure: bool | None) -> None:  # noqa: FBT001 - an answer
        if is_sure:
            self.backend.give_up()
            self.exit(0)

    def _listen(self) -> None:
        self._unsubscribe = self.backend.subscribe(self._publish)

    def _publish(self, snapshot: Snapshot) -> None:
        """Called on the monitor's thread."""
        self.post_message(SnapshotPublished(snapshot))

    def _leave_on_signals(self) -> None:
        if os.name != "posix" or self.is_headless:
            return

        loop = asyncio.get_running_loop()

        for name in _LEAVE_ON:
            number = getattr(signal, name)
            loop.add_signal_handler(number, self.exit, 128 + number)
