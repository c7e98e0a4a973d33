"""What becomes of a stream whose connection is lost, or stands and is of no use."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.events import AtTime, Earliest, EventQuery
from ehtui.wire.event_merge import Waiting
from ehtui.wire.event_messages import Stamp
from ehtui.wire.event_stream import HubStream
from ehtui.wire.positions import selector_of
from tests.virtual_time import run_virtually
from tests.wire.event_stage import START, Stage, stage, taken

__all__ = ["stage"]

LOST = Problem(ProblemKind.TIMEOUT, "nobody answers")


def stream_of(*partitions: str, follow: bool = False) -> HubStream:
    peek = cast("Any", None)
    return HubStream(peek, EventQuery({p: Earliest() for p in partitions}, follow))


class Losing:
    """Connects to nobody, after as long as that takes to notice; then ends what never ends."""

    def __init__(self, stream: HubStream, lasts_s: float, most: int = 20) -> None:
        self.stream, self.lasts_s, self.most = stream, lasts_s, most
        self.began: list[float] = []
        self.troubles: list[Problem | None] = []
        stream._connect = self.connect  # type: ignore[method-assign, assignment]

    async def connect(self) -> Any:
        loop = self.stream._loop
        self.began.append(loop.time())
        self.troubles.append(self.stream.trouble)

        if len(self.began) >= self.most:
            self.stream._finish(self.stream._merge.lanes["0"])

        await asyncio.sleep(self.lasts_s)
        raise ProblemError(LOST)

    @property
    def waits_s(self) -> list[float]:
        pairs = zip(self.began, self.began[1:], strict=False)
        return [round(b - a - self.lasts_s, 3) for a, b in pairs]


def test_a_bounded_read_gives_up_on_a_network_that_swallows_everything() -> None:
    async def reading() -> tuple[Losing, Problem | None]:
        stream = stream_of("0")
        losing = Losing(stream, lasts_s=8.0)
        await stream._keep()
        return losing, stream._failure

    losing, failure = run_virtually(reading())

    assert failure == LOST
    assert losing.waits_s == [0.5, 1.0, 2.0, 4.0]
    assert losing.troubles[1:] == [LOST] * 4


def test_who_follows_is_told_and_tries_ever_more_rarely() -> None:
    async def reading() -> Losing:
        stream = stream_of("0", follow=True)
        losing = Losing(stream, lasts_s=8.0, most=8)
        await stream._keep()
        return losing

    losing = run_virtually(reading())

    assert losing.waits_s == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    assert losing.troubles[1:] == [LOST] * 7


def test_connections_that_deliver_nothing_are_not_tried_for_ever() -> None:
    async def reading() -> tuple[int, Problem | None]:
        stream = stream_of("0")
        tries = 0

        async def connect() -> Any:
            nonlocal tries
            tries += 1

            if tries > 20:
                stream._finish(stream._merge.lanes["0"])

            return object()

        async def look_after(_: Any) -> None:
            await asyncio.sleep(30.0)
            raise ProblemError(LOST)

        stream._connect = connect  # type: ignore[method-assign, assignment]
        stream._look_after = look_after  # type: ignore[method-assign, assignment]
        await stream._keep()
        return tries, stream._failure

    tries, failure = run_virtually(reading())

    assert failure == LOST
    assert tries == 5


def test_connections_that_bring_events_are_tried_on() -> None:
    async def reading() -> tuple[int, Problem | None]:
        stream = stream_of("0")
        tries = 0

        async def connect() -> Any:
            nonlocal tries
            tries += 1
            return object()

        async def look_after(_: Any) -> None:
            await asyncio.sleep(30.0)
            lane = stream._merge.lanes["0"]
            stream._merge.add(lane, Waiting(Stamp(tries, "", START), b"x", stream._loop.time()))

            if tries == 12:
                stream._finish(lane)

            raise ProblemError(LOST)

        stream._connect = connect  # type: ignore[method-assign, assignment]
        stream._look_after = look_after  # type: ignore[method-assign, assignment]
        await stream._keep()
        return tries, stream._failure

    assert run_virtually(reading()) == (12, None)


async def test_a_read_that_is_complete_hangs_up_and_cannot_fail(stage: Stage) -> None:
    stage.append("0", b"0", b"1", b"2")
    stream = await stage.reader.open(EventQuery({"0": Earliest()}))
    assert isinstance(stream, HubStream)
    assert stream._task is not None

    async with asyncio.timeout(10.0):
        await stream._task  # while nobody took anything

    await stage.endpoint.stop()
    assert stream._session is None
    assert not stream.is_at_end
    assert len(await taken(stream, 3)) == 3
    assert await stream.next_batch(5.0) == []
    assert stream.is_at_end
    await stream.close()


@pytest.mark.parametrize("milliseconds", range(1_800_000_000_100, 1_800_000_000_140))
def test_a_moment_begins_at_its_own_millisecond(milliseconds: int) -> None:
    exact = milliseconds / 1000
    expected = f"amqp.annotation.x-opt-enqueued-time > '{milliseconds - 1}'"

    for at in (exact, exact - 2.4e-7, exact + 2.4e-7):  # a double is no more exact
        assert selector_of(AtTime(at)) == expected


def test_between_two_milliseconds_the_later_one_begins() -> None:
    assert selector_of(AtTime(1_800_000_000.0005)).endswith("> '1800000000000'")
