"""The thread side of the monitor: workers that hold nothing up, and libraries that stay silent."""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

QUIET = ("aiohttp", "asyncio", "azure", "concurrent.futures", "ehtui", "msal", "urllib3")


class DaemonThreads(ThreadPoolExecutor):
    """A thread per call that nobody waits for.

    The ordinary executor joins its threads when the interpreter exits, so that one slow name
    look-up would keep a terminal for half a minute after the user quit.
    """

    @override
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return

            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:
                future.set_exception(error)

        Thread(target=work, name="ehtui-worker", daemon=True).start()
        return future


def keep_logs_off_the_terminal() -> None:
    """Give noisy loggers a place to go, or Python prints their warnings into the screen."""
    for name in QUIET:
        logger = logging.getLogger(name)

        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
