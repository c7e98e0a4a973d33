"""Starts consumers so that they outlive ehtui, and tells when one dies at once.

A configured one is started here; a restart is carried out by a process that outlives ehtui too
(`guardian`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from ehtui import system
from ehtui.actions.targets import ProcessGoneError, check_identity
from ehtui.config.process_memory import words_of
from ehtui.domain.actions.signal import signal_number
from ehtui.domain.text import safe
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import Rehearsal, StartObstacle
from ehtui.sources.proc import start_ticks
from ehtui.sources.process_facts import started_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from ehtui.domain.world.restarts import Keeper

EARLY_DEATH_S = 3.0  # an import error or a bad setting shows within this
LAST_LINES = 12
TAIL_BYTES = 16 * 1024
_LOOK_EVERY_S, _MISSES = 0.1, 5
# Windows has no sessions: with a console of its own it lives on when ehtui's is closed.
_APART = 0

if sys.platform == "win32":
    _APART = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a program. Arguments and environment hold secrets: never printed."""

    argv: tuple[str, ...] = field(repr=False)
    cwd: str | None
    environment: Mapping[str, str] = field(repr=False)
    log_path: Path


@dataclass(frozen=True, slots=True)
class Launched:
    """A program that was started; `exit_code` is set when it is known to have died at once."""

    process: ProcessId
    log_path: Path
    exit_code: int | None = None
    last_lines: tuple[str, ...] = ()
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)
    argv: tuple[str, ...] = field(default=(), repr=False)


def start(launch: Launch) -> Launched:
    """Start detached in a session of its own, output into a log file of its own. Blocking.

    Raises:
        OSError: The program, its folder or the log file cannot be opened.
    """
    log_path, descriptor = new_log(launch.log_path)

    try:
        child = subprocess.Popen(
            launch.argv,
            cwd=launch.cwd,
            env=dict(launch.environment),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
            close_fds=True,
            creationflags=_APART,
        )
    except OSError:
        log_path.unlink(missing_ok=True)  # nobody wrote it
        raise
    finally:
        os.close(descriptor)

    identity = _identity(child.pid)
    # It may end while ehtui runs: somebody has to reap it. It may also outlive ehtui.
    threading.Thread(target=child.wait, name=f"reap {child.pid}", daemon=True).start()

    return Launched(identity, log_path, child=child, argv=launch.argv)


def watch(launched: Launched, watch_s: float = EARLY_DEATH_S) -> Launched:
    """The same, with its exit code and last lines if it dies within `watch_s`. Blocking.

    One that ends with 0 may have forked itself away: then that daemon is who was started.
    """
    if launched.child is None:
        return launched

    deadline = time.monotonic() + watch_s

    try:
        exit_code = launched.child.wait(watch_s)
    except subprocess.TimeoutExpired:
        return launched

    if exit_code == 0 and (daemon := _settled_daemon(launched, deadline)) is not None:
        return replace(launched, process=daemon, child=None)

    return replace(launched, exit_code=exit_code, last_lines=last_lines(launched.log_path))


def _settled_daemon(launched: Launched, deadline: float) -> ProcessId | None:
    """Who is still there at the deadline, and a look before."""
    seen: ProcessId | None = None
    misses = 0

    # A fork that was made while processes were listed is in no list: once is no proof.
    while misses < _MISSES:
        found = _daemon(launched)

        if found is not None and found == seen and time.monotonic() >= deadline:
            return found

        misses = misses + 1 if found is None else 0
        seen = found
        time.sleep(_LOOK_EVERY_S)

    return None


def _daemon(launched: Launched) -> ProcessId | None:
    """The last of whoever runs on with its words: a daemon is the fork of a fork."""
    found: list[ProcessId] = []

    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            begun_at = started_at(process.pid)

            if begun_at < launched.process.started_at or not _is_own(process):
                continue

            is_alive = process.status() != psutil.STATUS_ZOMBIE

            if is_alive and _says(words_of(process), launched.argv):
                found.append(ProcessId(process.pid, begun_at))

    return max(found, key=lambda each: (each.started_at, each.pid), default=None)


def _is_own(process: psutil.Process) -> bool:
    if sys.platform == "win32":
        return process.username() == psutil.Process().username()

    return bool(process.uids().effective == os.geteuid())


def _says(words: Sequence[str], argv: Sequence[str]) -> bool:
    """A script's interpreter stands before it, and its path is whole then."""
    last = tuple(words[-len(argv) :])

    return (
        last[1:] == tuple(argv[1:]) and Path(last[0]).name == Path(argv[0]).name if last else False
    )


def new_log(wanted: Path) -> tuple[Path, int]:
    """A new file, open: the wanted one, or `name-2.log` where another start already has that."""
    wanted.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # O_APPEND: whoever truncates it leaves no hole before the next line.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | system.OPENED
    path, number = wanted, 1

    while True:
        try:
            return path, os.open(path, flags, 0o600)
        except FileExistsError:
            number += 1
            path = wanted.with_stem(f"{wanted.stem}-{number}")


def _identity(pid: int) -> ProcessId:
    try:
        return ProcessId(pid, started_at(pid))
    except psutil.Error:  # ended and reaped already
        return ProcessId(pid, time.time())


def last_lines(path: Path) -> tuple[str, ...]:
    """The end of a log, safe to show."""
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")

    return tuple(safe(line) for line in text.splitlines()[-LAST_LINES:])


