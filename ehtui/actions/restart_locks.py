"""One restart of a process at a time, whoever runs ehtui: locks, and the record that they guard."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ehtui.actions.obstacles import BeingRestartedError, CannotStartError
from ehtui.domain.restarts import StartObstacle
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from pathlib import Path

    from ehtui.domain.process import ProcessId

WAIT_S = 1.0  # another one may only be rehearsing, which is quick
_POLL_S = 0.02


def record_path(folder: Path, process: ProcessId) -> Path:
    """Where the record of a restart of that process lies."""
    return folder / f"{process.pid}-{process.started_at:.2f}.json"


def lock_process(process: ProcessId) -> int | None:
    """A lock on its folder in /proc, which all users share; None where there is no such thing.

    Raises:
        BeingRestartedError: Somebody else has it.
    """
    try:
        descriptor = os.open(f"/proc/{process.pid}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None

    return _locked(descriptor, "")


def open_record(path: Path) -> int:
    """The record, open and locked; made where there is none.

    Raises:
        BeingRestartedError: Somebody else has it.
        CannotStartError: It cannot be made.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW

    while True:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            told = safe(f"{path}: {error.strerror}")
            raise CannotStartError(StartObstacle.RECORD_UNWRITABLE, told) from error

        _locked(descriptor, _who(descriptor))

        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor

        os.close(descriptor)  # whoever had it has taken it away: it is over


def _locked(descriptor: int, who: str) -> int:
    deadline = time.monotonic() + WAIT_S

    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise BeingRestartedError(who) from None

            time.sleep(_POLL_S)
        else:
            return descriptor


def _who(descriptor: int) -> str:
    told = read_record(descriptor)
    user, pid = told.get("user"), told.get("ehtui_pid")

    return safe(f"ehtui {pid} of {user}") if user and pid else ""


def read_record(descriptor: int) -> dict[str, Any]:
    """What stands in it; nothing where that is no record."""
    with suppress(OSError, ValueError):
        told = json.loads(os.pread(descriptor, os.fstat(descriptor).st_size, 0))

        if isinstance(told, dict):
            return told

    return {}
