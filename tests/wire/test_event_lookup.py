"""Single events at a position; and what becomes of streams that run for long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ehtui.domain.problems import ProblemError
from ehtui.domain.world.events import (
    AtSequence,
    AtTime,
    Earliest,
    Event,
    EventQuery,
    Latest,
    Position,
)
from ehtui.wire import event_merge, event_retries, event_stream
from ehtui.wire.event_reader import EventReader
from tests.waiting import wait_for
from tests.wire.event_stage import GROUP, START, Stage, bodies, drained, stage, taken

__all__ = ["stage"]


async def test_the_first_event_at_a_position(stage: Stage) -> None:
    for number in range(4):
        stage.append("0", b"%d" % number, at=START + 10 * number)

    async def body_at(position: Position) -> bytes | None:
        event = await stage.reader.read_at("0", position, 5.0)
        return event.body if event else None

    assert await body_at(Earliest()) == b"0"
    assert await body_at(AtSequence(2)) == b"2"
    assert await body_at(AtTime(START + 11)) == b"2"
    assert await body_at(AtSequence(4)) is None
    assert await body_at(AtTime(START + 99)) is None
    found = await asyncio.gather(*(stage.reader.read_at("0", AtSequence(n), 5.0) for n in range(4)))
    assert [event.sequence for event in found if event] == [0, 1, 2, 3]
    assert stage.connections == 1


async def test_the_last_event_before_a_moment(stage: Stage) -> None:
    for number in range(4):
        stage.append("0", b"%d" % number, at=START + 10 * number)

    async def before(at: float) -> bytes | None:
        event = await stage.reader.read_before("0", at, 5.0)
        return event.body if event else None

    assert await before(START + 20) == b"1"
    assert await before(START + 20.5) == b"2"
    assert await before(START + 500) == b"3"
    assert await before(START) is None
    assert await stage.reader.read_before("1", START, 5.0) is None


async def test_before_a_moment_comes_the_event_before_whatever_time_it_bears(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (0, 50, 20):  # the second one by a broker whose clock was ahead
        stage.append("0", b"%d" % at, at=START + at)

    first_of = EventReader._first_of

    async def first(
        reader: EventReader, session: Any, partition: str, position: Position, within_s: float
    ) -> Event | None:
        """As a service whose search by time ends at the third event."""
        position = AtSequence(2) if isinstance(position, AtTime) else position
        return await first_of(reader, session, partition, position, within_s)

    monkeypatch.setattr(EventReader, "_first_of", first)
    found = await stage.reader.read_before("0", START + 15, 5.0)
    assert found is not None
    assert found.sequence == 1


async def test_look_ups_let_go_of_their_receivers(stage: Stage) -> None:
    stage.append("0", b"0")

    for _ in range(300):  # more than a session has handles
        assert await stage.reader.read_at("0", Earliest(), 5.0) is not None

    await wait_for(lambda: not stage.receivers)
    assert stage.connections == 1


async def test_a_long_follow_shows_tokens_anew(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "TICK_S", 0.02)
    stream = await stage.reader.open(EventQuery({"0": Latest()}, follow=True))
    assert stage.endpoint.statistics().tokens_put == 2  # for the hub and for the group

    for turn in range(1, 4):
        stage.clock.now += 3400.0
        expected = 2 + 2 * turn
        await wait_for(lambda n=expected: stage.endpoint.statistics().tokens_put == n)  # type: ignore[misc]

    stage.append("0", b"hours later")
    assert bodies(await taken(stream, 1)) == [b"hours later"]
    assert stage.connections == 1
    await stream.close()


async def test_a_group_that_is_deleted_amid_reading(stage: Stage) -> None:
    stream = await stage.reader.open(EventQuery({"0": Latest()}, follow=True))
    stage.namespace.delete_group("hub", GROUP)

    with pytest.raises(ProblemError, match="no consumer group"):
        await taken(stream, 1)

    await stream.close()


async def test_an_outage_is_told_and_outlived(stage: Stage) -> None:
    stream = await stage.reader.open(EventQuery({"0": Latest()}, follow=True))
    stage.endpoint.faults.refuses = True
    stage.endpoint.drop_connections()
    await wait_for(lambda: stream.trouble is not None)
    stage.endpoint.faults.refuses = False
    stage.append("0", b"after the outage")

    assert bodies(await taken(stream, 1)) == [b"after the outage"]
    assert stream.trouble is None
    await stream.close()


async def test_who_does_not_follow_gives_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_retries, "RETRIES_S", (0.0,))
    monkeypatch.setattr(event_merge, "HELD_EVENTS", 10)
    stage.append("0", *[b"x"] * 100)
    stream = await stage.reader.open(EventQuery({"0": Earliest()}))
    stage.endpoint.faults.refuses = True
    stage.endpoint.drop_connections()

    with pytest.raises(ProblemError):
        await drained(stream)

    await stream.close()


async def test_what_retention_removes_is_not_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TICK_S", 0.02), ("QUIET_S", 0.05), ("AGAIN_S", 0.0)):
        monkeypatch.setattr(event_stream, name, value)

    monkeypatch.setattr(event_merge, "HELD_EVENTS", 10)
    stage.append("0", *[b"x"] * 100)
    stream = await stage.reader.open(EventQuery({"0": Earliest()}))
    log = stage.namespace.hub("hub").partition("0")
    assert log is not None
    log.trim(100)

    assert len(await drained(stream)) < 100
    assert stream.is_at_end
    await stream.close()


async def test_a_look_up_whose_connection_has_gone_connects_again(stage: Stage) -> None:
    stage.append("0", b"0")
    assert await stage.reader.read_at("0", Earliest(), 5.0) is not None
    stage.endpoint.drop_connections()
    assert await stage.reader.read_at("0", Earliest(), 5.0) is not None
    assert stage.connections == 2


async def test_a_connection_that_does_not_answer_is_not_asked_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.append("0", b"0")
    assert await stage.reader.read_at("0", Earliest(), 5.0) is not None
    monkeypatch.setattr("ehtui.wire.reading_session.REPLY_S", 0.1)
    stage.endpoint.faults.is_frozen = True

    with pytest.raises(ProblemError, match="did not answer"):
        await stage.reader.read_at("0", Earliest(), 0.1)

    monkeypatch.undo()
    stage.endpoint.faults.is_frozen = False
    assert await stage.reader.read_at("0", Earliest(), 5.0) is not None
    assert stage.connections == 2
