"""The executor: acts once, refuses rightly, leaves a trace."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.actions.launch import Launch, Launched
from ehtui.actions.process_control import BeingRestartedError, CannotStartError, Named
from ehtui.actions.restarting import Restarted
from ehtui.actions.signals import IdentityChangedError, ProcessGoneError
from ehtui.actions.supervisors import Answer, SupervisorChangedError
from ehtui.domain.actions.outcomes import OutcomeState, Refusal, RefusalReason
from ehtui.domain.actions.plans import (
    RestartPlan,
    SendPlan,
    SendTarget,
    SignalEffect,
    SignalPlan,
    SignalTarget,
    StartPlan,
    SupervisedPlan,
)
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.process import ProcessId, Supervisor
from ehtui.domain.world.restarts import NOT_REHEARSED, Loss, LossKind, Rehearsal, StartObstacle

RESTARTED = Restarted(ProcessId(900, 2.0), Path("again.log"))
BODY = '{"title":"테스트 회의"}'


class RecordingSender:
    def __init__(self, problem: Problem | None = None) -> None:
        self.sent: list[tuple[bytes, str | None, str | None, dict[str, str], int]] = []
        self.is_closed = False
        self._problem = problem

    async def send(
        self,
        *,
        body: bytes,
        partition: str | None,
        key: str | None,
        properties: Mapping[str, str],
        count: int = 1,
    ) -> None:
        if self._problem is not None:
            raise ProblemError(self._problem)

        self.sent.append((body, partition, key, dict(properties), count))

    async def close(self) -> None:
        self.is_closed = True


class RecordingStart:
    """A start that is rehearsed, of hands that remember."""

    def __init__(self, hands: RecordingHands, process: ProcessId, log_path: str) -> None:
        self.rehearsal = hands.rehearsal
        self._hands = hands
        self._process = process
        self._log_path = Path(log_path)

    def carry_out(
        self,
        signal: str = "TERM",
        *,
        kill_after_s: float | None = None,
        lets_go_on: bool = False,
        who: dict[str, Any] | None = None,
        tell: Callable[[dict[str, Any]], None] = lambda _: None,
    ) -> Restarted:
        assert who is not None
        tell({"asked": True})
        self._hands.signal(self._process, signal)
        self._hands.done.append(("carry_out", (kill_after_s, lets_go_on)))
        self._hands.wait_for_exit(self._process, 0.0)

        return replace(self._hands.restarted, log_path=self._log_path)

    def release(self) -> None:
        self._hands.done.append(("release", self._process.pid))


class RecordingHands:
    """Remembers what it was told to do; `errors` are by pid, `late_errors` by signal."""

    def __init__(
        self,
        errors: Mapping[int, Exception] | None = None,
        survivors: Collection[int] = (),
        launched: Launched | None = None,
        late_errors: Mapping[str, Exception] | None = None,
        rehearsal: Rehearsal = NOT_REHEARSED,
        restarted: Restarted = RESTARTED,
    ) -> None:
        self.done: list[tuple[str, object]] = []
        self.rehearsal = rehearsal
        self.restarted = restarted
        self.named: Named = {}
        self._errors = errors or {}
        self._survivors = survivors
        self._late_errors = late_errors or {}
        self._launched = launched or Launched(ProcessId(900, 2.0), Path("again.log"))

    def signal(self, process: ProcessId, signal: str) -> None:
        if error := self._errors.get(process.pid) or self._late_errors.get(signal):
            raise error

        self.done.append((signal, process.pid))

    def prepare_restart(self, process: ProcessId, log_path: str, named: Named) -> RecordingStart:
        if error := self._errors.get(process.pid):
            raise error

        self.done.append(("prepare", process.pid))
        self.named = named

        return RecordingStart(self, process, log_path)

    def prepare_again(self, process: ProcessId, log_path: str, named: Named) -> RecordingStart:
        self.done.append(("again", process.pid))
        self.named = named

        return RecordingStart(self, process, log_path)

    def remembers(self, process: ProcessId) -> bool:
        return ("remember", process.pid) in self.done

    def remember(self, process: ProcessId) -> None:
        self.done.append(("remember", process.pid))

    def wait_for_exit(self, process: ProcessId, timeout_s: float) -> bool:
        self.done.append(("wait", timeout_s))

        return process.pid not in self._survivors

    def prepare(self, plan: StartPlan) -> Launch:
        return Launch(plan.command, plan.cwd, {}, Path(plan.log_path))

    def start(self, launch: Launch) -> Launched:
        self.done.append(("start", launch.argv))

        return self._launched

    def watch(self, launched: Launched) -> Launched:
        return launched

    def check_supervisor(self, process: ProcessId, supervisor: Supervisor) -> None:
        if error := self._errors.get(process.pid):
            raise error

        self.done.append(("check", supervisor.label))

    def ask(self, supervisor: Supervisor, timeout_s: float) -> Answer:
        self.done.append(("ask", (supervisor.command, timeout_s)))

        return Answer(0, ())


def send_plan() -> SendPlan:
    return SendPlan(
        "ns", "hub", "meeting", BODY, SendTarget.PARTITION, "1", None, (("a", "b"),), 2, 1.0
    )


def signal_plan(*pids: int) -> SignalPlan:
    return SignalPlan(
        "TERM",
        tuple(
            SignalTarget(ProcessId(pid, 1.0), "python c.py", None, (), SignalEffect.DIES)
            for pid in pids
        ),
        1.0,
    )


class Bench:
    """An executor with recording hands."""

    def __init__(
        self,
        folder: Path,
        *,
        problem: Problem | None = None,
        hands: RecordingHands | None = None,
        read_only: bool = False,
        dry_run: bool = False,
    ) -> None:
        self.sender = RecordingSender(problem)
        self.hands = hands or RecordingHands()
        self.audit = folder / "state" / "audit.jsonl"
        self.executor = Executor(
            sender=self.sender,
            hands=self.hands,
            audit=AuditLog(self.audit),
            clock=lambda: 50.0,
            read_only=read_only,
            dry_run=dry_run,
        )

    def audited(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.audit.read_text().splitlines()]


async def test_sends_what_the_plan_says_and_audits_without_the_body(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outcome = await bench.executor.run(send_plan())

    assert outcome.state is OutcomeState.DONE
    assert bench.sender.sent == [(BODY.encode(), "1", None, {"a": "b"}, 2)]
    assert [record["event"] for record in bench.audited()] == ["intent", "outcome"]
    assert "테스트" not in bench.audit.read_text()
    assert bench.audit.stat().st_mode & 0o777 == 0o600


async def test_a_failed_send_is_an_outcome_not_an_exception(tmp_path: Path) -> None:
    bench = Bench(tmp_path, problem=Problem(ProblemKind.UNREACHABLE, "nobody answers"))
    outcome = await bench.executor.run(send_plan())

    assert (outcome.state, outcome.error) == (OutcomeState.FAILED, "nobody answers")


async def test_read_only_and_dry_run_touch_nothing(tmp_path: Path) -> None:
    read_only = Bench(tmp_path / "a", read_only=True)
    refused = await read_only.executor.run(signal_plan(7))
    dry = Bench(tmp_path / "b", dry_run=True)
    tried = await dry.executor.run(signal_plan(7))

    assert refused.state is OutcomeState.REFUSED
    assert refused.refusal is not None
    assert refused.refusal.reason is RefusalReason.READ_ONLY
    assert tried.state is OutcomeState.DRY_RUN
    assert read_only.hands.done == dry.hands.done == []
    assert not read_only.audit.exists()
    assert not dry.audit.exists()


async def test_each_target_is_told_apart(tmp_path: Path) -> None:
    errors = {2: ProcessGoneError(), 3: IdentityChangedError(), 4: PermissionError()}
    bench = Bench(tmp_path, hands=RecordingHands(errors))
    outcome = await bench.executor.run(signal_plan(1, 2, 3, 4))

    assert bench.hands.done == [("TERM", 1)]
    assert outcome.state is OutcomeState.REFUSED
    assert outcome.details == (
        ("1", "sent"),
        ("2", "gone"),
        ("3", "identity_changed"),
        ("4", "foreign_user"),
    )


async def test_what_cannot_be_audited_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    bench = Bench(tmp_path)

    for plan in (signal_plan(1), send_plan(), restart_plan()):
        outcome = await bench.executor.run(plan)

        assert outcome.refusal is not None
        assert outcome.refusal.reason is RefusalReason.NOT_AUDITED
        assert "File exists" in outcome.refusal.detail or "Not a dir" in outcome.refusal.detail

    assert bench.hands.done == []
    assert bench.sender.sent == []


class SpoilingHands(RecordingHands):
    """While it signals, a folder takes the audit log's place."""

    def __init__(self, audit: Path) -> None:
        super().__init__()
        self._audit = audit

    @override
    def signal(self, process: ProcessId, signal: str) -> None:
        self._audit.unlink()
        self._audit.mkdir()


