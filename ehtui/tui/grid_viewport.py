"""How somebody looks at a table: order and filter, cursor and tags by key, scroll. No drawing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

from msgspec import field
from msgspec.structs import replace

from ehtui.domain.values import Value
from ehtui.views.cells import LazyRows, Row, Table

EMPTY = Table((), (), "")
FAULT_RANK = 2

RowFilter = Callable[[Row], bool]


class Sort(Value, frozen=True):
    """By which column, and which end first."""

    column: str
    descending: bool = False


class Listing(Value, frozen=True, eq=False):
    """What of a table is shown, in which order. A new one is made for every change.

    Rows are made only where they are looked at: by a filter, or because they are on the screen.
    """

    table: Table = EMPTY
    sort: Sort | None = None
    matches: RowFilter | None = None
    moves: bool = False  # what matches changes as time passes
    faults_only: bool = False
    order: Sequence[int] = ()  # the rows that are shown, by their places in the table
    keys: Sequence[str] = ()  # theirs
    positions: Mapping[str, int] = field(default_factory=dict)  # of keys

    def shows(self, table: Table) -> bool:
        """Whether a newer table is the same; rows that nobody looked at yet may differ."""
        if self.moves:
            return False
        return table is self.table or (not isinstance(table.rows, LazyRows) and table == self.table)

    def arranged(self) -> Listing:
        """Filter and sort again."""
        keys = self.table.keys
        order: Sequence[int] = range(len(keys))
        if self.faults_only or self.matches is not None:
            order = [place for place in order if self._shows(place)]
        if self.sort is not None and (column := self._column(self.sort)) is not None:
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

    def _column(self, sort: Sort) -> int | None:
        keys = [column.key for column in self.table.columns]
        return keys.index(sort.column) if sort.column in keys else None

    def _shows(self, place: int) -> bool:
        if self.faults_only and self.table.rank(place) < FAULT_RANK:
            return False
        return self.matches is None or self.matches(self.table.rows[place])


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


class Viewport:
    """The mutable part of a grid. Lines are counted from the first row's, drawn or not."""

    def __init__(self, *, follows_top: bool = False) -> None:
        self.listing = Listing().arranged()
        self.label = ""  # says how the rows are filtered
        self.cursor: str | None = None
        self.cursor_row = 0  # where it was seen last
        self.tags: frozenset[str] = frozenset()
        self.top = 0  # the first line that is seen
        self.height = 0  # lines that are seen
        self.starts: Sequence[int] = range(1)  # the line on which each row begins, and the end
        self.on_screen: Sequence[str] = ()  # the row on each line, as drawn last
        self._follows_top = follows_top
        self._reveals = False  # the next placing brings the cursor's row into view
        self._anchors: tuple[tuple[str, int], ...] | None = None

    @property
    def lines(self) -> int:
        """How many lines all rows take."""
        return self.starts[-1]

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        position = self.listing.position(self.cursor)
        return None if position is None else self.listing.row(position)

    @property
    def targets(self) -> tuple[str, ...]:
        """What an action is about: tagged rows in their order, else the one under the cursor."""
        if self.tags:
            return tuple(key for key in self.listing.table.keys if key in self.tags)
        return () if self.cursor is None else (self.cursor,)

    def show(self, table: Table) -> None:
        """Take newer rows; what was under the eyes stays there."""
        was_empty = not self.listing
        is_at_top = self._follows_top and not self.top and self.cursor in self.listing.keys[:1]
        self._hold()
        self.listing = replace(self.listing, table=table).arranged()
        self.tags &= frozenset(table.keys) if self.tags else self.tags
        position = self.listing.position(self.cursor)
        if is_at_top and self.listing:  # nobody scrolled: the newest stays in view, and chosen
            self.move(0)
        elif position is not None:
            self.cursor_row = position
        elif self.cursor is not None:
            self._go_nearby()
        elif was_empty and not self._follows_top:
            self.move(self.cursor_row)

    def rearrange(self, listing: Listing) -> None:
        """Filter or sort otherwise; a cursor whose row is hidden now goes nearby."""
        self._hold()
        self.listing = listing.arranged()
        position = self.listing.position(self.cursor)
        if position is None:
            self._go_nearby()
        else:
            self.cursor_row = position
        self._reveals = True

    def take_focus(self) -> None:
        """Have a cursor, if there is a row for it."""
        if self.cursor is None and self.listing:
            self.move(self.cursor_row)

    def move(self, position: int) -> None:
        """Put the cursor on a row by its place; beyond the ends is the end."""
        if self.listing:
            self.cursor_row = position
            self._go_nearby()
            self._reveals = True

    def next_fault(self) -> int | None:
        """The place of the next row of at least a warning, around the end."""
        many = len(self.listing)
        start = self.cursor_row + 1 if self.cursor else 0
        order = ((start + step) % many for step in range(many))
        return next((at for at in order if self.listing.is_fault(at)), None)

    def next_match(self, matches: RowFilter, step: int) -> int | None:
        """The place of the next row, or with -1 of the one before, around the end."""
        many = len(self.listing)
        start = self.cursor_row + step if self.cursor else 0
        order = ((start + step * far) % many for far in range(many))
        return next((at for at in order if matches(self.listing.row(at))), None)

    def scroll(self, lines: int) -> None:
        """Move the view and leave the cursor."""
        self.top = max(0, self.top + lines)

    def toggle_tag(self, key: str) -> None:
        """Tag or untag a row."""
        self.tags ^= {key}

    def place(self, starts: Sequence[int], height: int) -> None:
        """Find the first line to be seen, now that each row's lines are counted."""
        self.starts, self.height = starts, height
        anchors, self._anchors = self._anchors or (), None
        kept = ((self.listing.position(key), line) for key, line in anchors if self.top)
        at, line = next(((at, line) for at, line in kept if at is not None), (None, 0))
        if at is not None:
            self.top = starts[at] - line
        position = self.listing.position(self.cursor)
        if self._reveals and position is not None:
            self.top = max(self.top, starts[position + 1] - height)
            self.top = min(self.top, starts[position])  # a row that is too high shows its beginning
        self._reveals = False
        self.top = max(0, min(self.top, self.lines - height))

    def row_of(self, line: int) -> int:
        """The place of the row that has this line."""
        return max(0, bisect_right(self.starts, line) - 1)

    @property
    def thumb(self) -> range:
        """Which of the lines that are seen carry the scroll thumb."""
        if self.lines <= self.height or not self.height:
            return range(0)
        size = max(1, self.height * self.height // self.lines)
        start = self.top * (self.height - size) // (self.lines - self.height)
        return range(start, start + size)

    @property
    def states(self) -> list[str]:
        """How it is looked at, in words: tags, filter, and which rows are seen."""
        listing = self.listing
        states = [f"{len(self.tags)} tagged"] if self.tags else []
        states += ["faults only"] if listing.faults_only else []
        states += [self.label] if self.label else []
        if listing.hidden:
            states.append(f"{len(listing)} of {len(listing.table.rows)}")
        elif self.lines > self.height and listing:
            last = self.row_of(min(self.lines - 1, self.top + self.height - 1))
            states.append(f"{self.row_of(self.top) + 1}–{last + 1} of {len(listing)}")
        return states

    def _go_nearby(self) -> None:
        """The row that took the place of the cursor's, else the last; the view stays if it may."""
        self.cursor_row = max(0, min(self.cursor_row, len(self.listing) - 1))
        self.cursor = self.listing.keys[self.cursor_row] if self.listing else None

    def _hold(self) -> None:
        """Remember what stands where, the cursor's row first, until the next placing."""
        if self._anchors is not None or not self.on_screen:
            return
        seen = [(key, line) for line, key in enumerate(self.on_screen)]
        first = [anchor for anchor in seen if anchor[0] == self.cursor][:1]
        self._anchors = (*first, *seen)
        self._reveals = self._reveals or bool(first)
