"""Starts a consumer so that it outlives ehtui, and tells when it dies at once."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from ehtui.config.process_memory import words_of
from ehtui.domain.text import safe
from ehtui.domain.world.process import ProcessId
from ehtui.sources.process_facts import started_at

EARLY_DEATH_S = 3.0  # an import error or a bad setting shows within this
LAST_LINES = 12
TAIL_BYTES = 16 * 1024
_LOOK_EVERY_S, _MISSES = 0.1, 5


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
    return not hasattr(os, "geteuid") or bool(process.uids().effective == os.geteuid())


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
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
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
