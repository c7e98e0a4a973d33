from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.updates import SourceFailed, Update
from ehtui.monitor import Scheduled
from ehtui.monitor.poller import LONGEST_RETRY_S, Poller
from tests.monitor.fakes import BROKEN, FakeSource, seen
from tests.waiting import wait_for


@asynccontextmanager
async def polling(
    source: FakeSource, told: list[Update], every_s: float = 0.02, timeout_s: float = 5.0
) -> AsyncIterator[Poller]:
    poller = Poller(
        Scheduled(source, every_s, timeout_s), told.append, clock=lambda: 500.0, jitter=lambda: 1.0
    )
    task = asyncio.create_task(poller.run())

    try:
        yield poller
    finally:
        task.cancel()

        with suppress(asyncio.CancelledError):
            await task


async def test_reads_again_and_again() -> None:
    source, told = FakeSource(), list[Update]()

    async with polling(source, told):
        await wait_for(lambda: len(told) >= 3)

    assert told[0] == seen("processes")
    assert source.most_at_once == 1


async def test_a_failure_is_told_with_the_moment_of_the_next_try() -> None:
    source, told = FakeSource(answer=BROKEN), list[Update]()

    async with polling(source, told, every_s=9.0):
        await wait_for(lambda: bool(told))

    assert isinstance(told[0], SourceFailed)
    assert (told[0].at, told[0].source, told[0].problem) == (500.0, "processes", BROKEN.problem)
    assert told[0].retry_at == pytest.approx(502.0)


async def test_retries_grow_to_a_cap() -> None:
    source, told = FakeSource(answer=BROKEN), list[Update]()

    async with polling(source, told, every_s=9.0) as poller:
        for number in range(1, 9):
            await wait_for(lambda number=number: len(told) == number)  # type: ignore[misc]
            poller.refresh()

    waits = [u.retry_at - u.at for u in told if isinstance(u, SourceFailed) and u.retry_at]
    assert waits[:8] == pytest.approx([2, 4, 8, 16, 32, LONGEST_RETRY_S, 60, 60])


async def test_throttling_waits_longer_at_once() -> None:
    busy = ProblemError(Problem(ProblemKind.THROTTLED, "Too many reads."))
    told = list[Update]()

    async with polling(FakeSource(answer=busy), told, every_s=1.0):
        await wait_for(lambda: bool(told))

    assert isinstance(told[0], SourceFailed)
    assert told[0].retry_at == pytest.approx(504.0)


@pytest.mark.parametrize(("asked_s", "waits_s"), [(30.0, 30.0), (1.0, 4.0), (1e9, 900.0)])
async def test_who_asks_to_be_left_alone_is(asked_s: float, waits_s: float) -> None:
    busy = ProblemError(Problem(ProblemKind.THROTTLED, "Too many reads.", retry_after_s=asked_s))
    told = list[Update]()

    async with polling(FakeSource(answer=busy), told, every_s=1.0):
        await wait_for(lambda: bool(told))

    assert isinstance(told[0], SourceFailed)
    assert told[0].retry_at == pytest.approx(500.0 + waits_s)


async def test_a_success_ends_the_back_off() -> None:
    source, told = FakeSource(answer=BROKEN), list[Update]()

    async with polling(source, told) as poller:
        for _ in range(4):
            poller.refresh()
            await wait_for(lambda: source.under_way == 0 and bool(told))

        source.answer = None
        poller.refresh()
        reads = source.reads
        await wait_for(lambda: source.reads > reads + 5, timeout_s=2.0)


