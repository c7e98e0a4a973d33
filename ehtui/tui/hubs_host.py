"""The application over several hubs, as their overview knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import var

from ehtui.domain.hubs import WatchedHub
from ehtui.tui.host import Host
from ehtui.views.hubs import hub_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.monitor.hubs import Hubs
    from ehtui.views.hubs import HubRow


class HubsHost(Host):
    """What is watched, and going into one of it."""

    watched: var[Sequence[WatchedHub]] = var(tuple[WatchedHub, ...], init=False)
    hubs: Hubs
    clock: Callable[[], float]  # of this session's own time

    @property
    def rows(self) -> tuple[HubRow, ...]:
        """The overview's rows as of now, the worst first."""
        tables = self._tables
        return hub_rows(self.watched, self.clock(), glyphs=tables.glyphs, clock=tables.clock)

    def enter(self, watched: WatchedHub, group: str) -> None:
        """Go into a hub, to that group or its default one; where it cannot be opened, say why."""
        raise NotImplementedError
