"""The only hub that is meant: opened anew when files change, nothing loaded before it paints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.cli.compose import first_picture
from ehtui.cli.hub_backend import HubBackend
from ehtui.config.resolve import require_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.cli.hubs import WatchedHubs
    from ehtui.cli.works import Works
    from ehtui.config.changes import Configuration
    from ehtui.config.found import ConfiguredHub, Resolved
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.problems import Problem
    from ehtui.monitor.urgency import Attention


class OneHub:
    """A backend for the screen of one hub, and what re-reads its configuration."""

    def __init__(
        self, configured: ConfiguredHub, found: Resolved, configuration: Configuration
    ) -> None:
        """Raises ConfigError where no hub is configured."""
        require_hub(found.settings)
        self._configured = configured
        self._configuration = configuration
        self._hubs: WatchedHubs | None = None
        self._warn: Callable[[str], None] = lambda _: None
        self.backend = HubBackend(
            lambda: self._open(found),
            found.settings,
            first_picture(found.settings),
            attention=_full,
            on_viewed=lambda: self._made().viewed(configured.key),
        )

    def warn_by(self, warn: Callable[[str], None]) -> None:
        """Say by this, from another thread, why a changed file is not taken over."""
        self._warn = warn

    def close(self) -> Sequence[Outcome]:
        """Finish, hang up and stop reading; how the unfinished ended. Blocks."""
        return self.backend.close() if self._hubs is None else self._hubs.close()

    def _open(self, found: Resolved) -> Works:
        return self._made().opener(found.settings)()

    def _made(self) -> WatchedHubs:
        if self._hubs is None:
            from ehtui.cli.hubs import WatchedHubs  # noqa: PLC0415 - with the monitor's rooms

            self._hubs = WatchedHubs(
                [self._configured], self._configuration, only=self.backend, told=self._tell
            )

        return self._hubs

    def _tell(self, problem: Problem | None) -> None:
        if problem is not None:
            from ehtui.views.sources import problem_line  # noqa: PLC0415 - as above

            self._warn(problem_line(problem))


def _full() -> Attention:
    from ehtui.monitor.urgency import FULL  # noqa: PLC0415 - as above

    return FULL
