"""A bare pseudo-terminal: what a test writes arrives in one read, byte for byte."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
State = dict[str, Any]
STEADY_LOOKS = 8
STEADY_AFTER_A_FLOOD = 18  # longer than a flood ends


class ByteTerminal:
    """ehtui behind it, and where it stands."""

    def __init__(self, folder: Path, scene: str, kind: str) -> None:
        self._path = folder / "state.json"
        self._fd, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.hands.bytes_screen", str(self._path), scene, kind],
            cwd=folder,  # keys that save write there
            env=os.environ
            | {"TERM": "xterm-256color", "LINES": "36", "COLUMNS": "120", "PYTHONPATH": str(ROOT)},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self.written = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def press(self, keys: bytes) -> None:
        """One write: what is short arrives in one read."""
        sent = 0

        while sent < len(keys):
            sent += os.write(self._fd, keys[sent:])

    @property
    def state(self) -> State:
        """Where it stood some 20 ms ago; it still runs."""
        assert self._process.poll() is None, self.last_words

        try:
            state: State = json.loads(self._path.read_text())
        except FileNotFoundError:
            return {}

        return state

    def becomes(self, condition: Callable[[State], bool], what: str = "") -> State:
        """Wait for a state."""
        try:
            wait_until(lambda: condition(self.state), timeout_s=20, what=what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.state}") from None

        return self.state

    def shows(self, *screens: str) -> State:
        """Wait until exactly these dialogs are open, above the overview."""
        wanted = ["OverviewScreen", *screens]

        return self.becomes(
            lambda state: state.get("screens") == wanted and state["takes_keys"], str(wanted)
        )

    @property
    def exit_code(self) -> int | None:
        """Once it has ended."""
        return self._process.poll()

    def is_settled(self, looks: int = STEADY_LOOKS) -> None:
        """It has read everything and does nothing any more: looks, by its own count, agree."""
        began = self.state

        def stands_still() -> bool:
            nonlocal began
            now = self.state

            if now | {"look": 0} != began | {"look": 0}:
                began = now

            return bool(now["look"] - began["look"] >= looks)

        wait_until(stands_still, timeout_s=40, what="that it stands still")

    def is_quiet(self) -> State:
        """Every key has been handled: one that is pressed now acts."""
        was = self.state["paused"]

        def has_answered() -> bool:
            self.press(b"p")
            self.is_settled()

            return self.state["paused"] is not was

        try:
            wait_until(has_answered, timeout_s=30, what="an answer to p")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.state}") from None

        self.press(b"p")

        return self.becomes(lambda state: state["paused"] is was, "an answer to p")

    @property
    def last_words(self) -> str:
        """The end of what it wrote."""
        return self.written[-4000:].decode(errors="replace")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join(timeout=5)
        os.close(self._fd)

    def _read(self) -> None:
        while True:
            try:
                new = os.read(self._fd, 65536)
            except OSError:
                return

            self.written = (self.written + new)[-200_000:]


@contextmanager
def opened(folder: Path, scene: str = "healthy", kind: str = "plain") -> Iterator[ByteTerminal]:
    terminal = ByteTerminal(folder, scene, kind)

    try:
        terminal.becomes(lambda state: bool(state.get("cursors", {}).get("partitions")), "a start")
        yield terminal
    finally:
        terminal.close()
