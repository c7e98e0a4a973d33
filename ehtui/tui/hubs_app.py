"""The application over several hubs: their overview, and whichever of them is gone into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.message import Message
from typing_extensions import override

from ehtui.clock import steady
from ehtui.domain.hubs import WatchedHub
from ehtui.domain.problems import ProblemError
from ehtui.domain.snapshot import Severity, Snapshot
from ehtui.domain.text import safe
from ehtui.tui.app import EhtuiApp
from ehtui.tui.hubs_host import HubsHost
from ehtui.tui.open_hub import OpenHub
from ehtui.tui.places import PlaceError
from ehtui.tui.screens.hubs import HubsScreen
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.views.hubs import (
    NotNamedError,
    hub_names,
    hubs_headline,
    meant_hub,
)
from ehtui.views.keys import finding_key
from ehtui.views.sources import problem_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.actions.plans import Plan
    from ehtui.monitor.hubs import Hubs
    from ehtui.tui.options import UiOptions


@dataclass
class HubsPublished(Message):
    """Of one hub at least there is a newer picture; of several that wait the newest counts."""

    watched: Sequence[WatchedHub]

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, HubsPublished)


class HubsApp(HubsHost, EhtuiApp):
    """Begins with the overview, before any hub is opened; a hub's screen stands on top of it."""

    def __init__(
        self, hubs: Hubs, options: UiOptions, *, clock: Callable[[], float] = steady
    ) -> None:
        EhtuiApp.__init__(self, None, options)
        self.hubs = hubs
        self.clock = clock  # of this session's own time
        self._opened: dict[str, OpenHub] = {}
        self._unwatch: Callable[[], None] | None = None
        self.set_reactive(HubsApp.watched, tuple(hubs.watched))

    @override
    def get_default_screen(self) -> HubsScreen:
        return HubsScreen()

    # What is watched.

    @override
    def _listen(self) -> None:
        self._unwatch = self.hubs.subscribe(self._publish_all)

    def _publish_all(self, watched: Sequence[WatchedHub]) -> None:
        """Called on a thread of the monitor."""
        self.post_message(HubsPublished(tuple(watched)))

    def on_hubs_published(self, message: HubsPublished) -> None:
        """Know the newest pictures."""
        self.watched = message.watched

    @override
    def _stop_listening(self) -> None:
        super()._stop_listening()

        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None

    def watch_watched(self) -> None:
        """Ring once for a new critical finding of any hub, if wanted."""
        critical = frozenset(
            f"{each.key} {finding_key(finding)}"
            for each in self.watched
            if each.snapshot is not None
            for finding in each.snapshot.findings
            if finding.severity is Severity.CRITICAL
        )

        if critical - self._critical:
            self._raise_alarm()

        self._critical = critical

    @override
    def watch_snapshot(self, snapshot: Snapshot) -> None:
        """Its findings are among those of all hubs."""

    @property
    @override
    def worst_words(self) -> str:
        return hubs_headline(self.rows, glyphs=self._tables.glyphs).text

    # Going in, and back.

    @property
    @override
    def has_hubs(self) -> bool:
        return True

    @property
    @override
    def hub_names(self) -> Sequence[str]:
        return hub_names(self.watched)

    @override
    def enter_named(self, name: str) -> None:
        try:
            found = meant_hub(self.watched, name)
        except NotNamedError as error:
            raise PlaceError(str(error)) from error

        self.enter(found.watched, found.group or "")

    @override
    def enter(self, watched: WatchedHub, group: str) -> None:
        try:
            hub = self._open(watched)
        except ProblemError as error:
            self.say(f"{safe(watched.key)}: {problem_line(error.problem)}", "error")
            return

        group = group or hub.backend.snapshot.policy.default_group

        if self._hub is hub and isinstance(self.screen, OverviewScreen):
            self.group = group
            return

        self.leave_hub()
        self._go_to(hub, group)
        self.push_screen(OverviewScreen())
        self.call_after_refresh(self._listen_to, hub)

    def _open(self, watched: WatchedHub) -> OpenHub:
        """What is behind it, opened once.

        Raises:
            ProblemError: It cannot be.
        """
        backend, known = self.hubs.backend(watched.key), self._opened.get(watched.key)

        if known is not None and known.backend is backend:
            return known

        options = replace(
            self._options,
            profile=watched.profile,
            colour=watched.colour,
            started_with=(*self._options.started_with, *flags_of(watched)),
            at=None,
        )
        hub = self._opened[watched.key] = OpenHub(backend, options, watched.key)

        return hub

    def _listen_to(self, hub: OpenHub) -> None:
        """Read it at its full pace, once its screen is painted; it may have been left since."""
        if hub is self._hub and self._unsubscribe is None:
            super()._listen()

    @override
    def leave_hub(self) -> bool:
        if self._hub is None:
            return True

        self.close_dialogs()  # what asks would be answered on another hub's screen
        left, group = self._hub, self.group

        super()._stop_listening()  # to this hub; to all of them it goes on

        if self.paused:  # nobody would see that it is held
            left.backend.pause(False)  # noqa: FBT003 - the name of the call says it

        self.pause.end()
        self._hub, self._left = None, left
        self.set_reactive(HubsApp.snapshot, Snapshot())
        self.set_reactive(HubsApp.paused, False)  # noqa: FBT003 - a value
        self.set_reactive(HubsApp.busy, "")
        self.forbidden = frozenset()

        self.pop_screen()
        assert isinstance(self.screen, HubsScreen)
        self.screen.arrive_from(left.key, group)

        return True

    @override
    def action_hubs(self) -> None:
        """Back to the overview of all hubs."""
        self.leave_hub()

    # Leaving.

    @property
    @override
    def unfinished(self) -> Sequence[Plan]:
        return [plan for hub in self._opened.values() for plan in hub.backend.unfinished]

    @override
    def give_up(self) -> None:
        for hub in self._opened.values():
            hub.backend.give_up()


def flags_of(watched: WatchedHub) -> tuple[str, ...]:
    """The flags by which a command finds that hub."""
    return ("--profile", watched.profile, "--hub", watched.hub)
