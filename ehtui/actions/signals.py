"""Signals the process that was meant, or nobody."""

from __future__ import annotations

import os
import signal as signals
import sys
import time
from typing import TYPE_CHECKING

import psutil

from ehtui.domain.actions.signal import signal_number
from ehtui.sources.process_facts import is_same_start, program_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.world.process import ProcessId

POLL_S = 0.05


class ProcessGoneError(Exception):
    """The process ended before it could be signalled."""


class IdentityChangedError(Exception):
    """The pid belongs to another process now."""


class ProgramChangedError(Exception):
    """The process has exec'd another program in place."""


def send_signal(process: ProcessId, signal: str) -> None:
    """Send a signal if pid and start time still match.

    Raises:
        ProcessGoneError: It has ended, or waits as a zombie to be reaped.
        IdentityChangedError: The pid was reused.
        ProgramChangedError: Another program runs in it than when it was chosen.
        PermissionError: It belongs to somebody else.
    """
    number = signal_number(signal)

    if number is None:
        raise OSError(f"no signal {signal} on this platform")

    if sys.platform == "linux":
        _send_by_descriptor(process, number)
    else:
        check_identity(process)
        os.kill(process.pid, number)


def _send_by_descriptor(process: ProcessId, number: int) -> None:
    """Pin the process first, so that no reuse can slip between the check and the signal."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError as error:
        raise ProcessGoneError from error

    try:
        check_identity(process)
        signals.pidfd_send_signal(descriptor, number)
    except ProcessLookupError as error:
        raise ProcessGoneError from error
    finally:
        os.close(descriptor)


def wait_for_exit(
    process: ProcessId, timeout_s: float, *, clock: Callable[[], float] = time.monotonic
) -> bool:
    """Whether the process ended within `timeout_s`; a zombie has ended. Blocking."""
    deadline = clock() + timeout_s

    while True:
        try:
            check_identity(process)
        except (PermissionError, ProgramChangedError):
            pass
        except (ProcessGoneError, IdentityChangedError):  # or its pid is somebody else's by now
            return True

        if clock() >= deadline:
            return False

        time.sleep(POLL_S)


def check_identity(process: ProcessId) -> None:
    """Raise unless pid, start time and program are those of a live process."""
    try:
        if not is_same_start(process):
            raise IdentityChangedError

        if psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE:
            raise ProcessGoneError

        if process.program is not None and not program_of(process.pid).is_still(process.program):
            raise ProgramChangedError
    except psutil.NoSuchProcess as error:
        raise ProcessGoneError from error
    except psutil.AccessDenied as error:
        raise PermissionError from error