async def test_an_end_that_cannot_be_audited_is_said(tmp_path: Path) -> None:
    bench = Bench(tmp_path, hands=SpoilingHands(tmp_path / "state" / "audit.jsonl"))
    outcome = await bench.executor.run(signal_plan(1))

    assert outcome.state is OutcomeState.DONE
    assert "not in the audit log" in dict(outcome.details)["audit"]


def restart_plan() -> RestartPlan:
    return RestartPlan("TERM", signal_plan(7).targets[0], None, None, "again.log", 1.0)


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
    by_keeper = replace(RESTARTED, is_by_keeper=True)
    bench = Bench(tmp_path, hands=RecordingHands(restarted=by_keeper))
    outcome = await bench.executor.run(restart_plan())

    assert (outcome.state, outcome.is_by_keeper) == (OutcomeState.DONE, True)
    assert dict(outcome.details) == {"pid": "900"}


async def test_term_wait_kill_kills_only_who_stays(tmp_path: Path) -> None:
    bench = Bench(tmp_path, hands=RecordingHands(survivors=[2]))
    plan = replace(signal_plan(1, 2), escalate_to="KILL", escalate_after_s=10.0)
    outcome = await bench.executor.run(plan)

    assert ("KILL", 2) in bench.hands.done
    assert ("KILL", 1) not in bench.hands.done
    assert dict(outcome.details) == {"1": "ended after TERM", "2": "KILL after 10 s"}


