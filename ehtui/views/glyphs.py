"""The signs that pictures are made of, for terminals that have them and for those that do not.

One colour and one sign per owner, the same in every pane.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Set
from functools import lru_cache
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Series, Severity
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.snapshot import Snapshot


TREND_CELLS = 8
LEASE_CELLS = 10
# What is less than the floor draws low, so that a trickle does not look like a flood.
TREND_FLOOR = 16.0

Buckets = tuple[float | None, ...]


class Glyphs(Value, frozen=True, eq=False):
    """One set of signs, all one cell wide. A set is compared by identity: it is a cache's key."""

    bar_full: str
    bar_empty: str
    levels: str  # of a sparkline, lowest first
    owners: str
    critical: str
    warning: str
    info: str
    well: str
    failed: str

    def mark(self, severity: Severity | None) -> str:
        """The sign of a severity; None is all well."""
        marks = {
            Severity.CRITICAL: self.critical,
            Severity.WARNING: self.warning,
            Severity.INFO: self.info,
        }
        return self.well if severity is None else marks[severity]

    def trend(self, values: Sequence[float | None], floor: float = TREND_FLOOR) -> str:
        """A sparkline from zero to the highest value or `floor`; a gap is a space."""
        known = [value for value in values if value is not None]
        top = max([*known, floor])
        steps = len(self.levels) - 1
        return "".join(
            " " if value is None else self.levels[round(max(0.0, value) / top * steps)]
            for value in values
        )


UNICODE = Glyphs(
    bar_full="█",
    bar_empty="░",
    levels="▁▂▃▄▅▆▇█",
    owners="■□◆◇▮▯▰▱",
    critical="▲",
    warning="△",
    info="●",
    well="✓",
    failed="✗",
)
ASCII = Glyphs(
    bar_full="#",
    bar_empty=".",
    levels="_.-=+*#@",
    owners="#%&@=$oH",
    critical="X",
    warning="!",
    info="i",
    well="+",
    failed="x",
)


_NEAR_S = 15.0  # between two looks that are no farther apart nothing is unknown


_MARKS = ("critical", "warning", "info", "well", "failed")
# One character for one cell, so that what is aligned stays aligned.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(map(chr, range(0x2500, 0x2580)), "+"),  # boxes
        **dict.fromkeys(map(chr, range(0x2580, 0x25A0)), "#"),  # blocks, as of scroll bars
        **dict.fromkeys("–—─━╌", "-"),
        **dict.fromkeys("“”", '"'),
        **dict.fromkeys("‘’", "'"),
        **dict.fromkeys("≥→▸", ">"),
        **dict.fromkeys("≤←", "<"),
        **dict.fromkeys("·│┃▐▌", "|"),
        **dict(zip(UNICODE.owners, ASCII.owners, strict=True)),
        **{getattr(UNICODE, name): getattr(ASCII, name) for name in _MARKS},
        "…": "~",
        "×": "x",
        "↑": "^",
        "↓": "v",
        "•": "*",
    }
)


def in_ascii(text: str) -> str:
    """`text` with the signs of sentences in ASCII; what came from outside stays as it is."""
    return text if text.isascii() else text.translate(_PLAIN)


