"""A restart that is carried out by a process which outlives ehtui (`guardian`)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from ehtui.actions.launch import last_lines
from ehtui.actions.signals import ProcessGoneError, check_identity
from ehtui.domain.actions.signal import signal_number
from ehtui.domain.text import safe
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import Rehearsal, StartObstacle
from ehtui.sources.proc import start_ticks
from ehtui.sources.process_facts import started_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from ehtui.domain.world.restarts import Keeper

ROOT = str(Path(__file__).resolve().parents[2])
# By its module's name it is known to be ehtui's own, whatever its folder is called.
PROGRAM = (
    f"import sys; sys.path.insert(0, {ROOT!r}); from ehtui.actions.guardian import main; main()"
)
EARLY_DEATH_S = 3.0  # an import error or a bad setting shows within this

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
            env={},  # it gets what it needs, and nothing that it could give away
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


def _identity(pid: int) -> ProcessId:
    try:
        return ProcessId(pid, started_at(pid))
    except psutil.Error:  # ended and reaped already
        return ProcessId(pid, time.time())
