"""Several consumers restarted one after the other, each once the one before owns again."""

from __future__ import annotations

import asyncio

import pytest
from textual.containers import VerticalScroll
from typing_extensions import override

from ehtui.actions.rolling import roll
from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.outcomes import Comeback, NewProcess, Outcome, OutcomeState, Refusal
from ehtui.domain.actions.plans import RestartPlan, RollingPlan, SupervisedPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.actions.start import each_once
from ehtui.domain.consumers.roles import comeback
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.process import ProcessId, Supervisor
from ehtui.domain.world.restarts import Rehearsal
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.views.actions import confirmation
from ehtui.views.outcomes import outcome_sentence
from ehtui.views.phrasing import Phrasing
from tests.domain.build import World, healthy, process_id
from tests.domain.planning import plan_restart
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy as healthy_picture
from tests.waiting import wait_for

HOST = Actor(own_pid=1, is_root=True)
SLOW_LOOKS = 30  # until it connects: it migrates a database first, or warms up a JVM


def plan_for(world: World, owner: str) -> RestartPlan:
    process = process_id(world.consumers[owner])
    plan = plan_restart(
        world.snapshot,
        process,
        log_folder="/l",
        host=HOST,
        read_only=False,
        at=world.at,
        rehearsal=Rehearsal(("python", "c.py"), "/srv"),
    )
    assert isinstance(plan, RestartPlan)

    return plan


def rolling(world: World, *owners: str, within_s: float = 300.0) -> RollingPlan:
    return RollingPlan(tuple(plan_for(world, owner) for owner in owners), within_s, world.at)


class Restarts:
    """Restarts in a played world: what each one does is said beforehand."""

    def __init__(self, world: World, **fates: str) -> None:
        self.world = world
        self.fates = fates
        self.begun: list[int] = []
        self.late: tuple[str, int, tuple[str, ...], int] | None = None  # and in how many looks
        self.ended: set[int] = set()

    async def run(self, plan: RestartPlan | SupervisedPlan) -> Outcome:
        world, pid = self.world, plan.target.process.pid
        self.begun.append(pid)
        owner = plan.target.owner or ""
        fate = self.fates.get(owner.replace("-", "_"), "comes back")

        if fate == "fails":
            return Outcome(plan, OutcomeState.FAILED, world.at, error="no such hub", is_down=True)

        partitions = tuple(world.owned_by(owner))
        world.stop(owner)

        if fate == "starts slowly":
            self.late = (f"{owner}-again", pid + 1000, partitions, SLOW_LOOKS)
        elif fate == "dies":
            self.ended.add(pid + 1000)
        else:
            again = partitions if fate == "comes back" else ()
            world.consumer(f"{owner}-again", *again, pid=pid + 1000, started_at=world.at)

        world.look()

        started = NewProcess(ProcessId(pid + 1000, world.at), None)

        return Outcome(plan, OutcomeState.DONE, world.at, started=started)

    def look(self) -> Snapshot:
        """Each look is a second later."""
        if self.late is not None:
            owner, pid, partitions, looks = self.late
            self.late = (owner, pid, partitions, looks - 1) if looks else None

            if not looks:
                self.world.consumer(owner, *partitions, pid=pid, started_at=self.world.at)

        return self.world.play(1, every_s=1.0)

    def lives(self, process: ProcessId) -> bool:
        return process.pid not in self.ended


async def rolled(plan: RollingPlan, restarts: Restarts) -> Outcome:
    def clock() -> float:
        return restarts.world.at

    return await roll(plan, restarts.run, restarts.look, clock, restarts.lives)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ehtui.actions.rolling.LOOK_EVERY_S", 0.0)


async def test_each_is_awaited_until_it_owns_again() -> None:
    world = healthy()
    restarts = Restarts(world)
    outcome = await rolled(rolling(world, "owner-0", "owner-1", "owner-2"), restarts)

    assert outcome.state is OutcomeState.DONE
    assert restarts.begun == [100, 101, 102]
    assert [part.comeback for part in outcome.parts] == [Comeback.OWNS] * 3
    assert "Restarted 3 consumers: 100 as 1100 owns again after" in outcome_sentence(outcome)


@pytest.mark.parametrize(
    ("fate", "comeback", "words"),
    [
        ("dies", Comeback.ENDED, "101 as 1101 has ended"),
        ("owns nothing", Comeback.LATE, "101 as 1101 owns nothing after"),
        ("fails", None, "Failed: no such hub. 101 is down"),
    ],
)
async def test_at_the_first_that_does_not_come_back_it_stops(
    fate: str, comeback: Comeback | None, words: str
) -> None:
    world = healthy()
    restarts = Restarts(world, owner_1=fate)
    plan = rolling(world, "owner-0", "owner-1", "owner-2", within_s=20.0)
    outcome = await rolled(plan, restarts)

    assert outcome.state is OutcomeState.FAILED
    assert restarts.begun == [100, 101]
    assert [part.comeback for part in outcome.parts] == [Comeback.OWNS, comeback]
    assert words in outcome_sentence(outcome)
    assert "Not touched: 102." in outcome_sentence(outcome)
    assert outcome.is_down == (comeback is not Comeback.LATE)