async def test_a_consumer_that_dies_at_once_shows_why(tmp_path: Path) -> None:
    died = Launched(ProcessId(5, 1.0), Path("x.log"), 3, ("no such hub",))
    plan = StartPlan("rag", ("python", "c.py"), None, "test", (), "x.log", 1.0)
    outcome = await Bench(tmp_path, hands=RecordingHands(launched=died)).executor.run(plan)

    assert outcome.state is OutcomeState.FAILED
    assert ("line", "no such hub") in outcome.details
    assert ("exit_code", "3") in outcome.details


async def test_one_that_ends_in_the_last_moment_was_not_refused(tmp_path: Path) -> None:
    hands = RecordingHands(survivors=[1], late_errors={"KILL": ProcessGoneError()})
    plan = replace(signal_plan(1), escalate_to="KILL", escalate_after_s=10.0)
    outcome = await Bench(tmp_path, hands=hands).executor.run(plan)

    assert outcome.state is OutcomeState.DONE
    assert dict(outcome.details) == {"1": "ended after TERM"}


async def test_a_fault_of_ours_is_an_outcome_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, hands=RecordingHands(late_errors={"TERM": IndexError("no argv")}))
    outcome = await bench.executor.run(restart_plan())

    assert (outcome.state, outcome.error) == (OutcomeState.FAILED, "IndexError: no argv")
    assert [record["event"] for record in bench.audited()] == ["intent", "outcome"]


class SlowHands(RecordingHands):
    """A process that takes its time to end."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waiting = threading.Event()
        self.may_end = threading.Event()

    @override
    def wait_for_exit(self, process: ProcessId, timeout_s: float) -> bool:
        self.is_waiting.set()

        return self.may_end.wait(10)


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
    told = "The restart of 7 goes on without ehtui: see again.log."
    assert bench.audited()[1]["error"] == told


async def test_an_interrupted_escalation_says_what_is_not_sent(tmp_path: Path) -> None:
    hands = SlowHands()
    bench = Bench(tmp_path, hands=hands)
    plan = replace(signal_plan(7), escalate_to="KILL", escalate_after_s=10.0)
    task = asyncio.create_task(bench.executor.run(plan))
    await asyncio.to_thread(hands.is_waiting.wait, 10)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    hands.may_end.set()
    told = "Interrupted: SIGTERM was sent; who is still there gets no SIGKILL."
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


async def test_a_path_in_another_encoding_is_audited(tmp_path: Path) -> None:
    plan = StartPlan("rag", ("python", "c.py"), None, "test", (), "/home/\udce9/x.log", 1.0)
    bench = Bench(tmp_path)
    await bench.executor.run(plan)

    assert "udce9" in bench.audit.read_text()


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
        "Interrupted: systemd rag.service goes on with 7, and nobody looks how that ends."
    )


async def test_read_only_and_dry_run_ask_no_supervisor(tmp_path: Path) -> None:
    read_only = Bench(tmp_path / "a", read_only=True)
    dry = Bench(tmp_path / "b", dry_run=True)

    assert (await read_only.executor.run(supervised_plan())).state is OutcomeState.REFUSED
    assert (await dry.executor.run(supervised_plan())).state is OutcomeState.DRY_RUN
    assert read_only.hands.done == dry.hands.done == []


async def test_what_a_supervisor_is_asked_is_audited(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outcome = await bench.executor.run(supervised_plan())

    assert outcome.state is OutcomeState.DONE
    assert bench.hands.done == [
        ("check", "systemd rag.service"),
        ("ask", (SYSTEMD.command, 120.0)),
    ]
    assert '"command":["systemctl","restart","rag.service"]' in bench.audit.read_text()
