"""A restart in a process of its own, as the command does it once it has looked: no hub needed.

`python -m tests.cli.restarting PID LOG AUDIT`
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.actions.process_control import LocalControl
from ehtui.cli.acting import act
from ehtui.cli.backend import MonitorBackend
from ehtui.cli.reading import carried_reader
from ehtui.cli.works import Works
from ehtui.config.settings import Settings
from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.plans import RestartPlan
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.process import ProcessId
from ehtui.monitor import Monitor
from ehtui.sources.process_facts import started_at
from tests.actions.recording import RecordingSender


async def no_sources() -> tuple[()]:
    return ()


def main(pid: int, log: str, audit: str) -> int:
    process = ProcessId(pid, started_at(pid))
    target = SignalTarget(process, "c.py", None, (), SignalEffect.RELEASES)
    plan = RestartPlan(
        signal="TERM", target=target, wait_s=None, cwd=None, log_path=log, planned_at=1.0
    )
    executor = Executor(
        sender=RecordingSender(),
        hands=LocalControl(records=Path(audit).parent / "restarts", audit=Path(audit)),
        audit=AuditLog(Path(audit)),
        clock=time.time,
    )
    monitor = Monitor(no_sources, Snapshot())
    monitor.start()

    try:
        backend = MonitorBackend(
            lambda: Works(monitor, executor, [], carried_reader(Settings(), monitor)),
            Settings(),
            Snapshot(),
        )
        return act(
            backend, plan, argparse.Namespace(yes=True, dry_run=False, json=False, confirm=None)
        )
    finally:
        monitor.stop()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
