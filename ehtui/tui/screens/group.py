"""The groups of the hub: same events, independent checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from typing_extensions import override

from ehtui.tui.dialog_text import dialog_text
from ehtui.tui.grid import Grid
from ehtui.tui.screens.dialog import Dialog
from ehtui.tui.widgets.chart import LagPane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

_MOST_LINES = 14
_HEAD = 3  # title, headings, air


class GroupScreen(Dialog[str]):
    """Answers with the name of the chosen group; shows the lag of the one under the cursor."""

    HINT = "↑↓ shows · enter switches · esc closes"
    DEFAULT_CSS = """
    GroupScreen LagPane { height: 9; }
    """

    @override
    def content(self) -> Iterable[Widget]:
        yield Grid("Consumer groups", id="groups", chrome=self.app.chrome)
        yield LagPane(self.app.chrome)

    def on_mount(self) -> None:
        """Begin at the group on screen, and follow the snapshot."""
        self.watch(self.app, "snapshot", self._show, init=False)
        self._show()
        grid = self.query_one(Grid)
        current = self.app.group.lower()
        same = [row.key for row in grid.listing.table.rows if row.key.lower() == current]
        self.set_focus(grid)

        if same:
            grid.move_to(same[0])

    def _show(self) -> None:
        grid = self.query_one(Grid)
        table = dialog_text(self.app).groups(self.app.snapshot)
        grid.styles.height = min(_MOST_LINES, max(1, len(table.rows)) + _HEAD)
        grid.show(table)
        self.show_lag()

    @on(Grid.CursorMoved)
    def show_lag(self) -> None:
        """The lag of the group under the cursor over time."""
        self.query_one(LagPane).show(self.app.snapshot, self.query_one(Grid).cursor or "")

    @on(Grid.RowSelected)
    def choose(self, event: Grid.RowSelected) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.key)
