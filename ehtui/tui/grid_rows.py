"""The rows of a table as somebody looks at them: sorted, filtered, found by key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ehtui.views.cells import Row, Table

EMPTY = Table((), (), "")
FAULT_RANK = 2

RowFilter = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column, and which end first."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """What of a table is shown, in which order. A new one is made for every change."""

    table: Table = EMPTY
    sort: Sort | None = None
    matches: RowFilter | None = None
    faults_only: bool = False
    rows: tuple[Row, ...] = ()
    positions: dict[str, int] | None = None

    def with_table(self, table: Table) -> Listing:
        """The same view of newer rows."""
        return replace(self, table=table).arranged()

    def arranged(self) -> Listing:
        """Filter and sort again."""
        rows = [row for row in self.table.rows if self._shows(row)]
        column = self._sort_index()

        if self.sort is not None and column is not None:
            rows = _sorted(rows, column, descending=self.sort.descending)

        positions = {row.key: position for position, row in enumerate(rows)}

        return replace(self, rows=tuple(rows), positions=positions)

    def position(self, key: str | None) -> int | None:
        """Where a row stands, None where it is not shown."""
        return None if key is None else (self.positions or {}).get(key)

    @property
    def hidden(self) -> int:
        """How many rows the filter keeps away."""
        return len(self.table.rows) - len(self.rows)

    def _shows(self, row: Row) -> bool:
        if self.faults_only and row.rank < FAULT_RANK:
            return False

        return self.matches is None or self.matches(row)

    def _sort_index(self) -> int | None:
        if self.sort is None:
            return None

        keys = [column.key for column in self.table.columns]

        return keys.index(self.sort.column) if self.sort.column in keys else None


def _sorted(rows: list[Row], column: int, *, descending: bool) -> list[Row]:
    """Stable; numbers before words, and what is unknown last, whichever end comes first."""
    known = [row for row in rows if row.cells[column].sort is not None]
    unknown = [row for row in rows if row.cells[column].sort is None]
    known.sort(key=lambda row: _sort_key(row.cells[column].sort), reverse=descending)

    return known + unknown


def _sort_key(value: float | str | None) -> tuple[bool, float, str]:
    if isinstance(value, str):
        return (True, 0.0, value.casefold())

    return (False, value or 0.0, "")
