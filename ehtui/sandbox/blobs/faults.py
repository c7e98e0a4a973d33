"""What goes wrong on purpose."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.sandbox.http import HttpServer


class Faults:
    """Switches that hold from the next request on, until they are set back."""

    def __init__(self, server: HttpServer) -> None:
        self.latency_s = 0.0  # added to every reply
        self.drops = False  # requests are taken and their connection is closed
        self.status: int | None = None  # the answer to every request
        self._server = server
        self._thawed = asyncio.Event()
        self._thawed.set()

    @property
    def is_frozen(self) -> bool:
        """Whether requests are taken and stay unanswered until this is unset."""
        return not self._thawed.is_set()

    @is_frozen.setter
    def is_frozen(self, value: bool) -> None:
        if value:
            self._thawed.clear()
        else:
            self._thawed.set()

    @property
    def refuses(self) -> bool:
        """Whether new connections are reset as soon as they are made."""
        return self._server.refuses

    @refuses.setter
    def refuses(self, value: bool) -> None:
        self._server.refuses = value

    async def until_thawed(self) -> None:
        """Return once nothing is frozen."""
        await self._thawed.wait()
