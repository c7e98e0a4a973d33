"""Which lines of a log are one record: handlers wrap, tracebacks follow, two-line formats pair.

Almost every line of a log says nothing of leases. So records are built only around the few that
hold one of `WORDS`; the others are searched at the speed of `bytes.find`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from ehtui.sources.log_text.cleaning import without_ansi
from ehtui.sources.log_text.sentences import CAUSE_WORDS, KEYS, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE_BYTES = 32 * 1024  # what stands behind is not read
START_BYTES = 256  # of a line, which tell whether it begins a record
MOST_LINES = 100  # of one record
MOST_RECORD_BYTES = 64 * 1024

_TOLD_BY = {word for words, _ in SENTENCES for word in words} | {*KEYS, *CAUSE_WORDS}
# Those that no other of them is a part of; and journald's way to write a text with colours.
WORDS = tuple(
    word.encode()
    for word in sorted({*_TOLD_BY, '"MESSAGE":[', '"MESSAGE": ['})
    if not any(other != word and other in word for other in _TOLD_BY)
)

_COLOURS = re.compile(rb"\x1b\[[0-?]{0,64}[@-~]")
_BEGINS = b"0123456789[{<"  # a time, a bracket, an object: no line that goes on begins so
_INDENTS = b" \t"
# Frames of a stack: they name functions and files, and no fact.
_FRAME = re.compile(rb"[ \t]{1,16}(?:(?P<file>File \"[^\n\"]{0,1024}\", line )|at |[\^~]{1,200}$)")
# What goes on with the record before, whatever stands there.
_GOES_ON = re.compile(
    rb"[ \t})\]]|Traceback \(most|Caused by:|During handling of|The above exception"
    rb"|Error condition:|--- End of|---> |\xe2\x95[\xad\xb0]|\xe2\x94[\x82\x9c\x94]|\.\.\. \d"
)
# What ends a traceback; alone it may be anything.
_EXCEPTION = re.compile(rb"[A-Za-z_][\w.]{0,200}(?:Error|Exception|Warning|Interrupt)\b")
# java.util.logging writes the logger on one line and `LEVEL: message` on the next.
_JUL_HEAD = re.compile(rb"[A-Z][a-z]{2} \d{1,2}, \d{4},? \d{1,2}:\d\d:\d\d\s[AP]M ")
_JUL_MESSAGE = re.compile(rb"(?:SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST): ")
# RichHandler: time (blank where it repeats), level, message, path at the right edge.
_RICH_LEVEL = r"(?P<level>NOTSET|DEBUG|INFO|WARNING|ERROR|CRITICAL) {1,9}(?=\S)"
_RICH = re.compile(rf"(?P<time>\[[^\]]{{4,40}}\] | {{0,43}}){_RICH_LEVEL}")
_RICH_WITHOUT_TIME = re.compile(rf" {{0,43}}{_RICH_LEVEL}".encode())
_RICH_LEVEL_WIDTH = 9  # eight and a space
_PATH = re.compile(r" (?P<path>[\w.-]{1,80}\.\w{1,4}(?::\d{1,6})?) *$")


# A line's time, which each line of a flood has of its own; it stands near its begin.
_TIME = re.compile(rb"[12]\d{3}-[01]\d-[0-3]\d[T ]\d\d:[0-5]\d:[0-5]\d(?:[.,]\d{1,9})?")
_TIME_WITHIN = 64
MOST_FLOODS = 512


class Record(NamedTuple):
    """Lines that belong together, and where the first one stands."""

    offset: int
    text: str
    end: int


class Flood(NamedTuple):
    """Lines of one sentence that were passed over: the last of them, and how many there are."""

    begin: int
    end: int
    lines: int


class Floods(Struct):
    """Passes over lines that are what a line before was, but for their time.

    Only of lines that whoever reads them calls `dull`: their times tell nothing.
    """

    passed_over: dict[bytes, Flood] = field(default_factory=dict)
    _dull: set[bytes] = field(default_factory=set)
    _newest: bytes | None = None

    def passes_over(self, data: bytes, at: int) -> int | None:
        """Where the next line begins, if this one is of a flood; a piece's last line never is."""
        self._newest = None
        end = data.find(b"\n", at) + 1

        # Lines that may go on are looked at whole.
        if not 0 < end < len(data) or data[at] not in _BEGINS or data[end] not in _BEGINS:
            return None

        time = _TIME.search(data, at, min(end, at + _TIME_WITHIN))
        if time is None:
            return None

        key = b"%b\0%b" % (data[at : time.start()], data[time.end() : end])
        if key not in self._dull:
            self._newest = key
            return None

        known = self.passed_over.get(key)
        self.passed_over[key] = Flood(at, end, known.lines + 1 if known else 1)
        return end

    def call_dull(self) -> None:
        """The record that was found last: more of it need not be read one by one."""
        if self._newest is not None and len(self._dull) < MOST_FLOODS:
            self._dull.add(self._newest)


