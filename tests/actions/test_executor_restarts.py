"""The executor: what is stopped is started again, by ehtui or by its supervisor."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from pathlib import Path

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.actions.launch import Launched, Restarted
from ehtui.actions.targets import (
    Answer,
    BeingRestartedError,
    CannotStartError,
    IdentityChangedError,
    ProcessGoneError,
    SupervisorChangedError,
)
from ehtui.domain.actions.outcomes import OutcomeState, Refusal, RefusalReason
from ehtui.domain.actions.plans import (
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.world.process import ProcessId, Supervisor
from ehtui.domain.world.restarts import Loss, LossKind, Rehearsal, StartObstacle
from tests.actions.recording import (
    RESTARTED,
    Bench,
    RecordingHands,
    SlowHands,
    restart_plan,
    signal_plan,
)


async def test_a_restart_is_rehearsed_and_carried_out(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outcome = await bench.executor.run(restart_plan())

    assert bench.hands.done == [
        ("prepare", 7),
        ("TERM", 7),
        ("carry_out", (None, False)),
        ("wait", 0.0),
    ]
    assert outcome.state is OutcomeState.DONE
    assert dict(outcome.details) == {"pid": "900", "log": "again.log"}


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (
            CannotStartError(StartObstacle.FOLDER_GONE, "/srv/rag"),
            Refusal(
                RefusalReason.CANNOT_START, "7", "/srv/rag", obstacle=StartObstacle.FOLDER_GONE
            ),
        ),
        (
            BeingRestartedError("ehtui 12 of ops"),
            Refusal(RefusalReason.BEING_RESTARTED, "7", "ehtui 12 of ops"),
        ),
    ],
)
async def test_what_cannot_be_started_again_is_not_stopped(
    tmp_path: Path, error: Exception, refusal: Refusal
) -> None:
    bench = Bench(tmp_path, hands=RecordingHands({7: error}))
    outcome = await bench.executor.run(restart_plan())

    assert outcome.state is OutcomeState.REFUSED
    assert outcome.refusal == refusal
    assert bench.hands.done == []


async def test_what_would_start_otherwise_than_the_plan_said_is_not_stopped(
    tmp_path: Path,
) -> None:
    loses = Rehearsal(("c.py",), "/srv", losses=(Loss(LossKind.NICE, "-5"),))
    bench = Bench(tmp_path, hands=RecordingHands(rehearsal=loses))
    confirmed = replace(restart_plan(), rehearsal=replace(loses, losses=()))
    outcome = await bench.executor.run(confirmed)

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.REHEARSAL_CHANGED
    assert bench.hands.done == [("prepare", 7), ("release", 7)]


async def test_who_is_stopped_and_not_started_is_down(tmp_path: Path) -> None:
    failed = Restarted(None, Path(), obstacle=StartObstacle.PROGRAM_GONE, detail="c.py")
    bench = Bench(tmp_path, hands=RecordingHands(restarted=failed))
    outcome = await bench.executor.run(restart_plan())

    assert outcome.state is OutcomeState.FAILED
    assert outcome.is_down
    assert outcome.obstacle is StartObstacle.PROGRAM_GONE


async def test_where_nobody_knows_how_it_ended_it_is_not_called_down(tmp_path: Path) -> None:
    lost = Restarted(None, Path(), obstacle=StartObstacle.LEFT_ALONE)
    bench = Bench(tmp_path, hands=RecordingHands(restarted=lost))
    outcome = await bench.executor.run(restart_plan())

    assert (outcome.state, outcome.is_down) == (OutcomeState.FAILED, False)


async def test_what_its_parent_starts_ehtui_does_not(tmp_path: Path) -> None:
    by_keeper = dataclasses.replace(RESTARTED, is_by_keeper=True)
    bench = Bench(tmp_path, hands=RecordingHands(restarted=by_keeper))
    outcome = await bench.executor.run(restart_plan())

    assert (outcome.state, outcome.is_by_keeper) == (OutcomeState.DONE, True)
    assert dict(outcome.details) == {"pid": "900"}


async def test_a_consumer_that_dies_at_once_shows_why(tmp_path: Path) -> None:
    died = Launched(ProcessId(5, 1.0), Path("x.log"), 3, ("no such hub",))
    plan = StartPlan("rag", ("python", "c.py"), None, "test", (), "x.log", 1.0)
    outcome = await Bench(tmp_path, hands=RecordingHands(launched=died)).executor.run(plan)

    assert outcome.state is OutcomeState.FAILED
    assert ("line", "no such hub") in outcome.details
    assert ("exit_code", "3") in outcome.details


async def test_a_restart_goes_on_without_whoever_waited_for_it(tmp_path: Path) -> None:
    hands = SlowHands()
    bench = Bench(tmp_path, hands=hands)
    task = asyncio.create_task(bench.executor.run(restart_plan()))
    await asyncio.to_thread(hands.is_waiting.wait, 10)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    hands.may_end.set()
    assert [record["event"] for record in bench.audited()] == ["intent", "outcome"]
    assert bench.audited()[1]["state"] == "left"
    told = "The restart of 7 continues without ehtui: see again.log."
    assert bench.audited()[1]["error"] == told


class WatchingHands(SlowHands):
    """What it started is watched for a long time."""

    @override
    def wait_for_exit(self, process: ProcessId, timeout_s: float) -> bool:
        return True

    @override
    def watch(self, launched: Launched) -> Launched:
        super().wait_for_exit(launched.process, 0.0)
        return launched


async def test_who_is_interrupted_after_the_start_has_started_it(tmp_path: Path) -> None:
    hands = WatchingHands()
    bench = Bench(tmp_path, hands=hands)
    start = StartPlan("rag", ("python", "c.py"), None, "test", (), "x.log", 1.0)
    task = asyncio.create_task(bench.executor.run(start))
    await asyncio.to_thread(hands.is_waiting.wait, 10)
    task.cancel()
    outcome = await task
    hands.may_end.set()

    assert outcome.state is OutcomeState.DONE
    assert dict(outcome.details)["pid"] == "900"
    assert bench.audited()[1]["state"] == "done"


SYSTEMD = Supervisor("systemd", "rag.service", ("systemctl", "restart", "rag.service"))


def supervised_plan() -> SupervisedPlan:
    return SupervisedPlan(SYSTEMD, "TERM", signal_plan(7).targets[0], (), 120.0, 1.0)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ProcessGoneError(), RefusalReason.GONE),
        (IdentityChangedError(), RefusalReason.IDENTITY_CHANGED),
        (SupervisorChangedError(), RefusalReason.SUPERVISOR_CHANGED),
        (PermissionError(), RefusalReason.FOREIGN_USER),
    ],
)
async def test_a_supervisor_is_not_asked_about_somebody_else(
    tmp_path: Path, error: Exception, reason: RefusalReason
) -> None:
    bench = Bench(tmp_path, hands=RecordingHands({7: error}))
    outcome = await bench.executor.run(supervised_plan())

    assert outcome.refusal is not None
    assert outcome.refusal.reason is reason
    assert bench.hands.done == []


class PatientHands(RecordingHands):
    """A supervisor that takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked = threading.Event()
        self.may_end = threading.Event()

    @override
    def ask(self, supervisor: Supervisor, timeout_s: float) -> Answer:
        self.is_asked.set()
        self.may_end.wait(10)

        return super().ask(supervisor, timeout_s)


