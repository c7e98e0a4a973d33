"""One thread and one loop that many monitors run on."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any

from ehtui.sources.source import DaemonThreads

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from concurrent.futures import Future

_LOG = logging.getLogger(__name__)
_QUIET = ("aiohttp", "asyncio", "azure", "concurrent.futures", "ehtui", "msal", "urllib3")


class MonitorThread:
    """A loop on a daemon thread, from the first `run` until `stop`. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped: asyncio.Event | None = None

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, which runs from now on."""
        with self._lock:
            if self._loop is None:
                self._loop = new_loop()
                self._stopped = asyncio.Event()
                self._thread = threading.Thread(target=self._run, name="ehtui-monitor", daemon=True)
                self._thread.start()

            return self._loop

    def run(self, work: Coroutine[Any, Any, None]) -> Future[None]:
        """Run a coroutine there; it is cancelled when the thread is stopped."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def stop(self, timeout_s: float = 1.0) -> None:
        """End everything that still runs there, and the thread."""
        with self._lock:
            loop, stopped, thread = self._loop, self._stopped, self._thread

        if loop is None or stopped is None or thread is None or loop.is_closed():
            return

        loop.call_soon_threadsafe(stopped.set)

        if thread is not threading.current_thread():
            thread.join(timeout_s)

    def _run(self) -> None:
        keep_logs_off_the_terminal()
        loop, stopped = self._loop, self._stopped
        assert loop is not None
        assert stopped is not None

        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(stopped.wait())


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop whose threads nobody waits for, and whose faults go to the log."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(DaemonThreads())
    loop.set_exception_handler(_note_loop_fault)
    return loop


def _note_loop_fault(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _LOG.debug(
        "on the monitor's loop: %s", context.get("message"), exc_info=context.get("exception")
    )


def keep_logs_off_the_terminal() -> None:
    """Give noisy loggers a place to go, or Python prints their warnings into the screen."""
    for name in _QUIET:
        logger = logging.getLogger(name)

        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
