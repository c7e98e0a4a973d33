"""What stands before the message of a plain line: time, level, and a pid where it is one."""

from __future__ import annotations

import re
from typing import NamedTuple

from ehtui.sources.log_text.facts import LogLevel, WrittenAt
from ehtui.sources.log_text.stamps import find_stamp

HEAD_CHARACTERS = 200  # where a formatter writes who and when
MOST_PID = 4_194_304  # Linux's largest pid_max

_LEVELS = {
    LogLevel.TRACE: ("trace", "trce", "vrb", "verbose", "finest"),
    LogLevel.DEBUG: ("debug", "dbug", "dbg", "debg", "fine", "finer", "config"),
    LogLevel.INFO: ("info", "inf", "information", "informational", "notice"),
    LogLevel.WARNING: ("warning", "warn", "wrn"),
    LogLevel.ERROR: ("error", "err", "eror", "fail", "severe"),
    LogLevel.CRITICAL: ("critical", "crit", "fatal", "ftl", "panic", "emerg", "alert"),
}
_BY_NAME = {name: level for level, names in _LEVELS.items() for name in names}
# Words of everyday language are levels only in capitals, and where a field is called so.
_EVERYDAY = {"fine", "finer", "finest", "config", "alert", "notice", "verbose", "panic", "trace"}
_LEVEL_WORDS = "|".join(sorted(_BY_NAME.keys() - _EVERYDAY, key=lambda n: (-len(n), n)))
_ALL_WORDS = "|".join(sorted(_BY_NAME, key=lambda n: (-len(n), n)))
# In capitals anywhere in the head; in small letters only as a field of its own: `info:`, `[warn ]`.
_LEVEL = re.compile(
    rf"(?<![\w.])(?:(?P<capitals>{_ALL_WORDS.upper()})(?![\w.(])"
    rf"|(?P<field>(?i:{_LEVEL_WORDS}))(?=\s{{0,9}}(?:[\]|]|: )))"
)
# Before a record's own stamp stand at most a level, a logger and things in brackets: words that a
# sign follows. Signs and words share no character, so there is one way to read them.
_SIGNS = r"[\s|:\-\[\](),/<>#*]"
_BEFORE_STAMP = re.compile(
    rf"{_SIGNS}*(?:(?:{_LEVEL_WORDS}|[\w.$]{{1,64}}(?=\s?[|:,\-\]/])){_SIGNS}+){{0,6}}",
    re.IGNORECASE,
)
_NAMED_PID = re.compile(
    r"(?<![\w.])(?:pid(?: ?[=:] ?|[ #])|process(?:[_. ]?id)?(?: ?= ?|: ?))"
    r"\"?(?P<pid>\d{1,7})(?![\w.])",
    re.IGNORECASE,
)
# gunicorn: [time] [13] [LEVEL]. A bare [13] between a time and a level may be a thread (log4net).
_AFTER_STAMP = re.compile(r"\] \[(?P<pid>\d{1,7})\] \[[A-Za-z]{3,11}\]")
_RUBY = re.compile(r" #(?P<pid>\d{1,7})\]")
_SPRING = re.compile(r"\b(?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) (?P<pid>\d{1,7}) --- \[")


class Head(NamedTuple):
    """What a line's head says; None where it does not."""

    written_at: WrittenAt | None = None
    level: LogLevel | None = None
    pid: int | None = None


def read_head(text: str, now: float) -> Head:
    """What the line says of itself. The message is the SDK's: a pid in it would be a pid too."""
    head = text[:HEAD_CHARACTERS]
    stamp = find_stamp(head, now)

    if stamp is not None and not _BEFORE_STAMP.fullmatch(head, 0, stamp.start):
        stamp = None

    level = _LEVEL.search(head)
    return Head(
        stamp.written_at if stamp else None,
        level_of(level["capitals"] or level["field"]) if level else None,
        _pid(text, head, stamp.end if stamp else None),
    )


def level_of(name: str) -> LogLevel | None:
    """A level by any of its names."""
    return _BY_NAME.get(name.strip().lower())


def pid_of(value: object) -> int | None:
    """A pid, where the value can be one."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 7:  # noqa: PLR2004
        value = int(value)

    is_it = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_PID
    return value if is_it and isinstance(value, int) else None


def _pid(text: str, head: str, after_stamp: int | None) -> int | None:
    match = _SPRING.search(head) or _NAMED_PID.search(text)

    if match is None and after_stamp is not None:
        match = _AFTER_STAMP.match(head, after_stamp) or _RUBY.match(head, after_stamp)

    return pid_of(match["pid"]) if match else None
