"""Following a log as it grows, through rotation, truncation, gigabytes and bad bytes.

The end comes first, because it tells how things are; what was passed over for it is kept in mind
and read later, piece by piece. Read for what it tells of owners and leases, or line by line.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, field
from msgspec.structs import replace

from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.domain.world.process import LogLevel, LogLine
from ehtui.sources.log_text.cleaning import clean, without_ansi
from ehtui.sources.log_text.facts import LogFact, LogPlace, LogReading, LogRecord
from ehtui.sources.log_text.patterns import RecordMemo
from ehtui.sources.log_text.records import Floods, find_records, line_at
from ehtui.sources.proc import open_regular

HEAD_BYTES = 256 * 1024  # where a consumer says at start who it is
TAIL_BYTES = 1024 * 1024
PIECE_BYTES = 1024 * 1024
LINE_BYTES = 32 * 1024  # an endless line is cut here
MOST_GAPS = 64
# A file that was emptied and grew back (copytruncate) has other text before the place reached:
# so much holds a record with its time, almost always.
SEEN_BYTES = 256


class Piece(Value, frozen=True):
    """Whole lines of a file, as they stand there."""

    data: bytes  # ends with a line's end, unless its last line was cut
    offset: int
    is_end: bool = True  # nothing stands behind it yet
    is_past: bool = False  # stood there before the file was followed


class _Gap(Struct):
    """What was passed over, from the begin of a line to the begin of another."""

    begin: int
    end: int
    is_past: bool
    is_in_line: bool = False  # the begin of its first line was read, and cut


class LogFollower(Struct):
    """Lines appended to a file since the read before; the first read takes its head and its end."""

    path: Path
    reads_head: bool = True
    generation: int = 0  # counts the files that stood at this path
    _inode: int | None = None
    _offset: int = 0  # where the next line begins
    _size: int = 0
    _seen: bytes = b""  # what stood right before the offset
    _skips_line: bool = False
    _gaps: list[_Gap] = field(default_factory=list)

    @property
    def behind_bytes(self) -> int:
        """How much was passed over and is not read yet."""
        return sum(gap.end - gap.begin for gap in self._gaps)

    def read(self) -> list[Piece]:
        """New whole lines; raises OSError while the file is missing or may not be read."""
        with open_regular(self.path) as file:
            status = os.fstat(file.fileno())
            is_first = self._inode is None

            if status.st_ino != self._inode or not self._goes_on(file, status.st_size):
                self._begin_again(status.st_ino)

            pieces = self._leap(file, status.st_size, is_first=is_first)
            pieces += self._tail(file, status.st_size, is_first=is_first)

        return pieces

    def catch_up(self) -> list[Piece]:
        """The next piece of what was passed over, the newest first; raises OSError as `read`."""
        if not self._gaps:
            return []

        with open_regular(self.path) as file:
            status = os.fstat(file.fileno())
            if status.st_ino != self._inode or not self._goes_on(file, status.st_size):
                return []  # the next `read` begins again

            return self._piece_of(self._gaps[-1], file)

    def _begin_again(self, inode: int) -> None:
        self.generation += self._inode is not None
        self._inode, self._offset, self._size, self._seen = inode, 0, 0, b""
        self._skips_line = False
        self._gaps.clear()

    def _goes_on(self, file: BinaryIO, size: int) -> bool:
        """Whether it still holds what was read last; a shorter file does not.

        Who writes without appending leaves a hole when it is emptied, and goes on after that.
        """
        seen = len(self._seen)
        file.seek(self._offset - seen)
        before, self._seen = self._seen, file.read(seen)

        return size >= self._size and self._seen in {before, bytes(seen)}

    def _leap(self, file: BinaryIO, size: int, *, is_first: bool) -> list[Piece]:
        """Pass over the middle of what is too much for one read; at first its head is read."""
        head_bytes = HEAD_BYTES if self._offset == 0 and self.reads_head else 0
        if size - self._offset <= head_bytes + TAIL_BYTES:
            return []

        pieces = []

        if head_bytes:
            file.seek(0)
            head = file.read(head_bytes)
            cut = head.rfind(b"\n") + 1 or len(head)
            pieces = [Piece(head[:cut], 0, is_end=False, is_past=is_first)]
            self._offset = cut

        begin = max(size - TAIL_BYTES, self._offset)
        file.seek(begin)
        line_end = file.read(size - begin).find(b"\n") + 1
        end = begin + line_end if line_end else size
        gap = _Gap(self._offset, end, is_first, self._skips_line)
        self._gaps = [*self._gaps[-(MOST_GAPS - 1) :], gap] if end > self._offset else self._gaps
        # A line that goes on to the end of the file is not over.
        self._offset, self._skips_line = end, not line_end
        return pieces

    def _tail(self, file: BinaryIO, size: int, *, is_first: bool) -> list[Piece]:
        file.seek(self._offset)
        data = file.read(max(0, size - self._offset))
        self._size = size
        begin, whole = self._offset, data.rfind(b"\n") + 1
        rest = len(data) - whole
        lines = data[:whole]

        if self._skips_line:
            line_end = lines.find(b"\n") + 1
            begin, lines = begin + line_end, lines[line_end:]

        self._skips_line = self._skips_line and not whole
        pieces = [Piece(lines, begin, is_past=is_first)] if lines else []
        taken = whole

        if rest > LINE_BYTES or (self._skips_line and rest):
            if not self._skips_line:
                cut = data[whole : whole + LINE_BYTES]
                pieces.append(Piece(cut, self._offset + whole, is_past=is_first))

            taken, self._skips_line = len(data), True

        self._offset += taken
        seen = min(self._offset, SEEN_BYTES)
        file.seek(self._offset - seen)
        self._seen = file.read(seen)
        return pieces

    def _piece_of(self, gap: _Gap, file: BinaryIO) -> list[Piece]:
        file.seek(gap.begin)
        data = file.read(min(PIECE_BYTES, gap.end - gap.begin))
        begin, taken = gap.begin, data.rfind(b"\n") + 1 or len(data)
        is_whole_line = taken < len(data) or data.endswith(b"\n")
        lines = data[:taken]

        if gap.is_in_line:
            line_end = lines.find(b"\n") + 1
            begin, lines = begin + line_end, lines[line_end:] if line_end else b""

        gap.begin += taken
        gap.is_in_line = not is_whole_line

        if gap.begin >= gap.end or not data:
            self._gaps.remove(gap)

        if not is_whole_line:
            lines = lines[:LINE_BYTES]

        return [Piece(lines, begin, is_end=False, is_past=gap.is_past)] if lines else []


FIRST_LINES = 500
MOST_LINES = 5000  # of one read: a screen keeps no more
SHOWN_CHARACTERS = 4096  # of one line


class LogTail(Struct):
    """A bounded stream of one file; lines of a record about ownership carry what it tells."""

    path: str
    _follower: LogFollower | None = None
    _memo: RecordMemo = field(default_factory=RecordMemo)
    _level: LogLevel | None = None  # of the record that the last line belongs to

    def read(self) -> tuple[LogLine, ...]:
        """Lines since the read before; at first the last 500. Blocking.

        Raises:
            OSError: The file is missing or not ours to read; a later read may succeed.
        """
        is_first = self._follower is None

        if self._follower is None:
            self._follower = LogFollower(Path(self.path), reads_head=False)

        most = FIRST_LINES if is_first else MOST_LINES
        lines = [line for piece in self._follower.read() for line in self._lines(piece.data, most)]
        return tuple(lines[-most:])

    def _lines(self, data: bytes, most: int) -> list[LogLine]:
        """The last of a piece; what continues a record is as loud as that."""
        told: dict[int, LogFact] = {}
        now = time.time()

        for record in find_records(data):
            _, fact = self._memo.read(record.text, now)
            if fact is not None:
                told |= dict.fromkeys(_begins(data, record.offset, record.end), fact)

        lines = []

        for begin in _begins(data, 0, len(data))[-most:]:
            end = data.find(b"\n", begin)
            line = _shown(data[begin : end if end >= 0 else len(data)], told.get(begin), now)
            is_first = line.at is not None or line.level is not None
            self._level = line.level if is_first else self._level
            lines.append(line if is_first else replace(line, level=self._level))

        return lines


def _begins(data: bytes, begin: int, end: int) -> list[int]:
    begins = []

    while begin < end:
        begins.append(begin)
        begin = (data.find(b"\n", begin) + 1) or end

    return begins


def _shown(raw: bytes, fact: LogFact | None, now: float) -> LogLine:
    text = without_ansi(raw[:SHOWN_CHARACTERS].decode("utf-8", "replace")).rstrip("\r")
    said = clean(text, now)
    at = said.written_at.at if said.written_at is not None else None
    kind = fact.kind if fact else None
    return LogLine(safe(text), kind, fact is not None, said.level, at)


CONTEXT_BYTES = 16 * 1024  # of what was read: a record may go on behind it


class _Stream(Struct):
    """Pieces that follow one another, and what is kept of them for a record across two."""

    context: bytes = b""
    end: int = 0  # the offset behind the context
    told: tuple[int, LogFact] | None = None  # the last record that told something


class LogReader(Struct):
    """Follows one file; each read gives the records that tell something. Blocking."""

    path: str
    clock: Callable[[], float] = time.time
    _follower: LogFollower = field(default_factory=lambda: LogFollower(Path()))
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
