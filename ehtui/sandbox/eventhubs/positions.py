"""Where a receiver starts: the selector of its source filter (facts.md §4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

FILTER = "apache.org:selector-filter:string"
_SELECTOR = re.compile(
    r"amqp\.annotation\.(?P<what>x-opt-[a-z-]+)\s*(?P<operator>>=?)\s*'(?P<value>[^']*)'"
)
_LATEST = "@latest"


class By(StrEnum):
    """What a position counts by; the values are how the service calls them."""

    OFFSET = "offset"
    SEQUENCE = "sequence number"
    TIME = "enqueued time"


_BY = {
    "x-opt-offset": By.OFFSET,
    "x-opt-sequence-number": By.SEQUENCE,
    "x-opt-enqueued-time": By.TIME,
    "x-opt-enqueuedtimeutc": By.TIME,
}


@dataclass(frozen=True, slots=True)
class Position:
    """Events after `value` (or from it, where inclusive). None means after the last event."""

    by: By = By.OFFSET
    value: int | None = -1  # TIME: milliseconds since the epoch
    is_inclusive: bool = False


EARLIEST = Position()
LATEST = Position(value=None)


def parse_selector(text: str) -> Position:
    """Read a selector such as `amqp.annotation.x-opt-offset > '-1'`.

    Raises:
        ValueError: It is none.
    """
    match = _SELECTOR.fullmatch(text.strip())

    if not match or match["what"] not in _BY:
        raise ValueError(f"no position: {text}")

    if match["value"] == _LATEST:
        return LATEST

    return Position(_BY[match["what"]], int(match["value"]), match["operator"] == ">=")
