"""Event processors that balance as the SDKs do (facts.md §2), in simulated time.

Each goes its own rounds: it lists the records, judges expiry by its own clock and settings, renews
what it holds and claims or steals its share. The monitor polls as it does, by its own tempo.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections import Counter
from dataclasses import dataclass, field

from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.actions.base import OwnedPartition
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.plans import SignalPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.actions.signal import reforecast
from ehtui.domain.policy import Policy
from ehtui.domain.updates import ActionDone, LogsRead, Tick
from ehtui.monitor.urgency import Urgency
from tests.domain.build import World, process_id
from tests.domain.planning import plan_signal

HOST = Actor(own_pid=1, ancestors=frozenset(), user="ops", is_root=False)
PROCESSES_EVERY_S, HUB_EVERY_S = 2.0, 5.0


@dataclass(slots=True)
class Processor:
    """One client. `jitter` is the share of the interval that a rest may last longer."""

    owner: str
    interval_s: float
    expiry_s: float
    is_greedy: bool = True
    jitter: float = 0.2  # none: JavaScript
    next_at: float = 0.0
    is_alive: bool = True


@dataclass(slots=True)
class Takeover:
    """What was planned for one partition, and when it was really owned again."""

    owned: OwnedPartition
    at: float  # server time of the claim, exact
    signalled_at: float

    @property
    def is_inside(self) -> bool:
        window = self.owned.takeover
        assert window.earliest_at is not None
        assert window.latest_at is not None
        return window.earliest_at <= self.at <= window.latest_at

    @property
    def width_s(self) -> float:
        window = self.owned.takeover
        assert window.earliest_at is not None
        assert window.latest_at is not None
        return window.latest_at - window.earliest_at

    @override
    def __str__(self) -> str:
        window = self.owned.takeover
        start, end = window.earliest_at or 0.0, window.latest_at or 0.0
        guess = "~" if window.is_guess else ""
        return (
            f"{guess}{start - self.signalled_at:.1f}–{end - self.signalled_at:.1f}: "
            f"{self.at - self.signalled_at:.1f} ({window.basis})"
        )


@dataclass(slots=True)
class Working:
    """A group at work under a monitor's eyes."""

    partitions: int = 4
    store_s: float = 5.0
    seed: int = 1
    world: World = field(init=False)
    processors: dict[str, Processor] = field(default_factory=dict)
    claims: dict[str, tuple[str, float]] = field(default_factory=dict)  # partition → who, when
    looks: int = 0
    tempo: Urgency = field(default_factory=Urgency)
    random: random.Random = field(init=False)
    _next: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.world = World(
            self.partitions, policy=Policy(store_interval_s=self.store_s), server_ahead_s=0.2
        )

    # The group

    def join(self, *owners: str, like: Processor | None = None, **traits: object) -> None:
        for owner in owners:
            base = like or Processor(owner, 3.0, 18.0)
            processor = dataclasses.replace(base, owner=owner, is_alive=True, **traits)  # type: ignore[arg-type]
            processor.next_at = self.world.at + self.random.uniform(0.1, 1.0)
            self.processors[owner] = processor
            pid = 100 + len(self.processors)
            self.world.consumer(
                owner,
                pid=pid,
                renews_every_s=math.inf,
                checkpoints_every_s=None,
                started_at=self.world.at,
                name="python" if processor.jitter else "node",
            )

    def kill(self, owner: str) -> None:
        self.processors[owner].is_alive = False
        self.world.kill(owner)

    def owned_by(self, owner: str) -> list[str]:
        return sorted(self.world.owned_by(owner))

    def _round(self, processor: Processor) -> None:
        world, group = self.world, self.world.group
        now = world.at
        records = {p: r for (g, p), r in world.ownerships.items() if g == group}
        active = {
            p: r.owner
            for p, r in records.items()
            if r.owner and r.blob.last_modified + processor.expiry_s >= now
        }
        own = [p for p, owner in active.items() if owner == processor.owner]
        free = [p for p in world.streams if p not in active]
        counts = Counter(active.values())
        owners = len(counts) + (processor.owner not in counts)
        most, least = math.ceil(self.partitions / owners), self.partitions // owners
        claimed: list[str] = []

        if len(own) < most and free:
            room = most - len(own) if processor.is_greedy else 1
            claimed = self.random.sample(free, min(room, len(free)))
        elif len(own) < least:
            victim = counts.most_common(1)[0][0]
            claimed = [self.random.choice([p for p, o in active.items() if o == victim])]

        for partition in (*own, *claimed):
            if records.get(partition) is None or records[partition].owner != processor.owner:
                self.claims[partition] = (processor.owner, world.server_at)

            world.claim(partition, processor.owner)

        rest_s = processor.interval_s * (1 + processor.jitter * self.random.random())
        processor.next_at = now + rest_s + 0.03

    # The monitor

    def run(self, seconds: float) -> None:
        end = self.world.at + seconds

        while self.world.at < end:
            self._step(end)

    def pause(self, seconds: float) -> None:
        """Nobody looks for so long; the group works on."""
        end = self.world.at + seconds
        self._next = dict.fromkeys(("store", "hub", "host", "tick"), end)
        self.run(seconds)

    def _step(self, end: float) -> None:
        world = self.world
        due = {name: self._next.get(name, world.at) for name in ("store", "hub", "host", "tick")}
        rounds = {p.owner: p.next_at for p in self.processors.values() if p.is_alive}
        first = min([*due.values(), *rounds.values(), end])
        world.at = max(world.at, first)

        for owner, at in rounds.items():
            if at <= first:
                self._round(self.processors[owner])

        for name in [name for name, at in due.items() if at <= first]:
            self._look(name)

    def _look(self, name: str) -> None:
        world = self.world

        if name == "store":
            self.looks += 1
            world.fold(world.store_read())
        elif name == "hub":
            world.fold(world.hub_read())
        elif name == "host":
            world.fold(world.processes_read())
            world.fold(self._logs())
        else:
            world.fold(Tick(world.at))

        every_s = {
            "store": self._store_every_s(),
            "hub": HUB_EVERY_S,
            "host": PROCESSES_EVERY_S,
            "tick": 1.0,
        }[name]
        self._next[name] = world.at + every_s
        # A tempo that changed cuts a rest under way.
        latest = world.at + self._store_every_s()
        self._next["store"] = min(self._next.get("store", world.at), latest)

    def _logs(self) -> LogsRead:
        """What each says of itself."""
        read = self.world.logs_read()
        links = tuple(
            link
            if self.processors[link.owner].jitter
            else replace(link, evidence=f"[{link.owner}] Number of active event processors: 4.")
            for link in read.links
        )
        return replace(read, links=links)

    def _store_every_s(self) -> float:
        snapshot, now = self.world.snapshot, self.world.at
        return self.tempo.store_every_s(snapshot, now) or self.store_s

    # Acting

    def plan(self, owner: str) -> SignalPlan:
        world = self.world
        process = process_id(world.consumers[owner])
        plan = plan_signal(
            world.snapshot, (process,), "KILL", host=HOST, read_only=False, at=world.at
        )
        assert isinstance(plan, SignalPlan)
        assert plan.targets[0].owns
        return plan

    def killed(self, owner: str, *, reads_s: float = 0.0, looks: bool = True) -> list[Takeover]:
        """Confirm a kill that was read for so long, and follow it until all is owned again.

        `looks` is what acting does: the store is looked at once more just before the signal.
        """
        world = self.world
        plan = self.plan(owner)
        self.run(reads_s)

        if looks:
            self._look("store")

        plan = reforecast(plan, world.snapshot, world.at)
        world.fold(ActionDone(world.at, Outcome(plan, OutcomeState.DONE, world.at)))
        signalled_at = world.server_at
        self.kill(owner)
        owned = plan.targets[0].owns
        assert {o.partition for o in owned} == set(self.owned_by(owner))
        deadline = world.at + 600

        while self.owned_by(owner):
            assert world.at < deadline
            self.run(0.5)

        return [Takeover(o, self.claims[o.partition][1], signalled_at) for o in owned]