async def test_the_log_tells_a_failure_its_next_try_and_the_recovery(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", logger="ehtui")
    source, told = FakeSource(answer=BROKEN), list[Update]()

    async with polling(source, told) as poller:
        await wait_for(lambda: bool(told))
        source.answer = None
        poller.refresh()
        await wait_for(lambda: len(told) >= 3)

    said = [record.getMessage() for record in caplog.records]
    summary = BROKEN.problem.summary
    assert any("reading the processes failed" in line and summary in line for line in said)
    assert any("Next try in" in line for line in said)
    assert any("reading the processes works again; reads that failed:" in line for line in said)
    assert any("read the processes in" in line for line in said)


async def test_an_unexpected_exception_is_told_without_secrets() -> None:
    source = FakeSource(answer=KeyError("AccountKey=c2VjcmV0; \x1b[31m"))
    told = list[Update]()

    async with polling(source, told):
        await wait_for(lambda: bool(told))

    assert isinstance(told[0], SourceFailed)
    assert told[0].problem.kind is ProblemKind.INTERNAL
    assert "KeyError" in told[0].problem.summary
    assert "c2VjcmV0" not in told[0].problem.summary
    assert "\x1b" not in told[0].problem.summary


async def test_a_read_that_cancels_itself_does_not_end_the_poller() -> None:
    source, told = FakeSource(answer=asyncio.CancelledError()), list[Update]()

    async with polling(source, told):
        await wait_for(lambda: len(told) >= 2)

    assert isinstance(told[0], SourceFailed)


async def test_a_hanging_read_is_given_up_and_tried_again() -> None:
    source, told = FakeSource(hangs=True), list[Update]()

    async with polling(source, told, timeout_s=0.05):
        await wait_for(lambda: bool(told))
        source.hangs = False
        await wait_for(lambda: seen("processes") in told)

    assert isinstance(told[0], SourceFailed)
    assert told[0].problem.kind is ProblemKind.TIMEOUT
    assert source.most_at_once == 1


async def test_a_read_that_will_not_be_cancelled_is_never_overlapped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ehtui.monitor.poller.LET_GO_S", 0.05)
    source, told = FakeSource(hangs=True, ignores_cancel=True), list[Update]()

    async with polling(source, told, timeout_s=0.05) as poller:
        await wait_for(lambda: bool(told))
        poller.refresh()
        await asyncio.sleep(0.1)
        assert source.reads == 1
        source.hangs = False
        await wait_for(lambda: source.reads > 2)

    assert source.most_at_once == 1


async def test_paused_reads_only_when_asked() -> None:
    source, told = FakeSource(), list[Update]()

    async with polling(source, told) as poller:
        poller.set_urgency(every_s=None, is_paused=True)
        await wait_for(lambda: source.under_way == 0 and bool(told))
        await asyncio.sleep(0.1)
        before = source.reads
        poller.refresh()
        await wait_for(lambda: source.reads == before + 1)
        await asyncio.sleep(0.1)
        assert source.reads == before + 1
        poller.set_urgency(every_s=None, is_paused=False)
        await wait_for(lambda: source.reads > before + 2)


async def test_urgency_cuts_a_rest_short() -> None:
    source, told = FakeSource(), list[Update]()

    async with polling(source, told, every_s=60.0) as poller:
        await wait_for(lambda: len(told) == 1)
        poller.set_urgency(every_s=0.02, is_paused=False)
        await wait_for(lambda: source.reads >= 4)


async def test_a_refresh_during_a_read_reads_once_more() -> None:
    source, told = FakeSource(hangs=True), list[Update]()

    async with polling(source, told, every_s=60.0) as poller:
        await wait_for(lambda: source.under_way == 1)
        poller.refresh()
        source.hangs = False
        await wait_for(lambda: len(told) == 2)
        await asyncio.sleep(0.1)

    assert source.reads == 2


async def test_whoever_waits_for_a_look_gets_one_that_began_since() -> None:
    source, told = FakeSource(hangs=True), list[Update]()

    async with polling(source, told, every_s=60.0) as poller:
        await wait_for(lambda: source.under_way == 1)
        looking = asyncio.create_task(poller.read_again(10.0))
        await asyncio.sleep(0)
        source.hangs = False

        assert await looking
        assert (source.reads, len(told)) == (2, 2)
        source.hangs = True
        assert not await poller.read_again(0.01)


async def test_a_source_that_must_not_be_read_often_is_not() -> None:
    class Slow(FakeSource):
        min_every_s = 60.0

    source, told = Slow(), list[Update]()

    async with polling(source, told) as poller:
        poller.set_urgency(every_s=0.02, is_paused=False)
        await wait_for(lambda: len(told) == 1)
        await asyncio.sleep(0.15)
        assert source.reads == 1
        poller.refresh()
        await wait_for(lambda: source.reads == 2)


class BehindSource(FakeSource):
    """Has more to read, for a number of reads."""

    behind_for: int = 6

    @property
    def is_behind(self) -> bool:
        return self.reads < self.behind_for


async def test_a_source_that_is_behind_is_read_again_at_once_and_then_at_its_pace() -> None:
    source, told = BehindSource(), list[Update]()

    async with polling(source, told, every_s=900.0):
        await wait_for(lambda: len(told) >= source.behind_for)
        assert not source.is_behind
        await asyncio.sleep(0)

    assert source.reads == source.behind_for


async def test_a_new_pace_cuts_the_rest_under_way() -> None:
    source, told = FakeSource(), list[Update]()

    async with polling(source, told, every_s=3600.0) as poller:
        await wait_for(lambda: len(told) == 1)
        poller.read_every(0.02)
        await wait_for(lambda: len(told) >= 3)
