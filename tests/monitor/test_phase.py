"""Polls keep their phase: a hub and its store are read together, whatever happened before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from typing_extensions import override

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.snapshot import Snapshot, SourceState, SourceStatus
from ehtui.domain.updates import Update
from ehtui.monitor import Scheduled
from ehtui.monitor.poller import FOLLOW_S, Poller
from ehtui.sources.source import Source
from tests.monitor.fakes import BROKEN, FakeSource, Recorder, monitor_of, seen, store_read
from tests.virtual_time import run_virtually
from tests.waiting import wait_until

EVERY_S = 5.0
BUSY = ProblemError(Problem(ProblemKind.THROTTLED, "Too many reads."))


@dataclass
class Timed(Source):
    """Takes so long, and notes when it was asked; a read whose number is in `fails` raises."""

    source_name: str
    takes_s: float
    fails: dict[int, ProblemError] = field(default_factory=dict)
    asked: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)

    @property
    @override
    def name(self) -> str:
        return self.source_name

    @override
    async def read(self) -> Update:
        loop = asyncio.get_running_loop()
        self.asked.append(loop.time())
        await asyncio.sleep(self.takes_s)
        self.answered.append(loop.time())

        if (error := self.fails.get(len(self.asked))) is not None:
            raise error

        return seen(self.name, loop.time())

    @override
    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class Pair:
    """A hub that is asked after its store."""

    hub: Timed
    store: Timed
    every_s: tuple[float, float] = (EVERY_S, EVERY_S)
    told: list[Update] = field(default_factory=list)
    pollers: list[Poller] = field(default_factory=list)

    @asynccontextmanager
    async def polled(self) -> AsyncIterator[None]:
        began = asyncio.get_running_loop().time()
        store = self._poller(self.store, self.every_s[1], began)
        hub = self._poller(self.hub, self.every_s[0], began, store)
        self.pollers = [hub, store]
        tasks = [asyncio.create_task(poller.run()) for poller in self.pollers]

        try:
            yield
        finally:
            for task in tasks:
                task.cancel()

                with suppress(asyncio.CancelledError):
                    await task

    def _poller(
        self, source: Timed, every_s: float, began: float, follows: Poller | None = None
    ) -> Poller:
        scheduled = Scheduled(source, every_s, 8.0)
        return Poller(
            scheduled,
            self.told.append,
            clock=asyncio.get_running_loop().time,
            jitter=lambda: 1.0,
            first_beat=began,
            follows=follows,
        )

    def play(self, seconds: float) -> None:
        async def work() -> None:
            async with self.polled():
                await asyncio.sleep(seconds)

        run_virtually(work())


def beats(source: Timed, since: float, every_s: float = EVERY_S) -> set[float]:
    """Where in an interval it was asked, from `since` on."""
    return {round((at - 1000.0) % every_s, 3) for at in source.asked if at >= since}


@pytest.mark.parametrize("error", [BROKEN, BUSY])
@pytest.mark.parametrize("who", ["hub", "store"])
def test_after_refused_reads_both_are_in_step_again(who: str, error: ProblemError) -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 0.02))
    source = pair.hub if who == "hub" else pair.store
    source.fails = {4: error, 9: error, 10: error}
    pair.play(200)

    assert beats(pair.store, 1150) == {0.0}
    assert beats(pair.hub, 1150) == {0.02}
    assert len([at for at in pair.hub.asked if at >= 1150]) == 10


def test_the_hub_is_asked_when_the_store_has_answered() -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 0.4))
    pair.play(60)

    assert pair.hub.asked[2:] == pytest.approx(pair.store.answered[2:])


def test_first_reads_wait_for_nobody() -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 4.0))
    pair.play(3)

    assert pair.hub.asked[0] == 1000.0


def test_a_slow_store_holds_the_hub_for_a_second_and_one_that_fails_not_at_all() -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 2.5))
    pair.store.fails = dict.fromkeys(range(4, 99), BROKEN)
    pair.play(100)

    assert beats(pair.hub, 1009, 5.0) - {0.0} == {FOLLOW_S}
    assert beats(pair.hub, 1040) == {0.0}


def test_a_read_that_was_asked_for_in_between_moves_no_beat() -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 0.02))

    async def work() -> None:
        async with pair.polled():
            await asyncio.sleep(52.3)

            for poller in pair.pollers:
                poller.refresh()

            await asyncio.sleep(50)

    run_virtually(work())
    assert 1052.3 in pair.store.asked
    assert any(at == pytest.approx(1052.32) for at in pair.hub.asked)  # together, and in order
    assert beats(pair.store, 1055) == {0.0}
    assert beats(pair.hub, 1055) == {0.02}


def test_a_pause_moves_no_beat() -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 0.02))

    async def work() -> None:
        async with pair.polled():
            for is_paused, seconds in ((False, 22.0), (True, 31.7), (False, 60.0)):
                for poller in pair.pollers:
                    poller.set_urgency(every_s=None, is_paused=is_paused)

                await asyncio.sleep(seconds)

    run_virtually(work())
    assert not [at for at in pair.hub.asked if 1022 < at < 1053]
    assert beats(pair.store, 1060) == {0.0}
    assert beats(pair.hub, 1060) == {0.02}


def test_a_store_that_is_read_seldom_is_met_on_each_of_its_beats() -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 0.02), every_s=(5.0, 30.0))
    pair.hub.fails = {5: BROKEN}
    pair.play(200)

    assert beats(pair.store, 1000, 30.0) == {0.0}
    assert all(
        any(at == pytest.approx(s + 0.02) for at in pair.hub.asked)
        for s in pair.store.asked
        if s >= 1060
    )


def test_who_takes_longer_than_an_interval_is_read_on_every_other_beat() -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 6.0))
    pair.play(100)

    assert beats(pair.store, 1000) == {0.0}
    assert beats(pair.hub, 1010) <= {0.0, FOLLOW_S}


def test_urgent_reads_fall_on_the_same_seconds() -> None:
    pair = Pair(Timed("hub", 0.03), Timed("store", 0.02))

    async def work() -> None:
        async with pair.polled():
            await asyncio.sleep(12.4)

            for every_s in (1.0, None):
                for poller in pair.pollers:
                    poller.set_urgency(every_s=every_s, is_paused=False)

                await asyncio.sleep(30)

    run_virtually(work())
    urgent = [at for at in pair.store.asked if 1014 <= at < 1042]
    assert urgent == pytest.approx([1014.0 + n for n in range(28)])
    hub = [at for at in pair.hub.asked if 1014 <= at < 1042]
    assert hub == pytest.approx([at + 0.02 for at in urgent])
    assert beats(pair.store, 1050) == {0.0}


def test_a_listing_is_folded_after_the_hub_that_was_read_with_it() -> None:
    hub, store, recorder = FakeSource("hub"), FakeSource("store", answer=store_read()), Recorder()
    states = tuple(SourceState(name, SourceStatus.OK) for name in ("hub", "store"))
    scheduled = [Scheduled(hub, 60, 60), Scheduled(store, 60, 60)]
    monitor = monitor_of(scheduled, recorder, snapshot=Snapshot(sources=states))
    monitor.start()

    try:
        wait_until(lambda: len(recorder.updates) == 2)
        hub.hangs = True
        monitor.refresh()
        wait_until(lambda: hub.reads == 2 and store.reads == 2 and not store.under_way)
        assert len(recorder.updates) == 2
        hub.hangs = False
        wait_until(lambda: len(recorder.updates) == 4)
    finally:
        monitor.stop()

    assert [getattr(u, "source", "") for u in recorder.updates[2:]] == ["hub", "store"]


def test_a_listing_waits_for_no_hub_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ehtui.monitor.monitor.HOLD_S", 0.05)
    hub, store, recorder = FakeSource("hub"), FakeSource("store", answer=store_read()), Recorder()
    states = tuple(SourceState(name, SourceStatus.OK) for name in ("hub", "store"))
    scheduled = [Scheduled(hub, 60, 60), Scheduled(store, 60, 60)]
    monitor = monitor_of(scheduled, recorder, snapshot=Snapshot(sources=states))
    monitor.start()

    try:
        wait_until(lambda: len(recorder.updates) == 2)
        hub.hangs = True
        monitor.refresh()
        wait_until(lambda: len(recorder.updates) == 3)
        assert getattr(recorder.updates[2], "source", "") == "store"
        assert hub.under_way == 1
    finally:
        monitor.stop()
