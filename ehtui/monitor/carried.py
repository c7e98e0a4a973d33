"""What lives on the monitor's loop, and is used from any other."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from typing_extensions import override

from ehtui.domain.problems import ProblemError
from ehtui.domain.world.events import EventLookup, EventStream

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence
    from concurrent.futures import Future

    from ehtui.domain.problems import Problem
    from ehtui.domain.world.events import Event, EventQuery, Position

T = TypeVar("T")


class Carrier(Protocol):
    """What has a loop of its own: a monitor."""

    def submit(self, run: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Run a coroutine function there."""


class Reader(EventLookup, Protocol):
    """What reads events, on one loop."""

    async def open(self, query: EventQuery) -> EventStream:
        """Begin to read; ProblemError: nothing can be read."""

    async def close(self) -> None:
        """Let go of every connection; never raises."""


class CarriedStream(EventStream):
    """A stream of another loop."""

    def __init__(self, carrier: Carrier, stream: EventStream) -> None:
        self._carrier = carrier
        self._stream = stream

    @property
    @override
    def is_at_end(self) -> bool:
        return self._stream.is_at_end

    @property
    @override
    def dropped(self) -> int:
        return self._stream.dropped

    @property
    @override
    def unreadable(self) -> int:
        return self._stream.unreadable

    @property
    @override
    def trouble(self) -> Problem | None:
        return self._stream.trouble

    @override
    async def next_batch(self, within_s: float, most: int = 1000) -> Sequence[Event]:
        taking = self._carrier.submit(lambda: self._stream.next_batch(within_s, most))
        return await asyncio.wrap_future(taking)

    @override
    async def close(self) -> None:
        with suppress(ProblemError, asyncio.CancelledError):  # the monitor has stopped: so has it
            await asyncio.wrap_future(self._carrier.submit(self._stream.close))


class CarriedReader(EventLookup):
    """A reader of another loop, made there at the first use."""

    def __init__(self, carrier: Carrier, make: Callable[[], Reader]) -> None:
        self._carrier = carrier
        self._make = make
        self._reader: Reader | None = None

    async def open(self, query: EventQuery) -> EventStream:
        """Begin to read; ProblemError: nothing can be read."""

        async def opened() -> EventStream:
            return await self._made().open(query)

        stream = await asyncio.wrap_future(self._carrier.submit(opened))
        return CarriedStream(self._carrier, stream)

    @override
    async def read_at(self, partition: str, position: Position, within_s: float) -> Event | None:
        async def read() -> Event | None:
            return await self._made().read_at(partition, position, within_s)

        return await asyncio.wrap_future(self._carrier.submit(read))

    @override
    async def read_before(self, partition: str, at: float, within_s: float) -> Event | None:
        async def read() -> Event | None:
            return await self._made().read_before(partition, at, within_s)

        return await asyncio.wrap_future(self._carrier.submit(read))

    async def close(self) -> None:
        """Hang up. On the carrier's loop."""
        if self._reader is not None:
            await self._reader.close()

    def _made(self) -> Reader:
        if self._reader is None:
            self._reader = self._make()

        return self._reader
