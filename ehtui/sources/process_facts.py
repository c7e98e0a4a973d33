"""What the kernel tells of a process beyond psutil: signal masks, its own threads, log files."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from hashlib import blake2b, sha256
from pathlib import Path

import psutil

from ehtui.config import process_memory
from ehtui.domain.world.process import LAUNCH_VARIABLE, LaunchMark, Program, read_mark

_KEY_BYTES = 512
_KEY = os.urandom(16)
PF_KTHREAD = 0x00200000  # sched.h


def signal_masks(pid: int) -> tuple[frozenset[int] | None, frozenset[int] | None]:
    """Caught and ignored signals (SigCgt, SigIgn of proc(5)); None where they can't be read."""
    if sys.platform != "linux":
        return None, None

    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None, None

    masks = dict(line.split(":\t", 1) for line in status.splitlines() if line.startswith("Sig"))

    return _signals(masks.get("SigCgt")), _signals(masks.get("SigIgn"))


def _signals(mask: str | None) -> frozenset[int] | None:
    if mask is None:
        return None

    bits = int(mask, 16)

    return frozenset(number for number in range(1, 65) if bits >> (number - 1) & 1)


def command_bytes(pid: int) -> bytes | None:
    """Its command line as the kernel keeps it, at most 1 MiB; None where it can't be read."""
    try:
        return process_memory.command_bytes(pid) if sys.platform == "linux" else None
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
        found = Path(f"/proc/{pid}/exe" if sys.platform == "linux" else psutil.Process(pid).exe())
        status = found.stat()
        file = (status.st_dev, status.st_ino)

    return Program(file, _place(pid), digest)


def _place(pid: int) -> tuple[int, int] | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None

    fields = stat.rpartition(b")")[2].split()
    place = int(fields[26 - 3]), int(fields[28 - 3])

    return place if all(place) else None  # zeros: not for this user


def has_terminal(pid: int) -> bool:
    """Whether it has a controlling terminal: proc(5), field 7 of `stat`.

    psutil knows only those that there were when it was first asked.
    """
    if sys.platform != "linux":
        return bool(psutil.Process(pid).terminal())

    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False

    return int(stat.rpartition(b")")[2].split()[7 - 3]) != 0


def is_kernel_thread(pid: int) -> bool:
    """Whether the kernel runs it for itself: the flags of proc(5)'s stat say so."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False

    # The name stands in brackets and may hold anything; the flags are six fields behind it.
    return bool(int(stat.rpartition(b")")[2].split()[6]) & PF_KTHREAD)


def inner_pids(pid: int) -> frozenset[int]:
    """Its numbers in the pid namespaces that it lives in, but for the one here (NSpid, proc(5))."""
    if sys.platform != "linux":
        return frozenset()

    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return frozenset(map(int, line.split()[2:]))

    return frozenset()


def launch_mark_of(pid: int) -> LaunchMark | None:
    """What ehtui wrote into the environment of a consumer that it started; Linux only.

    Whoever runs below that one inherits it; it leads a session of its own.
    """
    if sys.platform != "linux":
        return None

    with suppress(OSError):
        if os.getsid(pid) == pid:
            variables = process_memory.split_variables(process_memory.environment_bytes(pid))
            return read_mark(variables.get(LAUNCH_VARIABLE, ""))

    return None
