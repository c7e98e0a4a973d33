"""Values as clients write them, with all their ways to say "unset"."""

from __future__ import annotations

import re

from ehtui.domain.text import bounded_name, safe
from ehtui.sources.layouts.base import UnreadableError

# Python's str(None), .NET 5.11's placeholder, and plain emptiness.
_UNSET = {"", "none", "null", "no offset"}
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_MOST_DIGITS = 19  # of 64 bits
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
BEFORE_FIRST = -1  # who has read nothing yet
_SHOWN = 40  # characters of a value in a reason


def text_of(value: object, what: str) -> str | None:
    """A text of bounded length, or None where it is unset.

    Raises:
        UnreadableError: It is something else.
    """
    text = _text(value, what)

    return None if text is None else bounded_name(text)


def _text(value: object, what: str) -> str | None:
    if value is None:
        return None

    if not isinstance(value, str):
        raise UnreadableError(f"{what} is not a text")

    # JSON can smuggle in half a surrogate pair, which no terminal and no file takes.
    text = value.encode("utf-8", "backslashreplace").decode()

    return None if text.strip().lower() in _UNSET else text


def offset_of(value: object) -> str | None:
    """An offset: opaque, since geo-replication made it a text that is no number.

    Raises:
        UnreadableError: It is neither text nor number.
    """
    is_number = isinstance(value, int) and not isinstance(value, bool)

    return text_of(str(value) if is_number else value, "the offset")


def sequence_of(value: object) -> int | None:
    """A sequence number, or None where it is unset; .NET's `long.MinValue` is unset too.

    Raises:
        UnreadableError: No event can have it.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = _text(str(value) if is_number else value, "the sequence number")

    if text is None:
        return None

    text = text.strip()
    shown = f"the sequence number '{safe(text)[:_SHOWN]}'"

    if not _INTEGER.fullmatch(text):
        raise UnreadableError(f"{shown} is not a whole number")

    number = int(text) if len(text.lstrip("+-0")) <= _MOST_DIGITS else _HIGHEST + 1

    if not _LOWEST <= number <= _HIGHEST:
        raise UnreadableError(f"{shown} does not fit into 64 bits")

    if _LOWEST < number < BEFORE_FIRST:
        raise UnreadableError(f"{shown} is negative")

    return None if number == _LOWEST else number
