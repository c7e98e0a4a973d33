"""A child that becomes what another process was, up to the moment before exec, and waits there.

One is forked to rehearse, and stays to hold what goes away with the process that is stopped; one
is forked to be the next. Loads the standard library only. Not for Windows, which has no fork.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from ehtui.actions.confinement import confinement_of, from_plain
from ehtui.actions.entering import Entering, RefusedError, become_usual
from ehtui.actions.finding import Found, Running, find

if sys.platform == "win32":
    raise ImportError("nothing on Windows becomes what another process was")

ANSWERED_WITHIN_S = 15.0
_POLL_S = 0.05
_KNOWN = frozenset({"found", "obstacle"})

Json = dict[str, Any]


@dataclass(slots=True)
class Child:
    """Where it stands: `found` what exec gets, or `obstacle` and `detail`."""

    pid: int
    answer: Json
    _answers: int
    _word: int | None

    @property
    def is_refused(self) -> bool:
        """Whether it could not become what it should."""
        return "obstacle" in self.answer

    def become(self) -> Json | None:
        """Let it exec; why that failed, or None once it is the program."""
        if not self.is_refused and self._word is not None:
            os.write(self._word, b"x")
            self.answer |= _answer(self._answers, is_rest=True)

        self._close()

        if self.is_refused:
            return {name: self.answer[name] for name in ("obstacle", "detail")}

        return None

    def let_go(self) -> None:
        """It ends without having been anything."""
        self._close()
        end(self.pid, 0.0)

    def close_word(self) -> None:
        """In a process forked since: else it would not see that nobody has a word for it."""
        if self._word is not None:
            os.close(self._word)

    def _close(self) -> None:
        if self._word is not None:
            os.close(self._word)
            os.close(self._answers)
            self._word = None


def fork_successor(task: Json, *, besides: Child | None = None) -> Child:
    """Fork one and wait until it stands ready or knows why it cannot."""
    answers, answer_to = os.pipe()
    word_from, word = os.pipe()
    pid = os.fork()

    if pid == 0:
        if besides is not None:
            besides.close_word()

        os.close(word)
        _be_child(task, answer_to, word_from)

    os.close(answer_to)
    os.close(word_from)
    told = _answer(answers)
    child = Child(told.get("pid", pid), told, answers, word)

    if child.pid != pid:
        os.waitpid(pid, 0)  # it only led into the other pid namespace

    return child


def _be_child(task: Json, answer_to: int, word_from: int) -> NoReturn:
    told: Json = {"obstacle": "not_rehearsed"}

    try:
        losses = _enter(task, answer_to)
        _enter_folder(task["enters"])
        found = _found(task)
        _say(answer_to, {"found": asdict(found), "losses": losses})

        if os.read(word_from, 1):
            _exec(task, found)

        os._exit(0)
    except RefusedError as error:
        told = {"obstacle": error.obstacle, "detail": error.detail}
    except BaseException as error:
        told |= {"detail": f"{type(error).__name__}: {error}"}
    finally:
        with suppress(OSError):
            _say(answer_to, {"detail": ""} | told)

        os._exit(127)


def _enter(task: Json, answer_to: int) -> list[tuple[str, str]]:
    """In a session of its own, as what the other was; what it could not become."""
    held = task["descriptors"]

    if task["confinement"] is None:  # not Linux: of this user, as ehtui's own shell starts it
        os.setsid()
        os.fchdir(held["folder"])
        os.umask(task["umask"])
        become_usual()
        return []

    entering = Entering(
        wanted=from_plain(task["confinement"]),
        own=confinement_of(os.getpid()),
        namespaces=task["namespaces"],
        cgroups=task["cgroups"],
        root=held["root"],
        folder=held["folder"],
    )
    entering.check()

    if entering.enter_pid_namespace() and (pid := os.fork()):
        _say(answer_to, {"pid": pid})
        os._exit(0)

    os.setsid()
    entering.enter()

    return entering.losses


def _enter_folder(path: str | None) -> None:
    """Of one that has ended there is only the path left: whoever it was must get there by it."""
    if path is not None:
        try:
            os.chdir(path)
        except OSError as error:
            raise RefusedError("folder_closed", path) from error


def _found(task: Json) -> Found:
    """Looked for anew; what has gone since the rehearsal is still held open."""
    try:
        return find(_running(task))
    except RefusedError as error:
        rehearsed = Found(**task["rehearsed"]) if "rehearsed" in task else None

        if rehearsed is None or error.obstacle != "program_gone" or rehearsed.is_new:
            raise

        if not rehearsed.is_itself or "program" not in task["descriptors"]:
            raise

        if rehearsed.folder is not None:
            os.chdir(rehearsed.folder)

        return rehearsed


def _running(task: Json) -> Running:
    return Running(
        arguments=task["arguments"],
        variables=task["variables"],
        link=task["link"],
        file=tuple(task["file"]) if task["file"] else None,
        takes_input=task["takes_input"],
    )


def _exec(task: Json, found: Found) -> NoReturn:
    """By its path; by what was held open where that has gone."""
    held, arguments, variables = task["descriptors"], task["arguments"], task["variables"]
    os.dup2(held["input"], 0)
    os.dup2(held["log"], 1)
    os.dup2(held["log"], 2)

    for lock in task["locks"]:
        os.set_inheritable(lock["descriptor"], True)  # noqa: FBT003 - its own signature

    try:
        os.execve(found.program, arguments, variables)
    except FileNotFoundError:
        if "program" not in held or found.is_new or not found.is_itself:
            raise

        os.execve(held["program"], arguments, variables)


def _answer(descriptor: int, *, is_rest: bool = False) -> Json:
    """What it says until it stands ready or is refused; the rest is what it says at exec."""
    told: Json = {}
    read = b""
    deadline = time.monotonic() + ANSWERED_WITHIN_S

    while is_rest or not told.keys() & _KNOWN:
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        chunk = os.read(descriptor, 65536) if ready else b""

        if not chunk:
            break

        read += chunk
        *lines, read = read.split(b"\n")

        for line in lines:
            told |= json.loads(line)

    if is_rest or told.keys() & _KNOWN:
        return told

    return told | {"obstacle": "not_rehearsed", "detail": "no answer from the rehearsal"}


def _say(descriptor: int, told: Json) -> None:
    os.write(descriptor, json.dumps(told).encode() + b"\n")


def exit_code(pid: int) -> int | None:
    """Of a child of ours; None while it runs, 0 where somebody else has reaped it."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0

    return os.waitstatus_to_exitcode(status) if ended else None


def end(pid: int, grace_s: float) -> None:
    """End a child of ours: asked first, killed after `grace_s`."""
    deadline = time.monotonic() + grace_s

    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)

    while exit_code(pid) is None:
        if time.monotonic() >= deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

        time.sleep(_POLL_S)
