"""Starts the sandbox's processes, and sees to it that none of them is left behind."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil

from ehtui.config.process_memory import variables_of
from ehtui.sandbox.children import FOLDER_PREFIX, LIFELINE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KILLED_WITHIN_S = 5.0
WORKER_NICENESS = 10  # the screen paints first, while workers still load the SDK


class ChildFailedError(Exception):
    """A process of the sandbox did not start; the text has the end of its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process of the sandbox."""

    name: str
    pid: int
    log_path: Path


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module."""
    return [sys.executable, "-m", module, *arguments]


class Supervisor:
    """Owns a folder, a lifeline and child processes; `stop()` ends everything that hangs on it.

    It needs no signal handler: when this process ends in any way, `kill -9` included, the kernel
    closes the lifeline, and every process that watches it ends.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._lifeline = str(self.folder / "lifeline")
        _make_lifeline(self._lifeline)
        # Open for both, so that opening does not wait for a reader.
        self._descriptor: int | None = os.open(self._lifeline, os.O_RDWR)
        self._workers: list[subprocess.Popen[bytes]] = []
        self._servers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        cwd: Path | None = None,
    ) -> Child:
        """Run a program, whose output goes to `NAME.log` in the folder.

        It should watch the lifeline that its environment names.
        """
        child, process = self._start(name, command, environment, stdout=None, cwd=cwd)
        self._workers.append(process)

        with contextlib.suppress(psutil.Error):  # it may have ended already
            psutil.Process(process.pid).nice(WORKER_NICENESS)

        return child

    def start_server(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        timeout_s: float = 30.0,
    ) -> tuple[Child, str]:
        """The same, for what others depend on: waits for the first line that it prints.

        Raises:
            ChildFailedError: It ended or stayed silent.
        """
        child, process = self._start(name, command, environment, stdout=subprocess.PIPE)
        self._servers.append(process)
        line = _first_line(process, timeout_s)

        if not line:
            said = child.log_path.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
            raise ChildFailedError(
                f"the sandbox's {name} did not start: {said or 'no word from it'}"
            )

        return child, line

    def is_running(self, pid: int) -> bool:
        """Whether this child has not ended yet."""
        running = (p for p in (*self._workers, *self._servers) if p.pid == pid)
        return any(process.poll() is None for process in running)

    def stop(self, *, grace_s: float = 3.0) -> None:
        """End every process that hangs on the lifeline and remove the folder.

        Workers, those that somebody restarted included, are asked first (SIGTERM), so that they
        release what they own while the servers still run. Whoever is left after `grace_s` is
        killed. Calling it again does nothing.
        """
        if self._descriptor is None:
            return

        _end([*self._workers, *self._strays()], grace_s)
        _end(self._servers, grace_s)
        os.close(self._descriptor)
        self._descriptor = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdout: int | None,
        cwd: Path | None = None,
    ) -> tuple[Child, subprocess.Popen[bytes]]:
        log_path = self.folder / f"{name}.log"
        own = {LIFELINE: self._lifeline, "TMPDIR": str(self.folder)}

        with log_path.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log if stdout is None else stdout,
                stderr=log,
                env={**os.environ, **environment, **own},
                start_new_session=True,  # Ctrl-C is for the parent, which stops them in order
            )

        # A consumer that somebody killed shall vanish, not stay a zombie until the sandbox ends.
        threading.Thread(target=process.wait, name=f"reap {name}", daemon=True).start()

        return Child(name, process.pid, log_path), process

    def _strays(self) -> list[psutil.Process]:
        """Processes with this lifeline in their environment that somebody else started."""
        own = {process.pid for process in (*self._workers, *self._servers)}
        found = []

        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.pid not in own and variables_of(process).get(LIFELINE) == self._lifeline:
                    found.append(process)

        return found


def _make_lifeline(path: str) -> None:
    if sys.platform == "win32":
        raise ChildFailedError(
            "consumers of a sandbox need named pipes, which Windows has only for services: run it "
            "in WSL. `ehtui sandbox -- PROGRAM` serves here, too"
        )

    os.mkfifo(path, 0o600)


def _end(processes: Sequence[subprocess.Popen[bytes] | psutil.Process], grace_s: float) -> None:
    for process in processes:
        _send(process, signal.SIGTERM)

        if sys.platform != "win32":
            _send(process, signal.SIGCONT)  # a stopped one would not hear

    deadline = time.monotonic() + grace_s
    deaf = [p for p in processes if not _has_ended(p, max(0.0, deadline - time.monotonic()))]

    for process in deaf:
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
            process.kill()

    for process in deaf:
        _has_ended(process, KILLED_WITHIN_S)


def _send(process: subprocess.Popen[bytes] | psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        process.send_signal(number)


def _has_ended(process: subprocess.Popen[bytes] | psutil.Process, timeout_s: float) -> bool:
    try:
        process.wait(timeout_s)
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        return False

    return True


def _first_line(process: subprocess.Popen[bytes], timeout_s: float) -> str:
    """The first line that it prints; empty if it ends before or says nothing in time."""
    if process.stdout is None:
        return ""

    with process.stdout as stream:
        ready, _, _ = select.select([stream], [], [], timeout_s)

        return stream.readline().decode().strip() if ready else ""
