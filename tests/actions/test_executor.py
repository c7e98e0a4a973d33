"""The executor: acts once, refuses rightly, leaves a trace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.actions.signals import IdentityChangedError, ProcessGoneError
from ehtui.domain.plans import (
    OutcomeState,
    RefusalReason,
    SendPlan,
    SendTarget,
    SignalEffect,
    SignalPlan,
    SignalTarget,
)
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.process import ProcessId

BODY = '{"title":"테스트 회의"}'


class RecordingSender:
    def __init__(self, problem: Problem | None = None) -> None:
        self.sent: list[tuple[bytes, str | None, str | None, dict[str, str], int]] = []
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


class RecordingSignaller:
    def __init__(self, errors: Mapping[int, Exception] | None = None) -> None:
        self.signalled: list[tuple[int, str]] = []
        self._errors = errors or {}

    def __call__(self, process: ProcessId, signal: str) -> None:
        if error := self._errors.get(process.pid):
            raise error

        self.signalled.append((process.pid, signal))


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
        errors: Mapping[int, Exception] | None = None,
        read_only: bool = False,
        dry_run: bool = False,
    ) -> None:
        self.sender = RecordingSender(problem)
        self.signaller = RecordingSignaller(errors)
        self.audit = folder / "state" / "audit.jsonl"
        self.executor = Executor(
            sender=self.sender,
            signaller=self.signaller,
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
    assert read_only.signaller.signalled == dry.signaller.signalled == []
    assert not read_only.audit.exists()
    assert not dry.audit.exists()


async def test_each_target_is_told_apart(tmp_path: Path) -> None:
    errors = {2: ProcessGoneError(), 3: IdentityChangedError(), 4: PermissionError()}
    bench = Bench(tmp_path, errors=errors)
    outcome = await bench.executor.run(signal_plan(1, 2, 3, 4))

    assert bench.signaller.signalled == [(1, "TERM")]
    assert outcome.state is OutcomeState.REFUSED
    assert outcome.details == (
        ("1", "sent"),
        ("2", "gone"),
        ("3", "identity_changed"),
        ("4", "foreign_user"),
    )


async def test_an_audit_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    outcome = await Bench(tmp_path).executor.run(signal_plan(1))

    assert outcome.state is OutcomeState.DONE
    assert dict(outcome.details)["audit"].startswith("not written")
