"""A program on a pseudo-terminal of its own; what it writes is counted and searched."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]
LINES, COLUMNS = 36, 120
_STYLES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """As at a user's terminal: compiled modules are kept and used."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "no_proxy": "*"}

    return inherited | terminal | {"PYTHONPATH": str(ROOT)} | dict(more or {})


class Window:
    """Starts `command` at once; leaving the block ends it. `pipe` feeds its file descriptor 3."""

    def __init__(
        self,
        command: Sequence[str],
        more: Mapping[str, str] | None = None,
        *,
        cwd: Path = ROOT,
        has_pipe: bool = False,
    ) -> None:
        self._fd, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        read_end, self._pipe = os.pipe()
        self.started_at = time.perf_counter()
        self.process = subprocess.Popen(
            [*command, str(read_end)] if has_pipe else command,
            cwd=cwd,
            env=environment(more),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            pass_fds=(read_end,) if has_pipe else (),
            start_new_session=True,
        )
        os.close(theirs)
        os.close(read_end)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._fd)
        os.close(self._pipe)

    def tell(self, order: str) -> None:
        """A line for the program's pipe."""
        os.write(self._pipe, f"{order}\n".encode())

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._fd, keys)

    def read(self, wait_s: float) -> bytes:
        """What comes next within `wait_s`; nothing when nothing came."""
        if not select.select([self._fd], [], [], wait_s)[0]:
            return b""

        try:
            return os.read(self._fd, 1 << 16)
        except OSError as error:
            raise RuntimeError(f"{self.process.args!r} has ended") from error

    def until_quiet(self, quiet_s: float) -> bytes:
        """Everything until nothing came for `quiet_s`."""
        written = b""

        while piece := self.read(quiet_s):
            written += piece

        return written

    def until(self, pattern: bytes, timeout_s: float = 60.0) -> float:
        """Seconds from the start of the program until its text matches `pattern`."""
        written, deadline = b"", time.perf_counter() + timeout_s

        while time.perf_counter() < deadline:
            written += self.read(0.05)

            if re.search(pattern, _STYLES.sub(b"", written)):
                return time.perf_counter() - self.started_at

        raise TimeoutError(f"no {pattern!r} in {written[-500:]!r}")
