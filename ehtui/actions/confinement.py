"""What a process has of whoever started it: rights, limits and namespaces, and locks.

As the kernel tells: proc(5), capabilities(7), ioprio_set(2), personality(2). Whoever starts
consumers under a lock (`flock -n FILE consumer`, a shell with a descriptor) starts none while it is
held. A lock of flock(2) stays with the open file through fork and exec; the kernel names who took
it. Standard library only: the process that starts consumers reads its own here too. Linux only:
elsewhere nobody tells.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from errno import ENOTSUP
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ehtui import system
from ehtui.actions.file_locks import try_lock
from ehtui.sources.proc import is_forked, namespace_of, parent_of, status_of

if TYPE_CHECKING:
    from collections.abc import Collection

NAMESPACES = ("cgroup", "ipc", "uts", "net", "time", "pid", "mnt", "user")  # as root enters them
LIMITS = (
    *("CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS"),
    *("LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"),
)  # numbered so by the kernel, and listed so
UNLIMITED = -1
_CGROUP_KINDS = frozenset({"cgroup", "cgroup2"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Sets of capabilities, as bits."""

    inheritable: int = 0
    permitted: int = 0
    bounding: int = 0
    ambient: int = 0


@dataclass(frozen=True, slots=True)
class Confinement:
    """Rights, limits and namespaces of a process. Numbers of users and groups are ehtui's."""

    users: tuple[int, int, int]  # real, effective, saved
    groups: tuple[int, int, int]
    other_groups: tuple[int, ...]
    capabilities: Capabilities
    no_new_privs: bool
    filters: int  # of system calls (seccomp)
    label: str | None  # of SELinux or AppArmor
    namespaces: Mapping[str, int]
    root: tuple[int, int]  # device and inode of its root folder
    is_first: bool  # of its pid namespace, which ends with it
    users_inside: tuple[int, int, int] | None  # as its own user namespace numbers them
    groups_inside: tuple[int, int, int] | None
    umask: int
    ignored: tuple[int, ...]  # signals
    nice: int
    policy: int  # of the scheduler
    priority: int
    affinity: tuple[int, ...]
    oom: int
    limits: tuple[tuple[int, int], ...]  # soft and hard, by number
    cgroups: tuple[str, ...]  # folders that it is a member of
    io_priority: int | None = None  # None: not told
    personality: int | None = None


def from_plain(told: Mapping[str, Any]) -> Confinement:
    """From what `asdict` and JSON made of one."""
    plain: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in told.items()
    }
    plain["limits"] = tuple(map(tuple, told["limits"]))
    plain["capabilities"] = Capabilities(**told["capabilities"])

    return Confinement(**plain)


def confinement_of(pid: int) -> Confinement:
    """Read it now.

    Raises:
        OSError: It has ended, or is not for this user to look at.
    """
    if sys.platform != "linux":
        raise OSError(ENOTSUP, "only Linux tells")

    proc = Path(system.PROC, str(pid))
    told = status_of(pid)
    users, groups = _three(told["Uid"]), _three(told["Gid"])
    root = (proc / "root").stat()

    return Confinement(
        users=users,
        groups=groups,
        other_groups=tuple(map(int, told["Groups"].split())),
        capabilities=Capabilities(
            *(int(told[f"Cap{k}"], 16) for k in ("Inh", "Prm", "Bnd", "Amb"))
        ),
        no_new_privs=told.get("NoNewPrivs", "0").strip() == "1",
        filters=int(told.get("Seccomp_filters", told.get("Seccomp", "0"))),
        label=_label(proc),
        namespaces=dict(_namespaces(pid)),
        root=(root.st_dev, root.st_ino),
        is_first=told.get("NSpid", "0").split()[-1] == "1",
        users_inside=_inside(proc / "uid_map", users),
        groups_inside=_inside(proc / "gid_map", groups),
        umask=int(told.get("Umask", "022"), 8),
        ignored=_signals(told["SigIgn"]),
        nice=os.getpriority(os.PRIO_PROCESS, pid),
        policy=os.sched_getscheduler(pid),
        priority=os.sched_getparam(pid).sched_priority,
        affinity=tuple(sorted(os.sched_getaffinity(pid))),
        oom=int((proc / "oom_score_adj").read_text("utf-8")),
        limits=tuple(_limits(proc)),
        cgroups=tuple(_cgroups(proc)),
        io_priority=io_priority_of(pid),
        personality=personality_of(pid),
    )


def _three(text: str) -> tuple[int, int, int]:
    real, effective, saved, _ = map(int, text.split())

    return real, effective, saved


def _signals(mask: str) -> tuple[int, ...]:
    bits = int(mask, 16)

    return tuple(n for n in range(1, signal.NSIG) if bits >> (n - 1) & 1)


def _label(proc: Path) -> str | None:
    """None where nobody labels."""
    with suppress(OSError):
        return (proc / "attr" / "current").read_text("utf-8").rstrip("\0\n") or None

    return None


