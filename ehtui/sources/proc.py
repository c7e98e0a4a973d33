"""What the kernel tells of processes, and files that are somebody else's to fill.

Where it tells none of it, psutil does. Else the standard library only: the process that carries a
restart out has nothing more on Linux.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from errno import EINVAL
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ehtui import system

if TYPE_CHECKING:
    from psutil import Process

# Where fields of `stat` stand in `stat_of`: proc(5) counts them from 1, the first two are left out.
STATE, PARENT, TERMINAL, FOREGROUND, FLAGS, STARTED = (n - 3 for n in (3, 4, 7, 8, 9, 22))
FORKED, KERNEL_THREAD = 0x40, 0x00200000  # PF_FORKNOEXEC, PF_KTHREAD, linux/sched.h
_TICKS_PER_S = 100

if sys.platform == "linux":
    _TICKS_PER_S = os.sysconf("SC_CLK_TCK")

_SAME_TICKS = 2  # psutil derives a start from ticks since boot: rounding only
_DEAD = frozenset({b"Z", b"X"})


def stat_of(pid: int) -> list[bytes]:
    """The fields of its `stat` from the third on; the name before them may hold anything.

    Raises:
        OSError: It is gone, or not for this user.
    """
    return Path(f"{system.PROC}/{pid}/stat").read_bytes().rpartition(b")")[2].split()


def stat_field(pid: int, place: int) -> int | None:
    """A number of its `stat`; None once it is gone."""
    try:
        return int(stat_of(pid)[place])
    except OSError:
        return None


def parent_of(pid: int) -> int | None:
    """Who started it, or whoever took it in; None once it is gone."""
    if system.LINUX:
        return stat_field(pid, PARENT)

    found = process_of(pid)

    return None if found is None else found.ppid()


def process_of(pid: int) -> Process | None:
    """What psutil tells of it; None once it is gone."""
    import psutil  # noqa: PLC0415 - on Linux whoever carries a restart out has none

    try:
        return psutil.Process(pid)
    except psutil.Error:
        return None


def boot_ticks() -> int:
    """Now, as starts are counted."""
    if sys.platform == "linux":
        since_boot_s = time.clock_gettime(time.CLOCK_BOOTTIME)

        if system.LINUX:
            return int(since_boot_s * _TICKS_PER_S)

        import psutil  # noqa: PLC0415

        return int((psutil.boot_time() + since_boot_s) * _TICKS_PER_S)  # as psutil makes them

    return int(time.time() * _TICKS_PER_S)


def start_ticks(pid: int) -> int | None:
    """When it started; None once it has ended, also while its parent has not taken note."""
    if not system.LINUX:
        return _start_by_psutil(pid)

    with suppress(OSError):
        fields = stat_of(pid)

        return None if fields[STATE] in _DEAD else int(fields[STARTED])

    return None


def _start_by_psutil(pid: int) -> int | None:
    import psutil  # noqa: PLC0415

    with suppress(psutil.Error):
        found = psutil.Process(pid)

        if found.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return round(found.create_time() * _TICKS_PER_S)

    return None


def age_of(pid: int) -> float | None:
    """For how many seconds it has been there; None once it is gone."""
    ticks = stat_field(pid, STARTED) if system.LINUX else _start_by_psutil(pid)

    return None if ticks is None else (boot_ticks() - ticks) / _TICKS_PER_S


def state_of(pid: int) -> str:
    """The kernel's letter: `T` is stopped, `t` held by a debugger; "" once it is gone."""
    if not system.LINUX:
        return _state_by_psutil(pid)

    with suppress(OSError):
        return stat_of(pid)[STATE].decode()

    return ""


def _state_by_psutil(pid: int) -> str:
    import psutil  # noqa: PLC0415

    letters = {psutil.STATUS_STOPPED: "T", psutil.STATUS_TRACING_STOP: "t"}

    with suppress(psutil.Error):
        return letters.get(psutil.Process(pid).status(), "S")

    return ""


def is_forked(pid: int) -> bool:
    """Whether it runs no program of its own, but goes on in its parent's. False once it is gone.

    Only Linux tells.
    """
    return bool((stat_field(pid, FLAGS) or 0) & FORKED)


def is_same(pid: int, ticks: int | None) -> bool:
    """Whether that process still runs; never one that had ended already (None)."""
    found = start_ticks(pid)

    if found is None or ticks is None:
        return False

    return abs(found - ticks) <= (0 if system.LINUX else _SAME_TICKS)


