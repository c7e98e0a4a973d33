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
from pathlib import Path

import pytest

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]


class Screen:
    """ehtui on a bare pseudo-terminal; `read` counts what it writes."""

    def __init__(self, scene: str) -> None:
        self._fd, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.screen", scene],
            cwd=ROOT,
            env=os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
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


@pytest.fixture
def screen() -> Iterator[Screen]:
    opened = Screen("healthy")

    try:
        wait_until(lambda: b"clock" in opened.read(0.3), timeout_s=20, what="a first frame")
        yield opened
    finally:
        opened.close()


def test_a_picture_in_which_only_time_passed_costs_a_few_bytes(screen: Screen) -> None:
    frames = [frame for frame in (screen.read(0.3) for _ in range(24)) if frame]

    # One picture a second here, one in five seconds in life: ≤ 200 B/s.
    assert len(frames) >= 3
    assert sorted(map(len, frames))[len(frames) // 2] < 1000


def test_a_moved_cursor_costs_two_rows(screen: Screen) -> None:
    screen.press(b"\x1b[B")
    frames: list[bytes] = []

    def has_moved() -> bool:
        frames.append(screen.read(0.2))
        return b"9c01e2aa" in frames[-1]

    wait_until(has_moved, what="the second row")
    assert len(frames[-1]) < 3000
