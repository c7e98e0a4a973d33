"""The application as its screens know it: what it shows, what it acts with, how it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from msgspec.structs import replace
from textual.reactive import var
from typing_extensions import override

from ehtui.clock import steady
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.text import safe
from ehtui.lazy import LazyModule
from ehtui.tui.chrome import ASCII, UNICODE, Chrome
from ehtui.tui.keys import dangerous_actions, default_keys, keymap, written
from ehtui.tui.open_hub import OpenHub, tables_of
from ehtui.tui.strips import wrap
from ehtui.tui.themes import first_theme
from ehtui.tui.typeahead import TypeAheadApp
from ehtui.views.cells import Cell, Tone
from ehtui.views.sources import old_source_at, read_at

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from textual.notifications import SeverityLevel
    from textual.timer import Timer

    from ehtui.domain.actions.plans import Plan
    from ehtui.monitor.backend import Backend
    from ehtui.tui import places
    from ehtui.tui.options import UiOptions
    from ehtui.tui.overview_tables import OverviewTables

else:
    places = LazyModule("ehtui.tui.places")

AGES_EVERY_S = 5.0
READ_PER_S = 15.0  # characters of a message
TOAST_FRAME = 3  # cells around its words
READ_ONLY = "Read-only: nothing is sent, signalled or started. "
FLOWS = "flows"  # of which the newest goes on
ACTIONS = "actions"  # all of them go on


@runtime_checkable
class Keeps(Protocol):
    """A screen on which something must not be covered by messages."""

    def kept_lines(self) -> range:
        """The lines that one looks at: the selected row, a dialog."""


class Host(TypeAheadApp):
    """What screens and flows may ask of the application; it knows none of them."""

    # `var`: a reactive of an App would repaint the whole screen with every picture.
    snapshot: var[Snapshot] = var(Snapshot, init=False)
    group: var[str] = var("", init=False)
    paused: var[bool] = var(default=False, init=False)
    busy: var[str] = var("", init=False)

    def __init__(self, backend: Backend | None, options: UiOptions) -> None:
        self._options = options
        self._tables = tables_of(options)
        self._hub = OpenHub(backend, options) if backend is not None else None
        self._left: OpenHub | None = None
        # Said before there is a style sheet: a theme that changes makes every style twice.
        self.set_reactive(Host.theme, first_theme(options.theme, mono=options.mono))
        super().__init__(ansi_color=True if options.mono else None)
        self.chrome: Chrome = ASCII if options.ascii else UNICODE
        self.forbidden = frozenset[str]()
        self.pause = Pause(self)
        self._told_until: dict[str, float] = {}  # messages that are shown

        if self._hub is not None:
            self._go_to(self._hub, options.group)

    def _go_to(self, hub: OpenHub, group: str) -> None:
        """Have this hub on the screen, before there is a screen of it."""
        self._hub = hub
        self.forbidden = dangerous_actions() if hub.backend.read_only else frozenset[str]()
        self.set_reactive(Host.snapshot, hub.backend.snapshot)
        self.set_reactive(Host.group, group)
        self.set_reactive(Host.paused, hub.backend.is_paused)
        self.set_reactive(Host.busy, hub.busy)

    # The hub on the screen, and the others.

    @property
    def hub(self) -> OpenHub:
        """The one on the screen, or, for a screen that is being closed, the one that was left."""
        hub = self._hub or self._left
        assert hub is not None, "no hub was ever on the screen"

        return hub

    @property
    def is_in_hub(self) -> bool:
        """Whether one is on the screen, and not the overview of all."""
        return self._hub is not None

    @property
    def backend(self) -> Backend:
        """What is behind it."""
        return self.hub.backend

    @property
    def options(self) -> UiOptions:
        """How the screen looks; of a hub, also what its commands are started with."""
        return self._options if self._hub is None else self._hub.options

    @property
    def tables(self) -> OverviewTables:
        """Tables and sentences of what is on the screen."""
        return self._tables if self._hub is None else self._hub.tables

    @property
    def has_hubs(self) -> bool:
        """Whether there is an overview of several."""
        return False

    @property
    def hub_names(self) -> Sequence[str]:
        """What those hubs, and their groups as far as they are known, are called."""
        return ()

    def enter_named(self, name: str) -> None:
        """Go into the one of that name.

        Raises:
            PlaceError: There is no overview, or none of that name; the text says what is wrong.
        """
        raise places.PlaceError(
            f"Only one hub is watched: --profile and --hub choose {safe(name)}."
        )

    def type_command(self) -> None:
        """Ask for a command over what there is to read, and close that for it."""
        raise NotImplementedError

    def leave_hub(self) -> bool:
        """Back to the overview; whether there is one."""
        return False

    @property
    def unfinished(self) -> Sequence[Plan]:
        """Plans that leaving now would leave half done, of every hub."""
        raise NotImplementedError

    @property
    def profile(self) -> Cell | None:
        """The profile that the hub on the screen is of, in its colour."""
        options = self.options

        return (
            None if options.profile is None else Cell(safe(options.profile), colour=options.colour)
        )

    @property
    def states(self) -> tuple[Cell, ...]:
        """What the header tells beside the sentence; a picture that grows old is a warning."""
        if self._hub is None:
            return ()

        paused = f"paused {self.pause.time(self.snapshot)}" if self.paused else ""
        states = (
            Cell(self.busy, Tone.INFO),
            Cell(paused, Tone.WARNING),
            Cell("production" if self.snapshot.policy.is_production else "", Tone.WARNING),
            Cell("read-only" if self.backend.read_only else "", Tone.INFO),
        )

        return tuple(state for state in states if state.text)

    def key_of(self, id_: str) -> str:
        """The key of an action, as it is written where the user's keymap is in force."""
        return written(keymap(self.options.keys, self.options.keymap).get(id_, default_keys(id_)))

    @override
    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        shown_s = timeout or max(self.NOTIFICATION_TIMEOUT, len(message) / READ_PER_S)
        super().notify(message, title=title, severity=severity, timeout=shown_s, markup=markup)
        self._told_until[message] = steady() + shown_s
        self.place_toasts()

    def place_toasts(self) -> None:
        """Put messages where they cover nothing that one waits for: at the foot, else on top."""
        now, screen = steady(), self.screen
        told = [message for message, until in self._told_until.items() if until > now]
        self._told_until = {message: self._told_until[message] for message in told}

        if not told:
            return

        kept = screen.kept_lines() if isinstance(screen, Keeps) else range(0)
        width = max(1, self.size.width - TOAST_FRAME)
        lines = sum(len(wrap(message, width, self.size.height)) for message in told)
        is_on_top = bool(kept) and kept.stop > self.size.height - lines

        for rack in screen.query("ToastRack"):
            rack.set_class(is_on_top, "-on-top")

    def say(self, words: str, severity: SeverityLevel = "information") -> None:
        """A short message; words are never markup."""
        self.notify(words, severity=severity, markup=False)

    @property
    def why_read_only(self) -> str:
        """That nothing is changed, what asked for that, and what allows it."""
        profile = self.snapshot.policy.profile

        if profile is None:
            asked = "follows from eventhub.production; --no-read-only allows it."
            return f"{READ_ONLY}That was asked for with --read-only, or {asked}"

        key = f"profiles.{safe(profile)}"
        return (
            f"{READ_ONLY}That was asked for with --read-only, or follows from {key}: its "
            f"production: true or read_only. --no-read-only allows it, and so does "
            f"{key}.read_only: false."
        )

    def refuses(self, action: str) -> bool:
        """Whether a key's action would change something while that is not allowed; says so."""
        if action not in self.forbidden:
            return False

        self.say(self.why_read_only, "warning")

        return True

    def run_flow(self, flow: Coroutine[None, None, None]) -> None:
        """Run what a key set going; its failure is told, never fatal."""
        work = self.run_worker(flow, group=FLOWS, exclusive=True, exit_on_error=False)
        self.expect_prompt(work)

    def carry_out(self, action: Coroutine[None, None, None]) -> None:
        """Act, and tell how it ended, whatever other keys set going meanwhile."""
        actions = self.hub.actions
        actions.difference_update([each for each in actions if each.is_finished])
        actions.add(self.run_worker(action, group=ACTIONS, exit_on_error=False))

    def be_busy(self, hub: OpenHub, words: str) -> None:
        """Say what is waited for, while that hub is on the screen."""
        hub.busy = words

        if hub is self._hub:
            self.busy = words

    def cancel_action(self) -> bool:
        """Stop waiting for a running action; whether there was one."""
        if not self.busy:
            return False

        if self.hub.sending is not None:
            self.backend.give_up(self.hub.sending)
            self.say("Stopping: the timeline tells how many events the hub took.", "warning")
            return True

        self.hub.stop_waiting()
        self.say("No longer waiting; the action may still complete.", "warning")

        return True


