"""How long the other side may keep silent: a slow one that goes on answering is no dead one."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Silence:
    """A limit that begins anew with each sign of life.

    With a round trip of 2 s a connection takes ten of them to open, and none of its steps long.
    """

    def __init__(self) -> None:
        self._limit: asyncio.Timeout | None = None
        self._most_s = 0.0

    def broken(self) -> None:
        """Something was heard."""
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + self._most_s)

    @asynccontextmanager
    async def at_most(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError in the body once nothing was heard for so long."""
        async with asyncio.timeout(seconds) as limit:
            self._limit, self._most_s = limit, seconds

            try:
                yield
            finally:
                self._limit = None
