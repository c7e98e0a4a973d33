"""One partition: an append-only log whose begin moves on as retention removes events."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ehtui.sandbox.eventhubs.events import Incoming, StoredEvent, stamp
from ehtui.sandbox.eventhubs.positions import By, Position

if TYPE_CHECKING:
    from collections.abc import Iterable

_OVERHEAD_BYTES = 56  # what the service adds to an event, about: offsets count bytes
_COMPACT_AT = 4096


@dataclass(frozen=True, slots=True)
class Retention:
    """How much a partition keeps; None is no limit."""

    max_events: int | None = 100_000
    max_age_s: float | None = 86_400.0


@dataclass(slots=True)
class PartitionLog:
    """The events of a partition, and who wants to know of new ones."""

    id: str
    retention: Retention = field(default_factory=Retention)
    last: StoredEvent | None = None  # the newest ever written, retained or not
    begin_sequence: int = 0
    _events: list[StoredEvent] = field(default_factory=list)
    _removed: int = 0  # leading items of _events that are gone
    _next_offset: int = 0
    _listeners: set[Callable[[], None]] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is retained."""
        return self._removed == len(self._events)

    @property
    def last_sequence(self) -> int:
        """The newest event's number; -1 when nothing was ever written."""
        return self.last.sequence if self.last else -1

    @property
    def last_offset(self) -> int:
        """The newest event's offset; -1 when nothing was ever written."""
        return self.last.offset if self.last else -1

    def append(self, events: Iterable[Incoming], at: float, publisher: str = "") -> int:
        """Write events; returns the first one's sequence number."""
        first = self.last_sequence + 1
        enqueued_ms = max(int(at * 1000), self.last.enqueued_ms if self.last else 0)

        for sequence, event in enumerate(events, first):
            offset = self._next_offset
            self._next_offset += event.size_bytes + _OVERHEAD_BYTES
            rest = stamp(event, sequence, offset, enqueued_ms, publisher)
            self.last = StoredEvent(sequence, offset, enqueued_ms, event.header, rest)
            self._events.append(self.last)

        self.expire(at)
        self.notify()
        return first

    def read(self, sequence: int, limit: int) -> list[StoredEvent]:
        """Up to `limit` retained events from `sequence` on."""
        start = self._removed + max(sequence - self.begin_sequence, 0)
        return self._events[start : start + limit]

    def start(self, position: Position) -> int:
        """The sequence number that a receiver at this position gets first."""
        if position.value is None:
            return self.last_sequence + 1

        keys = {By.OFFSET: _offset, By.SEQUENCE: _sequence, By.TIME: _enqueued}
        find = bisect_left if position.is_inclusive else bisect_right
        index = find(self._events, position.value, lo=self._removed, key=keys[position.by])
        return self.begin_sequence + index - self._removed

    def trim(self, before_sequence: int) -> None:
        """Remove events older than `before_sequence`, as retention does."""
        count = min(before_sequence, self.last_sequence + 1) - self.begin_sequence

        if count > 0:
            self._removed += count
            self.begin_sequence += count
            self._compact()

    def expire(self, now: float) -> None:
        """Remove what retention no longer keeps."""
        begin = self.begin_sequence

        if self.retention.max_events is not None:
            begin = max(begin, self.last_sequence + 1 - self.retention.max_events)

        if self.retention.max_age_s is not None:
            oldest_ms = int((now - self.retention.max_age_s) * 1000)
            index = bisect_left(self._events, oldest_ms, lo=self._removed, key=_enqueued)
            begin = max(begin, self.begin_sequence + index - self._removed)

        self.trim(begin)

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after every append."""
        self._listeners.add(listener)

    def unsubscribe(self, listener: Callable[[], None]) -> None:
        """Stop calling `listener`."""
        self._listeners.discard(listener)

    def notify(self) -> None:
        """Wake every listener."""
        for listener in tuple(self._listeners):
            listener()

    def _compact(self) -> None:
        if self._removed > _COMPACT_AT and self._removed * 2 > len(self._events):
            del self._events[: self._removed]
            self._removed = 0


def _offset(event: StoredEvent) -> int:
    return event.offset


def _sequence(event: StoredEvent) -> int:
    return event.sequence


def _enqueued(event: StoredEvent) -> int:
    return event.enqueued_ms
