"""What a restart's plan says before it is agreed to."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.base import Halt, SignalEffect
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, Refusal, RefusalReason
from ehtui.domain.actions.plans import RestartPlan, SignalPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.actions.signal import reforecast
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.restarts import Keeper, Loss, LossKind, Rehearsal, StartObstacle
from ehtui.views.actions import confirmation
from ehtui.views.actions.costs import loss_words, obstacle_words
from ehtui.views.actions.text import Confirmation
from ehtui.views.outcomes import outcome_sentence, refusal_sentence
from ehtui.views.phrasing import Phrasing
from tests.domain.build import healthy
from tests.domain.planning import plan_restart, plan_signal

HOST = Actor(own_pid=1, is_root=True)
FOUND = Rehearsal(("python", "c.py", "--key", "***"), "/srv/my rag", "/usr/bin/python")


def world_of(status: str = "sleeping") -> Snapshot:
    """The first consumer handles TERM, and is in that state."""
    world = healthy()
    first, *others = world.snapshot.consumers
    masks = {"caught_signals": frozenset({15}), "ignored_signals": frozenset[int]()}
    process = replace(first.process, status=status, **masks)

    return replace(world.snapshot, consumers=(replace(first, process=process), *others))


def planned(
    seen: Snapshot, rehearsal: Rehearsal = FOUND, kill_after_s: float | None = None
) -> RestartPlan:
    plan = plan_restart(
        seen,
        seen.consumers[0].process.id,
        log_folder="/l",
        host=HOST,
        read_only=False,
        at=seen.taken_at,
        kill_after_s=kill_after_s,
        rehearsal=rehearsal,
    )
    assert isinstance(plan, RestartPlan)

    return plan


def words(seen: Snapshot, plan: RestartPlan | SignalPlan) -> Confirmation:
    return confirmation(plan, Phrasing(seen))


def test_how_long_it_waits() -> None:
    seen = world_of()

    assert "however long that takes" in words(seen, planned(seen)).steps[1]
    killed = words(seen, planned(seen, kill_after_s=60.0))
    assert killed.steps[1] == "after 1m, if it is still running: kill -KILL"


def test_what_is_started_by_hand_is_the_same() -> None:
    seen = world_of()
    plan = planned(seen)
    command = "cd '/srv/my rag' && python c.py --key '***'"
    assert command in words(seen, plan).steps

    down = Outcome(
        plan,
        OutcomeState.FAILED,
        1.0,
        error="c.py",
        obstacle=StartObstacle.SCRIPT_GONE,
        is_down=True,
    )
    assert outcome_sentence(down) == (
        "Failed: its script c.py is missing, or its user may not read it. "
        "100 is down: nothing runs in its place. "
        f"By hand: {command}"
    )


def test_a_stopped_process_is_named() -> None:
    seen = world_of("stopped")
    plan = planned(seen)
    told = words(seen, plan)

    assert plan.target.halted_by is Halt.STOP
    assert plan.target.effect is SignalEffect.RELEASES  # it is let go on
    assert "kill -CONT 100    # it is stopped (SIGSTOP)" in told.steps
    assert any(
        "100 is stopped (SIGSTOP): SIGTERM takes effect once it resumes." in c for c in told.costs
    )
    assert reforecast(plan, seen, seen.taken_at).target == plan.target


def test_a_debugger_lets_nothing_go_on() -> None:
    seen = world_of("tracing-stop")
    plan = planned(seen)
    told = words(seen, plan)

    assert plan.target.effect is SignalEffect.UNKNOWN
    assert not any("CONT" in step for step in told.steps)
    assert any(
        "is held by a debugger: SIGTERM takes effect once it resumes" in c for c in told.costs
    )


@pytest.mark.parametrize(("signal", "is_told"), [("TERM", True), ("KILL", False), ("CONT", False)])
def test_a_signal_to_a_stopped_process_waits_with_it(signal: str, *, is_told: bool) -> None:
    seen = world_of("stopped")
    process = seen.consumers[0].process.id
    plan = plan_signal(seen, [process], signal, host=HOST, read_only=False, at=seen.taken_at)
    assert isinstance(plan, SignalPlan)

    assert ("takes effect once it resumes" in words(seen, plan).costs[0]) == is_told


def test_who_ignores_the_signal_would_never_end() -> None:
    world = healthy()
    first, *others = world.snapshot.consumers
    masks = {"caught_signals": frozenset[int](), "ignored_signals": frozenset({15})}
    deaf = replace(first, process=replace(first.process, **masks))
    seen = replace(world.snapshot, consumers=(deaf, *others))
    plan = plan_restart(
        seen,
        deaf.process.id,
        log_folder="/l",
        host=HOST,
        read_only=False,
        at=seen.taken_at,
        rehearsal=FOUND,
    )

    assert isinstance(plan, Refusal)
    assert plan.reason is RefusalReason.SIGNAL_IGNORED
    assert "100 ignores the signal (TERM)" in refusal_sentence(plan)
    assert planned(seen, kill_after_s=60.0).target.effect is SignalEffect.DIES


def test_what_it_loses_and_who_else_starts_it() -> None:
    seen = world_of()
    keeper = Keeper(4242, "bash run.sh", (4242,), is_loop=True, look_s=7.0)
    losses = (Loss(LossKind.TIME_LIMIT, "timeout 1h"), Loss(LossKind.NICE, "-5"))
    told = words(seen, planned(seen, replace(FOUND, losses=losses, keeper=keeper)))

    assert any("wait 7s to see whether a loop, 4242 `bash run.sh`" in step for step in told.steps)
    assert (
        "`timeout 1h` limits how long this one runs: the new process has no such limit."
        in told.costs
    )
    assert "Its nice value -5 can't be restored." in told.costs
    assert any("ehtui ends its own again" in cost for cost in told.costs)


def test_a_program_that_was_replaced_is_said() -> None:
    seen = world_of()
    told = words(seen, planned(seen, replace(FOUND, is_new_program=True)))

    assert "/usr/bin/python was replaced meanwhile: the new file is started." in told.costs


@pytest.mark.parametrize("obstacle", StartObstacle)
def test_every_obstacle_is_a_sentence(obstacle: StartObstacle) -> None:
    refusal = Refusal(RefusalReason.CANNOT_START, "7", "/srv/{x}", obstacle=obstacle)
    told = refusal_sentence(refusal)

    assert told.startswith("Nothing was done: 7 could not be started again: ")
    assert told.endswith(".")
    assert obstacle_words(obstacle, "") == obstacle_words(obstacle, "").strip(": ")


@pytest.mark.parametrize("kind", LossKind)
def test_every_loss_is_a_sentence(kind: LossKind) -> None:
    assert loss_words(Loss(kind, "x")).endswith(".")


def test_a_later_rehearsal_may_find_less_but_not_more() -> None:
    loss, other = Loss(LossKind.NICE, "-5"), Loss(LossKind.GROUPS, "9")
    keeper = Keeper(4242, "bash run.sh", (4242,))
    plan = replace(FOUND, losses=(loss,), keeper=keeper)

    assert plan.holds(FOUND)
    assert plan.holds(plan)
    assert not plan.holds(replace(plan, losses=(loss, other)))
    assert not FOUND.holds(replace(FOUND, keeper=keeper))
    assert not plan.holds(replace(plan, is_new_program=True))
