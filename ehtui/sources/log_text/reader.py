"""One consumer's log, read for what it tells of owners and leases."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ehtui.sources.log_text.facts import LogPlace, LogReading, LogRecord
from ehtui.sources.log_text.follow import LogFollower
from ehtui.sources.log_text.patterns import read_line


@dataclass(slots=True)
class LogReader:
    """Follows one file; each read gives the records that tell something. Blocking."""

    path: str
    clock: Callable[[], float] = time.time
    _follower: LogFollower = field(init=False)
    _lines: int = 0
    _was_read: bool = False

    def __post_init__(self) -> None:
        self._follower = LogFollower(Path(self.path))

    def read(self) -> LogReading:
        """What is new.

        Raises:
            OSError: The file is missing or not ours to read; a later read may succeed.
        """
        is_past = not self._was_read
        records: list[LogRecord] = []

        for line in self._follower.read():
            self._lines += 1
            if fact := read_line(line):
                place = LogPlace(0, self._lines)
                records.append(LogRecord(line, fact, place, is_past=is_past))

        self._was_read = True

        return LogReading(tuple(records))
