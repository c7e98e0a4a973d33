"""What the kernel tells of processes, and files that are somebody else's to fill.

Standard library only: the process that carries a restart out has nothing else.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from errno import EINVAL
from pathlib import Path
from typing import BinaryIO

PROC = Path("/proc")
# Where fields of `stat` stand in `stat_of`: proc(5) counts them from 1, the first two are left out.
STATE, PARENT, TERMINAL, FOREGROUND, FLAGS, STARTED = (n - 3 for n in (3, 4, 7, 8, 9, 22))
FORKED, KERNEL_THREAD = 0x40, 0x00200000  # PF_FORKNOEXEC, PF_KTHREAD, linux/sched.h
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_DEAD = frozenset({b"Z", b"X"})


def stat_of(pid: int) -> list[bytes]:
    """The fields of its `stat` from the third on; the name before them may hold anything.

    Raises:
        OSError: It is gone, or not for this user.
    """
    return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()


def stat_field(pid: int, place: int) -> int | None:
    """A number of its `stat`; None once it is gone."""
    try:
        return int(stat_of(pid)[place])
    except OSError:
        return None


def boot_ticks() -> int:
    """Now, as the kernel counts starts. 0 where it does not."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)

    return 0 if clock is None else int(time.clock_gettime(clock) * _TICKS_PER_S)


def start_ticks(pid: int) -> int | None:
    """When it started; None once it has ended, also while its parent has not taken note."""
    with suppress(OSError):
        fields = stat_of(pid)

        return None if fields[STATE] in _DEAD else int(fields[STARTED])

    return None


def age_of(pid: int) -> float | None:
    """For how many seconds it has been there; None once it is gone."""
    ticks = stat_field(pid, STARTED)

    return None if ticks is None else (boot_ticks() - ticks) / _TICKS_PER_S


def state_of(pid: int) -> str:
    """The kernel's letter: `T` is stopped, `t` held by a debugger; "" once it is gone."""
    with suppress(OSError):
        return stat_of(pid)[STATE].decode()

    return ""


def is_forked(pid: int) -> bool:
    """Whether it runs no program of its own, but goes on in its parent's. False once it is gone."""
    return bool((stat_field(pid, FLAGS) or 0) & FORKED)


def is_same(pid: int, ticks: int) -> bool:
    """Whether that process still runs."""
    return start_ticks(pid) == ticks


def status_of(pid: int) -> dict[str, str]:
    """The lines of its `status`: proc(5).

    Raises:
        OSError: It is gone, or not for this user.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()

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
    return Path(f"/proc/{pid}/ns/{kind}").stat().st_ino


def descriptors_of(pid: int) -> Iterator[tuple[int, str]]:
    """What it has open, and what each leads to.

    Raises:
        OSError: It is gone, or not for this user.
    """
    with os.scandir(f"/proc/{pid}/fd") as entries:
        for entry in entries:
            with suppress(OSError):  # closed meanwhile
                yield int(entry.name), os.readlink(entry.path)  # noqa: PTH115 - a Path takes four times


@dataclass(frozen=True, slots=True)
class Twins:
    """Whoever began after a moment with the same words, the same user, and one of these above it.

    Who was started by another restart descends from none of them.
    """

    command: bytes  # as the kernel keeps it
    user: int
    ancestors: Collection[int]
    since_ticks: int

    def find(self, *, but: int = 0) -> int | None:
        """The pid of one."""
        return next(self.all(but=but), None)

    def all(self, *, but: int = 0) -> Iterator[int]:
        """The pid of each."""
        with suppress(OSError):
            for entry in os.scandir(PROC):
                if entry.name.isdecimal() and int(entry.name) != but and self._is_one(entry):
                    yield int(entry.name)

    def _is_one(self, entry: os.DirEntry[str]) -> bool:
        pid = int(entry.name)

        try:
            if entry.stat().st_uid != self.user:
                return False

            with (PROC / entry.name / "cmdline").open("rb") as file:
                # No further: a process can say that it has gigabytes of words.
                if file.read(len(self.command) + 1) != self.command:
                    return False
        except OSError:
            return False

        ticks = start_ticks(pid)

        return ticks is not None and ticks >= self.since_ticks and self._descends(pid)

    def _descends(self, pid: int) -> bool:
        while pid > 1 and (parent := stat_field(pid, PARENT)) is not None:
            if parent in self.ancestors:
                return True

            pid = parent

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
_AT_ONCE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


def open_regular(path: Path) -> BinaryIO:
    """Open a file, if it is one.

    Looked at before it is opened: from a pipe or terminal it would take what is for others. And
    afterwards: what has been put there meanwhile is not waited for.

    Raises:
        OSError: It is not a regular file, or cannot be opened.
    """
    if stat.S_ISREG(path.stat().st_mode):
        descriptor = os.open(path, _AT_ONCE)

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
