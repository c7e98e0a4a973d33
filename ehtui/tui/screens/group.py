"""The groups of the hub: same events, independent checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.grid import Grid
from ehtui.tui.screens.dialog import Dialog
from ehtui.views.cells import Cell, Column, Row, Table, Tone
from ehtui.views.states import HEALTH
from ehtui.views.tables.titles import group_lag

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ehtui.domain.snapshot import GroupState, Snapshot


COLUMNS = (
    Column("group", "GROUP", 24, grows=True, min_width=12),
    Column("health", "HEALTH", 9),
    Column("lag", "LAG", 10, align_right=True),
    Column("owners", "OWNERS", 6, align_right=True),
    Column("partitions", "PARTITIONS", 22, gives_way=1),
)


def groups_table(snapshot: Snapshot) -> Table:
    """One row a group: the worst health, the lag, and what its partitions are."""
    return Table(
        columns=COLUMNS,
        rows=tuple(_row(group) for group in snapshot.groups),
        title=str(len(snapshot.groups)),
        empty="No group has written to the checkpoint store yet.",
    )


def _row(group: GroupState) -> Row:
    word = HEALTH[group.health]
    counts = [f"{count} {HEALTH[health].text}" for health, count in group.counts.items() if count]

    return Row(
        group.name,
        (
            Cell(safe(group.name), sort=group.name),
            Cell(word.text, word.tone, sort=float(word.rank)),
            Cell(group_lag(group), sort=group.lag),
            Cell(str(len(group.owners)), sort=len(group.owners)),
            Cell(", ".join(counts), Tone.DIM),
        ),
        word.rank,
    )


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