ROOT = str(Path(__file__).resolve().parents[2])
# Where Linux does not tell, psutil does: its folder comes last.
_PATHS = [ROOT] if system.LINUX else [ROOT, str(Path(psutil.__file__).resolve().parents[1])]
_SWITCH = {} if system.LINUX else {system.PLAIN: "1"}
# By its module's name it is known to be ehtui's own, whatever its folder is called.
PROGRAM = (
    f"import sys; sys.path[:0] = {_PATHS[:1]!r}; sys.path += {_PATHS[1:]!r}; "
    "from ehtui.actions.guardian import main; main()"
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Restarted:
    """How a restart ended; `process` is the one that runs now, or ran for a moment."""

    process: ProcessId | None
    log_path: Path
    is_by_keeper: bool = False  # its parent started it again: ehtui did not
    exit_code: int | None = None  # it ended at once
    last_lines: tuple[str, ...] = ()
    obstacle: StartObstacle | None = None  # it was not started, after all
    detail: str = ""


class Guard:
    """The process that carries one task out, at the other end of two pipes."""

    def __init__(self, task: Json, descriptors: Collection[int]) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-X", "utf8", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=_SWITCH,  # it gets what it needs, and nothing that it could give away
            pass_fds=tuple(descriptors),
            start_new_session=True,
        )
        # It outlives whoever waits for it here; somebody has to reap it all the same.
        threading.Thread(target=self._child.wait, name="reap guardian", daemon=True).start()
        self.say(task)

    @property
    def pid(self) -> int:
        """Whose it is."""
        return self._child.pid

    def say(self, told: Json) -> None:
        """One line; lost where it has ended."""
        if self._child.stdin is not None:
            with suppress(OSError):
                self._child.stdin.write(json.dumps(told).encode() + b"\n")
                self._child.stdin.flush()

    def answers(self) -> Iterator[Json]:
        """What it says until it ends. Blocking."""
        if self._child.stdout is not None:
            for line in self._child.stdout:
                yield json.loads(line)

    def leave(self) -> None:
        """Hear no more of it. Where it was not told to go on, it ends; else it goes on alone."""
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()


@dataclass(slots=True)
class Prepared:
    """A start for which everything is open and rehearsed; nothing is stopped yet."""

    process: ProcessId
    rehearsal: Rehearsal
    log_path: Path
    is_running: bool  # else it has ended before
    record: Json = field(repr=False)
    record_path: Path | None  # that is taken away again where nothing is begun
    guard: Guard

    def release(self) -> None:
        """Leave everything as it is."""
        self.guard.leave()
        self.log_path.unlink(missing_ok=True)

        if self.record_path is not None:
            self.record_path.unlink(missing_ok=True)

    def carry_out(
        self,
        signal: str = "TERM",
        *,
        kill_after_s: float | None = None,
        lets_go_on: bool = False,
        who: Json | None = None,
        tell: Callable[[Json], None] = lambda _: None,
    ) -> Restarted:
        """Stop it, wait for its end however long that takes, start it again. Blocking.

        Whoever stops waiting for this does not stop it.

        Raises:
            ProcessGoneError: It ended before it was signalled.
            IdentityChangedError, ProgramChangedError, PermissionError: As they say.
        """
        try:
            if self.is_running:
                check_identity(self.process)
        except Exception:
            self.release()
            raise

        keeper = self.rehearsal.keeper
        self.guard.say(
            {
                "signal": signal_number(signal),
                "lets_go_on": lets_go_on,
                "kill_after_s": kill_after_s,
                "early_death_s": EARLY_DEATH_S,
                "keeper": _keeper(keeper) if keeper else None,
                "record": self.record | (who or {}) | {"signal": signal, "asked_at": time.time()},
                "who": who or {},
            }
        )

        try:
            return self._followed(tell)
        finally:
            self.guard.leave()

    def _followed(self, tell: Callable[[Json], None]) -> Restarted:
        done = Restarted(None, self.log_path, obstacle=StartObstacle.LEFT_ALONE)

        for told in self.guard.answers():
            tell(told)
            done = self._after(told, done)

            if done.process is not None and told.keys() & {"replaced", "died", "lives"}:
                break

        if done.process is None or done.is_by_keeper:
            self.log_path.unlink(missing_ok=True)  # nobody wrote it

        return done

    def _after(self, told: Json, done: Restarted) -> Restarted:
        match told:
            case {"refused": why, "detail": detail}:
                self.release()
                raise _refusal(why, detail)
            case {"replaced": pid}:
                return Restarted(_identity(pid), self.log_path, is_by_keeper=True)
            case {"failed": {"obstacle": code, "detail": detail}}:
                obstacle = StartObstacle(code)
                return Restarted(None, self.log_path, obstacle=obstacle, detail=safe(detail))
            case {"started": pid}:
                return Restarted(_identity(pid), self.log_path)
            case {"died": code}:
                lines = last_lines(self.log_path)
                return Restarted(done.process, self.log_path, exit_code=code, last_lines=lines)
            case _:
                return done


def _keeper(keeper: Keeper) -> Json:
    line = [(pid, start_ticks(pid)) for pid in keeper.line]

    return {"line": line, "look_s": keeper.look_s, "watch_s": keeper.watch_s}


def _refusal(why: str, detail: str) -> Exception:
    if why == "gone":
        return ProcessGoneError()

    return PermissionError() if why == "foreign_user" else OSError(safe(detail))
