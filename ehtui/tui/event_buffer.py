"""The events that a screen holds: in the order in which they were enqueued, so many and no more."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from typing import TYPE_CHECKING

from ehtui.views.events.table import event_row_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.world.events import Event

MOST_EVENTS = 5000
MOST_BYTES = 32 << 20  # of bodies
_OF_EACH = 512  # bytes that an event takes beside its body


def _order(event: Event) -> tuple[float, int, str, int]:
    """By time; within one moment by partition, in it by sequence number."""
    name = event.partition
    return (event.enqueued_at, len(name), name, event.sequence)


class _Kept:
    """Events in their order; the oldest go when there are too many."""

    def __init__(self, most_events: int, most_bytes: int) -> None:
        self.events: list[Event] = []
        self._most_events, self._most_bytes = most_events, most_bytes
        self._bytes = 0

    def add(self, event: Event) -> None:
        """Where it belongs: mostly at the end."""
        events = self.events
        self._bytes += len(event.body) + _OF_EACH

        if not events or _order(events[-1]) <= _order(event):
            events.append(event)
        else:
            insort(events, event, key=_order)

    def shrink(self) -> int:
        """Forget the oldest until it is within its bounds; how many. The newest always stays."""
        many, left = 0, len(self.events)

        while left - many > 1 and (left - many > self._most_events or self._is_too_much):
            self._bytes -= len(self.events[many].body) + _OF_EACH
            many += 1

        del self.events[:many]

        return many

    @property
    def _is_too_much(self) -> bool:
        return self._bytes > self._most_bytes


class EventBuffer:
    """What was read, and what of it matches. Both are bounded: who filters keeps what was found."""

    def __init__(self, most_events: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> None:
        self._limits = (most_events, most_bytes // 2)
        self._all = _Kept(*self._limits)
        self._found = self._all  # the same while nothing is filtered
        self._by_key: dict[str, Event] = {}
        self._keys: tuple[str, ...] | None = ()
        self._sifted: deque[Event] = deque()
        self.matches: Callable[[Event], bool] | None = None
        self.read = 0  # events since the beginning
        self.forgotten = 0  # of those that match

    @property
    def events(self) -> list[Event]:
        """Those that match, the oldest first."""
        return self._found.events

    @property
    def keys(self) -> tuple[str, ...]:
        """Their keys as rows."""
        if self._keys is None:
            self._keys = tuple(map(event_row_key, self.events))
            self._by_key = dict(zip(self._keys, self.events, strict=True))

        return self._keys

    @property
    def held(self) -> list[Event]:
        """All that were read and are still held."""
        return self._all.events

    def event(self, key: str | None) -> Event | None:
        """The event of a row, while it is held."""
        return self._by_key.get(key) if key is not None and self.keys else None

    def near(self, event: Event) -> str | None:
        """The row of an event, else of the next one that is shown, else of the last."""
        at = bisect_left(self.events, _order(event), key=_order)

        return self.keys[min(at, len(self.keys) - 1)] if self.keys else None

    def behind(self, key: str | None) -> list[Event]:
        """Those that come after the event of a row; all of them after none."""
        keys = self.keys
        return self.events[keys.index(key) + 1 if key in keys else 0 :]

    def add(self, event: Event) -> None:
        """One that was read."""
        self.read += 1
        self._all.add(event)
        is_apart = self._found is not self._all

        if is_apart and self.matches is not None and self.matches(event):
            self._found.add(event)
            self._keys = None

        if not is_apart:
            self._keys = None

    def shrink(self) -> None:
        """Forget what is too much; called once for all that came together."""
        many = self._all.shrink()

        if self._found is not self._all:
            many = self._found.shrink()

        if many:
            self.forgotten += many
            self._keys = None

    def filter(self, matches: Callable[[Event], bool] | None) -> None:
        """Show what matches. Events that are held already are looked at by `sift`."""
        self.matches = matches
        self._keys = None
        self.forgotten = 0
        self._found, self._sifted = self._all, deque()

        if matches is not None:
            self._found = _Kept(*self._limits)
            self._sifted = deque(self._all.events)

    @property
    def is_sifting(self) -> bool:
        """Whether events that are held wait for their turn to be looked at."""
        return bool(self._sifted)

    def sift(self, most: int) -> None:
        """Look at so many of the events that were held when the filter was set."""
        for _ in range(min(most, len(self._sifted))):
            event = self._sifted.popleft()

            if self.matches is not None and self.matches(event):
                self._found.add(event)
                self._keys = None

    def clear(self) -> None:
        """Begin anew with the same filter."""
        self._all = _Kept(*self._limits)
        self._by_key = {}
        self.read = 0
        self.filter(self.matches)
