"""Dry runs: they say what would be met, and touch nothing."""

from __future__ import annotations

import os
from pathlib import Path

from ehtui.actions.targets import ProcessGoneError, SupervisorChangedError, check_reach
from ehtui.domain.actions.outcomes import OutcomeState, RefusalReason
from ehtui.domain.actions.plans import RollingPlan, SupervisedPlan
from ehtui.domain.text import safe
from ehtui.domain.world.process import ProcessId, Supervisor
from ehtui.sources.process_facts import started_at
from ehtui.views.outcomes import dry_run_lines, outcome_sentence
from ehtui.views.phrasing import Phrasing
from tests.actions.recording import Bench, RecordingHands, restart_plan, send_plan, signal_plan
from tests.views import world

SAY = Phrasing(world.snapshot(), group=world.GROUP)


async def test_each_target_is_looked_at_and_none_is_signalled(tmp_path: Path) -> None:
    bench = Bench(tmp_path, hands=RecordingHands({2: ProcessGoneError()}))
    tried = await bench.executor.try_out(signal_plan(1, 2))

    assert tried.state is OutcomeState.DRY_RUN
    assert tried.details == (("1", "checked"), ("2", "gone"))
    assert bench.hands.done == []
    assert not bench.audit.exists()
    assert not bench.audit.parent.exists()
    told = list(dry_run_lines(tried, SAY))
    assert told[1].startswith("1. kill -TERM 1")
    assert told[-1] == "Refused now: 2 is gone: there is nothing left to signal."
    assert "Refused now: 2 is gone" in outcome_sentence(tried)


async def test_a_restart_is_rehearsed_and_let_go(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    rolling = RollingPlan((restart_plan(),), 300.0, 1.0)

    for plan in (restart_plan(), rolling):
        bench.hands.done.clear()
        tried = await bench.executor.try_out(plan)
        assert (tried.state, tried.refusal) == (OutcomeState.DRY_RUN, None)
        assert bench.hands.done == [("prepare", 7), ("release", 7)]


async def test_a_supervisor_that_is_another_one_refuses(tmp_path: Path) -> None:
    bench = Bench(tmp_path, hands=RecordingHands({7: SupervisorChangedError()}))
    supervisor = Supervisor("systemd", "rag.service", ("systemctl", "restart", "rag.service"))
    plan = SupervisedPlan(supervisor, "TERM", restart_plan().target, (), 120.0, 1.0)
    tried = await bench.executor.try_out(plan)

    assert tried.refusal is not None
    assert tried.refusal.reason is RefusalReason.SUPERVISOR_CHANGED


async def test_an_audit_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.audit.mkdir(parents=True)  # no file
    tried = await bench.executor.try_out(send_plan())

    assert tried.refusal is not None
    assert tried.refusal.reason is RefusalReason.NOT_AUDITED
    assert safe(str(bench.audit)) in tried.refusal.detail


async def test_read_only_refuses_a_dry_run_too(tmp_path: Path) -> None:
    tried = await Bench(tmp_path, read_only=True).executor.try_out(send_plan())

    assert tried.state is OutcomeState.REFUSED


def test_a_look_at_a_process_is_no_signal() -> None:
    check_reach(ProcessId(os.getpid(), started_at(os.getpid())))
