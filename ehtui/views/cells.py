"""What panes are made of: tables, which a grid draws or a report prints, and lines of facts."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, overload

from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.width import width

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping


class Tone(StrEnum):
    """How a cell is meant; a theme decides its colour. Colour never stands alone."""

    PLAIN = "plain"
    DIM = "dim"
    GOOD = "good"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Cell(Value, frozen=True):
    """Safe text (control characters already visible); the grid measures it in terminal cells."""

    text: str
    tone: Tone = Tone.PLAIN
    owner: int | None = None  # index into the owner palette: one owner, one colour everywhere
    sort: float | str | None = None  # what sorting compares; None sorts last
    shorter: tuple[str, ...] = ()  # other wordings, each shorter than the one before
    keeps_end: bool = False  # a picture over time: of what is too long, the newest is last
    colour: str | None = None  # a user's own, as configured; a theme makes it readable

    def within(self, cells: int) -> str:
        """The longest wording that fits into so many cells, else the shortest."""
        if self.keeps_end:
            return self.text[-cells:]

        if not self.shorter or width(self.text) <= cells:
            return self.text

        return next((text for text in self.shorter if width(text) <= cells), self.shorter[-1])


class Column(Value, frozen=True):
    """How much space a column wants and needs, and its place in the order of giving way."""

    key: str
    title: str
    width: int  # with which nothing of it is cut
    align_right: bool = False
    gives_way: int = 0  # 0 never; else the highest number goes first when space is short
    grows: bool = False  # takes the space that is left when everybody has what they want
    min_width: int | None = None  # it can do with so much; None: only with all of `width`
    good_width: int | None = None  # with which it needs no extra to go; None: with `width`
    is_extra: bool = False  # there only where everybody else has a good width, or by name
    meaning: str = ""  # for the legend; told once where several tables have it


class Row(Value, frozen=True):
    """One row. Its key is its identity: selection, tags and scroll follow it."""

    key: str
    cells: tuple[Cell, ...]
    rank: int = 0  # 0 fine, 1 info, 2 warning, 3 critical: for "faults only" and "next problem"
    stale_s: float | None = None  # age, where it is too old to trust


class LazyRows(Sequence[Row]):
    """Rows that are made when they are looked at: of a thousand, a screen shows thirty.

    What is asked of all of them (key, rank, what a column sorts by) is told without making any.
    """

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self._made: dict[int, Row] = {}

    def make(self, position: int) -> Row:
        """The row in that place."""
        raise NotImplementedError

    def rank(self, position: int) -> int:
        """Its `Row.rank`."""
        raise NotImplementedError

    def sort(self, position: int, column: int) -> float | str | None:
        """What its cell in that column is sorted by."""
        raise NotImplementedError

    @override
    def __len__(self) -> int:
        return len(self.keys)

    @overload
    def __getitem__(self, index: int) -> Row: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...

    @override
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(len(self))[index])

        row = self._made.get(index)

        if row is None:
            row = self._made[index] = self.make(range(len(self))[index])

        return row

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


class Table(Value, frozen=True):
    """Columns and rows of one pane, and the sentence in its border."""

    columns: tuple[Column, ...]
    rows: Sequence[Row]
    title: str
    notes: tuple[str, ...] = ()  # to the right of the title
    empty: str = ""  # what to say where there are no rows

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all rows, in order."""
        rows = self.rows
        return rows.keys if isinstance(rows, LazyRows) else tuple(row.key for row in rows)

    def rank(self, position: int) -> int:
        """How bad the row in that place is."""
        rows = self.rows
        return rows.rank(position) if isinstance(rows, LazyRows) else rows[position].rank

    def sort(self, position: int, column: int) -> float | str | None:
        """What the row in that place is sorted by."""
        rows = self.rows

        if isinstance(rows, LazyRows):
            return rows.sort(position, column)

        return rows[position].cells[column].sort


def fitted(
    columns: Sequence[Column], rows: Sequence[Row], keys: Iterable[str]
) -> tuple[Column, ...]:
    """`columns`, those named widened to their widest cell."""
    places = [(place, column.key) for place, column in enumerate(columns) if column.key in keys]
    return widened(columns, {key: [row.cells[place].text for row in rows] for place, key in places})


def widened(columns: Sequence[Column], texts: Mapping[str, Iterable[str]]) -> tuple[Column, ...]:
    """`columns`, each at least as wide as the texts given for it."""
    widest = {key: max(map(width, some), default=0) for key, some in texts.items()}
    return tuple(
        replace(column, width=widest[column.key])
        if widest.get(column.key, 0) > column.width
        else column
        for column in columns
    )


class RowMemo:
    """Rows of one pane, until the facts that they were made from change. Panes share none."""

    def __init__(self) -> None:
        self._before: dict[Hashable, tuple[tuple[object, ...], Row]] = {}
        self._now: dict[Hashable, tuple[tuple[object, ...], Row]] = {}

    def begin(self) -> None:
        """Start a table: rows that nobody looked at in the one before are forgotten."""
        self._before, self._now = self._now, {}

    def kept(self, key: Hashable, facts: tuple[object, ...], make: Callable[[], Row]) -> Row:
        """What is kept under `key`, if it was made from equal facts.

        Tuples compare by identity first: domain objects that did not change cost nothing.
        """
        kept = self._now.get(key) or self._before.get(key)

        if kept is None or kept[0] != facts:
            kept = (facts, make())

        self._now[key] = kept
        return kept[1]


Fact = tuple[str, str | None]  # None is unknown


class Line(Value, frozen=True):
    """One fact."""

    label: str
    value: str
    tone: Tone = Tone.PLAIN


class Section(Value, frozen=True):
    """Facts under a heading; one without a label is a sentence of its own."""

    heading: str
    lines: tuple[Line, ...]


def section(heading: str, facts: Iterable[Fact]) -> Section:
    """A section of plain facts; what is unknown is dim."""
    return Section(
        heading,
        tuple(
            Line(label, formats.UNKNOWN, Tone.DIM)
            if value is None or value == formats.UNKNOWN
            else Line(label, value)
            for label, value in facts
        ),
    )
