"""One consumer's log, followed for a reader: its last lines, then what is appended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ehtui.domain.process import LogLine
from ehtui.domain.text import safe
from ehtui.sources.log_text.follow import LogFollower
from ehtui.sources.log_text.patterns import read_line

FIRST_LINES = 500


@dataclass(slots=True)
class LogTail:
    """A bounded stream of one file; ownership lines carry what they tell."""

    path: str
    _follower: LogFollower | None = None

    def read(self) -> tuple[LogLine, ...]:
        """Lines since the read before; at first the last 500. Blocking.

        Raises:
            OSError: The file is missing or not ours to read; a later read may succeed.
        """
        is_first = self._follower is None

        if self._follower is None:
            self._follower = LogFollower(Path(self.path), reads_head=False)

        lines = self._follower.read()

        return tuple(map(_told, lines[-FIRST_LINES:] if is_first else lines))


def _told(line: str) -> LogLine:
    facts = read_line(line)

    return LogLine(safe(line), facts.kind if facts else None, facts is not None)
