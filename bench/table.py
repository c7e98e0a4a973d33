"""What every benchmark returns, and how it is shown: a row is a ratio to a named rival."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEADINGS = ("what", "ehtui", "rival", "ratio", "aim", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison of one run, in words; `is_met` is None where there is no aim."""

    what: str
    ehtui: str
    rival: str
    ratio: str
    aim: str = "–"
    is_met: bool | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """As in the table; a missed aim says so in a word."""
        verdict = {True: "met", False: "missed", None: ""}[self.is_met]
        return self.what, self.ehtui, self.rival, self.ratio, self.aim, verdict


def run(measure: Callable[[], list[Row]]) -> None:
    """Be `python -m bench.NAME`: a table, or JSON lines for `python -m bench`."""
    rows = measure()

    if "--json" in sys.argv:
        for row in rows:
            print(json.dumps(asdict(row)))
    else:
        print(markdown(HEADINGS, [row.cells for row in rows]))


def markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table that is aligned in a terminal too."""
    lines = [headings, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(headings))]
    shown = [_line(line, widths) for line in lines]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"

    return "\n".join([shown[0], rule, *shown[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"


def ms(seconds: float) -> str:
    """Milliseconds, with as many digits as mean something."""
    value = seconds * 1000
    digits = 0 if value >= 100 else 1 if value >= 1 else 2
    return f"{value:,.{digits}f} ms"


def times(ratio: float, what: str = "") -> str:
    """So many times, with as many digits as mean something."""
    digits = 0 if ratio >= 10 else 1 if ratio >= 3 else 2
    return f"{ratio:,.{digits}f}x{' ' if what else ''}{what}"
