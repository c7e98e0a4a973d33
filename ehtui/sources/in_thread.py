"""Blocking reads in a worker thread, one after the other."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

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
        task.add_done_callback(_retrieve)

        return await asyncio.shield(task)


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Take note of an exception that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
