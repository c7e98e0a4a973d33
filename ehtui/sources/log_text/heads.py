"""What stands before the message of a plain line: a time stamp, a level, a pid where it is one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.world.process import LogLevel
from ehtui.sources.log_text.facts import WrittenAt

if TYPE_CHECKING:
    from collections.abc import Mapping


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


MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<name>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_TIME = r"(?P<hour>[0-2]?\d):(?P<minute>[0-5]\d):(?P<second>[0-6]\d)(?:[.,](?P<fraction>\d{1,9}))?"
_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)(?![\w:]))?"
_DATE = r"(?<!\d)(?P<year>[12]\d{3})[-/](?P<month>[01]\d)[-/](?P<day>[0-3]\d)"
_DAY = r"(?P<day>[0-3]?\d)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        # 2026-01-20 21:11:59,123 +0000, 2026/01/20 21:11:59, 20260120T211159 is left alone
        rf"{_DATE}[T ]{{1,2}}{_TIME}{_ZONE}",
        # 20/Jan/2026:21:11:59 +0000, 20-Jan-2026 21:11:59.123, 20 Jan 2026 21:11:59
        rf"{_DAY}[-/ ]{_MONTH}[-/ ](?P<year>[12]\d{{3}})[: T]{_TIME}{_ZONE}",
        # Jan 20, 2026 9:11:59 PM (java.util.logging)
        rf"{_MONTH} {_DAY}, (?P<year>[12]\d{{3}}),? {_TIME}(?: (?P<half>[AP]M))?{_ZONE}",
        # Jan 20 21:11:59 (syslog, journald, Go's azcore): no year
        rf"{_MONTH} {{1,2}}{_DAY} {_TIME}{_ZONE}",
        # 01/20/26 21:11:59 (rich's `[%x %X]`): month first
        rf"(?P<month>[01]\d)/(?P<day>[0-3]\d)/(?P<year>\d\d) {_TIME}{_ZONE}",
    )
)
_ANY = re.compile(r"\d:[0-5]\d:[0-6]\d")
QUICK_CHARACTERS = 200  # where the quick way looks
_QUICK = re.compile(
    r"(?<!\d)(?P<second>[12]\d{3}-[01]\d-[0-3]\d[T ]\d\d:[0-5]\d:[0-5]\d)"
    r"(?:[.,](?P<fraction>\d{1,9}))?"
    r"(?P<zone> ?(?:Z|[+-]\d\d:?\d\d)(?![\w:]))?"
)
_DAY_S = 86_400.0
# Epoch numbers by their size: seconds, milliseconds, microseconds, nanoseconds. 2001 to 2100.
_FIRST_S, _LAST_S = 1.0e9, 4.1e9
_UNITS = ((1.0, 1.0), (1e3, 1e-3), (1e6, 1e-6), (1e9, 1e-9))


class Stamp(NamedTuple):
    """A stamp found in a text, and where."""

    start: int
    end: int
    written_at: WrittenAt


def find_stamp(text: str, now: float) -> Stamp | None:
    """The first stamp of a date and a time in the text; `now` tells the year where none is said."""
    if not _ANY.search(text):
        return None

    found = [m for form in _FORMS if (m := form.search(text))]
    for match in sorted(found, key=lambda m: m.start()):
        written_at = _written_at(match.groupdict(), now)
        if written_at is not None:
            return Stamp(match.start(), match.end(), written_at)

    return None


def quick_stamp(text: str) -> Stamp | None:
    """The first stamp of the common form near the text's begin: quick, for floods of lines."""
    match = _QUICK.search(text, 0, QUICK_CHARACTERS)
    second = _second(match["second"] + (match["zone"] or "")) if match else None
    if match is None or second is None:
        return None

    written_at = second

    if fraction := match["fraction"]:
        more_s = float(f"0.{fraction}")
        written_at = WrittenAt(
            second.at + more_s,
            second.is_zone_stated,
            second.at_if_utc + more_s,
            10.0 ** -len(fraction),
        )

    return Stamp(match.start(), match.end(), written_at)


@lru_cache(maxsize=4096)
def _second(text: str) -> WrittenAt | None:
    found = find_stamp(text, 0.0)  # it says its year
    return found.written_at if found else None


def epoch(number: float) -> WrittenAt | None:
    """What a number of seconds, milli-, micro- or nanoseconds since 1970 says; None for others."""
    if not -1e20 < number < 1e20:  # JSON has integers that no float can hold  # noqa: PLR2004
        return None

    for scale, step_s in _UNITS:
        at = number / scale
        if _FIRST_S <= at <= _LAST_S:
            has_fraction = scale == 1.0 and number != int(number)
            return _stated(at, 1e-3 if has_fraction else step_s)

    return None


def _written_at(named: Mapping[str, str | None], now: float) -> WrittenAt | None:
    try:
        naive = _naive(named, now)
        as_utc = naive.replace(tzinfo=UTC).timestamp()
        zone, step_s = named.get("zone"), _step(named)
        if zone is None:
            return WrittenAt(
                naive.timestamp(), is_zone_stated=False, at_if_utc=as_utc, step_s=step_s
            )

        at = naive.replace(tzinfo=_zone(zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None

    return _stated(at, step_s)


def _stated(at: float, step_s: float) -> WrittenAt:
    return WrittenAt(at, is_zone_stated=True, at_if_utc=at, step_s=step_s)


def _naive(named: Mapping[str, str | None], now: float) -> datetime:
    hour = int(named["hour"] or 0)

    if half := named.get("half"):
        hour = hour % 12 + (12 if half == "PM" else 0)

    name = named.get("name")
    month = MONTHS.index(name.lower()) + 1 if name else int(named["month"] or 0)
    year = named.get("year")
    fraction = (named.get("fraction") or "").ljust(6, "0")[:6]

    def in_year(year: int) -> datetime:
        second = min(int(named["second"] or 0), 59)  # a leap second
        day, minute = int(named["day"] or 0), int(named["minute"] or 0)
        return datetime(year, month, day, hour, minute, second, int(fraction))  # noqa: DTZ001

    if year is not None:
        return in_year(int(year) + (2000 if len(year) == 2 else 0))  # noqa: PLR2004 - 26 is 2026

    today = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
    this_year = in_year(today.year)

    # December read in January is last year's; a day may lie between two zones.
    return in_year(today.year - 1) if this_year > today + timedelta(seconds=_DAY_S) else this_year


def _step(named: Mapping[str, str | None]) -> float:
    return float(10.0 ** -len(named.get("fraction") or ""))


def _zone(text: str) -> timezone:
    if text in {"Z", "UTC", "GMT"}:
        return UTC

    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
