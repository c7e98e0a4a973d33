"""Plain values of the status document."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]
Json = dict[str, Value]

_DIGITS = 3  # milliseconds; thousandths of an event a second


def moment(at: float | None) -> str | None:
    """A moment as ISO 8601 in UTC, to the millisecond: `2026-11-22T12:03:00.000Z`."""
    if at is None:
        return None

    text = datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="milliseconds")

    return text.replace("+00:00", "Z")


def rounded(value: float | None) -> float | None:
    """A number without digits that mean nothing; what is not finite is unknown."""
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS)
