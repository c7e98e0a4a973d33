"""The executor: acts once, refuses rightly, leaves a trace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.actions.targets import (
    IdentityChangedError,
    ProcessGoneError,
)
from ehtui.domain.actions.landing import Accepted
from ehtui.domain.actions.outcomes import OutcomeState, RefusalReason
from ehtui.domain.actions.plans import (
    StartPlan,
)
from ehtui.domain.actions.sending import Destination, Outgoing
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.world.process import ProcessId
from tests.actions.recording import (
    BODY,
    Bench,
    RecordingHands,
    SlowHands,
    restart_plan,
    send_plan,
    signal_plan,
)


async def test_sends_what_the_plan_says_and_audits_without_the_body(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    outcome = await bench.executor.run(send_plan())

    assert outcome.state is OutcomeState.DONE
    event = Outgoing(BODY.encode(), (("a", "b"),))
    assert bench.sender.sent == [(event, Destination("1", None))] * 2
    assert outcome.accepted == Accepted({"1": 2})
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


async def test_term_wait_kill_kills_only_who_stays(tmp_path: Path) -> None:
    bench = Bench(tmp_path, hands=RecordingHands(survivors=[2]))
    plan = replace(signal_plan(1, 2), escalate_to="KILL", escalate_after_s=10.0)
    outcome = await bench.executor.run(plan)

    assert ("KILL", 2) in bench.hands.done
    assert ("KILL", 1) not in bench.hands.done
    assert dict(outcome.details) == {"1": "ended after TERM", "2": "KILL after 10 s"}


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


async def test_a_path_in_another_encoding_is_audited(tmp_path: Path) -> None:
    plan = StartPlan("rag", ("python", "c.py"), None, "test", (), "/home/\udce9/x.log", 1.0)
    bench = Bench(tmp_path)
    await bench.executor.run(plan)

    assert "udce9" in bench.audit.read_text()
