"""One consumer's log, read for what it tells of owners and leases."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ehtui.sources.log_text.facts import LogFact, LogPlace, LogReading, LogRecord
from ehtui.sources.log_text.follow import PIECE_BYTES, LogFollower, Piece
from ehtui.sources.log_text.patterns import RecordMemo
from ehtui.sources.log_text.records import Floods, find_records, line_at

CONTEXT_BYTES = 16 * 1024  # of what was read: a record may go on behind it


@dataclass(slots=True)
class _Stream:
    """Pieces that follow one another, and what is kept of them for a record across two."""

    context: bytes = b""
    end: int = 0  # the offset behind the context
    told: tuple[int, LogFact] | None = None  # the last record that told something


@dataclass(slots=True)
class LogReader:
    """Follows one file; each read gives the records that tell something. Blocking."""

    path: str
    clock: Callable[[], float] = time.time
    _follower: LogFollower = field(init=False)
    _generation: int = 0
    _newest: _Stream = field(default_factory=_Stream)
    _passed_over: _Stream = field(default_factory=_Stream)
    _memo: RecordMemo = field(default_factory=RecordMemo)

    def __post_init__(self) -> None:
        self._follower = LogFollower(Path(self.path))

    @property
    def behind_bytes(self) -> int:
        """What was passed over to read the end first, and is not read yet."""
        return self._follower.behind_bytes

    def read(self) -> LogReading:
        """What is new; of much, its end (and a new file's begin), and the rest by `catch_up`.

        Raises:
            OSError: The file is missing or not ours to read; a later read may succeed.
        """
        pieces = self._follower.read()

        if self._follower.generation != self._generation:
            self._generation = self._follower.generation
            self._newest, self._passed_over = _Stream(), _Stream()

        records = [r for p in pieces for r in self._records(p, self._newest)]
        return LogReading(tuple(records), self.behind_bytes)

    def catch_up(self, most_bytes: int) -> LogReading:
        """So much of what was passed over, in whole pieces; raises OSError as `read`."""
        records: list[LogRecord] = []

        for _ in range(max(1, most_bytes // PIECE_BYTES)):
            for piece in self._follower.catch_up():
                records += _thinned(self._records(piece, self._passed_over, Floods()))

        return LogReading(tuple(records), self.behind_bytes)

    def _records(
        self, piece: Piece, stream: _Stream, floods: Floods | None = None
    ) -> Iterator[LogRecord]:
        context = stream.context if piece.offset == stream.end else b""
        data, begin = context + piece.data, piece.offset - len(context)
        now = self.clock()

        for record in find_records(data, len(context), floods):
            offset = begin + record.offset
            found = self._read(record.text, offset, piece, now)
            if floods is not None and (found is None or found.fact.owner is not None):
                floods.call_dull()

            if found is not None and stream.told != (offset, found.fact):
                stream.told = (offset, found.fact)
                yield found

        for flood in floods.passed_over.values() if floods is not None else ():
            text = line_at(data, flood.begin, flood.end)
            found = self._read(text, begin + flood.begin, piece, now)
            if found is not None:
                yield replace(found, count=flood.lines)

        kept = data[-CONTEXT_BYTES:]
        # Whole lines only: half a line is no begin of a record.
        stream.context = kept if len(kept) == len(data) else kept.partition(b"\n")[2]
        stream.end = piece.offset + len(piece.data)

    def _read(self, text: str, offset: int, piece: Piece, now: float) -> LogRecord | None:
        """A record as a value; None for one that tells nothing."""
        cleaned, fact = self._memo.read(text, now)
        if fact is None:
            return None

        return LogRecord(
            text=cleaned.text,
            fact=fact,
            place=LogPlace(self._generation, offset),
            written_at=cleaned.written_at,
            pid=cleaned.pid,
            level=cleaned.level,
            is_past=piece.is_past,
        )


def _thinned(records: Iterable[LogRecord]) -> list[LogRecord]:
    """A flood from an owner: the first and the last of equal records, with how many there were.

    Where no owner is named, each record's own time may be all that tells whose it is.
    """
    kept: list[LogRecord] = []
    # By identity: of equal sentences the fact is one object, and hashing it takes longer.
    floods: dict[tuple[int, int | None], tuple[LogRecord, int]] = {}

    for record in records:
        if record.fact.owner is None:
            kept.append(record)
            continue

        key = id(record.fact), record.pid
        known = floods.get(key)
        if known is None:
            kept.append(record)
            floods[key] = record, 0
        else:
            last = max(known[0], record, key=lambda each: each.place)
            floods[key] = last, known[1] + record.count

    return kept + [replace(last, count=count) for last, count in floods.values() if count]
