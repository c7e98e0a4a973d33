"""The seam between the monitor and the world; blocking reads in a worker thread."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

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


T = TypeVar("T")


@dataclass(slots=True)
class InThread:
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
