"""Time stamps as loggers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ehtui.sources.log_text.facts import WrittenAt

if TYPE_CHECKING:
    from collections.abc import Mapping

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
