"""What a connection brings, taken in turns: one client cannot hold up the loop that serves all."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ehtui.wire.amqp.frames import FrameReader
    from ehtui.wire.amqp.performatives import Frame

_TURN_S = 0.01


class HubInput:
    """Hands headers and frames on for some milliseconds, the rest when the loop comes round again.

    `take` may raise; `fail` hears of it, and of bytes that are no frame, and nothing more is taken.
    `rest` is called after each turn.
    """

    def __init__(
        self,
        reader: FrameReader,
        take: Callable[[bytes | Frame], None],
        fail: Callable[[Exception], None],
        rest: Callable[[], None],
    ) -> None:
        self._reader = reader
        self._take = take
        self._fail = fail
        self._rest = rest
        self._chunks: deque[bytes] = deque()
        self._items: Iterator[bytes | Frame] = iter(())
        self._is_due = False
        self._is_over = False

    @property
    def has_more(self) -> bool:
        """Whether something waits for its turn: then nothing new should be read."""
        return self._is_due

    def feed(self, data: bytes) -> None:
        """Take what arrived."""
        self._chunks.append(data)

        if not self._is_due:
            self._run()

    def end(self) -> None:
        """Take nothing any more."""
        self._is_over = True
        self._chunks.clear()
        self._items = iter(())

    def _run(self) -> None:
        self._is_due = False

        try:
            self._take_turn(time.monotonic() + _TURN_S)
        except Exception as error:
            self.end()
            self._fail(error)

        self._rest()

    def _take_turn(self, until: float) -> None:
        while not self._is_over:
            for item in self._items:
                self._take(item)

                if self._is_over:
                    return

                if time.monotonic() > until:
                    self._is_due = True
                    asyncio.get_running_loop().call_soon(self._run)
                    return

            if not self._chunks:
                return

            self._items = self._reader.feed(self._chunks.popleft())
