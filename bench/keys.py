"""From a key to its paint, while a tenth of the rows changes every second, in a real terminal.

Keys move the cursor, up and down; painted is when the next row's bytes arrive in the cursor's
style. They come at uneven times, during refreshes too. `python -m bench.keys`.
"""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.scene import SHOWN, open_scene
from bench.table import Row, ms, run, times

if TYPE_CHECKING:
    from bench.window import Window

SIZES = (32, 256, 1024)
KEYS = 120
EVERY_S = 0.08
REFRESH_EVERY_S = 1.0
POINTER = "(?:▌)?".encode()
DOWN, UP = b"\x1b[B", b"\x1b[A"
P99_S, WORST_S = 0.016, 0.033
GIVE_UP_S = 5.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Of all keys, in seconds."""

    median_s: float
    p99_s: float
    worst_s: float


class Typist:
    """Moves the cursor and tells when that is seen; refreshes go on meanwhile."""

    def __init__(self, window: Window, rows: int) -> None:
        self._window, self._rows = window, rows
        self._changed = max(1, rows // 10)
        self._renewed = max(1, rows // 6)  # each lease every 30 s, as the Python SDK does
        self._refresh_at = 0.0
        self._row, self._step = 0, 1
        self._style = b""

    def begin(self) -> None:
        """Learn how this screen paints the row under the cursor."""
        self._window.until_quiet(1.0)
        self._window.press(DOWN)
        frame = self._window.until_quiet(0.5)
        self._row = 1
        # Of what was painted, the number of the next row has the cursor's style.
        found = re.search(rb"\x1b\[([0-9;]+)m%s *(?:\x1b\[\1m *)?1 " % POINTER, frame)
        assert found, frame[-300:]
        self._style = re.escape(found[1])

    def press(self) -> float:
        """Seconds from a key to its paint."""
        if not 0 <= self._row + self._step < self._rows:
            self._step = -self._step

        self._row += self._step
        seen = re.compile(rb"\x1b\[%sm%s *%d[ \x1b]" % (self._style, POINTER, self._row))
        self._window.read(0)
        frame, pressed_at = b"", time.perf_counter()
        self._window.press(DOWN if self._step > 0 else UP)

        while time.perf_counter() < pressed_at + GIVE_UP_S:
            self._refresh()
            frame += self._window.read(0.002)

            if seen.search(frame):
                return time.perf_counter() - pressed_at

        raise TimeoutError(f"row {self._row} was not seen in {frame[-300:]!r}")

    def rest(self, seconds: float) -> None:
        """Read along until the next key."""
        until = time.perf_counter() + seconds

        while (left := until - time.perf_counter()) > 0:
            self._refresh()
            self._window.read(min(left, 0.005))

    def _refresh(self) -> None:
        if time.perf_counter() >= self._refresh_at:
            self._refresh_at = time.perf_counter() + REFRESH_EVERY_S
            self._window.tell(f"{self._changed} {self._renewed}")


def latency(which: str, rows: int) -> Latency:
    """Of one screen."""
    chance = random.Random(7)

    with open_scene(which, rows) as window:
        typist = Typist(window, rows)
        window.until(SHOWN)
        typist.begin()
        took = []

        for _ in range(KEYS):
            took.append(typist.press())
            typist.rest(EVERY_S * chance.uniform(0.5, 1.5))

    took.sort()
    return Latency(took[KEYS // 2], took[round(KEYS * 0.99) - 1], took[-1])


def shown(one: Latency) -> str:
    """The three of them."""
    return f"{ms(one.median_s)} / {ms(one.p99_s)} / {ms(one.worst_s)}"


def measure() -> list[Row]:
    """One row a size."""
    rows = []

    for size in SIZES:
        ours, theirs = latency("ehtui", size), latency("datatable", size)
        rows.append(
            Row(
                f"key to paint, {size:,} rows: p50 / p99 / worst",
                shown(ours),
                f"{shown(theirs)} · DataTable",
                times(theirs.p99_s / ours.p99_s, "faster at p99"),
                f"p99 ≤ {ms(P99_S)}, worst ≤ {ms(WORST_S)}",
                ours.p99_s <= P99_S and ours.worst_s <= WORST_S,
            )
        )

    return rows


if __name__ == "__main__":
    run(measure)
