"""Bytes that arrive later: the endpoint's artificial network."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class DelayLine:
    """Hands on what is pushed after a delay, in order, or not at all while it is held."""

    def __init__(self, deliver: Callable[[bytes], None]) -> None:
        self._deliver = deliver
        self._waiting: deque[tuple[float, bytes]] = deque()
        self.waiting_bytes = 0
        self._is_held = False
        self._timer: asyncio.TimerHandle | None = None

    def push(self, data: bytes, delay_s: float) -> None:
        """Deliver `data` in `delay_s`, and never before what was pushed earlier."""
        if delay_s <= 0 and not self._waiting and not self._is_held:
            self._deliver(data)
            return

        self._waiting.append((asyncio.get_running_loop().time() + delay_s, data))
        self.waiting_bytes += len(data)
        self._arm()

    def hold(self, *, held: bool) -> None:
        """Stop or go on delivering."""
        self._is_held = held
        self._arm()

    def clear(self) -> None:
        """Forget everything."""
        self._waiting.clear()
        self.waiting_bytes = 0

        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._waiting and not self._is_held and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._waiting[0][0], self._release)

    def _release(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()

        while self._waiting and not self._is_held and self._waiting[0][0] <= now:
            data = self._waiting.popleft()[1]
            self.waiting_bytes -= len(data)
            self._deliver(data)

        self._arm()