async def test_who_leaves_a_supervisor_alone_says_so(tmp_path: Path) -> None:
    hands = PatientHands()
    bench = Bench(tmp_path, hands=hands)
    task = asyncio.create_task(bench.executor.run(supervised_plan()))
    await asyncio.to_thread(hands.is_asked.wait, 10)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    hands.may_end.set()
    assert bench.audited()[1]["error"] == (
        "Interrupted: systemd rag.service continues with 7; how that ends is not shown."
    )


async def test_read_only_and_dry_run_ask_no_supervisor(tmp_path: Path) -> None:
    read_only = Bench(tmp_path / "a", read_only=True)
    dry = Bench(tmp_path / "b", dry_run=True)

    assert (await read_only.executor.run(supervised_plan())).state is OutcomeState.REFUSED
    assert (await dry.executor.run(supervised_plan())).state is OutcomeState.DRY_RUN
    assert read_only.hands.done == []
    assert dry.hands.done == [("check", SYSTEMD.label)]  # looked at, not asked


async def test_what_a_supervisor_is_asked_is_audited(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outcome = await bench.executor.run(supervised_plan())

    assert outcome.state is OutcomeState.DONE
    assert bench.hands.done == [
        ("check", "systemd rag.service"),
        ("ask", (SYSTEMD.command, 120.0)),
    ]
    assert '"command":["systemctl","restart","rag.service"]' in bench.audit.read_text()
