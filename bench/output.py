"""Bytes written to the terminal for one refresh, by how much of it changed; 32 rows, 120x36.

`python -m bench.output`.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from bench.played import POLL_S
from bench.scene import SHOWN, open_scene
from bench.table import Row, run, times

ROWS = 32
REFRESHES = 7
QUIET_S = 0.6
TICK_S = 0.4  # until a second is drawn; a poll has as many as there are between two
IDLE_BYTES_PER_S, TENTH_BYTES = 200, 4096
LABELS = {"nothing": f"{POLL_S:.0f} s in which nothing"}
# How many rows get events: nothing is time alone, with its countdowns, second by second.
CHANGES = {"nothing": 0, "one row": 1, "10 %": 3, "every row": ROWS}


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes for a refresh, by what changed."""

    by_change: dict[str, float]


def written(which: str) -> Written:
    """The mean refresh of each kind, so that what moves in steps counts; first all are renewed."""
    with open_scene(which, ROWS) as window:
        window.until(SHOWN)
        window.until_quiet(1.0)
        found = {}

        for name, changed in CHANGES.items():
            window.tell(f"{changed} {ROWS}")
            window.until_quiet(QUIET_S)
            sizes = []

            for _ in range(REFRESHES):
                ticks = 0 if changed else int(POLL_S) - 1
                sizes.append(0)

                for _ in range(ticks):
                    window.tell("tick")
                    sizes[-1] += len(window.until_quiet(TICK_S))

                window.tell(f"{changed} 0 {POLL_S - ticks:.0f}")
                sizes[-1] += len(window.until_quiet(QUIET_S))

            found[name] = statistics.mean(sizes)

        return Written(found)


def measure() -> list[Row]:
    """One row a kind of change."""
    ours, theirs = written("ehtui").by_change, written("datatable").by_change
    idle = ours["nothing"] / POLL_S
    aims = {
        "nothing": (f"≤ {IDLE_BYTES_PER_S} B/s (is {idle:.0f})", idle <= IDLE_BYTES_PER_S),
        "10 %": (f"≤ {TENTH_BYTES:,} B", ours["10 %"] <= TENTH_BYTES),
    }

    return [
        Row(
            f"bytes to the terminal, 32 rows: {LABELS.get(name, name)} changed",
            f"{ours[name]:,.0f} B",
            f"{theirs[name]:,.0f} B · DataTable",
            times(theirs[name] / max(1, ours[name]), "fewer"),
            *aims.get(name, ("–", None)),
        )
        for name in CHANGES
    ]


if __name__ == "__main__":
    run(measure)
