"""A broker that writes down what it delivers, to processors that balance and read as the SDKs do.

What it knows is the truth that each told cost is held against.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from typing_extensions import override

from ehtui.domain.costs import CostUnknown, TakeoverCost
from ehtui.domain.timeline import Claimed, Stolen, TakenOver
from tests.domain.processors import Processor, Working

WORK_S = 0.25
PREFETCH = 300


class Attached(NamedTuple):
    """A receiver that attached, and what that cost, exactly."""

    partition: str
    owner: str
    claimed_at: float  # server time, as the record has it
    read_again: int
    skipped: int
    lost: int


@dataclass(slots=True)
class Reader:
    """One owner's receiver of one partition."""

    owner: str
    attaches_at: float
    claimed_at: float
    start: int = -1  # it begins behind that one
    sent: int = -1  # the furthest that it was delivered
    done: int = -1
    has_attached: bool = False
    has_ended: bool = False
    is_connected: bool = False
    writes: list[tuple[float, int]] = field(default_factory=list)  # checkpoints under way
    checkpointed_at: float = 0.0


@dataclass(slots=True)
class Delivering(Working):
    """A group at work, with its broker."""

    reads_per_s: float = 40.0
    sends_per_s: float = 8.0
    checkpoint_s: float = 1.0
    late_s: float = 0.5  # from handled to written, at most
    retains: int | None = None
    truth: list[Attached] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)
    readers: dict[tuple[str, str], Reader] = field(default_factory=dict)  # owner, partition
    paused: set[str] = field(default_factory=set)
    _works_at: float = 0.0

    @override
    def _step(self, end: float) -> None:
        self._works_at = self._works_at or self.world.at
        Working._step(self, min(end, self._works_at))

        if self.world.at >= self._works_at:
            self._works_at = self.world.at + WORK_S
            self._work()

    @override
    def _round(self, processor: Processor) -> None:
        if processor.owner in self.paused:
            processor.next_at = self.world.at + processor.interval_s
            return

        Working._round(self, processor)
        own = self.owned_by(processor.owner)

        for (owner, partition), reader in tuple(self.readers.items()):
            if owner == processor.owner and partition not in own:
                reader.is_connected = False  # it lets go of what it lost
                reader.has_attached = reader.has_ended = True

        for partition in own:
            known = self.readers.get((processor.owner, partition))

            if known is None or known.has_ended:
                self._begin(processor.owner, partition)

    def _begin(self, owner: str, partition: str) -> None:
        """It reads the checkpoint, right after its claim, and connects a little later."""
        record = self.world.ownerships[self.world.group, partition]
        attaches_at = self.world.at + self.random.uniform(0.05, 1.2)
        reader = Reader(owner, attaches_at, record.blob.last_modified)
        checkpoint = self.world.checkpoints.get((self.world.group, partition))
        reader.start = (
            -1 if checkpoint is None or checkpoint.sequence is None else checkpoint.sequence
        )
        self.readers[owner, partition] = reader

    def _work(self) -> None:
        world = self.world

        for partition, stream in world.streams.items():
            stream.owed += self.sends_per_s * WORK_S * self.random.uniform(0.0, 2.0)
            arrived, stream.owed = int(stream.owed), stream.owed % 1.0
            stream.last += arrived
            stream.enqueued_at = world.server_at if arrived else stream.enqueued_at

            if self.retains is not None:
                stream.begin = max(stream.begin, stream.last + 1 - self.retains)

            for reader in [r for (_, p), r in self.readers.items() if p == partition]:
                self._read(reader, partition)

    def _read(self, reader: Reader, partition: str) -> None:
        now, stream = self.world.at, self.world.streams[partition]

        if reader.owner in self.paused or not self.processors[reader.owner].is_alive:
            return

        if not reader.has_attached and now >= reader.attaches_at:
            reader.has_attached = True
            self._attach(reader, partition)

        if reader.is_connected:
            reader.sent = max(reader.sent, min(stream.last, reader.done + PREFETCH))
            self.reached[partition] = max(self.reached.get(partition, -1), reader.sent)

        handled = int(self.reads_per_s * WORK_S * self.random.uniform(0.2, 1.0)) or 1
        was, reader.done = reader.done, min(reader.sent, reader.done + handled)
        is_due = now - reader.checkpointed_at >= self.checkpoint_s

        if reader.is_connected and is_due and reader.done > was:
            reader.checkpointed_at = now
            reader.writes.append((now + self.random.uniform(0.0, self.late_s), reader.done))

        while reader.writes and reader.writes[0][0] <= now:
            self.world.checkpoint(partition, reader.writes.pop(0)[1])

    def _attach(self, reader: Reader, partition: str) -> None:
        for (_, other), before in self.readers.items():
            if other == partition:
                before.is_connected = False

        stream, reached = self.world.streams[partition], self.reached.get(partition)
        begin, start = stream.begin, max(reader.start + 1, stream.begin)
        furthest = begin - 1 if reached is None else reached
        cost = (
            max(0, furthest + 1 - start),
            max(0, start - max(furthest + 1, begin)),
            max(0, begin - furthest - 1),
        )
        self.truth.append(Attached(partition, reader.owner, reader.claimed_at, *cost))
        reader.is_connected = True
        reader.sent = reader.done = start - 1

    # What people do

    def stop(self, owner: str) -> None:
        """In good order: it disconnects, and releases."""
        for partition in self.owned_by(owner):
            reader = self.readers.pop((owner, partition), None)

            if reader is not None and reader.is_connected and self.random.random() < 0.5:
                self.world.checkpoint(partition, max(reader.done, reader.start))

            self.world.release(partition)

        self.forget(owner)

    def crash(self, owner: str) -> None:
        self.forget(owner)

    def forget(self, owner: str) -> None:
        self.readers = {key: r for key, r in self.readers.items() if key[0] != owner}
        self.paused.discard(owner)
        self.kill(owner)

    def pause_process(self, owner: str) -> None:
        self.paused.add(owner)

    def resume(self, owner: str) -> None:
        self.paused.discard(owner)

    def reset(self, partition: str, sequence: int) -> None:
        self.world.checkpoint(partition, sequence)

    # What was told

    def told(self) -> list[tuple[str, str, float, TakeoverCost]]:
        """Partition, owner, time and cost of each change of hands."""
        return [
            (event.subject.partition or "", event.details.owner or "", event.at, event.details.cost)
            for event in self.world.snapshot.timeline
            if isinstance(event.details, Claimed | TakenOver | Stolen)
        ]

    def checked(self) -> list[tuple[TakeoverCost, Attached]]:
        """Each cost that was told beside the truth; those whose owner never connected have none."""
        truths = {(t.partition, t.owner, t.claimed_at): t for t in reversed(self.truth)}
        return [
            (cost, truths[partition, owner, at])
            for partition, owner, at, cost in self.told()
            if (partition, owner, at) in truths and cost.why is not CostUnknown.NO_READER_BEFORE
        ]


def holds(cost: TakeoverCost, truth: Attached) -> bool:
    """Whether each bound contains what the broker wrote down."""
    return (
        cost.read_again.holds(truth.read_again)
        and cost.skipped.holds(truth.skipped)
        and cost.lost.holds(truth.lost)
    )
