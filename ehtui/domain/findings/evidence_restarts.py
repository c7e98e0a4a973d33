"""What findings about restarts rest on: their records, which outlive ehtui."""

from __future__ import annotations

from dataclasses import dataclass

from ehtui.domain.evidence import Evidence
from ehtui.domain.restarts import RestartStage, StartObstacle


@dataclass(frozen=True, slots=True)
class StillRunning(Evidence):
    """A restart whose process has not ended."""

    pid: int
    signal: str  # by which it was asked to end
    asked_at: float
    status: str  # psutil's word: stopped is SIGSTOP, tracing-stop a debugger
    command: str


@dataclass(frozen=True, slots=True)
class Down(Evidence):
    """Stopped by ehtui to be restarted, and not running: by its record, which outlives ehtui."""

    pid: int  # of the one that was stopped
    stage: RestartStage
    obstacle: StartObstacle | None  # why it was not started
    detail: str  # what that was about
    exit_code: int | None  # it was started, and ended at once
    command: tuple[str, ...]  # masked
    folder: str
    log_path: str
    variables: tuple[str, ...]  # names of its environment; values are kept nowhere
    consumer_name: str | None
    asked_at: float
