"""The rival screen: a line and Textual's DataTable, as its documentation does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import App
from textual.message import Message
from textual.widgets import DataTable, Static
from typing_extensions import override

from ehtui.domain.snapshot import Snapshot
from ehtui.tui.overview_tables import OverviewTables

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ehtui.monitor import Monitor
    from ehtui.views.cells import Row


@dataclass
class Published(Message):
    """There is a newer picture."""

    snapshot: Snapshot


class DataTableApp(App[None]):
    """The partitions of a group; only cells that changed are updated."""

    def __init__(self, monitor: Monitor, group: str) -> None:
        super().__init__()
        self._monitor, self._group = monitor, group
        self._pictures = OverviewTables()
        self._shown: dict[str, Row] = {}

    @override
    def compose(self) -> ComposeResult:
        yield Static(id="title", markup=False)
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill the table and follow the monitor."""
        picture = self._pictures.partitions(self._monitor.snapshot, self._group, None)
        table = self.query_one(DataTable)

        for column in picture.columns:
            table.add_column(column.title, key=column.key, width=column.width)

        for row in picture.rows:
            table.add_row(*(Text(cell.text) for cell in row.cells), key=row.key)
            self._shown[row.key] = row

        self._monitor.subscribe(self._publish)

    def on_published(self, message: Published) -> None:
        """Update what changed."""
        picture = self._pictures.partitions(message.snapshot, self._group, None)
        table = self.query_one(DataTable)
        self.query_one("#title", Static).update(picture.title)

        for row in picture.rows:
            before = self._shown[row.key]

            for column, cell, old in zip(picture.columns, row.cells, before.cells, strict=True):
                if cell.text != old.text:
                    table.update_cell(row.key, column.key, Text(cell.text))

            self._shown[row.key] = row

    def _publish(self, snapshot: Snapshot) -> None:
        self.post_message(Published(snapshot))
