"""Other processes with the same command line, and who they descend from. Standard library only."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_FORKED = 0x40  # PF_FORKNOEXEC, linux/sched.h
_DEAD = frozenset({b"Z", b"X"})


def boot_ticks() -> int:
    """Now, as the kernel counts starts. 0 where it does not."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)

    return 0 if clock is None else int(time.clock_gettime(clock) * _TICKS_PER_S)


def start_ticks(pid: int) -> int | None:
    """When it started; None once it has ended, also while its parent has not taken note."""
    fields = _stat(pid)

    return None if fields is None or fields[0] in _DEAD else int(fields[22 - 3])


def state_of(pid: int) -> str:
    """The kernel's letter: `T` is stopped, `t` held by a debugger; "" once it is gone."""
    fields = _stat(pid)

    return "" if fields is None else fields[0].decode()


def is_forked(pid: int) -> bool:
    """Whether it runs no program of its own, but goes on in its parent's. False once it is gone."""
    fields = _stat(pid)

    return fields is not None and bool(int(fields[9 - 3]) & _FORKED)


def parent_of(pid: int) -> int | None:
    """Who it runs under; None once it is gone."""
    fields = _stat(pid)

    return None if fields is None else int(fields[4 - 3])


def is_same(pid: int, ticks: int) -> bool:
    """Whether that process still runs."""
    return start_ticks(pid) == ticks


def _stat(pid: int) -> list[bytes] | None:
    try:
        return (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None


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
            for entry in os.scandir(_PROC):
                if entry.name.isdecimal() and int(entry.name) != but and self._is_one(entry):
                    yield int(entry.name)

    def _is_one(self, entry: os.DirEntry[str]) -> bool:
        pid = int(entry.name)

        try:
            if entry.stat().st_uid != self.user:
                return False

            with (_PROC / entry.name / "cmdline").open("rb") as file:
                # No further: a process can say that it has gigabytes of words.
                if file.read(len(self.command) + 1) != self.command:
                    return False
        except OSError:
            return False

        ticks = start_ticks(pid)

        return ticks is not None and ticks >= self.since_ticks and self._descends(pid)

    def _descends(self, pid: int) -> bool:
        while pid > 1:
            fields = _stat(pid)
            if fields is None:
                return False

            pid = int(fields[4 - 3])
            if pid in self.ancestors:
                return True

        return False
