"""Plain values of the status document, and what its schema says of them beside their types."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from enum import Enum
from typing import Annotated, overload

from ehtui.domain.values import Value

_DIGITS = 3  # milliseconds; thousandths of an event a second


class Rule(Value, frozen=True):
    """What JSON Schema says of a value beside its type."""

    keyword: str
    value: object


class Presence(Enum):
    """Whether a document has to have a field."""

    LATER = "later"


LATER = Presence.LATER
Moment = Annotated[str, Rule("format", "date-time")]
Count = Annotated[int, Rule("minimum", 0)]
Amount = Annotated[float, Rule("minimum", 0)]  # seconds, events a second, percent
SequenceNumber = Annotated[int, Rule("minimum", -1)]


@overload
def moment(at: float) -> str: ...


@overload
def moment(at: float | None) -> str | None: ...


def moment(at: float | None) -> str | None:
    """A moment as ISO 8601 in UTC, to the millisecond: `2026-11-22T12:03:00.000Z`."""
    if at is None:
        return None

    text = datetime.fromtimestamp(at, tz=UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def rounded(value: float | None) -> float | None:
    """A number without digits that mean nothing; what is not finite is unknown."""
    return None if value is None or not math.isfinite(value) else round(value, _DIGITS)
