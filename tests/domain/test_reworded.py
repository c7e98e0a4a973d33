"""Words are for people: however an outcome is worded, the same is folded."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

import ehtui
from ehtui.domain.actions.outcomes import (
    NewProcess,
    Outcome,
    OutcomeState,
    Refusal,
    RefusalReason,
    TargetResult,
    TargetState,
)
from ehtui.domain.actions.plans import RestartPlan, SignalPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.evidence import facts
from ehtui.domain.updates import ActionDone
from ehtui.domain.world.process import ProcessId
from tests.domain.build import World, healthy, process_id
from tests.domain.planning import plan_signal

WORDS = ("", "sent", "failed: no right", "gone", "identity_changed", "done", "pid", "작업 실패")
HOST = Actor(own_pid=1, ancestors=frozenset(), user="ops", is_root=False)
ENDS = {
    TargetState.SENT: "done",
    TargetState.ENDED: "done",
    TargetState.ESCALATED: "done",
    TargetState.REFUSED: "refused",
    TargetState.FAILED: "failed",
}


def killing(world: World) -> SignalPlan:
    processes = [process_id(world.consumers[f"owner-{number}"]) for number in (0, 1)]
    plan = plan_signal(world.snapshot, processes, "KILL", host=HOST, read_only=False, at=world.at)
    assert isinstance(plan, SignalPlan)

    return plan


def folded(outcome: Outcome, world: World) -> tuple[list[dict[str, object]], object]:
    """What an action and what follows it leave behind, but for the error's own words."""
    world.fold(ActionDone(world.at, outcome))
    world.kill("owner-0")
    world.play(10)
    told = [{"kind": event.kind, **facts(event.details)} for event in world.snapshot.timeline]

    return [
        {k: v for k, v in each.items() if k != "error"} for each in told
    ], world.snapshot.takeovers


# Of a dry run nothing is told.
@pytest.mark.parametrize("state", [s for s in TargetState if s is not TargetState.CHECKED])
def test_how_a_target_ended_is_never_read_from_words(state: TargetState) -> None:
    told = []

    for words in WORDS:
        world = healthy()
        plan = killing(world)
        first, second = (target.process for target in plan.targets)
        refusal = Refusal(RefusalReason.GONE, words, words)
        outcome = Outcome(
            plan,
            OutcomeState.FAILED,
            world.at,
            error=words,
            results=(
                TargetResult(first, state, words, words, refusal=refusal),
                TargetResult(second, TargetState.SENT),
            ),
            last_lines=(words,),
            audit_problem=words,
        )
        told.append(folded(outcome, world))

    states = [event["state"] for event in told[0][0] if event["kind"] == "action.signal"]
    assert states == [ENDS[state], "done"]
    assert all(each == told[0] for each in told)


@pytest.mark.parametrize("state", OutcomeState)
def test_how_a_restart_ended_is_never_read_from_words(state: OutcomeState) -> None:
    told = []

    for words in WORDS:
        world = healthy()
        target = killing(world).targets[0]
        plan = RestartPlan("TERM", target, None, None, words, world.at)
        started = NewProcess(ProcessId(900, world.at), words)
        outcome = Outcome(plan, state, world.at, error=words, started=started)
        told.append(folded(replace(outcome, last_lines=(words,)), world))

    assert all(each == told[0] for each in told)


def test_nobody_reads_the_pairs_that_are_only_written() -> None:
    readers = {
        path.name
        for path in Path(ehtui.__file__).parent.rglob("*.py")
        if "outcome.details" in path.read_text(encoding="utf-8")
    }

    assert readers == {"action_document.py", "audit.py"}
