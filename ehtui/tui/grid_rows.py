"""The rows of a table as somebody looks at them: sorted, filtered, found by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ehtui.views.cells import LazyRows, Row, Table

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
    """What of a table is shown, in which order. A new one is made for every change.

    Rows are made only where they are looked at: by a filter, or because they are on the screen.
    """

    table: Table = EMPTY
    sort: Sort | None = None
    matches: RowFilter | None = None
    faults_only: bool = False
    order: Sequence[int] = ()  # the rows that are shown, by their places in the table
    keys: Sequence[str] = ()  # theirs
    positions: Mapping[str, int] = field(default_factory=dict)  # of keys

    def with_table(self, table: Table) -> Listing:
        """The same view of newer rows."""
        return replace(self, table=table).arranged()

    def shows(self, table: Table) -> bool:
        """Whether a newer table is the same; rows that nobody looked at yet may differ."""
        return table is self.table or (not isinstance(table.rows, LazyRows) and table == self.table)

    def arranged(self) -> Listing:
        """Filter and sort again."""
        keys = self.table.keys
        order: Sequence[int] = range(len(keys))

        if self.faults_only or self.matches is not None:
            order = [place for place in order if self._shows(place)]

        column = self._sort_index()

        if self.sort is not None and column is not None:
            order = _sorted(self.table, order, column, descending=self.sort.descending)

        if not isinstance(order, range):
            keys = tuple(keys[place] for place in order)

        positions = {key: position for position, key in enumerate(keys)}

        return replace(self, order=order, keys=keys, positions=positions)

    def __len__(self) -> int:
        """How many rows are shown."""
        return len(self.order)

    def row(self, position: int) -> Row:
        """The row that is shown in that place."""
        return self.table.rows[self.order[position]]

    def is_fault(self, position: int) -> bool:
        """Whether the row that is shown in that place is at least a warning."""
        return self.table.rank(self.order[position]) >= FAULT_RANK

    @property
    def rows(self) -> tuple[Row, ...]:
        """All that are shown."""
        return tuple(self.table.rows[place] for place in self.order)

    def position(self, key: str | None) -> int | None:
        """Where a row stands, None where it is not shown."""
        return None if key is None else self.positions.get(key)

    @property
    def hidden(self) -> int:
        """How many rows the filter keeps away."""
        return len(self.table.rows) - len(self.order)

    def _shows(self, place: int) -> bool:
        if self.faults_only and self.table.rank(place) < FAULT_RANK:
            return False

        return self.matches is None or self.matches(self.table.rows[place])

    def _sort_index(self) -> int | None:
        if self.sort is None:
            return None

        keys = [column.key for column in self.table.columns]

        return keys.index(self.sort.column) if self.sort.column in keys else None


def _sorted(table: Table, order: Sequence[int], column: int, *, descending: bool) -> list[int]:
    """Stable; numbers before words, and what is unknown last, whichever end comes first."""
    values = {place: table.sort(place, column) for place in order}
    known = [place for place in order if values[place] is not None]
    unknown = [place for place in order if values[place] is None]
    known.sort(key=lambda place: _sort_key(values[place]), reverse=descending)

    return known + unknown


def _sort_key(value: float | str | None) -> tuple[bool, float, str]:
    if isinstance(value, str):
        return (True, 0.0, value.casefold())

    return (False, value or 0.0, "")
