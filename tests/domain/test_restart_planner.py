"""Who restarts a process: ehtui, its supervisor, or nobody from here."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.base import SignalEffect
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, Refusal, RefusalReason
from ehtui.domain.actions.plans import RestartPlan, SupervisedPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.actions.signal import reforecast
from ehtui.domain.actions.start import SUPERVISOR_WAIT_S
from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.updates import ActionDone
from ehtui.domain.world.process import Obstacle, ProcessId, ProcessSample, Supervisor
from tests.domain.build import World, healthy, process_id
from tests.domain.planning import plan_restart

HOST = Actor(own_pid=10, ancestors=frozenset({1, 5}), user="ops")
SYSTEMD = Supervisor(
    "systemd", "rag.service", ("systemctl", "restart", "rag.service"), is_shared=True
)


def supervised(world: World, *numbers: int, **changes: object) -> Snapshot:
    """The world where consumers of these numbers are supervised."""
    ours = {process_id(world.consumers[f"owner-{n}"]) for n in numbers}

    def told(process: ProcessSample) -> ProcessSample:
        if process.id not in ours:
            return process

        return replace(process, **{"supervisor": SYSTEMD, **changes})

    consumers = tuple(replace(c, process=told(c.process)) for c in world.snapshot.consumers)

    return replace(world.snapshot, consumers=consumers)


def plan(
    seen: Snapshot, process: ProcessId, *, read_only: bool = False, host: Actor = HOST
) -> RestartPlan | SupervisedPlan | Refusal:
    return plan_restart(
        seen, process, log_folder="/l", host=host, read_only=read_only, at=seen.taken_at
    )


def test_who_has_no_supervisor_is_restarted_by_ehtui() -> None:
    world = healthy()
    made = plan(world.snapshot, process_id(world.consumers["owner-0"]))

    assert isinstance(made, RestartPlan)
    assert [owned.partition for owned in made.target.owns] == ["0"]


def test_a_supervisor_restarts_all_that_it_runs_as_one() -> None:
    world = healthy()
    process = process_id(world.consumers["owner-1"])
    made = plan(supervised(world, 0, 1), process)

    assert isinstance(made, SupervisedPlan)
    assert made.supervisor == SYSTEMD
    assert (made.signal, made.wait_s) == ("TERM", SUPERVISOR_WAIT_S)
    assert made.target.process == process
    assert [t.process.pid for t in made.others] == [100]
    assert [owned.partition for t in (made.target, *made.others) for owned in t.owns] == ["1", "0"]


def test_a_sibling_that_is_gone_does_not_stand_in_the_way() -> None:
    world = healthy()
    seen = supervised(world, 0, 1)
    first, *others = seen.consumers
    gone = replace(first, process=replace(first.process, status="zombie"))
    made = plan(replace(seen, consumers=(gone, *others)), process_id(world.consumers["owner-1"]))

    assert isinstance(made, SupervisedPlan)
    assert made.others == ()


def test_whose_process_it_is_a_supervisor_judges() -> None:
    """A container runs as root, who restarts it is in the group of its socket."""
    world = healthy()
    process = process_id(world.consumers["owner-0"])
    seen = supervised(world, 0, user="root")

    assert isinstance(plan(seen, process), SupervisedPlan)
    assert isinstance(
        plan(supervised(world, 0), process, host=replace(HOST, user="x")), SupervisedPlan
    )


@pytest.mark.parametrize("obstacle", Obstacle)
def test_a_supervisor_that_cannot_be_asked_is_a_refusal(obstacle: Obstacle) -> None:
    world = healthy()
    cannot = replace(SYSTEMD, obstacle=obstacle)
    process = process_id(world.consumers["owner-0"])
    made = plan(supervised(world, 0, supervisor=cannot), process)

    assert made == Refusal(
        RefusalReason.SUPERVISED, str(process.pid), "systemd rag.service", cannot
    )

    # What it is not allowed to do at all, it says first.
    foreign = plan(supervised(world, 0, supervisor=cannot, user="root"), process)
    assert isinstance(foreign, Refusal)
    assert foreign.reason is RefusalReason.FOREIGN_USER


def test_what_is_refused_to_a_signal_is_refused_to_a_supervisor() -> None:
    world = healthy()
    process = process_id(world.consumers["owner-0"])
    seen = supervised(world, 0)
    read_only = plan(seen, process, read_only=True)
    own = plan(seen, process, host=replace(HOST, ancestors=frozenset({process.pid})))
    reused = plan(seen, ProcessId(process.pid, process.started_at - 60))

    assert [r.reason for r in (read_only, own, reused) if isinstance(r, Refusal)] == [
        RefusalReason.READ_ONLY,
        RefusalReason.SELF_OR_ANCESTOR,
        RefusalReason.IDENTITY_CHANGED,
    ]


def test_who_ignores_the_supervisors_signal_is_killed_by_it() -> None:
    world = healthy()
    masks = {"caught_signals": frozenset[int](), "ignored_signals": frozenset({15})}
    made = plan(supervised(world, 0, **masks), process_id(world.consumers["owner-0"]))

    assert isinstance(made, SupervisedPlan)
    assert made.target.effect is SignalEffect.DIES


@pytest.mark.parametrize("numbers", [(), (0, 1)], ids=["by ehtui", "by a supervisor"])
def test_a_restart_is_forecast_anew_when_it_begins(numbers: tuple[int, ...]) -> None:
    world = healthy()
    made = plan(supervised(world, *numbers), process_id(world.consumers["owner-0"]))
    assert isinstance(made, RestartPlan | SupervisedPlan)
    world.play(60)  # somebody reads the confirmation, meanwhile leases are renewed
    later = reforecast(made, world.snapshot, world.at)

    assert later.planned_at == world.at
    assert later.target.process == made.target.process
    before, after = (p.target.owns[0].takeover.earliest_at for p in (made, later))
    assert before is not None
    assert after is not None
    assert after > before


def test_the_stopwatch_runs_for_all_that_a_supervisor_restarts() -> None:
    world = healthy()
    made = plan(supervised(world, 0, 1), process_id(world.consumers["owner-0"]))
    assert isinstance(made, SupervisedPlan)
    world.fold(ActionDone(world.at, Outcome(made, OutcomeState.DONE, world.at)))

    assert sorted(takeover.owned.partition for takeover in world.snapshot.takeovers) == ["0", "1"]
    (event,) = world.told("action.restart")
    assert facts(event.details)["supervisor"] == "systemd rag.service"
    assert facts(event.details)["new_pid"] is None
