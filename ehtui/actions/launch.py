"""Starts a consumer so that it outlives ehtui, and tells when it dies at once."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from ehtui.actions.signals import IdentityChangedError, ProcessGoneError, check_identity
from ehtui.domain.process import ProcessId
from ehtui.domain.text import safe
from ehtui.sources.start_times import started_at

EARLY_DEATH_S = 3.0  # an import error or a bad setting shows within this
LAST_LINES = 12
TAIL_BYTES = 16 * 1024
POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class User:
    """Whom a program runs as, by number."""

    id: int
    group: int
    other_groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a program. Arguments and environment hold secrets: never printed."""

    argv: tuple[str, ...] = field(repr=False)
    cwd: str | None
    environment: Mapping[str, str] = field(repr=False)
    log_path: Path
    user: User | None = None  # None: whoever runs ehtui


@dataclass(frozen=True, slots=True)
class Launched:
    """A program that was started; `exit_code` is set when it is known to have died at once."""

    process: ProcessId
    log_path: Path
    exit_code: int | None = None
    last_lines: tuple[str, ...] = ()
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)


def capture(process: ProcessId, log_path: Path) -> Launch:
    """How a running process was started: argv, working folder and environment.

    Raises:
        ProcessGoneError: It has ended.
        IdentityChangedError: The pid was reused.
        PermissionError: Its environment is not for this user to read.
        FileNotFoundError: Its command line names no program: it could not be started again.
    """
    check_identity(process)

    try:
        running = psutil.Process(process.pid)

        with running.oneshot():
            argv, cwd, environment = running.cmdline(), running.cwd(), running.environ()
            program = _program(running, argv, cwd, environment)
            user = _other_user(running)
    except psutil.NoSuchProcess as error:
        raise ProcessGoneError from error
    except psutil.AccessDenied as error:
        raise PermissionError from error

    return Launch((program, *argv[1:]), cwd, environment, log_path, user)


def _other_user(running: psutil.Process) -> User | None:
    """Whom it runs as, where that is not us: root would start somebody's consumer as root."""
    user, group = running.uids().effective, running.gids().effective

    if user == os.geteuid():
        return None

    try:
        others = os.getgrouplist(pwd.getpwuid(user).pw_name, group)
    except KeyError:  # a number without a name
        others = []

    return User(user, group, tuple(others))


def _program(
    running: psutil.Process, argv: list[str], cwd: str, environment: Mapping[str, str]
) -> str:
    """argv[0] as given while it can be found again, else the binary where only that has moved."""
    name = argv[0] if argv else ""

    if os.sep not in name:
        # A program may have written a title over its arguments: then they start nothing.
        if not shutil.which(name, path=environment.get("PATH")):
            raise FileNotFoundError(f"{safe(name)!r} is no program that could be started again")

        return name

    return name if Path(cwd, name).exists() else running.exe()


def wait_for_exit(
    process: ProcessId, timeout_s: float, *, clock: Callable[[], float] = time.monotonic
) -> bool:
    """Whether the process ended within `timeout_s`; a zombie has ended. Blocking."""
    deadline = clock() + timeout_s

    while True:
        try:
            check_identity(process)
        except PermissionError:
            pass
        except (ProcessGoneError, IdentityChangedError):  # or its pid is somebody else's by now
            return True

        if clock() >= deadline:
            return False

        time.sleep(POLL_S)


def start(launch: Launch) -> Launched:
    """Start detached in a session of its own, output into a log file of its own. Blocking.

    Raises:
        OSError: The program, its folder or the log file cannot be opened.
    """
    log_path, descriptor = _new_log(launch.log_path)

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
            **_as_user(launch.user),
        )
    except OSError:
        log_path.unlink(missing_ok=True)  # nobody wrote it
        raise
    finally:
        os.close(descriptor)

    identity = _identity(child.pid)
    # It may end while ehtui runs: somebody has to reap it. It may also outlive ehtui.
    threading.Thread(target=child.wait, name=f"reap {child.pid}", daemon=True).start()

    return Launched(identity, log_path, child=child)


def watch(launched: Launched, watch_s: float = EARLY_DEATH_S) -> Launched:
    """The same, with its exit code and last lines if it dies within `watch_s`. Blocking."""
    if launched.child is None:
        return launched

    try:
        exit_code = launched.child.wait(watch_s)
    except subprocess.TimeoutExpired:
        return launched

    return replace(launched, exit_code=exit_code, last_lines=_last_lines(launched.log_path))


def _new_log(wanted: Path) -> tuple[Path, int]:
    """A new file, open: the wanted one, or `name-2.log` where another start already has that."""
    wanted.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # O_APPEND: whoever truncates it leaves no hole before the next line.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
    path, number = wanted, 1

    while True:
        try:
            return path, os.open(path, flags, 0o600)
        except FileExistsError:
            number += 1
            path = wanted.with_stem(f"{wanted.stem}-{number}")


def _as_user(user: User | None) -> dict[str, Any]:
    if user is None:
        return {}

    return {"user": user.id, "group": user.group, "extra_groups": user.other_groups}


def _identity(pid: int) -> ProcessId:
    try:
        return ProcessId(pid, started_at(pid))
    except psutil.Error:  # ended and reaped already
        return ProcessId(pid, time.time())


def _last_lines(path: Path) -> tuple[str, ...]:
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - TAIL_BYTES))
        text = file.read().decode("utf-8", "replace")

    return tuple(safe(line) for line in text.splitlines()[-LAST_LINES:])
