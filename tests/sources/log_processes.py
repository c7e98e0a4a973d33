"""Processes with logs."""

from __future__ import annotations

from pathlib import Path

from ehtui.domain.world.process import (
    ProcessId,
    ProcessSample,
    RecognisedBy,
)

NOW = 1_768_943_519.0
HOUR = 3600.0


def process(pid: int, *logs: Path | str, started_at: float = 1.0) -> ProcessSample:
    paths = tuple(map(str, logs))
    return ProcessSample(
        id=ProcessId(pid, started_at),
        parent=None,
        user="u",
        name="python",
        command="python consumer.py",
        cwd=None,
        status="sleeping",
        cpu_percent=None,
        memory_percent=None,
        rss_bytes=None,
        threads=None,
        connections=None,
        recognised_by=RecognisedBy.PATTERN,
        log_path=paths[0] if paths else None,
        more_logs=paths[1:],
    )
