"""Between a client and the endpoint: bytes that arrive later, and work that is done in turns."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ehtui.wire.amqp.session import Event

_TURN_S = 0.01


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


class Intake:
    """Hands on what a client brings for some milliseconds, the rest in the loop's next turn.

    So one client cannot hold up the loop that serves all. `receive` makes events of bytes, and
    `take` acts upon them; `fail` hears what either raises, and nothing more is taken. `rest` is
    called after each turn.
    """

    def __init__(
        self,
        receive: Callable[[bytes], Iterator[Event]],
        take: Callable[[Event], None],
        fail: Callable[[Exception], None],
        rest: Callable[[], None],
    ) -> None:
        self._receive = receive
        self._take = take
        self._fail = fail
        self._rest = rest
        self._chunks: deque[bytes] = deque()
        self._events: Iterator[Event] = iter(())
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
        self._events = iter(())

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
            for event in self._events:
                self._take(event)

                if self._is_over:
                    return

                if time.monotonic() > until:
                    self._is_due = True
                    asyncio.get_running_loop().call_soon(self._run)
                    return

            if not self._chunks:
                return

            self._events = self._receive(self._chunks.popleft())
