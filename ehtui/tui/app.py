"""The application: it listens to a backend, opens the screens, and ends them."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.worker import Worker, WorkerState
from typing_extensions import override

from ehtui.domain.snapshot import Severity, Snapshot
from ehtui.domain.text import safe
from ehtui.lazy import LazyModule
from ehtui.tui import styles
from ehtui.tui.host import ACTIONS, FLOWS, Host
from ehtui.tui.keys import Scope, bindings, keymap
from ehtui.tui.last_words import LastWords
from ehtui.tui.obstacles import Judging
from ehtui.tui.open_hub import OpenHub
from ehtui.tui.palette import Commands
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.tui.screens.tables import TableScreen
from ehtui.tui.terminal import Terminal, careful, plain
from ehtui.tui.themes import THEMES, fallback_variables
from ehtui.views.keys import finding_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.binding import BindingType
    from textual.theme import Theme

    from ehtui.domain.actions.plans import Plan
    from ehtui.monitor.backend import Backend
    from ehtui.tui.options import UiOptions
    from ehtui.tui.screens import command as command_screen
    from ehtui.tui.screens import confirm as leave_screen
    from ehtui.tui.screens import help as help_screen
else:
    help_screen = LazyModule("ehtui.tui.screens.help")
    command_screen = LazyModule("ehtui.tui.screens.command")
    leave_screen = LazyModule("ehtui.tui.screens.confirm")

_LEAVE_ON = ("SIGTERM", "SIGHUP")


@dataclass
class SnapshotPublished(Message):
    """The monitor has a newer picture; of several that wait, only the newest is handled."""

    hub: OpenHub
    snapshot: Snapshot

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SnapshotPublished) and message.hub is self.hub


class EhtuiApp(Host):
    """Subscribes to a backend's pictures and shows them; never reads the world itself."""

    TITLE = "ehtui"
    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.APP))
    COMMANDS = {Commands}  # noqa: RUF012 - declared so by Textual
    CSS = styles.CSS

    def __init__(self, backend: Backend | None, options: UiOptions) -> None:
        super().__init__(backend, options)
        self.set_class(options.ascii, "-ascii")
        self.terminal: Terminal | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._critical: frozenset[str] = frozenset()

        if options.notify is not None:
            self.terminal = Terminal(self.driver_class, options.notify)
            self.driver_class = self.terminal.driver

        self.driver_class = careful(self.driver_class)

        if options.ascii:
            self.driver_class = plain(self.driver_class)

        self.error_console = LastWords(stderr=True)
        self.set_keymap(keymap(options.keys, options.keymap))

    @property
    @override
    def available_themes(self) -> dict[str, Theme]:
        """Textual's and ours: asked for before anything can be registered."""
        return super().available_themes | {theme.name: theme for theme in THEMES}

    @override
    def get_default_screen(self) -> TableScreen:
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
        self._stop_listening()

    def _stop_listening(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def on_snapshot_published(self, message: SnapshotPublished) -> None:
        """Show the newest picture, unless it was asked to stand still, or is of another hub."""
        if not self.paused and message.hub is self._hub:
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
            self.terminal.notify(self.worst_words)

    @property
    def worst_words(self) -> str:
        """The worst finding, as a sentence."""
        return self.tables.headline(self.snapshot, self.group).text

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An action that failed unforeseen says so; one that has ended asks no more."""
        if event.worker is self.asking and event.worker.is_finished:
            self.stop_asking()

        if event.state is WorkerState.ERROR and event.worker.group in {FLOWS, ACTIONS}:
            self.say(f"It failed: {safe(str(event.worker.error))}", "error")

    def action_help(self) -> None:
        """Show every key."""
        keys = keymap(self.options.keys, self.options.keymap)
        now = self.screen.situation if isinstance(self.screen, Judging) else None
        is_read_only = self.is_in_hub and self.backend.read_only
        help_ = help_screen.HelpScreen(
            keys, read_only=is_read_only, now=now, language=self.options.lang
        )
        self.push_screen(help_)

    @override
    def type_command(self) -> None:
        self.push_screen(command_screen.CommandScreen(), self._do_command)

    def _do_command(self, line: str | None) -> None:
        """Close what is read, and do it on the tables below."""
        if not line:
            return

        self.close_dialogs()

        command_screen.do(self, line)

    def close_dialogs(self) -> None:
        """Down to the tables; what asks is given up, what acts goes on."""
        self.workers.cancel_group(self, FLOWS)
        self.stop_asking()

        while not isinstance(self.screen, TableScreen):
            self.pop_screen()

    def action_hubs(self) -> None:
        """The overview of all hubs; where there is one hub, there is none."""
        self.say("Only one hub is watched: profiles in config.yaml name several.", "warning")

    @override
    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "hubs":
            return self.has_hubs and self.is_in_hub

        return super().check_action(action, parameters)

    @property
    @override
    def unfinished(self) -> Sequence[Plan]:
        return self.backend.unfinished

    def give_up(self) -> None:
        """Leave everything as it stands."""
        self.backend.give_up()

    @override
    async def action_quit(self) -> None:
        unfinished = self.unfinished

        if not unfinished:
            self.exit(0)
        elif not any(isinstance(each, leave_screen.LeaveScreen) for each in self.screen_stack):
            self.push_screen(leave_screen.LeaveScreen(unfinished), self._leave_it_unfinished)

    def _leave_it_unfinished(self, is_sure: bool | None) -> None:  # noqa: FBT001 - an answer
        if is_sure:
            self.give_up()
            self.exit(0)

    def _listen(self) -> None:
        """Have pictures of the hub on the screen published here."""
        hub = self.hub

        def publish(snapshot: Snapshot) -> None:  # called on the monitor's thread
            self.post_message(SnapshotPublished(hub, snapshot))

        self._unsubscribe = hub.backend.subscribe(publish)

    def _leave_on_signals(self) -> None:
        if sys.platform == "win32" or self.is_headless:  # its loop takes none
            return

        loop = asyncio.get_running_loop()

        for name in _LEAVE_ON:
            number = getattr(signal, name)
            loop.add_signal_handler(number, self.exit, 128 + number)
