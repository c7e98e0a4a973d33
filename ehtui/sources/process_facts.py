"""What a process is beyond psutil: start, program, signal masks, marks in its environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zlib import crc32

import psutil

from ehtui import system
from ehtui.config import process_memory
from ehtui.domain.world.process import (
    LAUNCH_VARIABLE,
    LaunchMark,
    Program,
    Withheld,
    read_mark,
)
from ehtui.sources.proc import (
    FLAGS,
    KERNEL_THREAD,
    TERMINAL,
    descriptors_of,
    numbers_inside,
    parent_of,
    process_of,
    stat_field,
    stat_of,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.world.process import ProcessId

T = TypeVar("T")
_KEY_BYTES = 512
_KEY = os.urandom(16)
_PS_S = 2.0


def signal_masks(pid: int) -> tuple[frozenset[int] | None, frozenset[int] | None]:
    """Caught and ignored signals (SigCgt, SigIgn of proc(5)); None where they can't be read."""
    try:
        status = status_of(pid)
    except OSError:
        return None, None

    return _signals(status.get("SigCgt")), _signals(status.get("SigIgn"))


def _signals(mask: str | None) -> frozenset[int] | None:
    if mask is None:
        return None

    bits = int(mask, 16)

    return frozenset(number for number in range(1, 65) if bits >> (number - 1) & 1)


def command_bytes(pid: int) -> bytes | None:
    """Its command line as the kernel keeps it, at most 1 MiB; None where it can't be read."""
    try:
        return process_memory.command_bytes(pid)
    except OSError:
        return None


def command_key(pid: int) -> bytes | None:
    """What tells one command line from another, and is short; None where it can't be read."""
    command = command_bytes(pid)
    if command is None or len(command) <= _KEY_BYTES:
        return command

    return command[:_KEY_BYTES] + sha256(command).digest()


def program_of(pid: int) -> Program:
    """What it runs now. proc(5): the link `exe`, `cmdline`, and fields 26 and 28 of `stat`."""
    command = command_bytes(pid)
    # A zombie has none left. With a key: it is told, and the words may hold secrets.
    digest = blake2b(command, key=_KEY).hexdigest() if command else None
    file = None

    with suppress(psutil.Error, OSError):
        if system.LINUX:
            status = Path(f"{system.PROC}/{pid}/exe").stat()
            file = (status.st_dev, status.st_ino)
        elif path := psutil.Process(pid).exe():
            # What lies at its path now may be newer than what runs.
            file = (0, crc32(os.fsencode(path.removesuffix(" (deleted)"))))

    return Program(file, _place(pid), digest)


def _place(pid: int) -> tuple[int, int] | None:
    with suppress(OSError):
        fields = stat_of(pid)
        place = int(fields[26 - 3]), int(fields[28 - 3])

        return place if all(place) else None  # zeros: not for this user

    return None


def has_terminal(pid: int) -> bool:
    """Whether it has a controlling terminal: psutil knows only those that were there at first."""
    if sys.platform == "win32":
        return False  # it has a console, which asks nobody anything

    if not system.LINUX:
        return bool(told_by_ps(pid, "tty").strip("?-"))

    return bool(stat_field(pid, TERMINAL))


def told_by_ps(pid: int, column: str) -> str:
    """What ps(1) tells of a process; nothing where there is no such process, or no ps."""
    with suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(
            ["ps", "-o", f"{column}=", "-p", str(pid)],
            capture_output=True,
            timeout=_PS_S,
            check=True,
        )
        return told.stdout.decode("ascii", "replace").strip()

    return ""


def is_kernel_thread(pid: int) -> bool:
    """Whether the kernel runs it for itself."""
    if not system.LINUX:
        found = process_of(pid)
        return found is not None and attempt(found.exe) == ""

    return bool((stat_field(pid, FLAGS) or 0) & KERNEL_THREAD)


