"""Readable scenarios: a small hub, store and host that are polled like the real ones.

Consumers balance nothing by themselves: a scenario says who claims what, they renew and checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ehtui.domain.policy import Policy
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.reduce import reduce, start
from ehtui.domain.snapshot import Finding, GroupPartition, GroupState, Snapshot, TimelineEvent
from ehtui.domain.state import Memory, State
from ehtui.domain.updates import (
    HubRead,
    LogsRead,
    ProcessesRead,
    SourceFailed,
    StoreRead,
    Tick,
    Update,
)
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.domain.world.process import (
    LinkBasis,
    LogIncident,
    OwnerLink,
    ProcessId,
    ProcessSample,
    RecognisedBy,
)
from ehtui.domain.world.store import (
    BlobIdentity,
    Checkpoint,
    Layout,
    Ownership,
    StoreListing,
    UnreadableBlob,
)
from tests.evidence import check_catalogue

EPOCH = 1_790_000_000.0
NAMESPACE, HUB = "hgzero.servicebus.windows.net", "hgzero-eventhub"
SOURCES = ("hub", "store", "processes", "logs")


@dataclass(slots=True)
class Stream:
    """One partition of the hub."""

    begin: int = 0
    last: int = -1
    enqueued_at: float | None = None
    per_s: float = 0.0
    owed: float = 0.0  # fractions of events

    @property
    def is_empty(self) -> bool:
        return self.last < self.begin


@dataclass(slots=True)
class Consumer:
    """A consumer: renews all that it owns, checkpoints what has arrived."""

    owner: str
    pid: int | None = None
    renews_every_s: float = 33.0
    checkpoints_every_s: float | None = 2.0
    per_s: float | None = None  # how fast it reads; None: at once
    is_alive: bool = True
    is_stuck: bool = False
    renewed_at: float = 0.0
    checkpointed_at: float = 0.0
    started_at: float = EPOCH - 3600
    group: str | None = None  # None: the world's; its log names another one
    name: str = "python"
    command: str = "python start_consumer.py"


@dataclass(slots=True)
class World:
    """A hub, its store and this host, with a clock of its own."""

    partitions: int = 2
    group: str = "$default"
    policy: Policy = field(default_factory=Policy)
    server_ahead_s: float = 0.3
    date_ahead_s: float = 0.0  # of replies alone
    stamps_ahead_s: float = 0.0  # of records alone
    hub_ahead_s: float = 0.0  # the hub's clock minus the store's
    at: float = EPOCH
    namespace: str = NAMESPACE
    created_at: float = EPOCH - 90 * 86400
    streams: dict[str, Stream] = field(default_factory=dict)
    ownerships: dict[tuple[str, str], Ownership] = field(default_factory=dict)
    checkpoints: dict[tuple[str, str], Checkpoint] = field(default_factory=dict)
    unreadable: tuple[UnreadableBlob, ...] = ()
    consumers: dict[str, Consumer] = field(default_factory=dict)
    known: State = field(default_factory=lambda: State(Snapshot()))
    ever: dict[str, Finding] = field(default_factory=dict)  # every finding of any look, by id
    down: set[str] = field(default_factory=set)  # sources that fail
    writes: int = 0

    def __post_init__(self) -> None:
        for n in range(self.partitions):
            self.streams.setdefault(str(n), Stream())

        self.known = start(self.policy, self.at, SOURCES)

    # What happens in the world

    @property
    def server_at(self) -> float:
        return self.at + self.server_ahead_s

    def send(self, partition: str, count: int = 1) -> None:
        stream = self.streams[partition]
        stream.last += count
        stream.enqueued_at = self.server_at + self.hub_ahead_s

    def produce(self, per_s: float, partitions: Iterable[str] | None = None) -> None:
        for partition in partitions or self.streams:
            self.streams[partition].per_s = per_s

    def consumer(self, owner: str, *partitions: str, **traits: object) -> Consumer:
        consumer = Consumer(owner, **traits)  # type: ignore[arg-type]
        self.consumers[owner] = consumer
        consumer.renewed_at = self.at

        for partition in partitions:
            self.claim(partition, owner, consumer.group)

        return consumer

    def identity(self, name: str) -> BlobIdentity:
        self.writes += 1
        at = float(int(self.server_at + self.stamps_ahead_s))
        return BlobIdentity("checkpoints", name, f"0x{self.writes:08X}", at)

    def claim(self, partition: str, owner: str | None, group: str | None = None) -> None:
        group = group or self.group
        name = f"{self.namespace}/{HUB}/{group}/ownership/{partition}"
        self.ownerships[group, partition] = Ownership(
            self.namespace, HUB, group, partition, owner, self.identity(name), Layout.MODERN
        )

    def release(self, partition: str) -> None:
        self.claim(partition, None)

    def checkpoint(self, partition: str, sequence: int | None, group: str | None = None) -> None:
        group = group or self.group
        name = f"{self.namespace}/{HUB}/{group}/checkpoint/{partition}"
        self.checkpoints[group, partition] = Checkpoint(
            self.namespace,
            HUB,
            group,
            partition,
            sequence,
            None if sequence is None else str(sequence * 100),
            self.identity(name),
            Layout.MODERN,
        )

    def owned_by(self, owner: str, in_group: str | None = None) -> Iterator[str]:
        for (group, partition), record in self.ownerships.items():
            if group == (in_group or self.group) and record.owner == owner:
                yield partition

    def owned_now(self, partition: str) -> tuple[str, ...]:
        """Who a partition's record names."""
        record = self.ownerships.get((self.group, partition))
        return (record.owner,) if record is not None and record.owner is not None else ()

    def kill(self, owner: str) -> None:
        self.consumers[owner].is_alive = False

    def stop(self, owner: str) -> None:
        """A graceful stop: everything is released."""
        for partition in tuple(self.owned_by(owner)):
            self.release(partition)

        self.kill(owner)

    def tick(self, seconds: float = 1.0) -> None:
        """Let the world go on, unseen."""
        self.at += seconds

        for stream in self.streams.values():
            stream.owed += stream.per_s * seconds
            arrived = int(stream.owed)

            if arrived:
                stream.owed -= arrived
                stream.last += arrived
                stream.enqueued_at = self.server_at + self.hub_ahead_s

        for consumer in self.consumers.values():
            if consumer.is_alive:
                self._work(consumer, seconds)

    def _work(self, consumer: Consumer, seconds: float) -> None:
        if self.at - consumer.renewed_at >= consumer.renews_every_s:
            consumer.renewed_at = self.at

            for partition in tuple(self.owned_by(consumer.owner, consumer.group)):
                self.claim(partition, consumer.owner, consumer.group)

        every_s = consumer.checkpoints_every_s

        if consumer.is_stuck or every_s is None or self.at - consumer.checkpointed_at < every_s:
            return

        passed_s = min(self.at - consumer.checkpointed_at, max(every_s, seconds))
        consumer.checkpointed_at = self.at

        for partition in tuple(self.owned_by(consumer.owner)):
            if partition in self.streams:
                self._read(consumer, partition, passed_s)

    def _read(self, consumer: Consumer, partition: str, seconds: float) -> None:
        stream = self.streams[partition]
        record = self.checkpoints.get((self.group, partition))
        at = record.sequence if record is not None and record.sequence is not None else None
        position = max(at if at is not None else stream.begin - 1, stream.begin - 1)
        reach = stream.last

        if consumer.per_s is not None:
            reach = min(reach, position + round(consumer.per_s * seconds))

        if reach > position:
            self.checkpoint(partition, reach)

    # What is seen of it

    def hub_read(self) -> HubRead:
        hub = HubDescription(self.namespace, HUB, self.created_at, tuple(self.streams))
        samples = tuple(
            PartitionSample(
                pid, s.begin, s.last, str(s.last * 100), s.enqueued_at, s.is_empty, self.at
            )
            for pid, s in self.streams.items()
        )
        return HubRead(self.at, "hub", hub, samples, 0.02)

    def store_read(self) -> StoreRead:
        return StoreRead(self.at, "store", self.listing(), 0.05)

    def listing(self) -> StoreListing:
        return StoreListing(
            tuple(o for _, o in sorted(self.ownerships.items())),
            tuple(c for _, c in sorted(self.checkpoints.items())),
            self.unreadable,
            float(int(self.server_at + self.date_ahead_s)),
            self.at,
            len(self.ownerships) + len(self.checkpoints),
            1,
        )

    def processes_read(self) -> ProcessesRead:
        alive = (c for c in self.consumers.values() if c.is_alive and c.pid is not None)
        # Several clients may run in one process.
        samples = {process_id(c): process_of(c) for c in alive}
        return ProcessesRead(self.at, "processes", tuple(samples.values()), 0.01)

    def logs_read(self, *incidents: LogIncident) -> LogsRead:
        links = tuple(
            OwnerLink(
                process_id(c),
                c.owner,
                LinkBasis.LOG,
                f"EventProcessor '{c.owner}' is being started",
                c.started_at,
                c.group,
            )
            for c in self.consumers.values()
            if c.is_alive and c.pid is not None
        )
        return LogsRead(self.at, "logs", links, incidents, 0.01)

    def fold(self, update: Update) -> Snapshot:
        self.known = reduce(self.known, update)
        check_catalogue(self.snapshot)

        for finding in self.snapshot.findings:
            self.ever[finding.id] = finding

        return self.snapshot

    def look(self, *, logs: bool = True) -> Snapshot:
        """Read every source once."""
        reads: list[Update] = [self.hub_read(), self.store_read(), self.processes_read()]
        reads += [self.logs_read()] if logs else []

        for read in reads:
            source = getattr(read, "source", "")

            if source in self.down:
                problem = Problem(ProblemKind.UNREACHABLE, f"{source} is down")
                self.fold(SourceFailed(self.at, source, problem, self.at + 5))
            else:
                self.fold(read)

        return self.snapshot

    def play(self, seconds: float, *, every_s: float = 5.0, logs: bool = True) -> Snapshot:
        """Let time pass, polling as the monitor does, with a tick in between."""
        end = self.at + seconds

        while self.at < end:
            for _ in range(int(every_s)):
                self.tick()
                self.fold(Tick(self.at))

            self.look(logs=logs)

        return self.snapshot

    # What is known then

    @property
    def snapshot(self) -> Snapshot:
        return self.known.snapshot

    @property
    def memory(self) -> Memory:
        return self.known.memory

    @property
    def state(self) -> GroupState:
        group = self.snapshot.group(self.group)
        assert group is not None
        return group

    def partition(self, partition: str) -> GroupPartition:
        return next(p for p in self.state.partitions if p.id == partition)

    def ids(self) -> set[str]:
        return {finding.id for finding in self.snapshot.findings}

    def finding(self, id_: str) -> Finding:
        found = [f for f in self.snapshot.findings if f.id == id_]
        assert len(found) == 1, f"{id_}: {len(found)} among {sorted(self.ids())}"
        return found[0]

    def told(self, kind: str) -> list[TimelineEvent]:
        return [event for event in self.snapshot.timeline if event.kind == kind]

    def kinds(self) -> list[str]:
        """What happened, without what was judged of it."""
        return [event.kind for event in self.snapshot.timeline if event.finding is None]


def healthy(partitions: int = 3, policy: Policy | None = None) -> World:
    """One consumer a partition, events arriving, watched for two minutes."""
    world = World(partitions, policy=policy or Policy())
    world.produce(3)

    for n in range(partitions):
        world.consumer(f"owner-{n}", str(n), pid=100 + n)

    world.look()
    world.play(120)
    return world


def process_id(consumer: Consumer) -> ProcessId:
    assert consumer.pid is not None
    return ProcessId(consumer.pid, consumer.started_at)


def process_of(consumer: Consumer) -> ProcessSample:
    return ProcessSample(
        process_id(consumer),
        1,
        "ops",
        consumer.name,
        consumer.command,
        "/srv",
        "sleeping",
        1.2,
        0.6,
        50_000_000,
        4,
        2,
        RecognisedBy.PATTERN,
        "start_consumer",
    )
