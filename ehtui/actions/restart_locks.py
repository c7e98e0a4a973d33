"""One restart of a process at a time, whoever runs ehtui: locks, and the record that they guard."""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from ehtui import system
from ehtui.actions.file_locks import try_lock
from ehtui.actions.targets import BeingRestartedError, CannotStartError
from ehtui.domain.text import safe
from ehtui.domain.world.restarts import StartObstacle
from ehtui.sources.restarts import record_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ehtui.domain.world.process import ProcessId

WAIT_S = 1.0  # another one may only be rehearsing, which is quick
KEPT_S = 3600.0  # for so long somebody is told who runs in a consumer's place
_POLL_S = 0.02
_OVER = frozenset({"rehearsed", "started", "replaced"})


def record_path(folder: Path, process: ProcessId) -> Path:
    """Where the record of a restart of that process lies."""
    return folder / f"{process.pid}-{process.started_at:.2f}.json"


def lock_process(process: ProcessId, folder: Path) -> int | None:
    """A lock on its folder in /proc, which all users share; None where there is no such thing.

    Then its record alone is locked, which each user has by itself.

    Raises:
        BeingRestartedError: Somebody else has it.
    """
    if sys.platform == "win32":
        return None

    try:
        flags = os.O_RDONLY | os.O_DIRECTORY | system.OPENED
        descriptor = os.open(f"{system.PROC}/{process.pid}", flags)
    except OSError:
        return None

    return _locked(descriptor, lambda: _who(record_path(folder, process)))


def open_record(path: Path) -> int:
    """The record, open and locked; made where there is none.

    Raises:
        BeingRestartedError: Somebody else has it.
        CannotStartError: It cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | system.OPENED | system.NO_LINK

    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            told = safe(f"{path}: {error.strerror}")
            raise CannotStartError(StartObstacle.RECORD_UNWRITABLE, told) from error

        _locked(descriptor, lambda: _who(path))

        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor

        os.close(descriptor)  # whoever had it has taken it away: it is over


def forget(folder: Path, pid: str, *, dry_run: bool = False) -> str | None:
    """Take away records of restarts of that pid that nobody carries out; why not, or None."""
    paths = list(folder.glob(f"{pid}-*.json")) if pid.isdecimal() else []

    if not paths:
        return f"No restart of {safe(pid)} was left half done."

    for path in paths if not dry_run else ():
        if not _unlink_free(path):
            return f"{pid} is being restarted right now: that continues."

    return None


def prune(folder: Path) -> None:
    """Take away records of restarts that came to their end a while ago."""
    oldest_at = time.time() - KEPT_S

    for path in folder.glob("*.json"):
        with suppress(OSError):
            if path.stat().st_mtime < oldest_at and record_at(path).get("stage") in _OVER:
                _unlink_free(path)


def _unlink_free(path: Path) -> bool:
    """Whether it is gone: one that is locked is left."""
    try:
        descriptor = os.open(path, os.O_RDWR | system.OPENED | system.NO_LINK)
    except FileNotFoundError:
        return True

    try:
        try_lock(descriptor)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)

    return True


def _locked(descriptor: int, who: Callable[[], str]) -> int:
    deadline = time.monotonic() + WAIT_S

    while True:
        try:
            try_lock(descriptor)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise BeingRestartedError(who()) from None

            time.sleep(_POLL_S)
        else:
            return descriptor


def _who(path: Path) -> str:
    """Whose restart it is, where that is of this user's ehtui."""
    told = record_at(path)
    pid, user = told.get("ehtui_pid"), told.get("user")

    return safe(f"ehtui {pid}{f' of {user}' if user else ''}") if pid else ""
