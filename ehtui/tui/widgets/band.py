"""The lag of the group over time beside all groups of the hub: for screens with space to spare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal
from typing_extensions import override

from ehtui.tui.grid import Grid
from ehtui.tui.widgets.lag_pane import LagPane
from ehtui.views.groups import groups_table
from ehtui.views.lags import total_lag

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ehtui.domain.snapshot import Snapshot
    from ehtui.tui.chrome import Chrome


class Band(Horizontal):
    """Same events, independent checkpoints: a row a group, and the curve of the one on screen."""

    DEFAULT_CSS = """
    Band {
        LagPane { width: 11fr; }
        Grid { width: 9fr; margin-left: 1; }
    }
    """

    def __init__(self, chrome: Chrome) -> None:
        super().__init__(id="band")
        self._chrome = chrome
        self._picture: tuple[Snapshot, str] | None = None

    @override
    def compose(self) -> ComposeResult:
        yield LagPane(self._chrome)
        yield Grid("Groups", id="groups", chrome=self._chrome)

    def on_mount(self) -> None:
        """Draw what was to be shown before there was anything to draw on."""
        self._draw()

    def show(self, snapshot: Snapshot, group: str) -> None:
        """Draw a newer picture."""
        self._picture = snapshot, group

        if self.is_mounted:
            self._draw()

    def _draw(self) -> None:
        if self._picture is not None:
            snapshot, group = self._picture
            self.query_one(LagPane).show(total_lag(snapshot, snapshot.group(group)))
            self.query_one(Grid).show(groups_table(snapshot))
