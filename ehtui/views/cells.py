"""What a table is made of: plain values that a grid draws and a report prints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a cell is meant; a theme decides its colour. Colour never stands alone."""

    PLAIN = "plain"
    DIM = "dim"
    GOOD = "good"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Cell:
    """Safe text (control characters already visible); the grid measures it in terminal cells."""

    text: str
    tone: Tone = Tone.PLAIN
    owner: int | None = None  # index into the owner palette: one owner, one colour everywhere
    sort: float | str | None = None  # what sorting compares; None sorts last


@dataclass(frozen=True, slots=True)
class Column:
    """A column's width in terminal cells and its place in the order of giving way."""

    key: str
    title: str
    width: int
    align_right: bool = False
    gives_way: int = 0  # 0 never; else the highest number goes first when space is short
    grows: bool = False  # takes the space that is left
    min_width: int | None = None  # a growing column goes no narrower


@dataclass(frozen=True, slots=True)
class Row:
    """One row. Its key is its identity: selection, tags and scroll follow it."""

    key: str
    cells: tuple[Cell, ...]
    rank: int = 0  # 0 fine, 1 info, 2 warning, 3 critical: for "faults only" and "next problem"
    stale_s: float | None = None  # age, where it is too old to trust


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of one pane, and the sentence in its border."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str
    notes: tuple[str, ...] = ()  # to the right of the title
    empty: str = ""  # what to say where there are no rows
