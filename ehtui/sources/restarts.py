"""What a restart has to know: who may start the process again, and what others have begun.

Parents may do it though they are no supervisors: `while true; do consumer; done` in a shell, a
program that starts workers, `timeout`. What decides is who lives on afterwards; the text of a
script only tells how long to wait for it. Records of restarts outlive whoever began them.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from ehtui import system
from ehtui.clock import host_ahead_s
from ehtui.config.process_memory import words_of
from ehtui.domain.text import safe, safe_command
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import Keeper, RestartRecord, RestartStage, StartObstacle
from ehtui.sources.proc import (
    FOREGROUND,
    beginning_of,
    is_same,
    namespace_of,
    numbers_inside,
    stat_field,
)
from ehtui.sources.process_facts import has_terminal, own_line, told_by_ps
from ehtui.sources.recognition import is_ehtui
from ehtui.sources.supervisors import HOSTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHELL = re.compile(r"-?(ba|da|k|mk|z|fi|tc)?sh")
_LOOP = re.compile(r"(^|[\s;&|(])(while|until|for)\s")
_SLEEP = re.compile(r"(?:^|[\s;&|(])sleep\s+([\d.]+)([smh]?)\b")
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"[\d.]+[smhd]?")
_INITS = frozenset({"systemd", "init", "s6-svscan", "runsvdir", "openrc-init"})
USUAL_LOOK_S, LONGEST_LOOK_S, MARGIN_S = 3.0, 60.0, 2.0
USUAL_WATCH_S, LONGEST_WATCH_S = 120.0, 4 * 3600.0
SCRIPT_BYTES = 64 * 1024


def keeper_of(process: ProcessId) -> Keeper | None:
    """Who may start it again; None where nobody above it lives on."""
    with suppress(psutil.Error, OSError):
        child = psutil.Process(process.pid)
        line = list(_line(child))
        if line:
            scripts = [(parent, _script(parent) or "") for parent in line]
            loops = [(parent, text) for parent, text in scripts if _LOOP.search(text)]
            looper = loops[0][0] if loops else line[0]
            pause_s = max([USUAL_LOOK_S, *(_pause_s(text) for _, text in loops)])

            return Keeper(
                pid=looper.pid,
                command=safe_command(words_of(looper)) or safe(looper.name()),
                line=tuple(parent.pid for parent in line),
                is_loop=bool(loops),
                look_s=min(pause_s, LONGEST_LOOK_S),
                watch_s=max(USUAL_WATCH_S, pause_s),
            )

    return None


def children_of(process: ProcessId) -> int:
    """How many processes it has started that still run."""
    with suppress(psutil.Error, OSError):
        children = psutil.Process(process.pid).children(recursive=True)
        return sum(child.status() != psutil.STATUS_ZOMBIE for child in children)

    return 0


def time_limit_of(process: ProcessId) -> str | None:
    """`timeout 1h`, where that runs it: the next one has no limit."""
    with suppress(psutil.Error, OSError):
        for parent in _line(psutil.Process(process.pid)):
            words = words_of(parent)
            if words and Path(words[0]).name == "timeout":
                limit = next((w for w in words[1:] if _DURATION.fullmatch(w)), "")
                return safe(f"timeout {limit}".strip())

    return None


def may_end_its_namespace(process: ProcessId) -> bool:
    """Whether the first process of its pid namespace is above it, and no init that goes on."""
    with suppress(psutil.Error, OSError):
        own = namespace_of(process.pid, "pid")

        for parent in psutil.Process(process.pid).parents():
            if namespace_of(parent.pid, "pid") != own:
                return False

            if numbers_inside(parent.pid)[-1] == 1:
                return parent.name() not in _INITS

    return False


def _line(child: psutil.Process) -> Iterator[psutil.Process]:
    """Its parents, nearest first, without those that hold whatever anybody starts."""
    own = own_line()

    for parent in child.parents():
        words = words_of(parent)
        if parent.pid <= 1 or parent.pid in own or is_ehtui(words) or _is_host(parent):
            return

        if _is_at_its_prompt(parent, child):
            return

        yield parent


def _is_host(parent: psutil.Process) -> bool:
    name = parent.name()

    # A user's own systemd; a supervisor of its units is known by their cgroup.
    return name in HOSTS or name.startswith("systemd") or name == "init"


def _is_at_its_prompt(parent: psutil.Process, child: psutil.Process) -> bool:
    """A terminal's own shell, whose loop would run its child in the foreground."""
    if not _is_shell(parent) or not has_terminal(parent.pid):
        return False

    if sys.platform == "win32":
        return True

    return os.getsid(parent.pid) == parent.pid and not _is_in_foreground(child.pid)


def _is_in_foreground(pid: int) -> bool:
    """Whether the terminal that it runs in is its group's."""
    if sys.platform == "win32":
        return True

    if system.LINUX:
        return stat_field(pid, FOREGROUND) == os.getpgid(pid)

    return "+" in told_by_ps(pid, "stat")


