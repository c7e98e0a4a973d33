"""The signs that pictures are made of, for terminals that have them and for those that do not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Series, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

TREND_CELLS = 8
LEASE_CELLS = 10
# What is less than the floor draws low, so that a trickle does not look like a flood.
TREND_FLOOR = 16.0

Buckets = tuple[float | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Glyphs:
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

    def bar(self, share: float, cells: int = LEASE_CELLS) -> str:
        """A bar filled to `share` (0…1); a share that is left always shows a cell."""
        filled = min(cells, max(0, round(share * cells)))
        filled = max(filled, 1) if share > 0 else 0

        return self.bar_full * filled + self.bar_empty * (cells - filled)

    def trend(self, values: Sequence[float | None], floor: float = TREND_FLOOR) -> str:
        """A sparkline from zero to the highest value or `floor`; a gap is a space."""
        known = [value for value in values if value is not None]
        top = max([*known, floor])
        steps = len(self.levels) - 1

        return "".join(
            " " if value is None else self.levels[round(max(0.0, value) / top * steps)]
            for value in values
        )


UNICODE = Glyphs("█", "░", "▁▂▃▄▅▆▇█", "■□◆◇▮▯▰▱", "▲", "△", "●", "✓", "✗")
ASCII = Glyphs("#", ".", "_.-=+*#@", "#*+=%&@o", "X", "!", "i", "+", "x")


def buckets(series: Series, *, now: float, width_s: float, cells: int = TREND_CELLS) -> Buckets:
    """The highest value of each slice of time, newest last.

    Slices keep their place on the clock, so that a picture changes at its right end only.
    """
    first = int(now // width_s) - cells + 1
    highest: list[float | None] = [None] * cells

    for at, value in reversed(series):
        place = int(at // width_s) - first

        if place < 0:
            break

        if place < cells:
            before = highest[place]
            highest[place] = value if before is None or value > before else before

    return tuple(highest)


@lru_cache(maxsize=4096)
def drawn_trend(glyphs: Glyphs, values: Buckets, floor: float = TREND_FLOOR) -> str:
    """`Glyphs.trend`, remembered: most partitions look alike."""
    return glyphs.trend(values, floor)