def _namespaces(pid: int) -> Iterator[tuple[str, int]]:
    for name in NAMESPACES:
        with suppress(FileNotFoundError):  # older kernels have fewer
            yield name, namespace_of(pid, name)


def _inside(path: Path, numbers: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """The same users or groups as its own namespace numbers them; None where it has no number."""
    rows = [tuple(map(int, line.split())) for line in path.read_text(encoding="utf-8").splitlines()]
    found = [
        inside + number - outside
        for number in numbers
        for inside, outside, count in rows
        if outside <= number < outside + count
    ]

    return (found[0], found[1], found[2]) if len(found) == len(numbers) else None


def _limits(proc: Path) -> Iterator[tuple[int, int]]:
    for line in (proc / "limits").read_text("utf-8").splitlines()[1 : len(LIMITS) + 1]:
        soft, hard = line[26:].split()[:2]  # the name takes 26 columns
        yield _limit(soft), _limit(hard)


def _limit(word: str) -> int:
    return UNLIMITED if word == "unlimited" else int(word)


def _cgroups(proc: Path) -> Iterator[str]:
    """The folder of each hierarchy, where it is mounted here."""
    mounts = list(_cgroup_mounts())

    for line in (proc / "cgroup").read_text("utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        wanted = frozenset(controllers.split(",")) if controllers else None

        for root, place, options in mounts:
            if (wanted is None and options is None) or (wanted and options and wanted <= options):
                if path == root or path.startswith(root.rstrip("/") + "/"):
                    yield place + path.removeprefix(root.rstrip("/"))

                break


def _cgroup_mounts() -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """Root, mount point and controllers; None: the unified hierarchy."""
    for line in Path(f"{system.PROC}/self/mountinfo").read_text("utf-8").splitlines():
        mount, _, told = line.partition(" - ")
        kind, _, options = told.split(" ", 2)

        if kind in _CGROUP_KINDS:
            words = mount.split(" ")
            names = None if kind == "cgroup2" else frozenset(options.split(","))
            yield words[3], words[4], names


# asm/unistd.h: the C library has no functions for these.
_NUMBERS = {"x86_64": (251, 252), "aarch64": (30, 31), "riscv64": (30, 31)}
_OF_A_PROCESS = 1
_CLASS_SHIFT = 13
_CLASSES = ("none", "realtime", "best-effort", "idle")


def io_priority_of(pid: int) -> int | None:
    """Its class and level as the kernel keeps them; None where that cannot be asked."""
    numbers = _NUMBERS.get(platform.machine())

    if numbers is None:
        return None

    found = int(_libc().syscall(numbers[1], _OF_A_PROCESS, pid))

    return found if found >= 0 else None


def set_io_priority(value: int) -> None:
    """Of this process. Raises OSError where this user may not."""
    numbers = _NUMBERS[platform.machine()]

    if _libc().syscall(numbers[0], _OF_A_PROCESS, 0, value):
        raise OSError(ctypes.get_errno(), "ioprio_set")


def io_priority_words(value: int) -> str:
    """As ionice tells it."""
    kind, level = value >> _CLASS_SHIFT & 7, value & 7
    name = _CLASSES[kind] if kind < len(_CLASSES) else str(kind)

    return f"{name} {level}"


def personality_of(pid: int) -> int | None:
    """As setarch left it; None where it is not for this user to see."""
    with suppress(OSError, ValueError):
        return int(Path(f"{system.PROC}/{pid}/personality").read_text("ascii"), 16)

    return None


def set_personality(value: int) -> None:
    """Of this process, from its next exec on. Raises OSError."""
    if _libc().personality(ctypes.c_ulong(value)) == -1:
        raise OSError(ctypes.get_errno(), "personality")


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


_DELETED = " (deleted)"
_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
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
    return os.open(lock.place, lock.access | system.QUIETLY)


def is_taken(descriptor: int, key: str, was_taken_by: int, *, is_shared: bool) -> bool | None:
    """Take it. False: somebody else has by now. None: whoever it came from holds it still."""
    try:
        try_lock(descriptor, is_shared=is_shared)
    except OSError:
        takers = _takers(key)
        return None if was_taken_by in takers or not takers else False

    return True


def is_under(pid: int, key: str) -> bool:
    """Whether a process runs under that lock: it, or who started it, has it open."""
    both = (pid, parent_of(pid))

    return any(lock.key == key for each in both if each for lock in _locks(each))


def _takers(key: str) -> set[int]:
    """Who took the locks on a file that are held now."""
    with suppress(OSError):
        lines = (
            line.split() for line in Path(system.PROC, "locks").read_text("ascii").splitlines()
        )
        return {int(words[4]) for words in lines if words[1] == "FLOCK" and words[5] == key}

    return set()


def _locks(pid: int) -> Iterator[InheritedLock]:
    folder = Path(system.PROC, str(pid))

    with suppress(OSError):
        for entry in sorted((folder / "fdinfo").iterdir()):
            with suppress(OSError, ValueError):
                yield from _lock_of(folder / "fd" / entry.name, entry.read_text("utf-8"))


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