def status_of(pid: int) -> dict[str, str]:
    """The lines of its `status`: proc(5).

    Raises:
        OSError: It is gone, or not for this user.
    """
    lines = Path(f"{system.PROC}/{pid}/status").read_text(encoding="utf-8").splitlines()

    return dict(line.split(":", 1) for line in lines)


def numbers_inside(pid: int) -> tuple[int, ...]:
    """Its numbers in the pid namespaces that it lives in, the innermost last (NSpid, proc(5)).

    Raises:
        OSError: It is gone.
    """
    return tuple(map(int, status_of(pid).get("NSpid", "").split()))


def namespace_of(pid: int | str, kind: str) -> int:
    """The number of its namespace of that kind: "net", "pid".

    Raises:
        OSError: It is gone, or not for this user, or this kernel has none of that kind.
    """
    return Path(f"{system.PROC}/{pid}/ns/{kind}").stat().st_ino


def descriptors_of(pid: int) -> Iterator[tuple[int, str]]:
    """What it has open, and what each leads to.

    Raises:
        OSError: It is gone, or not for this user.
    """
    with os.scandir(f"{system.PROC}/{pid}/fd") as entries:
        for entry in entries:
            with suppress(OSError):  # closed meanwhile
                yield int(entry.name), os.readlink(entry.path)  # noqa: PTH115 - a Path takes four times


@dataclass(frozen=True, slots=True)
class Twins:
    """Whoever began after a moment with the same words, the same user, and one of these above it.

    Who was started by another restart descends from none of them.
    """

    words: tuple[str, ...]
    user: int | None  # None: of whoever runs this
    ancestors: Collection[int]
    since_ticks: int

    def find(self, *, but: int = 0) -> int | None:
        """The pid of one."""
        return next(self.all(but=but), None)

    def all(self, *, but: int = 0) -> Iterator[int]:
        """The pid of each."""
        for pid in self._alike() if system.LINUX else self._alike_by_psutil():
            if pid != but:
                ticks = start_ticks(pid)

                if ticks is not None and ticks >= self.since_ticks and self._descends(pid):
                    yield pid

    def _alike(self) -> Iterator[int]:
        command = "".join(f"{word}\0" for word in self.words).encode("utf-8", "surrogateescape")
        user = system.user_id() if self.user is None else self.user

        with suppress(OSError):
            for entry in os.scandir(system.PROC):
                if entry.name.isdecimal() and _has(entry, user, command):
                    yield int(entry.name)

    def _alike_by_psutil(self) -> Iterator[int]:
        import psutil  # noqa: PLC0415

        own = psutil.Process().username()

        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if tuple(process.cmdline()) == self.words and process.username() == own:
                    yield process.pid

    def _descends(self, pid: int) -> bool:
        while pid > 1 and (parent := parent_of(pid)) is not None:
            if parent in self.ancestors:
                return True

            pid = parent

        return False


def _has(entry: os.DirEntry[str], user: int | None, command: bytes) -> bool:
    """Whether the process of that folder is of this user, and has this command line."""
    try:
        if entry.stat().st_uid != user:
            return False

        with Path(entry.path, "cmdline").open("rb") as file:
            # No further: a process can say that it has gigabytes of words.
            return file.read(len(command) + 1) == command
    except OSError:
        return False


Identity = tuple[int, int]  # device and inode


def identity_of(path: str | Path) -> Identity | None:
    """What a file is, whatever it is called; None where there is none, or none to be seen."""
    try:
        found = os.stat(path)  # noqa: PTH116 - a Path takes longer, and log files are many
    except OSError:
        return None

    return found.st_dev, found.st_ino


MOST_BYTES = 64 * 1024


def open_regular(path: Path) -> BinaryIO:
    """Open a file, if it is one.

    Looked at before it is opened: from a pipe or terminal it would take what is for others. And
    afterwards: what has been put there meanwhile is not waited for.

    Raises:
        OSError: It is not a regular file, or cannot be opened.
    """
    if stat.S_ISREG(path.stat().st_mode):
        descriptor = os.open(path, os.O_RDONLY | system.QUIETLY)

        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb")

        os.close(descriptor)

    raise OSError(EINVAL, "not a regular file", str(path))


def beginning_of(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """The text of a small file, as far as that; what is no UTF-8 in it is replaced.

    Raises:
        OSError: It is not a regular file, or cannot be read.
    """
    with open_regular(path) as file:
        return file.read(most_bytes).decode(errors="replace")
