"""Bytes to the terminal: what did not change is not written."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


class Screen:
    """ehtui on a bare pseudo-terminal; `read` counts what it writes."""

    def __init__(self, scene: str, kind: str) -> None:
        self._fd, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.screen", scene, kind],
            cwd=ROOT,
            # LINES and COLUMNS, which xdist sets, would be believed instead of the terminal.
            env=os.environ
            | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LINES": "36", "COLUMNS": "120"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def read(self, wait_s: float) -> bytes:
        """What comes until nothing came for `wait_s`."""
        written = b""

        while select.select([self._fd], [], [], wait_s)[0]:
            written += os.read(self._fd, 65536)

        return written

    def press(self, keys: bytes) -> None:
        os.write(self._fd, keys)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._fd)


@contextmanager
def opened(scene: str, kind: str = "played") -> Iterator[Screen]:
    screen = Screen(scene, kind)
    seen: list[bytes] = []

    def is_painted() -> bool:
        seen.append(screen.read(0.3))
        return b"clock" in b"".join(seen)

    try:
        wait_until(is_painted, timeout_s=20, what="a first frame")
        yield screen
    finally:
        screen.close()


def mean_frame(screen: Screen) -> float:
    """Bytes of a picture: one a second here, one in five seconds in life."""
    frames = [frame for frame in (screen.read(0.3) for _ in range(24)) if frame]
    assert len(frames) >= 3

    return sum(map(len, frames)) / len(frames)


@pytest.mark.parametrize(
    ("scene", "kind", "most"),
    [
        ("healthy", "played", 450),  # the selected row counts; in life, ≤ 200 B/s would be 1,000
        ("many", "played", 1000),  # of 32 rows; and how long one has no owner, in two places
        ("many", "busy", 1800),  # and three rows; ≤ 4,096
    ],
)
def test_a_picture_costs_what_changed_in_it(scene: str, kind: str, most: int) -> None:
    with opened(scene, kind) as screen:
        assert mean_frame(screen) < most


def test_a_moved_cursor_costs_two_rows() -> None:
    with opened("healthy") as screen:
        screen.press(b"\x1b[B")
        frames: list[bytes] = []

        def has_moved() -> bool:
            frames.append(screen.read(0.2))
            return b"9c01e2aa" in frames[-1]

        wait_until(has_moved, what="the second row")
        assert len(frames[-1]) < 1800
