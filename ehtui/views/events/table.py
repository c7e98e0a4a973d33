"""Events as rows, each made when it is looked at: of five thousand, a screen shows thirty."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec import field
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.cells import Cell, LazyRows, Row, RowMemo, Tone
from ehtui.views.events.body import glance, kind_of, preview
from ehtui.views.events.columns import COLUMNS
from ehtui.views.events.recognising import Form
from ehtui.views.width import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.domain.world.events import Event
    from ehtui.views.phrasing import Phrasing

NEXT, DONE, LAST = "next", "done", "last"
NEXT_RANK = 2  # a fault's: `.` goes there
_KEY_CELLS = 40


def event_row_key(event: Event) -> str:
    """A partition and a sequence number name an event."""
    return f"{event.partition}/{event.sequence}"


class Marks(Value, frozen=True):
    """What of each partition is marked, by sequence numbers."""

    done: Mapping[str, int] = field(default_factory=dict)  # the checkpoint's
    next: Mapping[str, int] = field(default_factory=dict)  # of the event that it stands before
    last: Mapping[str, int] = field(default_factory=dict)

    def is_next(self, event: Event) -> bool:
        """Whether a checkpoint stands before it."""
        return self.next.get(event.partition) == event.sequence

    def of(self, event: Event) -> str:
        """`done, last`, `next`, or nothing."""
        named = ((DONE, self.done), (NEXT, self.next), (LAST, self.last))
        found = [word for word, at in named if at.get(event.partition) == event.sequence]

        return ", ".join(found)


def next_after(
    events: Iterable[Event], done: Mapping[str, int], begins: Mapping[str, int]
) -> dict[str, int]:
    """The event that each checkpoint stands before, where it is among these.

    Numbers may be missing in between, and what a checkpoint stands at may be gone: then it is the
    first that is retained, `begins`. Of events that begin far behind it none is.
    """
    found: dict[str, int] = {}
    reached: set[str] = set()

    for event in events:
        name, at = event.partition, done.get(event.partition)

        if at is None:
            continue

        if event.sequence <= at:
            reached.add(name)
        else:
            found[name] = min(event.sequence, found.get(name, event.sequence))

    return {
        name: sequence
        for name, sequence in found.items()
        if name in reached or sequence in {done[name] + 1, begins.get(name)}
    }


class EventRows(LazyRows):
    """Rows of these events, in their order."""

    def __init__(
        self,
        events: Sequence[Event],
        keys: tuple[str, ...],
        marks: Marks,
        say: Phrasing,
        memo: RowMemo | None = None,
    ) -> None:
        super().__init__(keys)
        self._events = events
        self._marks = marks
        self._say = say
        self._memo = memo or RowMemo()
        self._memo.begin()

    @override
    def make(self, position: int) -> Row:
        event, marks, say = self._events[position], self._marks, self._say
        facts = (event, marks.of(event), say.clock.day(say.now))

        return self._memo.kept(self.keys[position], facts, lambda: event_row(event, marks, say))

    @override
    def rank(self, position: int) -> int:
        event = self._events[position]

        return NEXT_RANK if self._marks.is_next(event) else int(bool(self._marks.of(event)))

    @override
    def sort(self, position: int, column: int) -> float | str | None:
        event = self._events[position]
        key = COLUMNS[column].key
        known: dict[str, float | str | None] = {
            "at": event.enqueued_at,
            "partition": float(event.partition) if event.partition.isdecimal() else event.partition,
            "sequence": event.sequence,
            "mark": self._marks.of(event) or None,
            "key": event.key,
            "size": event.size_bytes,
        }

        return known[key] if key in known else self[position].cells[column].text


def event_row(event: Event, marks: Marks, say: Phrasing) -> Row:
    """One event; what stands at the checkpoint is marked in words."""
    body = glance(event)
    mark = marks.of(event)
    at = moment(event.enqueued_at, say)
    is_text = body.form in {Form.JSON, Form.TEXT}

    return Row(
        event_row_key(event),
        (
            Cell(at, shorter=(at.rpartition(".")[0] or at,)),
            Cell(safe(event.partition)),
            Cell(formats.count(event.sequence)),
            Cell(mark, Tone.WARNING if NEXT in mark else Tone.INFO, shorter=(mark[:4],)),
            Cell(
                formats.UNKNOWN if event.key is None else cut(safe(event.key), _KEY_CELLS),
                Tone.DIM if event.key is None else Tone.PLAIN,
            ),
            Cell(formats.size(event.size_bytes)),
            Cell(kind_of(event, body), Tone.DIM),
            Cell(preview(body), Tone.PLAIN if is_text else Tone.DIM),
        ),
    )


def moment(at: float, say: Phrasing) -> str:
    """When an event was enqueued, to the millisecond: `12:03:41.204`, `11-21 23:58:07.000`.

    By the service's clock, and not shifted to this host's: both are known to the second only.
    """
    try:
        return f"{say.clock.moment(at, say.now)}.{math.floor(at * 1000) % 1000:03d}"
    except (ValueError, OverflowError, OSError):
        return formats.UNKNOWN
