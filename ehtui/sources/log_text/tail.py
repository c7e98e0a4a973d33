"""One consumer's log, followed for a reader: its last lines, then what is appended."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.world.process import LogLine
from ehtui.sources.log_text.escapes import without_ansi
from ehtui.sources.log_text.follow import LogFollower
from ehtui.sources.log_text.memo import RecordMemo
from ehtui.sources.log_text.records import find_records

if TYPE_CHECKING:
    from ehtui.sources.log_text.facts import LogFact

FIRST_LINES = 500
SHOWN_CHARACTERS = 4096  # of one line


@dataclass(slots=True)
class LogTail:
    """A bounded stream of one file; lines of a record about ownership carry what it tells."""

    path: str
    _follower: LogFollower | None = None
    _memo: RecordMemo = field(default_factory=RecordMemo)

    def read(self) -> tuple[LogLine, ...]:
        """Lines since the read before; at first the last 500. Blocking.

        Raises:
            OSError: The file is missing or not ours to read; a later read may succeed.
        """
        is_first = self._follower is None

        if self._follower is None:
            self._follower = LogFollower(Path(self.path), reads_head=False)

        lines = [line for piece in self._follower.read() for line in self._lines(piece.data)]
        return tuple(lines[-FIRST_LINES:] if is_first else lines)

    def _lines(self, data: bytes) -> list[LogLine]:
        told: dict[int, LogFact] = {}

        for record in find_records(data):
            _, fact = self._memo.read(record.text, time.time())

            if fact is not None:
                told |= dict.fromkeys(_begins(data, record.offset, record.end), fact)

        return [
            _shown(data[begin : data.find(b"\n", begin)], told.get(begin))
            for begin in _begins(data, 0, len(data))
        ]


def _begins(data: bytes, begin: int, end: int) -> list[int]:
    begins = []

    while begin < end:
        begins.append(begin)
        begin = (data.find(b"\n", begin) + 1) or end

    return begins


def _shown(raw: bytes, fact: LogFact | None) -> LogLine:
    text = without_ansi(raw[:SHOWN_CHARACTERS].decode("utf-8", "replace")).rstrip("\r")
    return LogLine(safe(text), fact.kind if fact else None, fact is not None)
