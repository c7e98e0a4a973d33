"""Makes this process what another one was, right by right, and says what it could not become.

Runs in a child that does nothing else. Loads the standard library only. What would leave it with
more rights than the other had is refused; what leaves it with less is a loss that is told. Not for
Windows.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from errno import ENOTSUP
from functools import partial
from typing import TYPE_CHECKING

from ehtui import system
from ehtui.actions.confinement import (
    LIMITS,
    UNLIMITED,
    Capabilities,
    Confinement,
    io_priority_words,
    set_io_priority,
    set_personality,
)

if sys.platform == "win32":
    raise ImportError("processes of Windows become nobody else")

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

# linux/sched.h, linux/prctl.h, linux/capability.h
_FLAGS = {
    "cgroup": 0x02000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "net": 0x40000000,
    "time": 0x00000080,
    "pid": 0x20000000,
    "mnt": 0x00020000,
    "user": 0x10000000,
}
_KEEP_CAPS, _BOUND_READ, _BOUND_DROP, _NO_NEW_PRIVS, _AMBIENT = 8, 23, 24, 38, 47
_AMBIENT_IS_SET, _AMBIENT_RAISE, _AMBIENT_CLEAR = 1, 2, 4
_VERSION = 0x20080522
_MOST_CAPS = 64
_BY_NAME = {0: "chown", 1: "dac_override", 5: "kill", 10: "net_bind_service", 12: "net_admin"}
_BY_NAME |= {13: "net_raw", 19: "sys_ptrace", 21: "sys_admin", 23: "sys_nice", 24: "sys_resource"}


class RefusedError(Exception):
    """It would have more than the other had, or cannot run at all; codes of StartObstacle."""

    def __init__(self, obstacle: str, detail: str = "") -> None:
        super().__init__(obstacle, detail)
        self.obstacle = obstacle
        self.detail = detail


@dataclass(slots=True)
class Entering:
    """One way from what this process is to what the other was."""

    wanted: Confinement
    own: Confinement
    namespaces: Mapping[str, int]  # descriptors of those that are entered
    cgroups: Mapping[str, int]  # descriptors of `cgroup.procs`, by folder
    root: int  # its root folder
    folder: int  # its working folder
    losses: list[tuple[str, str]] = field(default_factory=list)
    _libc: ctypes.CDLL = field(default_factory=lambda: ctypes.CDLL(None, use_errno=True))

    def check(self) -> None:
        """What no process can take on, whoever starts it."""
        if self.wanted.filters > self.own.filters:
            raise RefusedError("system_calls")

    def enter_pid_namespace(self) -> bool:
        """Whether children of this process are in another one from now on."""
        if "pid" not in self.namespaces:
            return False

        if self.wanted.is_first:
            raise RefusedError("namespace", "pid")

        self._set_namespace("pid")
        return True

    def enter(self) -> None:
        """Everything else; ends in the folder, as the user, with the rights."""
        wanted, was_root = self.wanted, os.geteuid() == 0

        for name, descriptor in self.cgroups.items():
            self._try("cgroup", name, partial(os.write, descriptor, b"0"))

        label = self._open_label()
        self._resources()

        if "user" in self.namespaces and was_root:
            os.setgroups(wanted.other_groups)  # it may be forbidden inside

        for name in self._namespaces_in_order():
            self._set_namespace(name)

        self._root()
        os.fchdir(self.folder)
        os.umask(wanted.umask)
        self._signals()

        if label is not None:
            self._set_label(label)

        self._capabilities(was_root=was_root)

    # In the order of `enter`.

    def _try(self, kind: str, was: str, action: Callable[[], object]) -> None:
        try:
            action()
        except (OSError, ValueError):  # of limits, the latter says that it may not
            self.losses.append((kind, was))

    def _open_label(self) -> int | None:
        """Opened before another mount namespace may hide it."""
        if self.wanted.label is None or self.wanted.label == self.own.label:
            return None

        with suppress(OSError):
            return os.open(f"{system.PROC}/self/attr/exec", os.O_WRONLY | os.O_CLOEXEC)

        return -1

    def _adopt(
        self, kind: str, wanted: object, own: object, change: Callable[[], object], told: str = ""
    ) -> None:
        """Take on what differs."""
        if wanted != own:
            self._try(kind, told or str(wanted), change)

    def _resources(self) -> None:
        wanted, own = self.wanted, self.own
        self._adopt("oom", wanted.oom, own.oom, partial(_write_oom, wanted.oom))
        cpus = ",".join(map(str, wanted.affinity))
        pin = partial(_pin, wanted.affinity)
        self._adopt("affinity", wanted.affinity, own.affinity, pin, cpus)
        policy, priority = wanted.policy, wanted.priority
        schedule = partial(_schedule, policy, priority)
        self._adopt("scheduler", f"{policy}/{priority}", f"{own.policy}/{own.priority}", schedule)
        self._adopt(
            "nice", wanted.nice, own.nice, partial(os.setpriority, os.PRIO_PROCESS, 0, wanted.nice)
        )
        io, personality = wanted.io_priority, wanted.personality

        if io is not None:
            change, told = partial(set_io_priority, io), io_priority_words(io)
            self._adopt("io_priority", io, own.io_priority, change, told)

        if personality is not None:
            change, told = partial(set_personality, personality), f"{personality:#x}"
            self._adopt("personality", personality, own.personality, change, told)

        for number, (limit, had) in enumerate(zip(wanted.limits, own.limits, strict=True)):
            told = f"{LIMITS[number]} {_limit(limit[0])}/{_limit(limit[1])}"
            self._adopt("limit", limit, had, partial(_set_limit, number, limit), told)

    def _namespaces_in_order(self) -> list[str]:
        """Whoever has rights outside uses them first; whoever has none gets them inside."""
        names = [name for name in self.namespaces if name not in {"pid", "user"}]

        if "user" not in self.namespaces:
            return names

        return [*names, "user"] if os.geteuid() == 0 else ["user", *names]

    def _set_namespace(self, name: str) -> None:
        if self._libc.setns(self.namespaces[name], _FLAGS[name]):
            raise RefusedError("namespace", name)

    def _root(self) -> None:
        here = os.stat("/")  # noqa: PTH116 - of a process without a Path to spare

        if (here.st_dev, here.st_ino) == self.wanted.root:
            return

        try:
            os.fchdir(self.root)
            os.chroot(".")
        except OSError as error:
            raise RefusedError("root_folder", str(error.strerror)) from error

    def _signals(self) -> None:
        """Ignored ones are inherited through exec; Python itself ignores two more."""
        signal.pthread_sigmask(signal.SIG_SETMASK, ())

        for number in range(1, signal.NSIG):
            if number not in {signal.SIGKILL, signal.SIGSTOP}:
                is_ignored = number in self.wanted.ignored

                with suppress(OSError, ValueError):  # those of the C library itself
                    signal.signal(number, signal.SIG_IGN if is_ignored else signal.SIG_DFL)

    def _set_label(self, descriptor: int) -> None:
        label = self.wanted.label or ""
        word = f"exec {label.removesuffix(' (enforce)').removesuffix(' (complain)')}"

        for text in (label, word):  # SELinux, AppArmor
            with suppress(OSError):
                os.write(descriptor, text.encode())
                return

        if label != "unconfined":
            raise RefusedError("label", label)

        self.losses.append(("label", label))

    def _capabilities(self, *, was_root: bool) -> None:
        """Bounds, then user and groups, then what that user keeps."""
        wanted = self._rights()
        had = self._get()
        has_more = had.permitted | wanted.inheritable
        self._set(Capabilities(wanted.inheritable & has_more, had.permitted))

        for number in _numbers(had.bounding & ~wanted.bounding):
            if self._prctl(_BOUND_DROP, number) and was_root:
                raise RefusedError("rights", _name(number))

        self._become(was_root=was_root)
        now = self._get()
        keep = wanted.permitted | wanted.inheritable | wanted.ambient
        self._set(Capabilities(now.inheritable & wanted.inheritable, now.permitted & keep))
        self._prctl(_AMBIENT, _AMBIENT_CLEAR)

        for number in _numbers(wanted.ambient):
            self._prctl(_AMBIENT, _AMBIENT_RAISE, number)

        if self.wanted.no_new_privs:
            self._prctl(_NO_NEW_PRIVS, 1)

        self._compare(self._get(), was_root=was_root)

    def _rights(self) -> Capabilities:
        """What is asked for. Root gets on exec whatever its bounds allow: they become what it had.

        It may have dropped them itself: then it starts with no more than it had in the end.
        """
        told = self.wanted.capabilities

        if self.wanted.users[1] != 0 and (self.wanted.users_inside or (1, 1, 1))[1] != 0:
            return told

        return Capabilities(
            told.inheritable & told.permitted,
            told.permitted,
            told.bounding & told.permitted,
            told.ambient,
        )

    def _become(self, *, was_root: bool) -> None:
        wanted = self.wanted
        users, groups = wanted.users, wanted.groups

        if "user" in self.namespaces:
            if wanted.users_inside is None or wanted.groups_inside is None:
                raise RefusedError("namespace", "user")

            users, groups = wanted.users_inside, wanted.groups_inside

        self._prctl(_KEEP_CAPS, 1)

        try:
            # In another user namespace they were set outside, or are this user's own.
            if "user" not in self.namespaces:
                self._set_other_groups()

            _change(users, groups)
        except OSError as error:
            if was_root:
                raise RefusedError("rights", str(error.strerror)) from error

            self.losses.append(("groups", str(groups[1])))

    def _set_other_groups(self) -> None:
        if set(self.own.other_groups) == set(self.wanted.other_groups):
            return

        try:
            os.setgroups(self.wanted.other_groups)
        except PermissionError:
            if os.geteuid() == 0:
                raise

            names = " ".join(map(str, self.wanted.other_groups)) or "none"
            self.losses.append(("groups", names))

    def _compare(self, now: Capabilities, *, was_root: bool) -> None:
        """With what exec will leave: capabilities(7)."""
        had = self.wanted.capabilities.permitted
        after = now.ambient

        if os.geteuid() == 0:
            after |= now.inheritable | now.bounding

        if (more := after & ~had) and was_root:
            raise RefusedError("rights", ", ".join(map(_name, _numbers(more))))

        if less := had & ~after:
            self.losses.append(("capabilities", ", ".join(map(_name, _numbers(less)))))

    # capget(2), capset(2), prctl(2).

    def _get(self) -> Capabilities:
        header = (ctypes.c_uint32 * 2)(_VERSION, 0)
        data = (ctypes.c_uint32 * 6)()
        self._libc.capget(header, data)
        bounding = sum(1 << n for n in range(_MOST_CAPS) if self._prctl(_BOUND_READ, n) == 1)
        ambient = sum(
            1 << n for n in range(_MOST_CAPS) if self._prctl(_AMBIENT, _AMBIENT_IS_SET, n) == 1
        )

        return Capabilities(data[2] | data[5] << 32, data[1] | data[4] << 32, bounding, ambient)

    def _set(self, to: Capabilities) -> None:
        """Effective is what is permitted; exec sets that anew."""
        low, high = 0xFFFFFFFF, 32
        header = (ctypes.c_uint32 * 2)(_VERSION, 0)
        one = (to.permitted & low, to.permitted & low, to.inheritable & low)
        two = (to.permitted >> high, to.permitted >> high, to.inheritable >> high)
        self._libc.capset(header, (ctypes.c_uint32 * 6)(*one, *two))

    def _prctl(self, operation: int, *arguments: int) -> int:
        words = (*arguments, 0, 0, 0, 0)[:4]

        return int(self._libc.prctl(operation, *map(ctypes.c_ulong, words)))


def become_usual() -> None:
    """Signals as a shell gives them: what Python ignores is not ignored, nothing is held back."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())

    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def _change(users: tuple[int, int, int], groups: tuple[int, int, int]) -> None:
    if sys.platform != "linux":
        raise OSError(ENOTSUP, "only Linux is known")

    if os.getresgid() != groups:
        os.setresgid(*groups)

    if os.getresuid() != users:
        os.setresuid(*users)


def _pin(processors: Collection[int]) -> None:
    if sys.platform == "linux":
        os.sched_setaffinity(0, processors)


def _schedule(policy: int, priority: int) -> None:
    if sys.platform == "linux":
        os.sched_setscheduler(0, policy, os.sched_param(priority))


def _set_limit(number: int, limit: tuple[int, int]) -> None:
    if sys.platform == "linux":
        resource.prlimit(0, number, limit)


def _write_oom(value: int) -> None:
    descriptor = os.open(f"{system.PROC}/self/oom_score_adj", os.O_WRONLY | os.O_CLOEXEC)

    try:
        os.write(descriptor, str(value).encode())
    finally:
        os.close(descriptor)


def _limit(value: int) -> str:
    return "unlimited" if value == UNLIMITED else str(value)


def _numbers(bits: int) -> Iterator[int]:
    return (number for number in range(_MOST_CAPS) if bits >> number & 1)


def _name(number: int) -> str:
    return _BY_NAME.get(number, f"capability {number}")
