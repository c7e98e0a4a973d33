"""Events of a real AMQP endpoint: from where, in which order, to which end, and what refuses."""

from __future__ import annotations

import pytest

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.events import (
    AtOffset,
    AtSequence,
    AtTime,
    Earliest,
    EventQuery,
    Latest,
    Position,
)
from ehtui.wire import event_stream
from ehtui.wire.event_reader import EventReader
from tests.waiting import wait_for
from tests.wire.event_stage import START, Stage, bodies, stage, taken

__all__ = ["stage"]


async def test_everything_that_is_there_merged_by_time(stage: Stage) -> None:
    for number in range(4):
        stage.append(str(number % 2), b"%d" % number, at=START + number)

    events = await stage.read({"0": Earliest(), "1": Earliest()})

    assert bodies(events) == [b"0", b"1", b"2", b"3"]
    assert [(e.partition, e.sequence) for e in events] == [("0", 0), ("1", 0), ("0", 1), ("1", 1)]
    assert [e.enqueued_at for e in events] == [START + n for n in range(4)]


async def test_only_the_partitions_that_are_asked_for(stage: Stage) -> None:
    stage.append("0", b"here")
    stage.append("1", b"not here")

    assert bodies(await stage.read({"0": Earliest()})) == [b"here"]
    await wait_for(lambda: not stage.receivers)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (AtSequence(2), [b"2", b"3"]),
        (AtSequence(2, is_inclusive=False), [b"3"]),
        (AtSequence(3, is_inclusive=False), []),
        (AtSequence(4), []),
        (AtTime(START + 2), [b"2", b"3"]),
        (AtTime(START + 1.5), [b"2", b"3"]),
        (AtTime(START + 9), []),
        (Latest(), []),
        (Earliest(), [b"0", b"1", b"2", b"3"]),
    ],
)
async def test_from_a_position(stage: Stage, position: Position, expected: list[bytes]) -> None:
    for number in range(4):
        stage.append("0", b"%d" % number, at=START + number)

    assert bodies(await stage.read({"0": position})) == expected


async def test_from_an_offset(stage: Stage) -> None:
    stage.append("0", b"0", b"1", b"2")
    first, _, last = await stage.read({"0": Earliest()})

    assert bodies(await stage.read({"0": AtOffset(first.offset)})) == [b"1", b"2"]
    assert await stage.read({"0": AtOffset(last.offset)}) == []


async def test_until_a_moment(stage: Stage) -> None:
    for number in range(4):
        stage.append("0", b"%d" % number, at=START + number)

    assert bodies(await stage.read({"0": Earliest()}, until_at=START + 1)) == [b"0", b"1"]


async def test_nothing_is_at_its_end_at_once(stage: Stage) -> None:
    assert await stage.read({"0": Earliest(), "1": Latest()}) == []


async def test_following_gives_what_comes(stage: Stage) -> None:
    stage.append("0", b"before")
    stream = await stage.reader.open(EventQuery({"0": Latest(), "1": Latest()}, follow=True))
    stage.append("0", b"a")
    stage.append("1", b"b")

    assert sorted(bodies(await taken(stream, 2))) == [b"a", b"b"]
    assert not stream.is_at_end
    assert await stream.next_batch(0.01) == []
    await stream.close()
    assert stream.is_at_end


async def test_a_silent_partition_is_not_waited_for(stage: Stage) -> None:
    query = EventQuery({"0": Latest(), "1": Latest()}, follow=True)
    stream = await stage.reader.open(query)
    stage.append("0", b"a")

    assert bodies(list(await stream.next_batch(5.0))) == [b"a"]
    await stream.close()


async def test_a_lost_connection_goes_on_behind_what_came(stage: Stage) -> None:
    stage.append("0", b"0", b"1")
    stream = await stage.reader.open(EventQuery({"0": Earliest()}, follow=True))
    first = await taken(stream, 2)
    stage.endpoint.drop_connections()
    stage.append("0", b"2", b"3")

    assert bodies(first + await taken(stream, 2)) == [b"0", b"1", b"2", b"3"]
    assert stream.trouble is None
    await stream.close()


async def test_a_detached_link_is_attached_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "AGAIN_S", 0.0)
    stage.append("0", b"0")
    stream = await stage.reader.open(EventQuery({"0": Earliest()}, follow=True))
    first = await taken(stream, 1)
    stage.detach_all()
    stage.append("0", b"1")

    assert bodies(first + await taken(stream, 1)) == [b"0", b"1"]
    assert stage.connections == 1
    await stream.close()


async def refused(stage: Stage, reader: EventReader | None = None) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await (reader or stage.reader).open(EventQuery({"0": Earliest()}))

    return caught.value.problem


async def test_without_a_peek_group_it_says_how_to_get_one(stage: Stage) -> None:
    problem = await refused(stage, stage.reader_of(None))

    assert "No peek group is configured" in problem.summary
    assert "peek_group: ehtui-peek" in problem.advice
    assert stage.connections == 0


async def test_a_peek_group_that_does_not_exist(stage: Stage) -> None:
    reader = stage.reader_of("no-such")
    problem = await refused(stage, reader)
    await reader.close()

    assert problem.kind is ProblemKind.NOT_FOUND
    assert "no consumer group 'no-such'" in problem.summary
    assert "--group no-such" in problem.advice


async def test_readers_with_an_owner_level_in_the_group(stage: Stage) -> None:
    stage.admit(level=0)
    problem = await refused(stage)

    assert problem.kind is ProblemKind.CONFLICT
    assert "owner level" in problem.summary
    assert "Partition 0 in the consumer group 'ehtui-peek'" in problem.summary


async def test_as_many_readers_as_there_may_be(stage: Stage) -> None:
    for number in range(5):
        stage.admit(level=None, name=f"app-{number}")

    problem = await refused(stage)

    assert problem.kind is ProblemKind.CONFLICT
    assert "5" in problem.summary
    assert "app-3" in problem.summary


async def test_it_says_who_it_is_and_has_no_owner_level(stage: Stage) -> None:
    stream = await stage.reader.open(EventQuery({"0": Latest()}, follow=True))
    (receiver,) = stage.receivers

    assert receiver["name"].startswith("ehtui@")
    assert receiver["owner_level"] is None
    await stream.close()


async def test_a_partition_that_does_not_exist(stage: Stage) -> None:
    with pytest.raises(ProblemError, match="no partition '7'"):
        await stage.reader.open(EventQuery({"7": Earliest()}))


async def test_a_position_beyond_the_end(stage: Stage) -> None:
    stage.append("0", b"0")

    with pytest.raises(ProblemError, match="no such position"):
        await stage.reader.open(EventQuery({"0": AtSequence(900)}, follow=True))


async def test_a_reader_with_an_owner_level_that_comes_later_ends_it(stage: Stage) -> None:
    stream = await stage.reader.open(EventQuery({"0": Earliest()}, follow=True))
    stage.admit(level=3)

    with pytest.raises(ProblemError, match="owner level"):
        await taken(stream, 1)

    await stream.close()


async def test_nobody_there(stage: Stage) -> None:
    await stage.endpoint.stop()

    with pytest.raises(ProblemError) as caught:
        await stage.reader.open(EventQuery({"0": Earliest()}))

    assert caught.value.problem.kind is ProblemKind.UNREACHABLE


async def test_more_partitions_than_a_session_has_room_for(stage: Stage) -> None:
    many = {str(number): Earliest() for number in range(300)}

    with pytest.raises(ProblemError, match="300 partitions at a time") as caught:
        await stage.reader.open(EventQuery(many))

    assert "--partition" in caught.value.problem.advice
    assert stage.connections == 0
