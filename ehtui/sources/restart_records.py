"""Restarts that have not come to their end, as the records tell that outlive whoever began them."""

from __future__ import annotations

import json
import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil

from ehtui.clock import host_ahead_s
from ehtui.domain.text import safe
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import RestartRecord, RestartStage, StartObstacle
from ehtui.sources.proc import is_same

if TYPE_CHECKING:
    from pathlib import Path

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
    with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
        if not is_trusted(path.lstat()):
            return None

        told = json.loads(path.read_text())
        if told["schema"] == SCHEMA and told["stage"] in set(RestartStage):
            return _record(told)

    return None


def is_trusted(found: os.stat_result) -> bool:
    """Whether a record is this user's own: others could have ehtui start what they wrote."""
    is_own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()

    return is_own and not found.st_mode & 0o022 and found.st_size <= MOST_BYTES


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
