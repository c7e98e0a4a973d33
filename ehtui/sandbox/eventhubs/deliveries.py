"""What was delivered: the truth that the cost of a takeover is held against. Bounded.

Each receiver of a partition is a `Reading`: where it began, which events it was sent, and what its
group had been sent before. Who reads is told by the receiver's name and by its connection.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_READINGS = 20_000
MOST_RANGES = 32  # of one reading; retention makes a gap only where a reader is slower than it


@dataclass(eq=False, slots=True)
class Reading:
    """One receiver's link, and what went over it."""

    number: int  # grows by one
    hub: str
    hub_created_at: float
    group: str
    partition: str
    client: str  # what its connection calls itself: the user agent, else the container's id
    name: str | None  # the receiver's own
    level: int | None
    at: float  # when it attached
    start: int  # the first event that it gets, if that is there by then
    begin: int  # the first event that the partition had
    everybody: dict[tuple[str, str], int] = field(repr=False)  # the hub's `reached`
    reached: int | None = None  # the furthest that anybody was sent before; None: nothing
    ended_at: float | None = None
    events: int = 0
    ranges: list[list[int]] = field(default_factory=list)  # [first, last], in order

    @property
    def read_again(self) -> int:
        """Events that somebody of the group was sent before, and that stand behind its start."""
        return max(0, self._furthest + 1 - self.start)

    @property
    def skipped(self) -> int:
        """Events that nobody of the group was sent, before its start and still in the hub."""
        return max(0, self.start - max(self._furthest + 1, self.begin))

    @property
    def lost(self) -> int:
        """Events that nobody of the group was sent, and that are in the hub no more."""
        return max(0, self.begin - self._furthest - 1)

    @property
    def _furthest(self) -> int:
        return self.begin - 1 if self.reached is None else self.reached

    @property
    def _place(self) -> tuple[str, str]:
        return self.partition, self.group.lower()

    def __post_init__(self) -> None:
        self.reached = self.everybody.get(self._place)

    def sent(self, sequence: int) -> None:
        """Another event went out."""
        self.events += 1
        self.everybody[self._place] = max(self.everybody.get(self._place, -1), sequence)

        if self.ranges and (self.ranges[-1][1] + 1 == sequence or len(self.ranges) >= MOST_RANGES):
            self.ranges[-1][1] = sequence
        else:
            self.ranges.append([sequence, sequence])

    def described(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "number": self.number,
            "hub_created_at": self.hub_created_at,
            "group": self.group,
            "partition": self.partition,
            "client": self.client,
            "name": self.name,
            "owner_level": self.level,
            "at": self.at,
            "ended_at": self.ended_at,
            "start": self.start,
            "begin": self.begin,
            "reached_before": self.reached,
            "read_again": self.read_again,
            "skipped": self.skipped,
            "lost": self.lost,
            "events": self.events,
            "ranges": [tuple(each) for each in self.ranges],
        }


class Deliveries:
    """Every reading of a namespace, the oldest given up first."""

    def __init__(self) -> None:
        self._readings: deque[Reading] = deque(maxlen=MOST_READINGS)
        self._count = 0

    def begun(self, **facts: Any) -> Reading:
        """A receiver attached; `facts` are the fields of its reading."""
        self._count += 1
        reading = Reading(number=self._count, **facts)
        self._readings.append(reading)
        return reading

    def of(
        self, hub: str, group: str | None = None, partition: str | None = None
    ) -> Iterator[Reading]:
        """Those of a hub, its former ones of that name too, oldest first; names ignore case."""
        for reading in self._readings:
            if (
                reading.hub.lower() == hub.lower()
                and (group is None or reading.group.lower() == group.lower())
                and partition in {None, reading.partition}
            ):
                yield reading
