"""Consumers that were stopped to be restarted, and are not running again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings import catalogue
from ehtui.domain.findings.case import finding
from ehtui.domain.findings.evidence_restarts import Down, StillRunning
from ehtui.domain.restarts import RestartStage
from ehtui.domain.snapshot import Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ehtui.domain.draft import Draft
    from ehtui.domain.process import ProcessSample
    from ehtui.domain.restarts import RestartRecord


SLOW_S = 10.0  # whoever closes its client in an ordinary way has ended by then


def unfinished(draft: Draft) -> Iterator[Finding]:
    """One for each restart that is stuck, or was left half done."""
    running = {c.process.id: c.process for c in draft.consumers if not c.process.has_ended}

    for record in draft.restarts:
        process = running.get(record.process)

        if process is not None:
            yield from _still_there(draft, record, process)
        elif record.is_down and not _runs_again(record, running.values()):
            yield _down(draft, record)


def _runs_again(record: RestartRecord, running: Iterable[ProcessSample]) -> bool:
    """Whether somebody has started it by hand since."""
    command = " ".join(record.command)

    return any(
        process.command == command
        and process.cwd == record.folder
        and process.id.started_at >= record.asked_at
        for process in running
    )


def _still_there(draft: Draft, record: RestartRecord, process: ProcessSample) -> Iterator[Finding]:
    if record.stage is not RestartStage.STOPPING:
        return

    if record.is_carried and draft.at - record.asked_at < SLOW_S:
        return

    kind = catalogue.RESTART_SLOW if record.is_carried else catalogue.RESTART_ABANDONED
    asked_at = _server_time(draft, record.asked_at)
    evidence = StillRunning(
        pid=record.process.pid,
        signal=record.signal,
        asked_at=asked_at,
        status=process.status,
        command=" ".join(record.command),
    )
    yield finding(kind, Severity.WARNING, Subject(pid=evidence.pid), evidence, asked_at)


def _down(draft: Draft, record: RestartRecord) -> Finding:
    evidence = Down(
        pid=record.process.pid,
        stage=record.stage,
        obstacle=record.obstacle,
        detail=record.detail,
        exit_code=record.exit_code,
        command=record.command,
        folder=record.folder,
        log_path=record.log_path,
        variables=record.variables,
        consumer_name=record.consumer_name,
        asked_at=_server_time(draft, record.asked_at),
    )
    subject, since = Subject(pid=evidence.pid), _server_time(draft, record.at)

    return finding(catalogue.CONSUMER_DOWN, Severity.CRITICAL, subject, evidence, since)


def _server_time(draft: Draft, at: float) -> float:
    return at + (draft.clock_offset_s or 0.0)
