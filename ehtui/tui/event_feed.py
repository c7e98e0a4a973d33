"""Takes events from a stream into a buffer, a few at a time, as long as somebody wants more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ehtui.clock import steady
from ehtui.tui.event_buffer import EventBuffer
from ehtui.views.events.reading import ReadState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ehtui.domain.problems import Problem
    from ehtui.domain.world.events import EventQuery, EventStream
    from ehtui.monitor.backend import Backend
    from ehtui.tui.event_filter import EventFilter

WITHIN_S = 0.5  # of waiting for events, before it is looked whether they are wanted still
SILENT_S = 1.5  # after which nothing more seems to come
_BATCH = 200
_TURN_S = 0.008  # after which keys and painting have their turn


class EventFeed:
    """One reading from its beginning on. What nobody wants stays with the service.

    `wants` says how many more events are wanted, `tell` that something changed.
    """

    def __init__(
        self, query: EventQuery, wants: Callable[[], bool], tell: Callable[[], None]
    ) -> None:
        self.query = query
        self.buffer = EventBuffer()
        self.filter: EventFilter | None = None
        self.problem: Problem | None = None  # why nothing comes just now
        self.is_open = False
        self._stream: EventStream | None = None
        self._wants, self._tell = wants, tell
        self._wanted = asyncio.Event()
        self._newest: dict[str, int] = {}
        self._silent_s = 0.0

    def is_at_end(self, last: Mapping[str, int]) -> bool:
        """Whether everything there is has been read: up to the last events that are known of.

        Of a stream that follows only silence tells so, where nothing is known.
        """
        if self._stream is not None and self._stream.is_at_end:
            return True

        read = self.query.positions
        is_reached = all(self._newest.get(each, -1) >= last.get(each, -1) for each in read)

        return self._silent_s >= (WITHIN_S if is_reached else SILENT_S)

    def state(
        self, last: Mapping[str, int], *, follows: bool, refusal: Problem | None
    ) -> ReadState:
        """How reading goes, to be told. `last` are the newest events that the hub told of."""
        stream, buffer = self._stream, self.buffer

        return ReadState(
            is_open=self.is_open,
            is_at_end=self.is_at_end(last),
            follows=follows,
            is_sifting=buffer.is_sifting,
            read=buffer.read,
            forgotten=buffer.forgotten,
            dropped=stream.dropped if stream is not None else 0,
            unreadable=stream.unreadable if stream is not None else 0,
            trouble=self.problem,
            refusal=refusal,
        )

    def wake(self) -> None:
        """More may be wanted now."""
        self._wanted.set()

    def filter_by(self, wanted: EventFilter | None) -> None:
        """Show what matches from now on, also of what was read."""
        self.filter = wanted
        self.buffer.filter(wanted.matches if wanted is not None else None)
        self.wake()
        self._tell()

    async def run(self, backend: Backend) -> None:
        """Read until it is cancelled.

        Raises:
            ProblemError: Reading cannot begin, or cannot go on.
        """
        self._stream = stream = await backend.open_events(self.query)
        self.is_open = True
        self._tell()

        try:
            while True:
                await self._rest()
                await self._take(stream)
        finally:
            self.is_open = False
            await stream.close()

    async def _take(self, stream: EventStream) -> None:
        """Some of what was read before, else some of what comes, else wait."""
        buffer, before = self.buffer, self.problem

        if buffer.is_sifting:
            self._sift()
            await asyncio.sleep(0)
            return

        if not self._wants():
            await self._until_wanted()
            return

        events = await stream.next_batch(WITHIN_S, _BATCH)
        began = steady()

        self._silent_s = 0.0 if events else self._silent_s + WITHIN_S

        for event in events:
            buffer.add(event)
            self._newest[event.partition] = event.sequence

            if steady() - began > _TURN_S:
                await self._pause()
                began = steady()

        buffer.shrink()
        self.problem = stream.trouble

        if events or self.problem != before or self._silent_s in {WITHIN_S, SILENT_S}:
            self._tell()
            await asyncio.sleep(0)

        if not events and stream.is_at_end:
            await self._until_wanted()

    async def _until_wanted(self) -> None:
        self._wanted.clear()
        self._tell()
        await self._wanted.wait()

    def _sift(self) -> None:
        began = steady()

        while self.buffer.is_sifting and steady() - began < _TURN_S:
            self.buffer.sift(1)

        self._tell()

    async def _pause(self) -> None:
        await asyncio.sleep(0)
        await self._rest()

    async def _rest(self) -> None:
        """Expressions have so much time in each second, for however many events."""
        if self.filter is not None and (rests_s := self.filter.rests_s):
            await asyncio.sleep(rests_s)
