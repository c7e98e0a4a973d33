"""A store in memory, a hub of three partitions, and the whole way of a plan for checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from ehtui.actions.checkpoint_finding import rehearsed
from ehtui.actions.checkpoint_writes import CheckpointHand
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.actions.checkpoint_plan import Change, CheckpointPlan, Strategy
from ehtui.domain.actions.checkpoints import CheckpointRequest
from ehtui.domain.actions.outcomes import Outcome, Refusal
from ehtui.domain.actions.requests import Actor, PlanningContext
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.snapshot import LeaseState, PartitionState, Snapshot
from ehtui.domain.world.events import AtSequence, Event, Position
from ehtui.sources.store import StoreSource
from ehtui.sources.store_writer import RecordWriter
from tests.sources.blob_account import FakeBlobAccount
from tests.views import world
from tests.views.world import HUB, NAMESPACE, NOW

GROUP = "$Default"
BEGIN, LAST = 100, 199  # of every partition; the offset of an event is ten times its number
FOLDER = f"{NAMESPACE}/{HUB}/$default"


class FakeLookup:
    """Events as they stand in the hub, one a second, the last one now."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object]] = []
        self.fault: ProblemKind | None = None

    async def read_at(self, partition: str, position: Position, _: float) -> Event | None:
        self._ask(partition, position)
        assert isinstance(position, AtSequence)
        number = max(position.sequence, BEGIN)

        return event(partition, number) if number <= LAST else None

    async def read_before(self, partition: str, at: float, _: float) -> Event | None:
        self._ask(partition, at)
        before = [n for n in range(BEGIN, LAST + 1) if enqueued_at(n) < at]

        return event(partition, before[-1]) if before else None

    def _ask(self, partition: str, what: object) -> None:
        self.asked.append((partition, what))

        if self.fault is not None:
            raise ProblemError(Problem(self.fault, "The peek group has epoch readers."))


def enqueued_at(sequence: int) -> float:
    return NOW - (LAST - sequence)


def event(partition: str, sequence: int) -> Event:
    return Event(partition, sequence, str(sequence * 10), enqueued_at(sequence), b"{}")


def picture(*, owned: Mapping[str, str] | None = None, **changes: Any) -> Snapshot:
    samples = {
        p: replace(world.sample(p, LAST, begin=BEGIN), last_offset="1990", last_enqueued_at=NOW)
        for p in "012"
    }
    released = world.lease(LeaseState.RELEASED)
    parts = tuple(
        world.partition(
            p, world.lease(owner=(owned or {})[p]) if p in (owned or {}) else released, LAST, 150
        )
        for p in "012"
    )
    facts: dict[str, Any] = {
        "partitions": tuple(PartitionState(p, each) for p, each in samples.items()),
        "groups": (world.group_state(*parts),),
        "consumers": (),
        "listed_at": NOW,
    }

    return world.snapshot(**(facts | changes))


@dataclass
class Stage:
    """What a test plays with."""

    folder: Path
    account: FakeBlobAccount = field(default_factory=FakeBlobAccount)
    lookup: FakeLookup | None = field(default_factory=FakeLookup)
    snapshot: Snapshot = field(default_factory=picture)
    layout: str | None = None
    now: float = NOW

    def __post_init__(self) -> None:
        self.account.containers.setdefault("checkpoints", {})
        settings = CheckpointStoreSettings(
            containers=("checkpoints",),
            layout=self.layout,  # type: ignore[arg-type]
        )
        source = StoreSource(settings, namespace=NAMESPACE, hub=HUB, account=self.account)
        self.writer = RecordWriter(source)

    def _clock(self) -> float:
        """A second more at each look."""
        self.now += 1.0

        return self.now

    def checkpoint(self, partition: str, sequence: int, folder: str = FOLDER) -> str:
        """A checkpoint as Python writes it; its ETag."""
        values = {"offset": str(sequence * 10), "sequencenumber": str(sequence)}
        return self.account.put("checkpoints", f"{folder}/checkpoint/{partition}", values).etag

    def owned(self, partition: str, owner: str = "", folder: str = FOLDER) -> None:
        name = f"{folder}/ownership/{partition}"
        self.account.put("checkpoints", name, {"ownerid": owner})

    def stands(self, partition: str, folder: str = FOLDER) -> tuple[str, str] | None:
        """Sequence number and offset as they are in the store."""
        found = self.account.containers["checkpoints"].get(f"{folder}/checkpoint/{partition}")

        if found is None:
            return None

        return found[0].metadata["sequencenumber"], found[0].metadata["offset"]

    async def plan(self, strategy: Strategy, **asked: Any) -> CheckpointPlan:
        made = await self.asked(strategy, **asked)
        assert isinstance(made, CheckpointPlan)

        return made

    async def asked(self, strategy: Strategy, **asked: Any) -> CheckpointPlan | Refusal:
        request = CheckpointRequest(**{"strategy": strategy, "group": GROUP, **asked})
        request = await rehearsed(request, self.writer, self.lookup, self.snapshot)
        made = request.plan(PlanningContext(self.snapshot, NOW, Actor(own_pid=1)))
        assert isinstance(made, CheckpointPlan | Refusal)

        return made

    async def apply(self, plan: CheckpointPlan) -> Outcome:
        return await CheckpointHand(self.writer, self._clock, self.folder).carry_out(plan)

    async def change(self, strategy: Strategy, partition: str = "0", **asked: Any) -> Change:
        """What becomes of one partition."""
        plan = await self.plan(strategy, partitions=(partition,), **asked)
        [change] = plan.changes

        return change
