"""Asks a supervisor to restart what it runs: its own command, no shell, for so long at most."""

from __future__ import annotations

import os
import re
import signal as signals
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil

from ehtui.actions.signals import ProcessGoneError, check_identity
from ehtui.domain.text import safe
from ehtui.sources.processes import own_line
from ehtui.sources.supervisors import supervisor_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.world.process import ProcessId, Supervisor

LAST_LINES = 12
TAIL_BYTES = 16 * 1024
CHUNK_BYTES = 4096
DRAIN_S = 1.0  # who inherited its output may keep that open
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class SupervisorChangedError(Exception):
    """The process runs under another supervisor, or under none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How a supervisor's command ended; without an exit code it had to be ended."""

    exit_code: int | None
    last_lines: tuple[str, ...]  # safe to show


def check_supervisor(process: ProcessId, supervisor: Supervisor) -> None:
    """Raise unless pid, start time and supervisor are those of the plan.

    Raises:
        ProcessGoneError: It has ended.
        IdentityChangedError: The pid was reused.
        SupervisorChangedError: Somebody else would be asked about it now.
        PermissionError: It is not for this user to look at.
    """
    check_identity(process)

    try:
        found = supervisor_of(psutil.Process(process.pid), own_line())
    except psutil.NoSuchProcess as error:
        raise ProcessGoneError from error

    if found != supervisor:
        raise SupervisorChangedError


def ask(command: Sequence[str], timeout_s: float) -> Answer:
    """Run the command and wait for it; blocking. It gets no terminal, so that it asks nobody.

    Raises:
        OSError: It cannot be run.
    """
    read_end, write_end = os.pipe()
    tail = bytearray()
    reader = threading.Thread(target=_drain, args=(read_end, tail), daemon=True)
    reader.start()

    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=write_end,
            stderr=write_end,
            start_new_session=True,
        )
    finally:
        os.close(write_end)

    exit_code = _wait(child, timeout_s)
    reader.join(DRAIN_S)

    return Answer(exit_code, _lines(bytes(tail)))


def _wait(child: subprocess.Popen[bytes], timeout_s: float) -> int | None:
    try:
        return child.wait(timeout_s)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signals.SIGKILL)  # its own session: whatever it started to ask with
        child.wait()
        return None


def _drain(descriptor: int, tail: bytearray) -> None:
    """Keep the end of what it says, however much that is."""
    with os.fdopen(descriptor, "rb", buffering=0) as output:
        while chunk := output.read(CHUNK_BYTES):
            tail += chunk
            del tail[:-TAIL_BYTES]


def _lines(output: bytes) -> tuple[str, ...]:
    text = _COLOUR.sub("", output.decode("utf-8", "replace"))
    lines = [line.rstrip() for line in text.splitlines()]

    return tuple(safe(line) for line in lines if line)[-LAST_LINES:]
