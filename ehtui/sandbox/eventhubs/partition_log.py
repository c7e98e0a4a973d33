"""One partition: an append-only log whose begin moves on as retention removes events.

And which partition a key goes to: Jenkins' lookup3, as the service and its SDKs compute it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING

from ehtui.sandbox.eventhubs.addresses import By, Position
from ehtui.sandbox.eventhubs.events import Incoming, StoredEvent, stamp
from ehtui.sandbox.eventhubs.idempotence import Publishers

if TYPE_CHECKING:
    from collections.abc import Iterable

_OVERHEAD_BYTES = 56  # what the service adds to an event, about: offsets count bytes
_MEMORY_BYTES = 256  # what an event takes in this process beside what its sender wrote, about
_COMPACT_AT = 4096
_KEYS = {
    By.OFFSET: attrgetter("offset"),
    By.SEQUENCE: attrgetter("sequence"),
    By.TIME: attrgetter("enqueued_ms"),
}
_MASK = 0xFFFFFFFF
_START = 0xDEADBEEF
_BLOCK = 12
_SIGN = 0x8000

_MIX_SHIFTS = (4, 6, 8, 16, 19, 4)
_FINAL = ((14, 11, 25), (16, 4, 14))


@dataclass(frozen=True, slots=True)
class Retention:
    """How much a partition keeps; None is no limit.

    Raises ValueError where a limit is no number above zero.
    """

    max_events: int | None = 100_000
    max_age_s: float | None = 86_400.0
    max_bytes: int | None = 64 << 20

    def __post_init__(self) -> None:
        for limit in (self.max_events, self.max_age_s, self.max_bytes):
            is_number = isinstance(limit, int | float) and not isinstance(limit, bool)

            if limit is not None and not (is_number and 0 < limit < math.inf):
                raise ValueError(f"a retention of {limit!r}: a number above zero, or null")


@dataclass(slots=True)
class Room:
    """What all partitions of a namespace may keep together: the fullest gives way first."""

    most_bytes: int
    used_bytes: int = 0
    logs: list[PartitionLog] = field(default_factory=list)

    def make(self) -> None:
        """See to it that there is no more than may be; the newest event of a log always stays."""
        while self.used_bytes > self.most_bytes:
            fullest = max(self.logs, key=lambda log: log.retained_bytes)

            if not fullest.shed(2):
                return


@dataclass(slots=True)
class PartitionLog:
    """The events of a partition, and who wants to know of new ones."""

    id: str
    retention: Retention = field(default_factory=Retention)
    room: Room | None = None
    last: StoredEvent | None = None  # the newest ever written, retained or not
    begin_sequence: int = 0
    retained_bytes: int = 0
    _events: list[StoredEvent] = field(default_factory=list)
    _removed: int = 0  # leading items of _events that are gone
    _next_offset: int = 0
    publishers: Publishers = field(default_factory=Publishers)
    listeners: set[Callable[[], None]] = field(default_factory=set)  # called after each append

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
        before = self.retained_bytes

        for sequence, event in enumerate(events, first):
            offset = self._next_offset
            self._next_offset += event.size_bytes + _OVERHEAD_BYTES
            rest = stamp(event, sequence, offset, enqueued_ms, publisher)
            self.last = StoredEvent(sequence, offset, enqueued_ms, event.header, rest)
            self._events.append(self.last)
            self.retained_bytes += _size(self.last)

        self._account(before)
        self.expire(at)

        if self.room:
            self.room.make()

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

        find = bisect_left if position.is_inclusive else bisect_right
        index = find(self._events, position.value, lo=self._removed, key=_KEYS[position.by])
        return self.begin_sequence + index - self._removed

    def trim(self, before_sequence: int) -> None:
        """Remove events older than `before_sequence`, as retention does."""
        count = min(before_sequence, self.last_sequence + 1) - self.begin_sequence

        if count > 0:
            start, before = self._removed, self.retained_bytes
            removed = self._events[start : start + count]
            self._events[start : start + count] = [_REMOVED] * count
            self._removed += count
            self.begin_sequence += count
            self.retained_bytes -= sum(map(_size, removed))
            self._account(before)
            self._compact()

    def shed(self, part: int) -> bool:
        """Remove one part in so many, the oldest; whether there was more than the newest event."""
        count = self.last_sequence + 1 - self.begin_sequence
        self.trim(self.begin_sequence + min(max(count // part, 1), count - 1))
        return count > 1

    def forget(self) -> None:
        """Remove everything: the hub is gone."""
        self.trim(self.last_sequence + 1)

        if self.room:
            self.room.logs.remove(self)

    def expire(self, now: float) -> None:
        """Remove what retention no longer keeps."""
        begin = self.begin_sequence

        if self.retention.max_events is not None:
            begin = max(begin, self.last_sequence + 1 - self.retention.max_events)

        if self.retention.max_age_s is not None:
            oldest_ms = int((now - self.retention.max_age_s) * 1000)
            index = bisect_left(self._events, oldest_ms, lo=self._removed, key=_KEYS[By.TIME])
            begin = max(begin, self.begin_sequence + index - self._removed)

        self.trim(begin)
        most_bytes = self.retention.max_bytes

        while most_bytes is not None and self.retained_bytes > most_bytes and self.shed(8):
            pass

    def _account(self, before: int) -> None:
        if self.room:
            self.room.used_bytes += self.retained_bytes - before

    def notify(self) -> None:
        """Wake every listener."""
        for listener in tuple(self.listeners):
            listener()

    def _compact(self) -> None:
        if self._removed > _COMPACT_AT and self._removed * 2 > len(self._events):
            del self._events[: self._removed]
            self._removed = 0


_REMOVED = StoredEvent(-1, -1, 0, b"", b"")  # stands for what is let go of, until it is compacted


def _size(event: StoredEvent) -> int:
    return len(event.header) + len(event.rest) + _MEMORY_BYTES


def partition_for_key(key: bytes, partitions: int) -> int:
    """The index of the partition that takes `key`.

    The remainder is C#'s (towards zero), as in the .NET and JavaScript SDKs; azure-eventhub's own
    resolver uses Python's and so disagrees on about half of all keys.
    """
    return abs(hash_key(key)) % partitions


def hash_key(key: bytes) -> int:
    """The signed 16 bit hash of a partition key."""
    c, b = _lookup3(key)
    folded = (c ^ b) & 0xFFFF
    return folded - 2 * (folded & _SIGN)


def _lookup3(data: bytes) -> tuple[int, int]:
    a = b = c = (_START + len(data)) & _MASK
    position = 0

    while len(data) - position > _BLOCK:
        words = _words(data[position : position + _BLOCK])
        a, b, c = _mix((a + words[0]) & _MASK, (b + words[1]) & _MASK, (c + words[2]) & _MASK)
        position += _BLOCK

    rest = data[position:]

    if not rest:
        return c, b

    words = _words(rest.ljust(_BLOCK, b"\0"))
    return _final((a + words[0]) & _MASK, (b + words[1]) & _MASK, (c + words[2]) & _MASK)


def _words(block: bytes) -> list[int]:
    return [int.from_bytes(block[i : i + 4], "little") for i in range(0, _BLOCK, 4)]


def _rotate(x: int, bits: int) -> int:
    return ((x << bits) | (x >> (32 - bits))) & _MASK


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    for shift in _MIX_SHIFTS:
        a, c = ((a - c) & _MASK) ^ _rotate(c, shift), (c + b) & _MASK
        a, b, c = b, c, a  # the roles move on by one each step

    return a, b, c


def _final(a: int, b: int, c: int) -> tuple[int, int]:
    for first, second, third in _FINAL:
        c = ((c ^ b) - _rotate(b, first)) & _MASK
        a = ((a ^ c) - _rotate(c, second)) & _MASK
        b = ((b ^ a) - _rotate(a, third)) & _MASK

    return ((c ^ b) - _rotate(b, 24)) & _MASK, b