def _is_shell(process: psutil.Process) -> bool:
    words = words_of(process)

    return bool(words) and _SHELL.fullmatch(Path(words[0]).name) is not None


def _script(process: psutil.Process) -> str | None:
    """What a shell runs: its -c, or its file as far as that can be read. None: no shell."""
    with suppress(psutil.Error, OSError, ValueError):
        words = words_of(process)

        if not _is_shell(process):
            return None

        code = _after_c(words)
        if code is not None:
            return code

        name = next((word for word in words[1:] if not word.startswith("-")), None)
        if name is not None:
            return beginning_of(Path(process.cwd(), name), SCRIPT_BYTES)

    return None


def _after_c(words: Sequence[str]) -> str | None:
    for option, code in pairwise(words[1:]):
        if re.fullmatch(r"-[a-z]*c[a-z]*", option):
            return code

        if not option.startswith("-"):
            return None

    return None


def _pause_s(script: str) -> float:
    """How long it may take to start the next one."""
    pauses = [float(n) * _UNITS[unit] for n, unit in _SLEEP.findall(script) if n.count(".") < 2]  # noqa: PLR2004 - a number

    return min(max(pauses, default=0.0) + MARGIN_S, LONGEST_WATCH_S)


SCHEMA = "ehtui.restart/1"
MOST_BYTES, MOST_RECORDS = 256 * 1024, 200
_OVER = frozenset({RestartStage.STARTED, RestartStage.REPLACED})


def read_restarts(folder: Path) -> tuple[RestartRecord, ...]:
    """Those that are under way, or were left half done since this host booted. Blocking."""
    try:
        paths = sorted(folder.glob("*.json"))[:MOST_RECORDS]
    except OSError:
        return ()

    records = [record for path in paths if (record := read_restart(path)) is not None]
    booted_at = psutil.boot_time() - host_ahead_s()  # whatever ran before has ended with it

    return tuple(
        record
        for record in records
        if record.at >= booted_at and (record.is_carried or record.stage not in _OVER)
    )


def read_restart(path: Path) -> RestartRecord | None:
    """One record; None where it is none, or nothing was stopped yet."""
    told = record_at(path)

    with suppress(ValueError, KeyError, TypeError):
        if told["schema"] == SCHEMA and told["stage"] in set(RestartStage):
            return _record(told)

    return None


def record_at(path: Path) -> dict[str, Any]:
    """What stands in this user's own record; nothing where it is none, or somebody else's.

    Others could have ehtui start what they wrote.
    """
    with suppress(OSError, ValueError, RecursionError):
        descriptor = os.open(path, os.O_RDONLY | system.QUIETLY | system.NO_LINK)

        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)

            if _is_own(found) and found.st_size <= MOST_BYTES:
                told = json.load(file)

                return told if isinstance(told, dict) else {}

    return {}


def _is_own(found: os.stat_result) -> bool:
    """Whether only this user could have written it. On Windows the folder is this user's alone."""
    if not stat.S_ISREG(found.st_mode):
        return False

    return sys.platform == "win32" or (found.st_uid == os.geteuid() and not found.st_mode & 0o022)


def restarted_as(folder: Path, pid: str) -> int | None:
    """Who runs in the place of a process that was restarted a while ago; None: nobody, or unknown.

    Of several processes that had this number, the last one counts.
    """
    paths = sorted(folder.glob(f"{pid}-*.json")) if pid.isdecimal() else []
    records = [record for path in paths if (record := read_restart(path)) is not None]
    last = max(records, key=lambda record: record.at, default=None)

    if last is None or last.stage not in _OVER or last.new_pid is None:
        return None

    return last.new_pid if psutil.pid_exists(last.new_pid) else None


def _record(told: dict[str, Any]) -> RestartRecord:
    pid, ticks = told["carried_by"]
    ahead_s = host_ahead_s()  # it is written by the host's clock
    obstacle = told.get("obstacle")

    return RestartRecord(
        process=ProcessId(told["pid"], told["started_at"]),
        stage=RestartStage(told["stage"]),
        at=told["at"] - ahead_s,
        asked_at=told["asked_at"] - ahead_s,
        signal=safe(told["signal"]),
        command=tuple(safe(word) for word in told["command"]),
        folder=safe(told["folder"]),
        log_path=safe(told["log"]),
        variables=tuple(safe(name) for name in told["variables"]),
        is_carried=is_same(pid, ticks),
        consumer_name=told.get("consumer_name"),
        group=told.get("group"),
        obstacle=StartObstacle(obstacle) if obstacle else None,
        detail=safe(told.get("detail") or ""),
        exit_code=told.get("exit_code"),
        new_pid=told.get("new_pid"),
    )
