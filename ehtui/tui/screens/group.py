"""The groups of the hub: same events, independent checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from typing_extensions import override

from ehtui.tui.grid import Grid
from ehtui.tui.screens.dialog import Dialog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ehtui.views.cells import Table


class GroupScreen(Dialog[str]):
    """Answers with the name of the chosen group."""

    HINT = "enter switches · esc closes"

    def __init__(self, table: Table, current: str) -> None:
        super().__init__()
        self._table = table
        self._current = current

    @override
    def content(self) -> Iterable[Widget]:
        yield Grid("Consumer groups", id="groups", chrome=self.app.chrome)

    def on_mount(self) -> None:
        """Begin at the group on screen."""
        grid = self.query_one(Grid)
        grid.styles.height = min(18, len(self._table.rows) + 3)
        grid.show(self._table)
        same = [row.key for row in self._table.rows if row.key.lower() == self._current.lower()]
        grid.focus()

        if same:
            grid.move_to(same[0])

    @on(Grid.RowSelected)
    def choose(self, event: Grid.RowSelected) -> None:
        """Answer."""
        event.stop()
        self.dismiss(event.key)
