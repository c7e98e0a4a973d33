"""Moments as somebody types them: a time of day, a date, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>\.\d{1,6})?)?"
_MOMENT = re.compile(
    rf"(?:(?P<date>\d{{4}}-\d\d-\d\d)(?:[ Tt]|\Z))?(?:{_TIME})?\s*(?P<zone>[Zz]|[+-]\d\d:?\d\d)?"
)
_AGO = re.compile(r"-?(\d+(?:\.\d+)?)\s*([smhd])(?: ago)?")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DAY = timedelta(days=1)
_MOST_TYPED = 64


def moment_of(text: str, now: float, utc_offset_s: float) -> float | None:
    """Seconds of the epoch; None is no moment.

    `12:03` or `12:03:41`, the last one that was; `2026-11-26`, `2026-11-26 12:03`, `…T12:03:41Z`;
    or `5m` ago. Without a zone it is in that of the display.
    """
    text = text.strip()[:_MOST_TYPED]

    if ago := _AGO.fullmatch(text.lower()):
        return now - float(ago[1]) * _SECONDS[ago[2]]

    found = _MOMENT.fullmatch(text)

    if found is None or not (found["date"] or found["hour"]):
        return None

    shown = timezone(timedelta(seconds=utc_offset_s)) if utc_offset_s else UTC
    zone = _zone(found["zone"]) if found["zone"] else shown
    today = datetime.fromtimestamp(now, tz=zone)

    try:
        day = datetime.fromisoformat(found["date"]) if found["date"] else today
        then = datetime(
            day.year,
            day.month,
            day.day,
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            int(float(found["fraction"] or 0) * 1e6),
            tzinfo=zone,
        )
        is_past = then <= today or bool(found["date"])

        return (then if is_past else then - _DAY).timestamp()
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    if text in "Zz":
        return UTC

    hours, minutes = int(text[1:3]), int(text[-2:])
    offset = timedelta(hours=min(hours, 23), minutes=min(minutes, 59))

    return timezone(-offset if text[0] == "-" else offset)
