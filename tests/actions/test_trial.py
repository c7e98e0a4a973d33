"""Dry runs: they say what would be met, and touch nothing."""

from __future__ import annotations

import os
from pathlib import Path

from ehtui.actions.targets import ProcessGoneError, SupervisorChangedError, check_reach
from ehtui.actions.trial import try_out
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.actions.checkpoint_plan import (
    Change,
    CheckpointPlan,
    LiveOwner,
    Standing,
    ToSequence,
    WriteKind,
)
from ehtui.domain.actions.outcomes import OutcomeState, RefusalReason
from ehtui.domain.actions.plans import RollingPlan, SupervisedPlan
from ehtui.domain.text import safe
from ehtui.domain.world.process import ProcessId, Supervisor
from ehtui.domain.world.store import Layout
from ehtui.sources.process_facts import started_at
from ehtui.sources.store import StoreSource
from ehtui.sources.store_writer import RecordWriter
from ehtui.views.outcomes import dry_run_lines, outcome_sentence
from ehtui.views.phrasing import Phrasing
from tests.actions.recording import Bench, RecordingHands, restart_plan, send_plan, signal_plan
from tests.sources.blob_account import FakeBlobAccount
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


def change(account: FakeBlobAccount) -> Change:
    name = "ns.servicebus.windows.net/hub/$default/checkpoint/0"
    item = account.put("c", name, {"sequencenumber": "7", "offset": "70"})

    return Change(
        "0",
        WriteKind.SET,
        "c",
        name,
        Layout.MODERN,
        item.etag,
        Standing(7, "70"),
        Standing(3, "30"),
    )


def checkpoint_plan(*changes: Change, owners: tuple[LiveOwner, ...] = ()) -> CheckpointPlan:
    return CheckpointPlan("$Default", "ns", "hub", ToSequence(3), changes, owners, 1.0)


async def test_a_move_of_checkpoints_is_looked_at_and_not_done() -> None:
    account = FakeBlobAccount()
    seen = change(account)
    source = StoreSource(
        CheckpointStoreSettings(containers=("c",)),
        namespace="ns.servicebus.windows.net",
        hub="hub",
        account=account,
    )
    store, hands = RecordWriter(source), RecordingHands()
    tried = await try_out(checkpoint_plan(seen), 1.0, hands, store)
    assert (tried.state, tried.refusal) == (OutcomeState.DRY_RUN, None)
    assert account.containers["c"][seen.name][0].metadata["sequencenumber"] == "7"

    account.put("c", seen.name, {"sequencenumber": "9", "offset": "90"})  # somebody wrote it
    reasons = [
        (await try_out(plan, 1.0, hands, writer)).refusal
        for plan, writer in (
            (checkpoint_plan(seen), store),
            (checkpoint_plan(seen), None),
            (checkpoint_plan(), store),
            (checkpoint_plan(seen, owners=(LiveOwner("a", ("0",)),)), store),
        )
    ]
    assert [refusal.reason for refusal in reasons if refusal is not None] == [
        RefusalReason.CHANGED,
        RefusalReason.NO_STORE,
        RefusalReason.NOTHING_TO_CHANGE,
        RefusalReason.GROUP_ACTIVE,
    ]
