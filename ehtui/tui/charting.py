"""A series as a filled curve: arithmetic on columns and eighths of a cell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.snapshot import Series

EIGHTHS = " ▁▂▃▄▅▆▇█"
ASCII_EIGHTHS = "  ...:::#"


def columns(series: Series, from_at: float, to_at: float, count: int) -> list[float | None]:
    """The highest value of each of `count` slices of time; None where nothing was measured.

    A slice without a point of its own between two points has the value of the one before: a curve
    that is sampled more rarely than it is drawn is a stair, not a comb.
    """
    width_s = max(to_at - from_at, 1e-9) / count
    highest: list[float | None] = [None] * count

    for at, value in series:
        place = math.floor((at - from_at) / width_s)
        place = count - 1 if at == to_at else place

        if 0 <= place < count:
            before = highest[place]
            highest[place] = value if before is None else max(before, value)

    known = [place for place, value in enumerate(highest) if value is not None]

    for place in range(known[0], known[-1]) if known else ():
        if highest[place] is None:
            highest[place] = highest[place - 1]

    return highest


def nice_top(highest: float) -> float:
    """The least round number that is no less: 1, 2 or 5 times a power of ten."""
    if highest <= 1:
        return 1.0

    unit = 10.0 ** math.floor(math.log10(highest))

    return next(step * unit for step in (1, 2, 5, 10) if step * unit >= highest)


def drawn(
    values: Sequence[float | None], top: float, height: int, eighths: str = EIGHTHS
) -> list[str]:
    """Lines of a filled curve, the highest first; zero still shows that it was measured."""
    steps = [
        None if value is None else max(1, round(min(value, top) / top * height * 8))
        for value in values
    ]

    return [
        "".join(
            " " if step is None else eighths[max(0, min(8, step - floor * 8))] for step in steps
        )
        for floor in reversed(range(height))
    ]
