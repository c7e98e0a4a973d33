"""Who is given credit, and when: after slow attaches, where too much is held, where all is idle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.events import Earliest, EventQuery, Latest, Position
from ehtui.wire import event_credit, event_merge, event_stream
from ehtui.wire.event_credit import KEPT_S, Credit
from ehtui.wire.event_merge import HELD_BYTES, EventMerge, Lane, Waiting
from ehtui.wire.event_messages import Stamp
from ehtui.wire.event_stream import HubStream
from tests.virtual_time import run_virtually
from tests.waiting import wait_for
from tests.wire.event_stage import Stage, stage, taken

__all__ = ["stage"]


class Granted:
    """A receiver that notes what it was granted."""

    def __init__(self, credit: int) -> None:
        self.credit = credit
        self.error = None
        self.left_out = 0
        self.grants: list[int] = []
        self.on_end = self.on_left_out = lambda: None

    def grant(self, credit: int) -> None:
        self.credit = credit
        self.grants.append(credit)


class Session:
    """One whose first partition sends all that it may before the second has answered."""

    def __init__(self) -> None:
        self.made: dict[str, Granted] = {}
        self.connection = self.receivers = self
        self.is_reading_held = False
        self.held_bytes = 0
        self.error = None
        self.renewals: Callable[[], None] = lambda: None
        self.while_attaching: Callable[[Granted], None] = lambda _: None

    async def attach(self, wanted: Mapping[str, tuple[Position, int]], _: Any) -> dict[str, Any]:
        self.made = {name: Granted(credit) for name, (_, credit) in wanted.items()}
        self.while_attaching(self.made["0"])
        await asyncio.sleep(0.6)
        return dict(self.made)

    async def renew(self) -> None:
        self.renewals()

    async def ends(self, _: Any) -> dict[str, Any]:
        return {}

    def hold_reading(self, *, is_held: bool) -> None:
        self.is_reading_held = is_held

    def detach(self, _: Any) -> None:
        pass

    def flush(self) -> None:
        pass


def stream_of(*partitions: str) -> HubStream:
    return HubStream(cast("Any", None), EventQuery({p: Earliest() for p in partitions}, True))


def add(stream: HubStream, lane: Lane, number: int, size: int = 10) -> None:
    now = stream._loop.time()
    stream._merge.add(lane, Waiting(Stamp(number, "", float(number)), b"x" * size, now))


def test_a_partition_whose_credit_is_used_before_the_slowest_answers_goes_on() -> None:
    async def attaching() -> Granted:
        stream, session = stream_of("0", "1"), Session()
        lane = stream._merge.lanes["0"]
        stream._credit.session = cast("Any", session)

        def send_all(receiver: Granted) -> None:
            for number in range(receiver.credit):
                add(stream, lane, number)

            receiver.credit = 0
            stream._merge.take(10_000, stream._loop.time() + 9.0)

        session.while_attaching = send_all
        await stream._attach(cast("Any", session), stream._merge.open_lanes)
        return session.made["0"]

    assert run_virtually(attaching()).grants


def test_what_is_left_out_before_the_slowest_answers_is_counted() -> None:
    async def attaching() -> int:
        stream, session = stream_of("0", "1"), Session()
        session.while_attaching = lambda receiver: setattr(receiver, "left_out", 2)
        await stream._attach(cast("Any", session), stream._merge.open_lanes)
        return stream.unreadable

    assert run_virtually(attaching()) == 2


def test_one_that_is_behind_and_has_no_credit_is_looked_after() -> None:
    merge = EventMerge([Lane("0", Earliest())])
    merge.lanes["0"].end_sequence = 9
    merge.lanes["0"].receiver = cast("Any", Granted(0))

    assert merge.awaited == [merge.lanes["0"]]


def test_what_is_left_out_makes_room_for_the_next() -> None:
    async def leaving_out() -> Granted:
        stream, receiver = stream_of("0"), Granted(0)
        lane = stream._merge.lanes["0"]
        lane.receiver, lane.granted = cast("Any", receiver), 1
        stream._leave_out(lane)
        return receiver

    assert run_virtually(leaving_out()).grants


def test_a_new_receiver_gets_no_credit_where_there_is_no_room() -> None:
    async def promised() -> list[int]:
        stream = stream_of("0", "1")

        for number, lane in enumerate(stream._merge.open_lanes):
            add(stream, lane, number, HELD_BYTES)

        return [stream._credit.promise(lane) for lane in stream._merge.open_lanes]

    assert run_virtually(promised()) == [0, 0]


def test_room_is_not_kept_for_ever_for_large_messages_that_do_not_come() -> None:
    now = 100.0
    merge = EventMerge([Lane("0", Latest()), Lane("1", Latest())])
    credit = Credit(merge, lambda: now, may_drop=False)

    for lane in merge.open_lanes:
        lane.message_bytes = 20 << 20

    assert [credit.promise(lane) for lane in merge.open_lanes] == [1, 0]
    idle, starved = Granted(1), Granted(0)
    merge.lanes["0"].receiver = cast("Any", idle)
    merge.lanes["1"].receiver = cast("Any", starved)
    credit.grant_all()
    assert starved.grants == []
    now += KEPT_S + 1
    credit.grant_all()
    assert starved.grants == [1]


def test_it_connects_again_only_where_there_is_room() -> None:
    async def losing() -> tuple[int, int]:
        stream = stream_of("0")
        add(stream, stream._merge.lanes["0"], 0, HELD_BYTES + 1)
        tries = 0

        async def connect() -> Any:
            nonlocal tries
            tries += 1
            stream._finish(stream._merge.lanes["0"])
            return Session()

        stream._connect = connect  # type: ignore[method-assign, assignment]
        task = asyncio.create_task(stream._keep())
        await asyncio.sleep(60.0)
        before = tries
        await stream.next_batch(1.0)
        await asyncio.sleep(5.0)
        task.cancel()
        return before, tries

    assert run_virtually(losing()) == (0, 1)


@pytest.mark.parametrize("is_held", [True, False])
def test_silence_means_nothing_where_the_socket_was_held_meanwhile(is_held: bool) -> None:
    async def asking() -> None:
        stream, session = stream_of("0"), Session()
        stream._merge.lanes["0"].receiver = cast("Any", Granted(5))

        def keep_silent() -> None:
            stream._credit.holds += is_held
            raise ProblemError(Problem(ProblemKind.TIMEOUT, "no answer"))

        session.renewals = keep_silent
        await stream._ask(cast("Any", session))

    if is_held:
        run_virtually(asking())
    else:
        with pytest.raises(ProblemError):
            run_virtually(asking())


async def test_a_token_is_shown_when_there_is_room_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "TICK_S", 0.02)
    monkeypatch.setattr("ehtui.wire.reading_session.REPLY_S", 0.1)
    monkeypatch.setattr(event_merge, "HELD_BYTES", 10)
    monkeypatch.setattr(event_credit, "HELD_BYTES", 10)
    stage.append("0", b"x" * 100, b"y" * 100)
    stream = await stage.reader.open(EventQuery({"0": Earliest()}, follow=True))
    assert isinstance(stream, HubStream)
    await wait_for(lambda: stream._credit.holds == 1)
    ticks, tick = 0, stream._tick

    async def counted() -> None:
        nonlocal ticks
        ticks += 1
        await tick()

    monkeypatch.setattr(stream, "_tick", counted)
    assert stream._session is not None
    stream._session._management._renew_at = float("-inf")
    await wait_for(lambda: ticks > 20)
    assert stage.endpoint.statistics().tokens_put == 2

    assert len(await taken(stream, 2)) == 2
    await wait_for(lambda: stage.endpoint.statistics().tokens_put == 4)
    assert stage.connections == 1
    await stream.close()
