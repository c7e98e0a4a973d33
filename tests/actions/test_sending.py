"""A send under way: its order, its pace, what stops it, and what is said of it then."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.actions import sending
from ehtui.actions.sending import Send, SendStoppedError
from ehtui.domain.actions.landing import Accepted
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.sending import BodySource, Content, Outgoing, SendTarget
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.views.outcomes import outcome_sentence
from tests.actions.recording import Bench, RecordingSender, send_plan
from tests.waiting import wait_for

PLAN = replace(send_plan(), count=40)
BROKEN = Problem(ProblemKind.UNREACHABLE, "nobody answers")


def send(sender: RecordingSender, plan: object = PLAN, **more: object) -> Send:
    return Send(plan, sender, lambda: 1.0, **more)  # type: ignore[arg-type]


async def test_all_are_sent_and_told_as_they_are_accepted() -> None:
    told: list[int] = []
    sender = RecordingSender()

    assert await send(sender, tell=told.append).run() == Accepted({"1": 40})
    assert told == list(range(1, 41))


async def test_turns_are_taken_and_each_partition_keeps_its_order() -> None:
    bodies = tuple(Outgoing(b"%d" % n) for n in range(1_200))
    content = Content(BodySource.LINES, "x", bodies)
    target = SendTarget.ROUND_ROBIN
    plan = replace(
        PLAN, content=content, count=1_200, target=target, partition=None, partitions=("0", "1")
    )
    sender = RecordingSender()

    assert (await send(sender, plan).run()).by_partition == {"0": 600, "1": 600}

    for partition, rest in (("0", 0), ("1", 1)):
        there = [int(event.body) for event, to in sender.sent if to.partition == partition]
        assert there == [n for n in range(1_200) if n % 2 == rest]


async def test_a_pace_is_kept() -> None:
    """Never before its time; under load later, and then several at once."""
    loop, at = asyncio.get_running_loop(), []
    plan = replace(PLAN, count=6, interval_s=0.02)
    began = loop.time()
    await send(RecordingSender(), plan, tell=lambda _: at.append(loop.time() - began)).run()

    assert len(at) == 6
    assert all(moment >= number * 0.02 - 0.001 for number, moment in enumerate(at))


async def test_what_is_too_large_is_named_before_anything_is_sent() -> None:
    lines = (Outgoing(b"{}", line=1), Outgoing(b"x" * 5_000, line=4), Outgoing(b"{}", line=5))
    content = Content(BodySource.LINES, "events.jsonl", lines)
    sender = RecordingSender(limit=5_000)

    with pytest.raises(ProblemError) as caught:
        await send(sender, replace(PLAN, content=content, count=3)).run()

    assert caught.value.problem.summary == (
        "Line 4 of events.jsonl has 5,100 bytes as a message, 100 more than the 5,000 that this "
        "hub takes. Nothing was sent."
    )
    assert sender.sent == []


async def test_a_hub_that_stops_taking_them_leaves_what_it_took(tmp_path: object) -> None:
    bench = Bench(tmp_path)  # type: ignore[arg-type]
    bench.sender = RecordingSender(BROKEN, fails_at=7)
    bench.executor.sender = bench.sender
    outcome = await bench.executor.run(PLAN)

    assert (outcome.state, outcome.accepted) == (OutcomeState.FAILED, Accepted({"1": 7}))
    assert ("accepted", "7") in outcome.details


async def test_who_cancels_learns_how_many_were_accepted_and_how_many_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "LET_FINISH_S", 0.0)
    sender = RecordingSender()
    sender.gate = asyncio.Event()
    under_way = Send(PLAN, sender, lambda: 1.0)
    work = asyncio.ensure_future(under_way.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.cancel()

    with pytest.raises(SendStoppedError) as caught:
        await work

    assert caught.value.accepted.total == 0
    assert caught.value.unsure == 40


async def test_a_batch_that_is_under_way_ends_before_the_telling() -> None:
    sender = RecordingSender()
    sender.gate = asyncio.Event()
    work = asyncio.ensure_future(send(sender).run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.cancel()
    await asyncio.sleep(0)
    sender.gate.set()

    with pytest.raises(SendStoppedError) as caught:
        await work

    assert (caught.value.accepted.total, caught.value.unsure) == (40, 0)


async def test_between_two_events_it_stops_at_once() -> None:
    sender = RecordingSender()
    work = asyncio.ensure_future(send(sender, replace(PLAN, interval_s=60.0)).run())
    await wait_for(lambda: len(sender.sent) == 1)
    work.cancel()

    with pytest.raises(SendStoppedError) as caught:
        await work

    assert (caught.value.accepted.total, caught.value.unsure) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "unsure"),
    [(ProblemKind.TIMEOUT, 30), (ProblemKind.UNREACHABLE, 30), (ProblemKind.UNAUTHORISED, 0)],
)
async def test_what_was_under_way_when_no_answer_came_is_told(
    tmp_path: Path, kind: ProblemKind, unsure: int
) -> None:
    bench = Bench(tmp_path, problem=Problem(kind, "No answer within 15 s"))
    bench.sender._fails_at = 10
    outcome = await bench.executor.run(PLAN)

    assert (outcome.state, outcome.accepted) == (OutcomeState.FAILED, Accepted({"1": 10}))
    assert outcome.unsure == unsure
    more = f", and perhaps {unsure} more" if unsure else ""
    said = f"Failed: No answer within 15 s. The hub took 10 before{more}."
    assert outcome_sentence(outcome) == said


async def test_who_stops_while_the_end_is_noted_learns_that_it_was_done(tmp_path: Path) -> None:
    bench, may_note, is_noting = Bench(tmp_path), threading.Event(), threading.Event()
    append = bench.executor.audit.append

    def slow(record: dict[str, object]) -> str | None:
        if record["event"] == "outcome":
            is_noting.set()
            may_note.wait(10)

        return append(record)

    bench.executor.audit.append = slow  # type: ignore[method-assign]
    running = asyncio.create_task(bench.executor.run(PLAN))
    await wait_for(is_noting.is_set)
    running.cancel()

    with pytest.raises(asyncio.CancelledError) as stopped:
        await running

    may_note.set()
    outcome = bench.executor.interrupted(PLAN, stopped.value)
    assert (outcome.state, outcome.accepted) == (OutcomeState.DONE, Accepted({"1": 40}))
    await wait_for(lambda: len(bench.audited()) == 2)


async def test_a_first_batch_without_an_answer_may_have_been_taken() -> None:
    unknown = Outcome(
        PLAN, OutcomeState.FAILED, 1.0, error="No answer", accepted=Accepted({}), unsure=40
    )

    assert outcome_sentence(unknown) == (
        "Failed: No answer. The hub may have taken 40 all the same."
    )
