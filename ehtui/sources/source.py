"""The seam between the monitor and the world; blocking reads in threads that nobody waits for."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol, TypeVar, runtime_checkable

from msgspec import Struct
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.updates import Update


class Source(Protocol):
    """Something that can be read again and again. One read is in flight at a time."""

    @property
    def name(self) -> str:
        """Its stable name: "hub", "store", "processes", "logs"."""

    async def read(self) -> Update:
        """Read once.

        Raises:
            ProblemError: It could not be read; the next read may succeed (reconnects by itself).
        """

    async def close(self) -> None:
        """Let go of connections; never raises, ends within a second."""


@runtime_checkable
class Paced(Protocol):
    """A source that may be read only so often just now, whatever was asked for."""

    @property
    def min_every_s(self) -> float:
        """Seconds between reads, at least; 0 where it does not matter."""


@runtime_checkable
class Eager(Protocol):
    """A source that knows when there is more to read already."""

    @property
    def is_behind(self) -> bool:
        """Whether the next read should come at once."""


P = ParamSpec("P")
T = TypeVar("T")


class InThread(Struct):
    """Runs one call at a time: a thread goes on after its caller gave up, and nobody can stop it.

    One loop only.
    """

    _running: asyncio.Task[Any] | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, once the call before has really ended."""
        if self._running is not None:
            await asyncio.wait({self._running})

        task = self._running = asyncio.create_task(asyncio.to_thread(work))
        task.add_done_callback(retrieve)

        return await asyncio.shield(task)


def retrieve(task: asyncio.Task[Any]) -> None:
    """Take note of an exception that nobody waits for any more."""
    if not task.cancelled():
        task.exception()


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
