"""A real terminal on a private tmux server."""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from tests.waiting import wait_until

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
ROOT = Path(__file__).parents[2]


class Terminal:
    """One window with a shell; `close` ends its server and everything in it."""

    def __init__(self, columns: int = 120, lines: int = 36) -> None:
        self._socket = f"ehtui-{uuid.uuid4().hex[:8]}"
        self._tmux(
            *("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines)),
            *("env", "PS1=ready$ ", "bash", "--norc", "--noprofile", "-i"),
        )
        wait_until(lambda: "ready$" in self.text(), what="a shell")

    def run(self, *arguments: str) -> None:
        """Type a command that runs this Python."""
        self.type(f"cd {ROOT} && {sys.executable} {' '.join(arguments)}; echo left with $?")
        self.keys("Enter")

    def keys(self, *keys: str) -> None:
        """Press keys by tmux's names."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._tmux("send-keys", "-l", text)

    def text(self, *, with_colours: bool = False) -> str:
        """What the screen shows."""
        return self._tmux("capture-pane", "-p", *(["-e"] if with_colours else []))

    def resize(self, columns: int, lines: int) -> None:
        """Another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(lines))

    def shows(self, text: str, *, timeout_s: float = 20.0) -> None:
        """Wait until the screen shows `text`."""
        try:
            wait_until(lambda: text in self.text(), timeout_s=timeout_s, what=text)
        except AssertionError:
            raise AssertionError(f"no {text!r} on:\n{self.text()}") from None

    def child(self) -> int:
        """The pid of what the shell runs now."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        found = subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=False)

        return int(found.stdout.split()[0])

    def is_on_main_screen(self) -> bool:
        """Whether the alternate screen was left."""
        return self._tmux("display-message", "-p", "#{alternate_on}").strip() == "0"

    def close(self) -> None:
        """End this tmux server, and nobody else's."""
        subprocess.run(["tmux", "-L", self._socket, "kill-server"], check=False)

    def _tmux(self, *arguments: str) -> str:
        run = subprocess.run(
            ["tmux", "-L", self._socket, *arguments], capture_output=True, text=True, check=True
        )

        return run.stdout
