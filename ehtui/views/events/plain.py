"""An event as lines of a log: for a terminal, a pipe, a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.events.body import body_lines, glance, kind_of, preview

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.world.events import Event
    from ehtui.views.formats import Clock


def event_line(event: Event, clock: Clock, now: float) -> str:
    """`12:03:41.204 P2 #920 key=room-5 JSON {"eventType": …}`: harmless, whatever was sent."""
    body = glance(event)
    words = [
        _stamp(event.enqueued_at, clock, now),
        f"P{safe(event.partition)}",
        f"#{event.sequence}",
        *([] if event.key is None else [f"key={safe(event.key)}"]),
        kind_of(event, body),
        preview(body),
    ]
    return " ".join(word for word in words if word)


def event_block(event: Event, clock: Clock, now: float, cells: int) -> Iterator[str]:
    """The same with properties and the whole body, unpacked, below."""
    told = body_lines(event, cells=cells)
    size = formats.size(event.size_bytes)
    key = "" if event.key is None else f" key={safe(event.key)}"
    stamp = _stamp(event.enqueued_at, clock, now)
    yield f"{stamp} P{safe(event.partition)} #{event.sequence}{key} {told.kind} {size}"

    for name, value in event.properties:
        yield f"  {safe(name)} = {safe(str(value))}"

    yield from (f"    {line}" for line in told.lines)

    if told.note:
        yield f"    ({told.note})"


def _stamp(at: float, clock: Clock, now: float) -> str:
    try:
        return f"{clock.moment(at, now)}.{math.floor(at * 1000) % 1000:03d}"
    except (ValueError, OverflowError, OSError):
        return formats.UNKNOWN
