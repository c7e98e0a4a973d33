"""What metrics are made of: the newest picture of the one hub that is meant, or of all of them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from ehtui.cli.compose import FIRST_READS_S, first_look, look, make_monitor, namespace_of
from ehtui.clock import steady
from ehtui.config.errors import ConfigError
from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import Snapshot, SourceState, SourceStatus
from ehtui.views.metrics.values import Picture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.config.changes import Configuration
    from ehtui.config.settings import Settings
    from ehtui.domain.hubs import WatchedHub
    from ehtui.domain.problems import Problem

# What a hub is judged by, wherever its consumers run.
OF_HUB = frozenset({"hub", "store"})


class Pictures(Protocol):
    """Where they come from."""

    def once(self) -> Sequence[Picture]:
        """Read everything once, and hang up."""

    def begin(self, *, waits: bool) -> None:
        """Go on reading; with `waits` it returns when everything was read or failed."""

    def now(self) -> Sequence[Picture]:
        """As they are known now."""

    def end(self) -> None:
        """Read no more."""


class OneHub:
    """Of the hub that is meant, at its own pace."""

    def __init__(self, settings: Settings) -> None:
        """Raises ConfigError where no hub is configured."""
        self._settings = settings
        self._namespace = namespace_of(settings)
        self._monitor = make_monitor(settings)

    def once(self) -> Sequence[Picture]:
        """See `Pictures`."""
        return [self._picture(look(self._settings))]

    def begin(self, *, waits: bool) -> None:
        """See `Pictures`."""
        self._monitor.start()

        if waits:
            first_look(self._monitor)

    def now(self) -> Sequence[Picture]:
        """See `Pictures`."""
        return [self._picture(self._monitor.snapshot)]

    def end(self) -> None:
        """See `Pictures`."""
        self._monitor.stop()

    def _picture(self, snapshot: Snapshot) -> Picture:
        settings = self._settings
        hub, profile = settings.eventhub.name or "", settings.profile
        return Picture(self._namespace, hub, snapshot, steady(), profile)


class AllHubs:
    """Of every hub of every profile: each read seldom, unless it has a finding."""

    def __init__(self, configuration: Configuration) -> None:
        """Raises ConfigError where what is configured cannot be used at all, or is nothing."""
        from ehtui.cli.hubs import WatchedHubs  # noqa: PLC0415 - of many alone

        self._hubs = WatchedHubs(configuration.read(), configuration)
        self._news = threading.Event()

        if not self._hubs.watched:
            raise ConfigError("No hub is configured.", "'ehtui config' shows what was found.")

    def once(self) -> Sequence[Picture]:
        """See `Pictures`."""
        self.begin(waits=True)

        try:
            return self.now()
        finally:
            self.end()

    def begin(self, *, waits: bool) -> None:
        """See `Pictures`."""
        self._hubs.subscribe(lambda _: self._news.set())
        give_up_at = time.monotonic() + FIRST_READS_S

        while waits and not all(_is_read(hub) for hub in self._hubs.watched):
            self._news.clear()

            if not self._news.wait(max(0.0, min(1.0, give_up_at - time.monotonic()))):
                waits = time.monotonic() < give_up_at

    def now(self) -> Sequence[Picture]:
        """See `Pictures`."""
        return [
            Picture(hub.namespace, hub.hub, _snapshot(hub), steady(), hub.profile, _unusable(hub))
            for hub in self._hubs.watched
        ]

    def end(self) -> None:
        """See `Pictures`."""
        self._hubs.close()


def _is_read(hub: WatchedHub) -> bool:
    if hub.snapshot is None:
        return hub.problem is not None

    states = {s.status for s in hub.snapshot.sources if s.name in OF_HUB}
    return SourceStatus.STARTING not in states


def _unusable(hub: WatchedHub) -> Problem | None:
    problem = hub.problem
    return problem if problem is not None and problem.kind is ProblemKind.MALFORMED else None


def _snapshot(hub: WatchedHub) -> Snapshot:
    """One that cannot be opened is down; of one that was not read yet nothing is known."""
    if hub.snapshot is not None:
        return hub.snapshot

    if not hub.namespace:  # there is nothing that could be read
        return Snapshot()

    status = SourceStatus.STARTING if hub.problem is None else SourceStatus.FAILED
    return Snapshot(sources=(SourceState("hub", status, problem=hub.problem),))
