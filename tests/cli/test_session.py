"""What the screen and the commands act through."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.cli.session import MonitorSession
from ehtui.config.settings import Settings
from ehtui.domain.plans import OutcomeState, RestartPlan, SignalEffect, SignalTarget
from ehtui.domain.process import ProcessId
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.updates import ActionDone, Update
from ehtui.monitor import Monitor, Scheduled
from tests.actions.test_executor import RecordingSender, SlowHands
from tests.waiting import wait_for

PLAN = RestartPlan(
    "TERM",
    SignalTarget(ProcessId(7, 1.0), "python c.py", None, (), SignalEffect.DIES),
    30.0,
    None,
    "again.log",
    1.0,
)


async def test_who_stops_waiting_does_not_leave_a_consumer_stopped(tmp_path: Path) -> None:
    told: list[Update] = []
    hands = SlowHands()

    async def no_sources() -> Sequence[Scheduled]:
        return ()

    def remember(snapshot: Snapshot, update: Update) -> Snapshot:
        told.append(update)
        return snapshot

    monitor = Monitor(no_sources, Snapshot(), reduce=remember)
    executor = Executor(
        sender=RecordingSender(),
        hands=hands,
        audit=AuditLog(tmp_path / "audit.jsonl"),
        clock=lambda: 50.0,
    )
    session = MonitorSession(monitor, Settings(), executor)
    monitor.start()

    try:
        waiting = asyncio.create_task(session.execute(PLAN))
        await asyncio.to_thread(hands.is_waiting.wait, 10)
        waiting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await waiting

        hands.may_end.set()
        await wait_for(lambda: any(isinstance(update, ActionDone) for update in told))
    finally:
        monitor.stop()

    (done,) = [update for update in told if isinstance(update, ActionDone)]
    assert done.outcome.state is OutcomeState.DONE
    assert [what for what, _ in hands.done] == ["capture", "TERM", "start"]
