"""A picture that is held: it says so, it grows old, and nobody reads for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.clock import steady
from ehtui.views.staleness import old_source_at, read_at

if TYPE_CHECKING:
    from textual.timer import Timer

    from ehtui.domain.snapshot import Snapshot
    from ehtui.tui.app import EhtuiApp

AGES_EVERY_S = 5.0


class Pause:
    """Holds the application's picture, and lets it go on."""

    def __init__(self, app: EhtuiApp) -> None:
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

        if self._ageing is not None:
            self._ageing.stop()

        app.snapshot = app.backend.snapshot

    def _age(self, held: Snapshot, at: float) -> None:
        self._app.snapshot = replace(held, taken_at=held.taken_at + steady() - at)

    def refresh(self) -> None:
        """Read everything now; while paused, say why nothing happens."""
        app = self._app

        if not app.paused:
            app.backend.refresh()
            return

        key = app.options.keymap.get("pause", "p")
        app.say(f"Paused at {self.time(app.snapshot)}: nothing is read. {key} goes on.", "warning")

    def as_of(self, snapshot: Snapshot) -> str:
        """Of which moment a dialog speaks, where that is not now."""
        if self._app.paused:
            return f"paused, as of {self.time(snapshot)}"

        return f"as of {self.time(snapshot)}" if old_source_at(snapshot) is not None else ""

    def time(self, snapshot: Snapshot) -> str:
        """When what a picture shows was read, by this host's clock."""
        return self._app.pictures.clock.time(snapshot.host_at(read_at(snapshot)))