@pytest.mark.parametrize("owns", [True, False])
async def test_who_lives_and_has_not_connected_yet_has_not_ended(owns: bool) -> None:
    """It is in no picture for half a minute: its process is what says whether it runs."""
    world = healthy()
    spare = "spare" if not owns else "owner-0"

    if not owns:
        world.consumer("spare", pid=200)
        world.play(30)

    restarts = Restarts(world, **{spare.replace("-", "_"): "starts slowly"})
    outcome = await rolled(rolling(world, spare, "owner-1"), restarts)

    assert outcome.state is OutcomeState.DONE
    assert outcome.parts[0].comeback is (Comeback.OWNS if owns else Comeback.RUNS)
    assert (outcome.parts[0].after_s or 0) >= SLOW_LOOKS


async def test_who_interrupts_leaves_the_others() -> None:
    world = healthy()
    waits = asyncio.Event()

    async def run(plan: RestartPlan | SupervisedPlan) -> Outcome:
        waits.set()
        await asyncio.sleep(60)
        raise AssertionError(plan)

    plan = rolling(world, "owner-0", "owner-1")
    task = asyncio.create_task(roll(plan, run, lambda: world.snapshot, lambda: 0.0, lambda _: True))
    await waits.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


# Whether one has come back.


def test_a_spare_takes_over_and_the_new_one_stands_by() -> None:
    """As many owners as partitions: nothing is left for it, by design."""
    world = healthy()
    world.consumer("spare", pid=200)
    world.play(30)
    plan, before = plan_for(world, "owner-0"), world.snapshot
    world.stop("owner-0")
    world.claim("0", "spare")
    world.consumer("again", pid=300, started_at=world.at)
    began = world.at
    world.play(20)

    assert comeback(before, world.snapshot, plan, 300, began) is Comeback.STANDS_BY


def test_what_a_survivor_took_proves_nothing() -> None:
    """Its partitions are owned; it has not said which owner it is, and no new owner has come."""
    world = healthy()
    plan, before = plan_for(world, "owner-0"), world.snapshot
    world.stop("owner-0")
    world.claim("0", "owner-1")
    began = world.at
    world.play(20, logs=False)

    assert comeback(before, world.snapshot, plan, None, began) is None

    world.consumer("elsewhere", pid=None)
    world.claim("0", "elsewhere")
    world.play(10, logs=False)
    assert comeback(before, world.snapshot, plan, None, began) is Comeback.OWNS


def test_who_owned_nothing_only_has_to_run() -> None:
    world = healthy()
    world.consumer("spare", pid=200)
    world.play(30)
    plan, before = plan_for(world, "spare"), world.snapshot
    world.kill("spare")
    world.consumer("again", pid=300, started_at=world.at)
    began = world.at
    world.play(3, every_s=1.0)
    assert comeback(before, world.snapshot, plan, 300, began) is None
    world.play(5)

    assert comeback(before, world.snapshot, plan, 300, began) is Comeback.RUNS


def test_who_is_restarted_along_is_restarted_once() -> None:
    world = healthy()
    first, second = (plan_for(world, owner) for owner in ("owner-0", "owner-1"))
    unit = Supervisor("systemd", "rag.service", ("systemctl", "restart", "rag.service"))
    together = SupervisedPlan(unit, "TERM", first.target, (second.target,), 120.0, 1.0)

    assert each_once([together, second]) == (together,)


# As it is told.


def test_the_plan_names_every_step() -> None:
    world = healthy()
    words = confirmation(rolling(world, "owner-0", "owner-1"), Phrasing(world.snapshot))

    assert words.heading == "Restart 100 and 101, one after the other?"
    assert words.steps[0] == "1. Restart 100"
    assert words.steps[1].startswith("   kill -TERM 100 ")
    assert "2. Restart 101" in words.steps
    assert "wait until it owns partitions again, at most 5m" in words.steps[-1]
    assert len(words.costs) == len(set(words.costs))


class RestartingSession(FakeBackend):
    @override
    def plan_restart(
        self, process: ProcessId, *, rehearsal: Rehearsal | Refusal
    ) -> RestartPlan | Refusal:
        if isinstance(rehearsal, Refusal):
            return rehearsal

        target = SignalTarget(process, "python c.py", None, (), SignalEffect.DIES)

        return RestartPlan("TERM", target, None, None, "again.log", 1.0, rehearsal)


async def test_tagged_consumers_are_restarted_one_after_the_other() -> None:
    session = RestartingSession(healthy_picture())
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        for key in ("2", "space", "space", "R", "right", "enter"):
            await pilot.press(key)
            await pilot.pause()

        (plan,) = session.executed

    assert isinstance(plan, RollingPlan)
    assert len(plan.restarts) == 2
    assert session.rehearsed == [each.target.process for each in plan.restarts]


async def test_a_long_plan_is_read_on_with_the_keys() -> None:
    session = RestartingSession(healthy_picture())
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(80, 16)) as pilot:
        for key in ("2", "space", "space", "R"):
            await pilot.press(key)
            await pilot.pause()

        plan = app.screen.query_one("#steps", VerticalScroll)
        assert plan.max_scroll_y > 0

        for key, expected in (("down", 1), ("up", 0), ("pagedown", plan.max_scroll_y)):
            await pilot.press(key)
            await wait_for(lambda at=expected: plan.scroll_y == at)  # type: ignore[misc]

        assert session.executed == []
