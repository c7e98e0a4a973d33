"""Messages of several partitions, waiting to be taken in the order of their enqueued times.

No partition is waited for without a limit: one that is silent, or slow, holds nobody up for long.
"""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.world.events import AtSequence, Latest, Position
from ehtui.wire.positions import is_past

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ehtui.domain.world.hub import PartitionSample
    from ehtui.wire.event_messages import Stamp
    from ehtui.wire.receivers import Receiver

HELD_EVENTS = 10_000  # of all partitions together
HELD_BYTES = 32 << 20
UNKNOWN_BYTES = 64 << 10  # what a message is taken for before one was seen
SETTLE_S = 0.15  # a newer event waits so long for older ones of partitions that are read to the end
BEHIND_S = 2.0  # and so long for those of partitions that are known to have more
_FEWEST_BYTES = 256


class Waiting(NamedTuple):
    """A message that nobody took yet."""

    stamp: Stamp
    payload: bytes
    arrived_at: float  # of the loop's clock


class Lane:
    """One partition: what of it waits, how far it was read, and how far it is to be."""

    def __init__(self, partition: str, position: Position) -> None:
        self.partition = partition
        self.position = position  # where a receiver has to begin, now
        self.end_sequence: int | None = None  # the last one that it is known to have
        self.is_done = False  # nothing more is read
        self.receiver: Receiver | None = None
        self.granted = 0  # the credit that was given last
        self.promised = 0  # what a receiver that has not answered yet begins with
        self.asked_at = 0.0  # when credit was given last, of the loop's clock
        self.attached_at = 0.0  # of the loop's clock
        self.waiting: deque[Waiting] = deque()
        self.waiting_bytes = 0
        self.message_bytes = UNKNOWN_BYTES  # what a message is likely to take at the most
        self.seen_at = 0.0  # the last arrival, of the loop's clock

    @property
    def is_behind(self) -> bool:
        """Whether more is known to come."""
        if self.is_done or self.end_sequence is None:
            return False

        position = self.position
        return not isinstance(position, AtSequence) or (
            position.sequence - position.is_inclusive < self.end_sequence
        )

    def has_lost(self, sample: PartitionSample) -> bool:
        """Whether retention has removed what was still to come."""
        end = self.end_sequence
        return end is not None and (sample.is_empty or sample.begin_sequence > end)

    @property
    def credit(self) -> int:
        """How many messages may still come."""
        return self.receiver.credit if self.receiver is not None else self.promised


class EventMerge:
    """Lanes, and which message is next."""

    def __init__(self, lanes: Iterable[Lane]) -> None:
        self.lanes = {lane.partition: lane for lane in lanes}
        self.held_events = 0
        self.held_bytes = 0
        self._heads: list[tuple[float, str]] = []  # of each lane in which something waits

    @property
    def open_lanes(self) -> list[Lane]:
        """Those of which more is read."""
        return [lane for lane in self.lanes.values() if not lane.is_done]

    @property
    def awaited(self) -> list[Lane]:
        """Those that should send something any moment, or as soon as they have credit."""
        return [lane for lane in self.open_lanes if lane.is_behind and not lane.waiting]

    @property
    def heard_at(self) -> float:
        """When the last event came; where some are awaited, when all of those last sent one."""
        awaited = [lane.seen_at for lane in self.awaited]
        return min(awaited) if awaited else max(lane.seen_at for lane in self.lanes.values())

    def add(self, lane: Lane, message: Waiting) -> None:
        """It arrived."""
        if not lane.waiting:
            heappush(self._heads, (message.stamp.enqueued_at, lane.partition))

        size = len(message.payload)
        lane.waiting.append(message)
        lane.waiting_bytes += size
        lane.message_bytes = max(size, lane.message_bytes * 9 // 10, _FEWEST_BYTES)
        lane.seen_at = message.arrived_at
        lane.position = AtSequence(message.stamp.sequence, is_inclusive=False)
        self.held_events += 1
        self.held_bytes += size

    def drop_excess(self) -> int:
        """Throw away the oldest of what is more than may wait; how many."""
        dropped = 0

        while self.held_events > HELD_EVENTS or (
            self.held_bytes > HELD_BYTES and self.held_events > 1
        ):
            self._pop()
            dropped += 1

        return dropped

    def take(self, most: int, now: float) -> list[tuple[str, Waiting]]:
        """Up to `most` of what need not wait for others any longer, the oldest first."""
        taken: list[tuple[str, Waiting]] = []
        hold_s = self._hold_s()

        while self._heads and len(taken) < most:
            lane = self.lanes[self._heads[0][1]]

            if hold_s and now - lane.waiting[0].arrived_at < hold_s:
                break

            taken.append(self._pop())

            if not lane.waiting:
                hold_s = self._hold_s()

        return taken

    def ripe_in(self, now: float) -> float | None:
        """In how many seconds something need wait no longer; None: nothing is there."""
        if not self._heads:
            return None

        oldest = self.lanes[self._heads[0][1]].waiting[0]
        return max(oldest.arrived_at + self._hold_s() - now, 0.0)

    def _hold_s(self) -> float:
        """How long the next waits at the most for others to come before it."""
        missing = [lane for lane in self.lanes.values() if not lane.waiting and not lane.is_done]

        if any(lane.is_behind and lane.credit for lane in missing):
            return BEHIND_S

        return SETTLE_S if missing else 0.0

    def _pop(self) -> tuple[str, Waiting]:
        _, partition = heappop(self._heads)
        lane = self.lanes[partition]
        message = lane.waiting.popleft()
        size = len(message.payload)
        lane.waiting_bytes -= size
        self.held_events -= 1
        self.held_bytes -= size

        if lane.waiting:
            heappush(self._heads, (lane.waiting[0].stamp.enqueued_at, partition))

        return partition, message

    def clear(self) -> None:
        """Forget what waits."""
        for lane in self.lanes.values():
            lane.waiting.clear()
            lane.waiting_bytes = 0

        self.held_events = self.held_bytes = 0
        self._heads.clear()


def with_ends(
    lanes: Iterable[Lane], samples: Mapping[str, PartitionSample], *, follows: bool
) -> list[Lane]:
    """Note how far partitions go; those of which nothing is to be read by one who stops there."""
    finished = []

    for lane in lanes:
        sample = samples[lane.partition]

        if follows and isinstance(lane.position, Latest):
            # Where the connection is lost before anything came, nothing is missed either.
            lane.position = AtSequence(sample.last_sequence, is_inclusive=False)
            continue

        if lane.end_sequence is None:
            lane.end_sequence = sample.last_sequence

        if not follows and is_past(lane.position, sample):
            finished.append(lane)

    return finished


def credit_for(lane: Lane, merge: EventMerge, *, may_drop: bool) -> int:
    """How many messages of a partition may be on their way: its share of what may be held.

    Messages that are larger than a share come one at a time, while there is room for another.
    """
    lanes = max(len(merge.open_lanes), 1)
    share_events, share_bytes = max(HELD_EVENTS // lanes, 1), HELD_BYTES // lanes
    size = lane.message_bytes

    if may_drop:
        return max(min(share_events, share_bytes // size), 1)

    room = min(share_events - len(lane.waiting), (share_bytes - lane.waiting_bytes) // size)

    if room > 0:
        return room

    # Of a large one that is on its way nothing is known but what the last ones took.
    coming = sum(
        other.credit * other.message_bytes
        for other in merge.open_lanes
        if other is not lane and other.message_bytes > share_bytes
    )
    is_alone = not merge.held_events and not coming
    return int(not lane.waiting and (is_alone or merge.held_bytes + coming + size <= HELD_BYTES))