def find_records(data: bytes, since: int = 0, floods: Floods | None = None) -> Iterator[Record]:
    """The records of whole lines in which one of `WORDS` stands at or after `since`.

    What stands before `since` was read already; a record may have begun there. Lines that `floods`
    passes over are left out.
    """
    done, time = 0, ""

    for at in _lines_worth_a_look(data, since):
        if at < done:
            continue

        if floods is not None and (end := floods.passes_over(data, at)) is not None:
            done = end
            continue

        begin = at if data[at] in _BEGINS else record_begin(data, at, done)
        lines, end = _lines(data, begin)
        rich = _RICH.match(lines[0])

        if rich is None:
            yield Record(begin, "\n".join(lines) if len(lines) > 1 else lines[0], end)
        else:
            time = rich["time"].strip() or _time_before(data, begin, done, time)
            yield Record(begin, f"{time} {_joined(lines, rich)}".lstrip(), end)

        done = end


def line_at(data: bytes, begin: int, end: int) -> str:
    """A line's text without colours, cut where it has no end."""
    raw = data[begin : min(end, begin + LINE_BYTES)]
    return without_ansi(raw.decode("utf-8", "replace")).rstrip("\r\n")


def goes_on(data: bytes, at: int, before: int | None) -> bool:
    """Whether the line at `at` belongs to the record of the line that begins at `before`."""
    first = data[at]
    if first in _BEGINS:
        return False

    if first in _INDENTS:
        return _RICH_WITHOUT_TIME.match(data, at) is None

    line = _start(data, at)
    if _GOES_ON.match(line):
        return _RICH_WITHOUT_TIME.match(line) is None

    if before is None:
        return False

    if _EXCEPTION.match(line):
        return _GOES_ON.match(_start(data, before)) is not None

    return bool(_JUL_MESSAGE.match(line) and _JUL_HEAD.match(data, before))


def _start(data: bytes, at: int) -> bytes:
    """The line's first characters, without colours."""
    line = data[at : at + START_BYTES].partition(b"\n")[0]
    return _COLOURS.sub(b"", line) if b"\x1b" in line else line


def record_begin(data: bytes, at: int, floor: int = 0) -> int:
    """Where the record begins that the line at `at` belongs to; not before `floor`."""
    for _ in range(MOST_LINES):
        before = data.rfind(b"\n", floor, at - 1) + 1 if at > floor else 0
        before = max(before, floor)
        if at == floor or not goes_on(data, at, before) or at - before > MOST_RECORD_BYTES:
            break

        at = before

    return at


def _lines_worth_a_look(data: bytes, since: int) -> list[int]:
    """Where lines begin that hold one of the words, or go on with the record before `since`."""
    begins: set[int] = set()

    if since and since < len(data) and goes_on(data, since, data.rfind(b"\n", 0, since - 1) + 1):
        begins.add(since)

    for word in WORDS:
        at = data.find(word, since)
        while at >= 0:
            begins.add(data.rfind(b"\n", 0, at) + 1)
            end = data.find(b"\n", at)
            at = data.find(word, end) if end >= 0 else -1

    return sorted(begins)


def _lines(data: bytes, begin: int) -> tuple[list[str], int]:
    """The lines of the record that begins there, and where the next one does."""
    size = len(data)
    end = _next(data, begin)
    lines, before = [line_at(data, begin, end)], begin

    is_code = False  # Python shows the line of code below its frame

    for _ in range(MOST_LINES - 1):
        if end >= size or end - begin >= MOST_RECORD_BYTES or not goes_on(data, end, before):
            break

        frame = _FRAME.match(data, end)
        before, end = end, _next(data, end)

        if frame is None and not is_code:
            lines.append(line_at(data, before, end))

        is_code = frame is not None and frame["file"] is not None

    return lines, end


def _time_before(data: bytes, at: int, floor: int, known: str) -> str:
    """RichHandler leaves a time out that it has just written: the one that still counts.

    Down to `floor` it was `known`.
    """
    for _ in range(MOST_LINES):
        if at <= floor:
            return known

        at = data.rfind(b"\n", floor, at - 1) + 1 or floor
        line = _start(data, at).decode("utf-8", "replace")
        if not line.startswith(" "):
            rich = _RICH.match(line)
            return rich["time"].strip() if rich else ""

    return ""


def _next(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return end + 1 if end >= 0 else len(data)


def _joined(lines: list[str], rich: re.Match[str]) -> str:
    """RichHandler's columns taken apart: the message's lines as one, without the path."""
    column = rich.start("level") + max(_RICH_LEVEL_WIDTH, len(rich["level"]) + 1)
    first = lines[0]
    path = _PATH.search(first, column)
    width = (path.start("path") - 1 if path else len(first)) - column
    message = first[column : column + width].rstrip() if path else first[column:].rstrip()
    parts = [message]

    for line in lines[1:]:
        if line[:column].strip():  # not of this column: a traceback, printed whole
            parts.append(" " + line.strip())
            continue

        piece = line[column : column + width].rstrip() if path else line[column:].rstrip()
        # A word longer than the column was folded: it fills its line, and goes on without a space.
        said = parts[-1].lstrip(" ")
        is_folded = len(said) == width and " " not in said and said[-1] not in ".,;:'\")"
        parts.append(piece if is_folded else " " + piece)

    return first[rich.start("level") : column] + "".join(parts)
