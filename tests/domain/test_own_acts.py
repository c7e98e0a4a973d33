"""After R, N or k by this very session the picture stays true."""

from __future__ import annotations

import pytest

from ehtui.domain.actions.outcomes import NewProcess, Outcome, OutcomeState
from ehtui.domain.actions.plans import RestartPlan, SignalPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.evidence import facts
from ehtui.domain.policy import Policy
from ehtui.domain.updates import ActionDone
from ehtui.domain.world.process import ProcessId
from tests.domain.build import World, process_id
from tests.domain.planning import plan_restart, plan_signal

HOST = Actor(own_pid=10, ancestors=frozenset({1, 5}), user="ops")


def restart(world: World, owner: str, new_owner: str, new_pid: int) -> None:
    """Stop it here, in good order, and start another one in its place."""
    target = world.consumers[owner]
    plan = plan_restart(
        world.snapshot,
        process_id(target),
        log_folder="/l",
        host=HOST,
        read_only=False,
        at=world.at,
    )
    assert isinstance(plan, RestartPlan)
    world.stop(owner)
    world.tick(1)
    world.look()  # that it has gone is seen before the outcome is told
    world.tick(1)
    world.consumer(new_owner, pid=new_pid, started_at=world.at)
    world.tick(1)
    started = NewProcess(ProcessId(new_pid, world.at), "c.log")
    outcome = Outcome(plan, OutcomeState.DONE, world.at, started=started)
    world.fold(ActionDone(world.at, outcome))


def kill(world: World, owner: str) -> None:
    plan = plan_signal(
        world.snapshot,
        [process_id(world.consumers[owner])],
        "KILL",
        host=HOST,
        read_only=False,
        at=world.at,
    )
    assert isinstance(plan, SignalPlan)
    world.kill(owner)
    world.fold(ActionDone(world.at, Outcome(plan, OutcomeState.DONE, world.at)))


def stuck() -> World:
    """One consumer that gets nowhere: its checkpoint stands, events arrive."""
    world = World(1)
    world.produce(3)
    world.consumer("o0", "0", pid=100, is_stuck=True)
    world.checkpoint("0", 5)
    world.look()
    world.play(30)

    return world


@pytest.mark.parametrize("is_ours", [True, False])
def test_restarts_of_our_own_are_no_crash_loop(*, is_ours: bool) -> None:
    world = stuck()

    for n in range(1, 5):
        before, owner = f"o{n - 1}", f"o{n}"

        if is_ours:
            restart(world, before, owner, 100 + n)
        else:
            world.stop(before)
            world.tick(3)
            world.consumer(owner, pid=100 + n, started_at=world.at)

        world.consumers[owner].is_stuck = True
        world.look()
        world.claim("0", owner)
        world.play(30)

    assert ("owner.crash_loop" in world.ever) is not is_ours


@pytest.mark.parametrize("is_ours", [True, False])
def test_who_was_restarted_here_is_no_newcomer_that_takes_from_others(*, is_ours: bool) -> None:
    world = World(4, policy=Policy(is_production=True))
    world.produce(3)
    world.consumer("a", "0", "1", pid=1)
    world.consumer("b", "2", "3", pid=2)
    world.look()
    world.play(120)

    if is_ours:
        restart(world, "b", "c", 3)
    else:
        world.stop("b")
        world.tick(3)
        world.consumer("c", pid=3, started_at=world.at)

    world.claim("2", "a")
    world.claim("3", "a")
    world.look()
    world.play(10)
    world.claim("2", "c")
    world.claim("3", "c")
    world.look()

    assert ("group.newcomer" in world.ever) is not is_ours


def test_what_an_owner_that_we_killed_left_behind_goes_when_it_is_taken_over() -> None:
    world = World(2)
    world.produce(3)
    world.consumer("a", "0", pid=1)
    world.consumer("b", "1", pid=2)
    world.look()
    world.play(120)
    kill(world, "b")
    world.play(20)
    assert world.ids() == {"lease.overdue"}
    assert facts(world.finding("lease.overdue").evidence)["pid"] == 2

    world.claim("1", "a")
    world.play(30)
    assert not world.ids()


def test_where_it_was_started_again_is_where_it_was_before() -> None:
    """Its new process is nobody yet, and is judged in that group, not in the one on screen."""
    world = World(2)
    world.consumer("one", "0", "1", pid=1)
    world.consumer("a", "0", pid=2, group="audit")
    world.consumer("b", "1", pid=3, group="audit")
    world.look()
    world.play(30)
    restart(world, "b", "c", 4)
    world.consumers["c"].pid = None  # its log says nothing
    world.consumers["c"].is_alive = False
    world.consumer("silent", pid=4, group=None, started_at=world.consumers["c"].started_at)
    world.claim("1", "a", "audit")
    read = world.processes_read()
    world.fold(read)
    (fresh,) = [c for c in world.snapshot.consumers if c.process.id.pid == 4]

    start = world.memory.host.start_of(fresh.process.id)
    assert start is not None
    assert start.group == "audit"
    world.play(240, logs=False)
    assert not [f for f in world.ever.values() if f.subject.pid == 4 and f.subject.group != "audit"]
