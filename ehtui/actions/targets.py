"""Reaches the process that was meant, or nobody: by a signal, or by its supervisor's own command.

What keeps somebody from it is an error of its own. A supervisor is asked without a shell, and for
so long at most.
"""

from __future__ import annotations

import os
import re
import signal as signals
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from ehtui import system
from ehtui.domain.actions.signal import signal_number
from ehtui.domain.text import safe
from ehtui.sources.process_facts import is_same_start, own_line, program_of
from ehtui.sources.supervisors import supervisor_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.world.process import ProcessId, Supervisor
    from ehtui.domain.world.restarts import StartObstacle

POLL_S = 0.05


class ProcessGoneError(Exception):
    """The process ended before it could be signalled."""


class IdentityChangedError(Exception):
    """The pid belongs to another process now."""


class ProgramChangedError(Exception):
    """The process has exec'd another program in place."""


class CannotStartError(Exception):
    """It could not be started again as it was; `detail` is safe to show."""

    def __init__(self, obstacle: StartObstacle, detail: str = "") -> None:
        super().__init__(obstacle.value, detail)
        self.obstacle = obstacle
        self.detail = detail


class NotKnownError(Exception):
    """Nobody remembers how it was started."""


class BeingRestartedError(Exception):
    """Somebody else is restarting it right now."""

    def __init__(self, who: str = "") -> None:
        super().__init__(who)
        self.who = who  # safe to show


def send_signal(process: ProcessId, signal: str) -> None:
    """Send a signal if pid and start time still match.

    Raises:
        ProcessGoneError: It has ended, or waits as a zombie to be reaped.
        IdentityChangedError: The pid was reused.
        ProgramChangedError: Another program runs in it than when it was chosen.
        PermissionError: It belongs to somebody else.
    """
    number = signal_number(signal)

    if number is None:
        raise OSError(f"no signal {signal} on this system")

    # Pinned first, so that no reuse can slip between the check and the signal.
    descriptor = pinned(process)

    if descriptor is None:
        check_identity(process)
        _signal(process.pid, number)
        return

    try:
        check_identity(process)

        if sys.platform == "linux":
            signals.pidfd_send_signal(descriptor, number)
    except ProcessLookupError as error:
        raise ProcessGoneError from error
    finally:
        os.close(descriptor)


def _signal(pid: int, number: int) -> None:
    try:
        if sys.platform == "win32" and number == signals.SIGBREAK:
            number = signals.CTRL_BREAK_EVENT

        os.kill(pid, number)
    except ProcessLookupError as error:
        raise ProcessGoneError from error


def pinned(process: ProcessId) -> int | None:
    """Its number is given to nobody else while this is open; None where there is no such thing.

    Raises:
        ProcessGoneError: It has ended.
    """
    if sys.platform != "linux" or not system.LINUX:
        return None

    try:
        return os.pidfd_open(process.pid)
    except ProcessLookupError as error:
        raise ProcessGoneError from error
    except OSError:  # a kernel before 5.3, or a sandbox that forbids it
        return None


def wait_for_exit(
    process: ProcessId, timeout_s: float, *, clock: Callable[[], float] = time.monotonic
) -> bool:
    """Whether the process ended within `timeout_s`; a zombie has ended. Blocking."""
    deadline = clock() + timeout_s

    while True:
        try:
            check_identity(process)
        except (PermissionError, ProgramChangedError):
            pass
        except (ProcessGoneError, IdentityChangedError):  # or its pid is somebody else's by now
            return True

        if clock() >= deadline:
            return False

        time.sleep(POLL_S)


def check_identity(process: ProcessId) -> None:
    """Raise unless pid, start time and program are those of a live process."""
    try:
        if not is_same_start(process):
            raise IdentityChangedError

        if psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE:
            raise ProcessGoneError

        if process.program is not None and not program_of(process.pid).is_still(process.program):
            raise ProgramChangedError
    except psutil.NoSuchProcess as error:
        raise ProcessGoneError from error
    except psutil.AccessDenied as error:
        raise PermissionError from error


def check_reach(process: ProcessId) -> None:
    """Raise what `send_signal` would raise, and send nothing: signal 0 only asks.

    Raises:
        ProcessGoneError, IdentityChangedError, ProgramChangedError, PermissionError: As there.
    """
    check_identity(process)

    if sys.platform == "win32":  # there signal 0 ends it, too
        return

    try:
        os.kill(process.pid, 0)
    except ProcessLookupError as error:
        raise ProcessGoneError from error


LAST_LINES = 12
TAIL_BYTES = 16 * 1024
CHUNK_BYTES = 4096
DRAIN_S = 1.0  # who inherited its output may keep that open
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class SupervisorChangedError(Exception):
    """The process runs under another supervisor, or under none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a supervisor's command ended; without an exit code it had to be ended."""

    exit_code: int | None
    last_lines: tuple[str, ...]  # safe to show


def check_supervisor(process: ProcessId, supervisor: Supervisor) -> None:
    """Raise unless pid, start time and supervisor are those of the plan.

    Raises:
        ProcessGoneError: It has ended.
        IdentityChangedError: The pid was reused.
        SupervisorChangedError: Somebody else would be asked about it now.
        PermissionError: It is not for this user to look at.
    """
    check_identity(process)

    try:
        found = supervisor_of(psutil.Process(process.pid), own_line())
    except psutil.NoSuchProcess as error:
        raise ProcessGoneError from error

    if found != supervisor:
        raise SupervisorChangedError


def ask(supervisor: Supervisor, timeout_s: float) -> Answer:
    """Run its command and wait for it; blocking. It gets no terminal, so that it asks nobody.

    Raises:
        OSError: It cannot be run.
    """
    read_end, write_end = os.pipe()
    tail = bytearray()
    reader = threading.Thread(target=_drain, args=(read_end, tail), daemon=True)
    reader.start()

    try:
        child = subprocess.Popen(
            supervisor.command,
            stdin=subprocess.DEVNULL,
            stdout=write_end,
            stderr=write_end,
            start_new_session=True,
        )
    finally:
        os.close(write_end)

    exit_code = _wait(child, timeout_s)
    reader.join(DRAIN_S)

    return Answer(exit_code, _lines(bytes(tail)))


def _wait(child: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    try:
        return child.wait(timeout_s)
    except subprocess.TimeoutExpired:
        if sys.platform == "win32":
            child.kill()
        else:  # its own session: whatever it started to ask with
            os.killpg(child.pid, signals.SIGKILL)

        child.wait()
        return None


def _drain(descriptor: int, tail: bytearray) -> None:
    """Keep the end of what it says, however much that is."""
    with os.fdopen(descriptor, "rb", buffering=0) as output:
        while chunk := output.read(CHUNK_BYTES):
            tail += chunk
            del tail[:-TAIL_BYTES]


def _lines(output: bytes) -> tuple[str, ...]:
    text = _COLOUR.sub("", output.decode("utf-8", "replace"))
    lines = [line.rstrip() for line in text.splitlines()]

    return tuple(safe(line) for line in lines if line)[-LAST_LINES:]
