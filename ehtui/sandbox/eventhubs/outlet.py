"""What goes to a client: gathered over a turn of the loop, delayed, and no more than it takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ehtui.sandbox.eventhubs.delay import DelayLine

if TYPE_CHECKING:
    from collections.abc import Callable

FULL_BYTES = 256 * 1024  # written and not taken by the client: no more events are sent


class Outlet:
    """The sending side of a connection.

    `gather` is called before each write, so that others may add what belongs to it; `latency_s`
    tells how long it takes; `write_out` writes; `room` hears that what was full has room again.
    """

    def __init__(
        self,
        gather: Callable[[], None],
        latency_s: Callable[[], float],
        write_out: Callable[[bytes], None],
        room: Callable[[], None],
    ) -> None:
        self._gather = gather
        self._latency_s = latency_s
        self._write_out = write_out
        self._room = room
        self._line = DelayLine(self._deliver)
        self._pieces: list[bytes] = []
        self._pieces_bytes = 0
        self._is_due = False
        self._is_held_up = False
        self._was_full = False

    @property
    def waiting_bytes(self) -> int:
        """What the transport has not got yet."""
        return self._pieces_bytes + self._line.waiting_bytes

    @property
    def is_free(self) -> bool:
        """Whether events may be sent: the client takes what it is sent, about as fast."""
        is_free = self.waiting_bytes <= FULL_BYTES and not self._is_held_up
        self._was_full = self._was_full or not is_free
        return is_free

    def hold_up(self, *, held: bool) -> None:
        """The transport asks for a pause, or has room again."""
        self._is_held_up = held
        self._go_on()

    def write(self, data: bytes) -> None:
        """Send `data` with what else is written in this turn of the loop."""
        self._pieces.append(data)
        self._pieces_bytes += len(data)
        self.need_flush()

    def need_flush(self) -> None:
        """Write at the end of this turn."""
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self) -> None:
        """Write now."""
        self._is_due = False
        self._gather()
        data, self._pieces, self._pieces_bytes = b"".join(self._pieces), [], 0

        if data:
            self._line.push(data, self._latency_s())
            self._go_on()

    def hold(self, *, held: bool) -> None:
        """Hold everything back, or let it go."""
        self._line.hold(held=held)

    def clear(self) -> None:
        """Forget everything."""
        self._line.clear()
        self._pieces, self._pieces_bytes = [], 0

    def _deliver(self, data: bytes) -> None:
        self._write_out(data)
        self._go_on()

    def _go_on(self) -> None:
        if self._was_full and self.is_free:
            self._was_full = False
            asyncio.get_running_loop().call_soon(self._room)