def buckets(series: Series, *, now: float, width_s: float, cells: int = TREND_CELLS) -> Buckets:
    """The highest value of each slice of time, newest last; a level stretch holds in between.

    Slices keep their place on the clock, so that a picture changes at its right end only.
    """
    first = int(now // width_s) - cells + 1
    highest: list[float | None] = [None] * cells
    next_at, next_value, next_place = math.inf, math.nan, cells

    for at, value in reversed(series):
        place = int(at // width_s) - first

        if next_place - place > 1 and (value == next_value or next_at - at <= _NEAR_S):
            for between in range(max(0, place + 1), next_place):
                highest[between] = value

        if place < 0:
            break

        if place < cells:
            before = highest[place]
            highest[place] = value if before is None or value > before else before
            next_at, next_value, next_place = at, value, place

    return tuple(highest)


@lru_cache(maxsize=4096)
def drawn_trend(glyphs: Glyphs, values: Buckets, floor: float = TREND_FLOOR) -> str:
    """`Glyphs.trend`, remembered: most partitions look alike."""
    return glyphs.trend(values, floor)


PALETTE_SIZE = 8
MOST_MARKS = 1024  # remembered of owners that went


class OwnerMark(Value, frozen=True):
    """An owner's place in the palette and among the glyphs."""

    colour: int
    glyph: int


Marks = Mapping[str, OwnerMark]


def owner_marks(snapshot: Snapshot, palette_size: int = PALETTE_SIZE) -> Marks:
    """Marks of all owners that the snapshot knows, whatever the order in which they appeared."""
    return marks_of(frozenset(known_owners(snapshot)), palette_size)


def known_owners(snapshot: Snapshot) -> set[str]:
    """Owner ids in the store and of linked processes of this host."""
    known = {owner for consumer in snapshot.consumers for owner in consumer.owners}

    for group in snapshot.groups:
        known |= {owner.id for owner in group.owners}

        if sum(len(owner.partitions) for owner in group.owners) < len(group.partitions):
            known |= {p.lease.owner for p in group.partitions if p.lease.owner}  # of lapsed ones

        if group.strays:
            known |= {p.lease.owner for p in group.strays if p.lease.owner}

    return known


@lru_cache(maxsize=64)
def marks_of(owners: frozenset[str], palette_size: int = PALETTE_SIZE, glyphs: int = 8) -> Marks:
    """Each owner's own choice (a hash of its id), or the least used place after it.

    Who comes or goes can move only owners that wanted the same place; see `OwnerMarks`.
    """
    return OwnerMarks(palette_size, glyphs).worn_by(owners)


class OwnerMarks:
    """Marks that stay with their owners while a screen is open, whoever comes or goes."""

    def __init__(self, palette_size: int = PALETTE_SIZE, glyphs: int = 8) -> None:
        self._colours, self._glyphs = palette_size, glyphs
        self._marks: dict[str, OwnerMark] = {}
        self._seen: Snapshot | None = None

    def of(self, snapshot: Snapshot) -> Marks:
        """Marks of all owners that the snapshot knows, and of some that it has forgotten."""
        if snapshot is not self._seen:  # every pane asks for the same picture's
            self._seen = snapshot
            self.worn_by(known_owners(snapshot))

        return self._marks

    def worn_by(self, owners: Set[str]) -> Marks:
        """The marks; who is new gets its own choice or the least used place after it."""
        if new := owners - self._marks.keys():
            worn = [self._marks[owner] for owner in owners & self._marks.keys()]
            colours = _placed(new, "colour", self._colours, Counter(m.colour for m in worn))
            signs = _placed(new, "glyph", self._glyphs, Counter(m.glyph for m in worn))
            kept = self._marks if len(self._marks) < MOST_MARKS else dict.fromkeys(owners - new)
            self._marks = {owner: self._marks[owner] for owner in kept} | {
                owner: OwnerMark(colours[owner], signs[owner]) for owner in new
            }

        return self._marks


def _hash(owner: str, purpose: str) -> int:
    import hashlib  # noqa: PLC0415 - loads OpenSSL: with the first owner, not before the first paint

    digest = hashlib.blake2b(owner.encode("utf-8", "surrogatepass"), person=purpose.encode())
    return int.from_bytes(digest.digest()[:8], "big")


def _placed(owners: Set[str], purpose: str, places: int, taken: Counter[int]) -> dict[str, int]:
    wishes = {owner: _hash(owner, purpose) for owner in owners}
    placed: dict[str, int] = {}

    for owner, wish in sorted(wishes.items(), key=lambda item: (item[1], item[0])):
        order = [(wish + step) % places for step in range(places)]
        placed[owner] = min(order, key=lambda place: taken[place])
        taken[placed[owner]] += 1

    return placed
