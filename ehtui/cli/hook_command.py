"""Runs a program once for one document: no shell unless asked, a limit of time, its last words."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from ehtui.config.errors import ConfigError
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from typing import IO

_KEPT_BYTES = 4096  # of what it says
_CHUNK = 1024
_LAST_WORDS_S = 0.5  # so long its output is read on; what it left running may hold it open
GRACE_S = 2.0  # between SIGTERM and SIGKILL


class Ended(NamedTuple):
    """How it ended; `code` is None where it was ended for taking too long."""

    code: int | None
    last_line: str

    @property
    def trouble(self) -> str | None:
        """What went wrong, with its last line; None where nothing did."""
        if self.code == 0:
            return None

        if self.code is None:
            how = "took too long and was ended"
        elif self.code < 0:
            how = f"was ended by signal {-self.code}"
        else:
            how = f"exit code {self.code}"

        return f"{how}: {self.last_line}" if self.last_line else how


class HookCommand:
    """A program, with the environment and working folder of ehtui itself."""

    def __init__(
        self, command: str, *, uses_shell: bool, timeout_s: float, grace_s: float = GRACE_S
    ) -> None:
        """Look whether it is there; after `timeout_s` it is ended, by force `grace_s` later.

        Raises:
            ConfigError: It is empty, cannot be split into words, or there is no such program.
        """
        self._command = command
        self._uses_shell = uses_shell
        self._timeout_s = timeout_s
        self._grace_s = grace_s
        self._process: subprocess.Popen[bytes] | None = None

        try:
            words = shlex.split(command)
        except ValueError as error:
            raise ConfigError(f"--exec: {error} in {safe(command)}.") from None

        if not words:
            raise ConfigError("--exec names no program.")

        self.name = safe(os.path.basename(words[0]))  # noqa: PTH119 - a name, not a place

        if not uses_shell and shutil.which(words[0]) is None:
            raise ConfigError(
                f"--exec: there is no program {safe(words[0])} that can be run.",
                "What a shell would understand needs --shell.",
            )

        self._words = words

    def run(self, given: bytes) -> Ended:
        """Run it with `given` on its standard input, and wait until it ends or is ended."""
        with tempfile.TemporaryFile() as file:
            file.write(given)
            file.seek(0)

            try:
                self._process = process = self._start(file)
            except OSError as error:
                return Ended(127, safe(error.strerror or str(error)))

            kept, reader = self._listen(process)
            code = self._wait(process)
            reader.join(_LAST_WORDS_S)
            said = b"".join(kept).decode(errors="replace").strip().splitlines()

            return Ended(code, safe(said[-1])[:300] if said else "")

    def _start(self, given: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command if self._uses_shell else self._words,
            shell=self._uses_shell,
            env=dict(os.environ),
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=os.name == "posix",  # so that all that it started can be ended
        )

    @staticmethod
    def _listen(process: subprocess.Popen[bytes]) -> tuple[deque[bytes], threading.Thread]:
        """Read what it says, so that it never waits for us; only the end is kept."""
        kept: deque[bytes] = deque(maxlen=_KEPT_BYTES // _CHUNK)
        assert process.stdout is not None
        said = process.stdout

        def read() -> None:
            with said, suppress(OSError, ValueError):
                while chunk := os.read(said.fileno(), _CHUNK):
                    kept.append(chunk)

        reader = threading.Thread(target=read, name="ehtui-exec-output", daemon=True)
        reader.start()
        return kept, reader

    def _wait(self, process: subprocess.Popen[bytes]) -> int | None:
        try:
            return process.wait(self._timeout_s)
        except subprocess.TimeoutExpired:
            self.end()
            return None

    def end(self) -> None:
        """End what runs, and what it started."""
        process = self._process

        if process is None or process.poll() is not None:
            return

        _signal(process, signal.SIGTERM)

        try:
            process.wait(self._grace_s)
        except subprocess.TimeoutExpired:
            _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
            process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.terminate()
        else:
            os.killpg(process.pid, number)
