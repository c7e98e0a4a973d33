"""What the screen and the commands act through."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec import structs
from typing_extensions import override

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.actions.locating import Eyes
from ehtui.cli.backend import MonitorBackend
from ehtui.cli.reading import carried_reader
from ehtui.cli.works import Works
from ehtui.config.settings import Settings
from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan, LiveOwner, ToSequence
from ehtui.domain.actions.landing import Accepted
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.plans import RestartPlan, SignalPlan
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.state import State
from ehtui.domain.updates import ActionDone, Update
from ehtui.domain.world.process import ProcessId
from ehtui.monitor import Monitor, Scheduled
from tests.actions.recording import RecordingSender, SlowHands, send_plan
from tests.monitor.fakes import FakeSource
from tests.waiting import wait_for, wait_until

PLAN = RestartPlan(
    signal="TERM",
    target=SignalTarget(ProcessId(7, 1.0), "python c.py", None, (), SignalEffect.DIES),
    wait_s=None,
    cwd=None,
    log_path="again.log",
    planned_at=1.0,
)


@dataclass
class Bench:
    """A backend with slow hands, and what its timeline was told."""

    folder: Path
    hands: SlowHands = field(default_factory=SlowHands)
    told: list[Update] = field(default_factory=list)
    adopted: list[int] = field(default_factory=list)
    sources: Sequence[FakeSource] = ()

    def __post_init__(self) -> None:
        self.monitor = Monitor(self._open, Snapshot(), reduce=self._remember)
        self.sender = RecordingSender()
        executor = Executor(
            sender=self.sender,
            hands=self.hands,
            audit=AuditLog(self.folder / "audit.jsonl"),
            clock=lambda: 50.0,
        )
        self.backend = MonitorBackend(
            lambda: Works(
                self.monitor,
                executor,
                self.adopted,
                carried_reader(Settings(), self.monitor),
            ),
            Settings(),
            Snapshot(),
        )
        self.backend.monitor.start()

    async def _open(self) -> Sequence[Scheduled]:
        return [Scheduled(source, 60.0, 5.0) for source in self.sources]

    def _remember(self, state: State, update: Update) -> State:
        self.told.append(update)
        return state

    @property
    def outcomes(self) -> list[Outcome]:
        return [update.outcome for update in self.told if isinstance(update, ActionDone)]


class CountingHands(SlowHands):
    """Remembers how often the store had been read when it signalled."""

    def __init__(self, store: FakeSource) -> None:
        super().__init__()
        self.reads: list[int] = []
        self._store = store

    @override
    def signal(self, process: ProcessId, signal: str) -> None:
        self.reads.append(self._store.reads)
        super().signal(process, signal)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.hands.may_end.set()
    bench.monitor.stop()


async def test_who_stops_waiting_does_not_leave_a_consumer_stopped(bench: Bench) -> None:
    waiting = asyncio.create_task(bench.backend.execute(PLAN))
    await asyncio.to_thread(bench.hands.is_waiting.wait, 10)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting

    bench.hands.may_end.set()
    await wait_for(lambda: bool(bench.outcomes))
    assert bench.outcomes[0].state is OutcomeState.DONE
    assert [what for what, _ in bench.hands.done] == ["prepare", "TERM", "carry_out"]


async def test_the_store_is_looked_at_once_more_before_a_signal(tmp_path: Path) -> None:
    store, hub = FakeSource("store"), FakeSource("hub")
    hands = CountingHands(store)
    bench = Bench(tmp_path, hands, sources=[store, hub])

    try:
        await wait_for(lambda: store.reads == hub.reads == 1)
        await bench.backend.execute(SignalPlan("TERM", (PLAN.target,), 1.0))
        assert hands.reads == [2]
        await wait_for(lambda: store.reads == 3)  # an action is followed by a look at everything
    finally:
        bench.monitor.stop()


async def test_a_dry_run_of_checkpoints_counts_who_owns_partitions_by_now(tmp_path: Path) -> None:
    store = FakeSource("store")
    bench = Bench(tmp_path, sources=(store,))
    gone = LiveOwner("gone-since", ("0",))
    plan = CheckpointPlan("$Default", "ns", "hub", ToSequence(3), (), (gone,), 1.0)
    plan = structs.replace(plan, owners_are_known=True)
    await wait_for(lambda: store.reads == 1)

    try:
        tried = await bench.backend.try_out(plan)
    finally:
        bench.monitor.stop()

    assert isinstance(tried.plan, CheckpointPlan)
    assert not tried.plan.owners_are_known  # nobody can list this store just now
    assert store.reads == 2


async def test_a_store_that_hangs_does_not_hold_a_signal_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ehtui.cli.checkpoint_looks.LOOK_AT_OWNERS_WITHIN_S", 0.05)
    bench = Bench(tmp_path, sources=[FakeSource("store", hangs=True)])

    try:
        outcome = await bench.backend.execute(SignalPlan("TERM", (PLAN.target,), 1.0))
    finally:
        bench.monitor.stop()

    assert outcome.state is OutcomeState.DONE


async def test_what_ehtui_started_is_watched_without_a_pattern(bench: Bench) -> None:
    bench.hands.may_end.set()
    outcome = await bench.backend.execute(PLAN)

    assert bench.adopted == [int(dict(outcome.details)["pid"])]


def test_who_leaves_waits_for_the_promised_start(bench: Bench) -> None:
    bench.backend.begin(PLAN)
    assert bench.hands.is_waiting.wait(10)
    (unfinished,) = bench.backend.unfinished
    assert isinstance(unfinished, RestartPlan)

    threading.Timer(0.05, bench.hands.may_end.set).start()
    (ended,) = bench.backend.finish(10.0)
    assert ended.state is OutcomeState.DONE
    assert not bench.backend.unfinished


def test_what_does_not_end_in_time_goes_on_and_is_told(bench: Bench) -> None:
    future = bench.backend.begin(PLAN)
    assert bench.hands.is_waiting.wait(10)
    (ended,) = bench.backend.finish(0.0)

    assert ended.state is OutcomeState.LEFT
    assert ended.error == "The restart of 7 continues without ehtui: see again.log."
    assert future.result() is ended
    wait_until(lambda: bench.outcomes == [ended])
    assert "continues without ehtui" in (bench.folder / "audit.jsonl").read_text()


def test_nobody_waits_for_a_signal_that_was_sent(bench: Bench) -> None:
    bench.backend.begin(SignalPlan("TERM", (PLAN.target,), 1.0))

    assert not bench.backend.unfinished
    assert bench.backend.finish(60.0) == ()


def test_the_senders_link_is_closed_at_the_end(bench: Bench) -> None:
    assert bench.backend.close() == ()
    assert bench.sender.is_closed


def test_a_send_that_is_stopped_while_it_is_looked_for_is_told_as_accepted(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    async def last_sequences(_: Eyes) -> Mapping[str, int]:
        looks.append(1)

        if len(looks) > 1:  # the hub does not answer afterwards
            await asyncio.Event().wait()

        return {"1": 4}

    monkeypatch.setattr(Eyes, "last_sequences", last_sequences)
    plan = send_plan()
    future = bench.backend.begin(plan)
    wait_until(lambda: len(looks) == 2)
    bench.backend.give_up(plan)
    outcome = future.result(10)

    assert (outcome.state, outcome.accepted) == (OutcomeState.DONE, Accepted({"1": 2}))
    wait_until(lambda: bench.outcomes == [outcome])


def test_a_send_that_is_stopped_before_its_first_event_is_told_as_stopped(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    async def last_sequences(_: Eyes) -> Mapping[str, int]:
        looks.append(1)
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(Eyes, "last_sequences", last_sequences)
    plan = send_plan()
    future = bench.backend.begin(plan)
    wait_until(lambda: bool(looks))
    bench.backend.give_up(plan)
    outcome = future.result(10)

    assert (outcome.state, outcome.accepted) == (OutcomeState.STOPPED, Accepted({}))
    assert not bench.sender.sent
