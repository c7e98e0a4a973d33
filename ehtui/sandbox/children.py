"""What every process of a sandbox does: it never outlives it, and ends in order when asked to."""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui import system

if TYPE_CHECKING:
    from collections.abc import Callable

LIFELINE = "EHTUI_SANDBOX_LIFELINE"  # a named pipe that the supervisor keeps open for writing
FOLDER_PREFIX = "ehtui-sandbox-"
_PR_SET_PDEATHSIG = 1


# What a terminal sends that is closed.
if sys.platform == "win32":
    HANG_UP = (signal.SIGBREAK,)
else:
    HANG_UP = (signal.SIGHUP,)


def asked_to_end(*others: signal.Signals) -> asyncio.Event:
    """What is set at SIGINT, SIGTERM or one of the others, for the loop that runs."""
    asked = asyncio.Event()

    for number in (signal.SIGINT, signal.SIGTERM, *others):
        at_signal(number, asked.set)

    return asked


def at_signal(number: signal.Signals, call: Callable[[], object]) -> None:
    """Have the loop that runs call this; loops of Windows take no signals themselves."""
    loop = asyncio.get_running_loop()

    try:
        loop.add_signal_handler(number, call)
    except NotImplementedError:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(call))


def leave() -> None:
    """End this process without ceremony, and tidy up: a killed supervisor could not."""
    folder = Path(os.environ[LIFELINE]).parent

    if folder.name.startswith(FOLDER_PREFIX):  # whatever else the variable may name stays
        shutil.rmtree(folder, ignore_errors=True)

    os._exit(0)


def end_with_sandbox(on_end: Callable[[], None] = leave) -> None:
    """Call `on_end`, on a thread of its own, once the supervisor is gone, however it went.

    The lifeline's name travels in the environment, so a consumer that somebody restarted with the
    same environment ends too. Without a lifeline nothing happens.
    """
    path = os.environ.get(LIFELINE)

    if not path:
        return

    _be_continued_when_parent_ends()
    threading.Thread(target=_watch, args=(path, on_end), name="lifeline", daemon=True).start()


def _watch(path: str, on_end: Callable[[], None]) -> None:
    if sys.platform == "win32":  # no sandbox has a lifeline there
        return

    # Signals are for the main thread: taken here, they would not wake it.
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to any more would wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        on_end()
        return

    try:
        # Read first: of a pipe whose writer went before it was opened, select() tells nothing.
        while not _has_ended(descriptor):
            select.select([descriptor], [], [])
    finally:
        os.close(descriptor)

    on_end()


def _has_ended(descriptor: int) -> bool:
    try:
        return not os.read(descriptor, 1)
    except BlockingIOError:
        return False


def _be_continued_when_parent_ends() -> None:
    """Have the kernel wake this process then: one that was stopped (SIGSTOP) sees no lifeline."""
    if system.LINUX:
        import ctypes  # noqa: PLC0415  only here, and not for free

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGCONT)
