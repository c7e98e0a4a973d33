"""Which numbers from outside mean anything: what is beyond is unknown, and never an error."""

from __future__ import annotations

LATEST_MOMENT = 32_503_680_000.0  # the year 3000, which every calendar function can still tell
INT64 = range(-(2**63), 2**63)


def known_moment(at: float | None) -> float | None:
    """UTC seconds since the epoch, or None where no clock of a service or host can mean that.

    Also None: not a number, before 1970 (services write the year 1 where nothing ever happened).
    """
    return at if at is not None and 0.0 < at < LATEST_MOMENT else None


def known_integer(value: object) -> int | None:
    """A 64-bit integer, as sequence numbers are; None for everything else, booleans included."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return value if is_integer and value in INT64 else None  # type: ignore[return-value]