def inner_pids(pid: int) -> frozenset[int]:
    """Its numbers in the pid namespaces that it lives in, but for the one here."""
    with suppress(OSError):
        return frozenset(numbers_inside(pid)[1:])

    return frozenset()


def launch_mark_of(pid: int) -> LaunchMark | None:
    """What ehtui wrote into the environment of a consumer that it started.

    Whoever runs below that one inherits it; it leads a session of its own. Windows has none: there
    the first of those that have the mark is meant.
    """
    with suppress(OSError):
        if sys.platform != "win32":
            return _mark_in(pid) if os.getsid(pid) == pid else None

        mark = _mark_in(pid)
        parent = parent_of(pid) if mark is not None else None
        return None if parent is not None and _mark_in(parent) == mark else mark

    return None


def _mark_in(pid: int) -> LaunchMark | None:
    with suppress(OSError):
        variables = process_memory.split_variables(process_memory.environment_bytes(pid))
        return read_mark(variables.get(LAUNCH_VARIABLE, ""))

    return None


_BOOTED_AT = psutil.boot_time()


def began_at(process: ProcessId) -> float:
    """When it started by this host's clock as it goes now, a hundredth of a second early at most.

    Its identity has it to a second only: the moment of boot is told in whole ones. And the clock
    is corrected while ehtui runs, so that what lies between boot and now is asked for each time.
    """
    if sys.platform != "linux":
        return process.started_at

    after_boot_s = process.started_at - _BOOTED_AT
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + after_boot_s


SAME_START_S = 0.02  # psutil derives it from clock ticks since boot: rounding only


def is_same_start(process: ProcessId) -> bool:
    """Whether its number is still its own. Raises psutil.Error where nobody has it."""
    return abs(started_at(process.pid) - process.started_at) < SAME_START_S


def is_alive(process: ProcessId) -> bool:
    """Whether this very process runs: one that got its number is another."""
    try:
        is_ended = psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE

        return not is_ended and is_same_start(process)
    except psutil.Error:
        return False


def started_at(pid: int) -> float:
    """UTC seconds, the same at every call. Raises psutil.Error where there is no such process.

    Linux counts from boot, and the moment of boot moves with every correction of the clock: taken
    anew each time, a process that runs on would look like another one that got its number.
    """
    found: float = psutil.Process(pid).create_time()

    if sys.platform != "linux":
        return found

    return found - psutil.boot_time() + _BOOTED_AT


def own_line() -> frozenset[int]:
    """This process and its ancestors: never a consumer, never a target."""
    return frozenset({os.getpid(), *(parent.pid for parent in psutil.Process().parents())})


def own_user() -> str | None:
    """Who runs ehtui, named as the owners of processes are: USER may say otherwise after `su`."""
    return attempt(psutil.Process().username)


def withheld_of(process: psutil.Process) -> frozenset[Withheld]:
    """What is not for this user to read. psutil tells it of others' processes on no system."""
    reads: dict[Withheld, Callable[[], object]] = {
        Withheld.COMMAND: lambda: process_memory.words_of(process),
        Withheld.FOLDER: process.cwd,
        Withheld.SETTINGS: lambda: process_memory.variables_of(process),
        Withheld.FILES: lambda: _look_at_files(process),
    }

    return frozenset(what for what, read in reads.items() if _is_denied(read))


def _look_at_files(process: psutil.Process) -> None:
    if system.LINUX:
        next(descriptors_of(process.pid), None)
    else:
        process.open_files()


def _is_denied(read: Callable[[], object]) -> bool:
    try:
        read()
    except (psutil.AccessDenied, PermissionError):
        return True
    except (psutil.Error, OSError):
        return False

    return False


def attempt(read: Callable[[], T]) -> T | None:
    """What `read` returns, or None where this user may not know."""
    try:
        return read()
    except (psutil.AccessDenied, psutil.ZombieProcess, OSError, KeyError):
        return None