class Pause:
    """A picture that is held: it says so, it grows old, and nobody reads for it."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._ageing: Timer | None = None

    def toggle(self) -> None:
        """Hold reading and the picture, or go on."""
        app = self._app
        app.paused = not app.paused
        app.backend.pause(app.paused)

        if app.paused:
            held, at = app.snapshot, steady()
            self._ageing = app.set_interval(AGES_EVERY_S, lambda: self._age(held, at))
            return

        self.end()
        app.snapshot = app.backend.snapshot

    def end(self) -> None:
        """Let no picture grow old any more."""
        if self._ageing is not None:
            self._ageing.stop()
            self._ageing = None

    def _age(self, held: Snapshot, at: float) -> None:
        self._app.snapshot = replace(held, taken_at=held.taken_at + steady() - at)

    def refresh(self) -> None:
        """Read everything now; while paused, say why nothing happens."""
        app = self._app

        if not app.paused:
            app.backend.refresh()
            return

        key = app.key_of("pause")
        app.say(f"Paused at {self.time(app.snapshot)}: nothing is read. {key} resumes.", "warning")

    def as_of(self, snapshot: Snapshot) -> str:
        """Of which moment a dialog speaks, where that is not now."""
        if self._app.paused:
            return f"paused, as of {self.time(snapshot)}"

        return f"as of {self.time(snapshot)}" if old_source_at(snapshot) is not None else ""

    def time(self, snapshot: Snapshot) -> str:
        """When what a picture shows was read, by this host's clock."""
        return self._app.tables.clock.time(snapshot.host_at(read_at(snapshot)))
