"""Carries out one restart in a process of its own, so that nothing that happens to ehtui ends it.

Everything that the start needs is open before it is told to go on, and the start has been
rehearsed. Then it signals, waits, looks whether somebody else starts another one, and starts.

On standard input it gets the task and then the word to go on, one JSON line each; on standard
output it says how far it is. If it is left alone before that word, nothing has happened. Loads
the standard library only, and psutil where the kernel tells less than Linux. Not for Windows.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ehtui import system
from ehtui.actions.confinement import confinement_of, from_plain, is_taken, is_under
from ehtui.actions.state_files import append_line, write_record
from ehtui.actions.successor import Child, end, exit_code, fork_successor
from ehtui.sources.proc import Twins, boot_ticks, is_same, start_ticks, state_of

if sys.platform == "win32":
    raise ImportError("nothing on Windows becomes what another process was")

if TYPE_CHECKING:
    from collections.abc import Collection

TELL_EVERY_S = 1.0
LOCKED_WITHIN_S = 5.0  # it is free at once, or somebody else's who starts something
LOOK_EVERY_S = 0.1
DAEMON_LOOKS = 5
WATCHED_CLOSELY_S, SELDOM_S = 10.0, 1.0
UNDONE_WITHIN_S = 10.0  # for the one that was one too many; then it is killed
_SUBREAPER = 36  # linux/prctl.h

Json = dict[str, Any]


class Guardian:
    """One task."""

    def __init__(self, task: Json, *, takes_orphans: bool = True) -> None:
        self._takes_orphans = takes_orphans
        self._task = task
        self._fds: dict[str, int] = task["descriptors"]
        self._holder: Child | None = None
        self._order: Json = {}
        self._record: Json = {}
        self._asked_ticks = 0
        pid = task["pid"]
        self._ticks = start_ticks(pid) if pid else None

    def run(self) -> None:
        """Rehearse, wait for the word, and do it."""
        holder = self._holder = fork_successor(self._task)
        _tell({"rehearsal": holder.answer})
        line = sys.stdin.buffer.readline()

        if holder.is_refused or not line:
            self._let_go()
            return

        self._task["rehearsed"] = holder.answer["found"]
        carried_by = [os.getpid(), start_ticks(os.getpid())]
        self._order = json.loads(line)
        self._record = self._order["record"] | {"carried_by": carried_by}

        if self._task["pid"] is None or self._is_stopped():
            self._start()

    def _let_go(self) -> None:
        holder, self._holder = self._holder, None

        if holder is not None:
            holder.let_go()

    # The old one.

    def _is_stopped(self) -> bool:
        """Whether it has ended and nobody has started another one."""
        try:
            self._note("stopping")
            self._asked_ticks = boot_ticks()
            self._signal(self._order["signal"])

            if self._order["lets_go_on"]:
                self._signal(signal.SIGCONT)
        except ProcessLookupError:
            self._refuse("gone")
        except PermissionError:
            self._refuse("foreign_user")
        except OSError as error:  # the record could not be written
            self._refuse("unwritable", str(error))
        else:
            _tell({"asked": True})
            self._wait()
            self._note("ended", step="ended")
            _tell({"ended": True})

            return not self._was_replaced() and self._has_locks()

        return False

    def _refuse(self, why: str, detail: str = "") -> None:
        self._let_go()
        _tell({"refused": why, "detail": detail})

    def _signal(self, number: int) -> None:
        descriptor = self._fds.get("process")

        if descriptor is not None and sys.platform == "linux":
            signal.pidfd_send_signal(descriptor, number)
        elif is_same(self._task["pid"], self._ticks):
            os.kill(self._task["pid"], number)
        else:
            raise ProcessLookupError

    def _wait(self) -> None:
        """However long that takes, or until it is killed because the plan says so."""
        began = told_at = time.monotonic()
        kill_after_s, is_killed = self._order["kill_after_s"], False

        while not self._has_ended(LOOK_EVERY_S):
            now = time.monotonic()

            if kill_after_s is not None and not is_killed and now - began >= kill_after_s:
                is_killed = True

                with suppress(OSError):
                    self._signal(signal.SIGKILL)

            if now - told_at >= TELL_EVERY_S:
                told_at = now
                _tell({"waits_s": now - began, "state": state_of(self._task["pid"])})

    def _has_ended(self, within_s: float) -> bool:
        descriptor = self._fds.get("process")

        if descriptor is not None:
            return bool(select.select([descriptor], [], [], within_s)[0])

        time.sleep(within_s)

        return not is_same(self._task["pid"], self._ticks)  # one that nobody reaps has ended

    # Whoever else starts it.

    def _was_replaced(self) -> bool:
        """Whether one of its parents has started another one, waited for while one lives."""
        keeper = self._order["keeper"]
        deadline = time.monotonic() + (keeper["look_s"] if keeper else 0.0)

        while keeper and self._keepers():
            if (pid := self._twins(self._keepers()).find()) is not None:
                self._be_replaced(pid)
                return True

            if time.monotonic() >= deadline:
                break

            time.sleep(LOOK_EVERY_S)

        return False

    def _has_locks(self) -> bool:
        """Take those that whoever started the old one had taken. A lock says who is the one."""
        for lock in self._task["locks"]:
            deadline = time.monotonic() + LOCKED_WITHIN_S
            words = (lock["descriptor"], lock["key"], lock["was_taken_by"])

            while is_taken(*words, is_shared=lock["is_shared"]) is False:
                under = (pid for pid in self._twins({0, 1}).all() if is_under(pid, lock["key"]))

                if (pid := next(under, None)) is not None:
                    self._be_replaced(pid)
                    return False

                if time.monotonic() >= deadline:
                    self._let_go()
                    self._fail({"obstacle": "lock_taken", "detail": lock["path"]})
                    return False

                time.sleep(LOOK_EVERY_S)

        return True

    def _be_replaced(self, pid: int) -> None:
        self._let_go()
        self._note("replaced", new_pid=pid, step="replaced")
        _tell({"replaced": pid})

    def _fail(self, why: Json) -> None:
        self._note("failed", **why, step="failed")
        _tell({"failed": why})

    def _keepers(self) -> list[int]:
        return [pid for pid, ticks in self._order["keeper"]["line"] if is_same(pid, ticks)]

    def _twins(self, ancestors: Collection[int]) -> Twins:
        confinement = self._task["confinement"]

        return Twins(
            words=tuple(self._task["arguments"]),
            user=confinement["users"][1] if confinement else None,
            ancestors=ancestors,
            since_ticks=self._asked_ticks,
        )

    def _watch_twins(self, pid: int) -> None:
        """Of two, ours goes: its parent would start the other one again."""
        keeper = self._order["keeper"]
        began = time.monotonic()
        deadline = began + (keeper["watch_s"] if keeper else 0.0)

        while keeper and self._keepers() and time.monotonic() < deadline:
            if exit_code(pid) is not None:
                return

            if (twin := self._twins(self._keepers()).find(but=pid)) is not None:
                end(pid, UNDONE_WITHIN_S)
                self._note("replaced", new_pid=twin, step="replaced")
                return

            # A loop may pause for hours, and each look reads all processes.
            is_new = time.monotonic() - began < WATCHED_CLOSELY_S
            time.sleep(LOOK_EVERY_S if is_new else SELDOM_S)

    # The new one.

    def _start(self) -> None:
        child = fork_successor(self._task, besides=self._holder)
        self._let_go()  # before exec: there may be a limit to its user's processes
        error = child.become()

        if error is None and self._has_more_rights(child.pid):
            end(child.pid, 0.0)
            error = {"obstacle": "rights", "detail": ""}

        if error is not None:
            self._fail(error)
            return

        for lock in self._task["locks"]:
            os.close(lock["descriptor"])  # it is the new one's alone

        self._note("started", new_pid=child.pid, step="started")
        _tell({"started": child.pid})

        if (pid := self._lives(child.pid)) is not None:
            _tell({"lives": True})
            self._watch_twins(pid)

    def _lives(self, pid: int) -> int | None:
        """Who runs by now, if it does not die at once: a daemon goes on in a fork of itself."""
        deadline = time.monotonic() + self._order["early_death_s"]

        while time.monotonic() < deadline:
            if (code := exit_code(pid)) is not None:
                if code != 0 or (daemon := self._daemon()) is None:
                    self._note("failed", exit_code=code, step="failed")
                    _tell({"died": code})
                    return None

                if daemon != pid:  # whoever forked it twice has a child on the way
                    pid = daemon
                    self._note("started", new_pid=pid, step="started")
                    _tell({"started": pid})

            time.sleep(LOOK_EVERY_S / 2)

        return pid

    def _daemon(self) -> int | None:
        """Whoever it forked is ours by now (see `_SUBREAPER`), and still has its words.

        Where nobody takes orphans in but the first process of all, theirs is that one.
        """
        ancestors = {os.getpid()} if self._takes_orphans else {os.getpid(), 1}

        for _ in range(DAEMON_LOOKS):  # one forked while processes are listed is in no list
            if (pid := self._twins(ancestors).find()) is not None:
                return pid

            time.sleep(LOOK_EVERY_S / 2)

        return None

    def _has_more_rights(self, pid: int) -> bool:
        """Looked at once more, now that it is the program: nobody takes a start's word for it."""
        if self._task["confinement"] is None or os.geteuid() != 0:
            return False

        had = from_plain(self._task["confinement"])

        try:
            has = confinement_of(pid)
        except OSError:  # it has ended already
            return False

        return (
            bool(has.capabilities.permitted & ~had.capabilities.permitted)
            or (has.users[1] == 0 and had.users[1] != 0)
            or (had.no_new_privs and not has.no_new_privs)
            or has.filters < had.filters
        )

    # What is left behind.

    def _note(self, stage: str, *, step: str | None = None, **more: Any) -> None:
        """In the record and the audit log; once it is stopped, a full disk is no reason to stop."""
        self._record |= {"stage": stage, "at": time.time(), **more}

        try:
            write_record(self._fds["record"], self._record)

            if step is not None:
                append_line(self._fds["audit"], json.dumps(self._step(step)).encode())
        except OSError:
            if stage == "stopping":
                raise

    def _step(self, step: str) -> Json:
        record = self._record
        moment = datetime.fromtimestamp(record["at"], UTC).isoformat(timespec="milliseconds")
        names = ("pid", "new_pid", "log", "obstacle", "detail", "exit_code")
        told = {name: record[name] for name in names if record.get(name) is not None}

        return {"at": moment, "event": f"restart.{step}", **self._order["who"], **told}


def _tell(told: Json) -> None:
    """To ehtui, if it is still there."""
    with suppress(OSError):
        os.write(1, json.dumps(told).encode() + b"\n")


def main() -> None:
    """One task, from standard input."""
    umask = os.umask(0o077)
    takes_orphans = system.LINUX and ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) == 0
    task = json.loads(sys.stdin.buffer.readline()) | {"umask": umask}

    for several in ("descriptors", "namespaces", "cgroups"):
        for descriptor in task[several].values():
            os.set_inheritable(descriptor, False)  # noqa: FBT003 - its own signature

    for lock in task["locks"]:
        os.set_inheritable(lock["descriptor"], False)  # noqa: FBT003

    Guardian(task, takes_orphans=takes_orphans).run()
