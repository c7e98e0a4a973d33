"""Locks that a process got from whoever started it: `flock -n FILE consumer`, a shell's descriptor.

Whoever starts consumers under a lock starts none while it is held. A lock of flock(2) stays with
the open file through fork and exec; the kernel names who took it: proc(5), fdinfo.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.sources.proc import PARENT, PROC, is_forked, stat_field

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_DELETED = " (deleted)"
_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
_QUIETLY = os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_KINDS = (stat.S_IFREG, stat.S_IFDIR)  # nothing happens when these are opened


@dataclass(frozen=True, slots=True)
class InheritedLock:
    """A lock, and where its file can be opened."""

    path: str
    is_shared: bool
    key: str  # as the kernel calls the file in its lists of locks
    taken_by: int  # 0: a process that is not known here
    place: Path  # below /proc
    access: int


def inherited_locks(pid: int, parents: Collection[int]) -> Iterator[InheritedLock]:
    """Those that others took for it. `parents` are who hold theirs for as long as it runs.

    What it took itself, also before it forked itself away as a daemon, its program takes again.
    """
    seen: set[str] = set()

    for holder in (pid, *parents):
        if holder == pid and is_forked(pid):
            continue

        for lock in _locks(holder):
            if lock.taken_by != pid and lock.key not in seen:
                seen.add(lock.key)
                yield lock


def open_again(lock: InheritedLock) -> int:
    """The same file once more, so that it can be locked anew.

    Raises:
        OSError: It cannot be opened.
    """
    return os.open(lock.place, lock.access | _QUIETLY)


def is_taken(descriptor: int, key: str, was_taken_by: int, *, is_shared: bool) -> bool | None:
    """Take it. False: somebody else has by now. None: whoever it came from holds it still."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError:
        takers = _takers(key)
        return None if was_taken_by in takers or not takers else False

    return True


def is_under(pid: int, key: str) -> bool:
    """Whether a process runs under that lock: it, or who started it, has it open."""
    both = (pid, stat_field(pid, PARENT))

    return any(lock.key == key for each in both if each for lock in _locks(each))


def _takers(key: str) -> set[int]:
    """Who took the locks on a file that are held now."""
    with suppress(OSError):
        lines = (line.split() for line in (PROC / "locks").read_text().splitlines())
        return {int(words[4]) for words in lines if words[1] == "FLOCK" and words[5] == key}

    return set()


def _locks(pid: int) -> Iterator[InheritedLock]:
    folder = PROC / str(pid)

    with suppress(OSError):
        for entry in sorted((folder / "fdinfo").iterdir()):
            with suppress(OSError, ValueError):
                yield from _lock_of(folder / "fd" / entry.name, entry.read_text())


def _lock_of(place: Path, told: str) -> Iterator[InheritedLock]:
    lines = dict(line.split(":", 1) for line in told.splitlines())
    words = lines.get("lock", "").split()  # 1: FLOCK ADVISORY WRITE 1234 fe:00:2147146 0 EOF

    if words[1:2] == ["FLOCK"] and stat.S_IFMT(place.stat().st_mode) in _KINDS:
        yield InheritedLock(
            path=os.readlink(place).removesuffix(_DELETED),  # noqa: PTH115 - " (deleted)"
            is_shared=words[3] == "READ",
            key=words[5],
            taken_by=int(words[4]),
            place=place,
            access=int(lines["flags"], 8) & _ACCESS,
        )
