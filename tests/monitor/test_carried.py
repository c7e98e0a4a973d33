"""Streams and look-ups of a monitor's loop, used from another one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from typing_extensions import override

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.events import Earliest, Event, EventQuery, EventStream, Position
from ehtui.monitor import Monitor, Scheduled
from ehtui.monitor.carried import CarriedReader, Reader
from tests.tui.fakes import FakeStream

EVENT = Event("0", 5, "500", 1000.0, b"body")


class FakeReader(Reader):
    """Remembers the threads that it was used on."""

    def __init__(self) -> None:
        self.threads: set[str] = {threading.current_thread().name}
        self.stream = FakeStream([EVENT])
        self.is_closed = False
        self.problem: Problem | None = None

    @override
    async def open(self, query: EventQuery) -> EventStream:
        self.threads.add(threading.current_thread().name)

        if self.problem is not None:
            raise ProblemError(self.problem)

        return self.stream

    @override
    async def read_at(self, partition: str, position: Position, within_s: float) -> Event | None:
        self.threads.add(threading.current_thread().name)
        return EVENT

    @override
    async def read_before(self, partition: str, at: float, within_s: float) -> Event | None:
        self.threads.add(threading.current_thread().name)
        return None

    @override
    async def close(self) -> None:
        self.is_closed = True


async def no_sources() -> list[Scheduled]:
    return []


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    monitor = Monitor(no_sources, Snapshot())
    monitor.start()

    try:
        yield monitor
    finally:
        monitor.stop()


async def test_everything_happens_on_the_monitors_loop(monitor: Monitor) -> None:
    made: list[FakeReader] = []

    def make() -> FakeReader:
        made.append(FakeReader())
        return made[0]

    reader = CarriedReader(monitor, make)
    stream = await reader.open(EventQuery({"0": Earliest()}))

    assert not stream.is_at_end
    assert list(await stream.next_batch(1.0)) == [EVENT]
    assert stream.is_at_end
    assert (stream.dropped, stream.unreadable, stream.trouble) == (0, 0, None)
    assert await reader.read_at("0", Earliest(), 1.0) == EVENT
    assert await reader.read_before("0", 5.0, 1.0) is None
    await stream.close()
    assert made[0].stream.is_closed
    assert made[0].threads == {"ehtui-monitor"}
    assert len(made) == 1
    await asyncio.wrap_future(monitor.submit(reader.close))
    assert made[0].is_closed


async def test_what_goes_wrong_there_is_told_here(monitor: Monitor) -> None:
    fake = FakeReader()
    fake.problem = Problem(ProblemKind.CONFLICT, "no.")

    with pytest.raises(ProblemError, match="no"):
        await CarriedReader(monitor, lambda: fake).open(EventQuery({}))


async def test_a_stream_of_a_monitor_that_has_stopped_closes_quietly(monitor: Monitor) -> None:
    stream = await CarriedReader(monitor, FakeReader).open(EventQuery({}))
    monitor.stop()
    await stream.close()

    with pytest.raises(ProblemError):
        await stream.next_batch(1.0)
