"""A world of one's own: sources that do as told, and a reducer that only keeps score."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import get_ident

from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.snapshot import Snapshot, SourceState, SourceStatus
from ehtui.domain.state import State
from ehtui.domain.updates import ProcessesRead, SourceFailed, StoreRead, Update
from ehtui.domain.world.store import StoreListing
from ehtui.monitor import Monitor, Scheduled
from ehtui.sources.source import Source

BROKEN = ProblemError(Problem(ProblemKind.UNREACHABLE, "The port is closed."))


def seen(source: str, at: float = 1.0) -> Update:
    return ProcessesRead(at, source, (), 0.0)


@dataclass
class FakeSource(Source):
    """Answers with `answer`, or raises it; counts reads and how many are under way at once."""

    source_name: str = "processes"
    answer: Update | BaseException | None = None
    hangs: bool = False
    ignores_cancel: bool = False
    reads: int = 0
    under_way: int = 0
    most_at_once: int = 0
    closed: int = 0
    threads: set[int] = field(default_factory=set)

    @property
    @override
    def name(self) -> str:
        return self.source_name

    @override
    async def read(self) -> Update:
        self.reads += 1
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        self.threads.add(get_ident())

        try:
            await self._dawdle()
        finally:
            self.under_way -= 1

        if isinstance(self.answer, BaseException):
            raise self.answer

        return self.answer or seen(self.name)

    async def _dawdle(self) -> None:
        while self.hangs:
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                if not self.ignores_cancel:
                    raise

    @override
    async def close(self) -> None:
        self.closed += 1


@dataclass
class Recorder:
    """A reducer that keeps every update and each source's state; nothing else."""

    updates: list[Update] = field(default_factory=list)
    fails_on: type | None = None

    def __call__(self, before: State, update: Update) -> State:
        snapshot = before.snapshot

        if self.fails_on is not None and isinstance(update, self.fails_on):
            raise ValueError("SharedAccessKey=verysecret is no number")

        self.updates.append(update)
        name = getattr(update, "source", None)

        if name is None:
            return State(replace(snapshot, taken_at=update.at))

        problem = update.problem if isinstance(update, SourceFailed) else None
        state = SourceState(
            name, SourceStatus.FAILED if problem else SourceStatus.OK, update.at, problem=problem
        )
        others = tuple(s for s in snapshot.sources if s.name != name)

        return State(replace(snapshot, taken_at=update.at, sources=(*others, state)))

    def of(self, kind: type) -> list[Update]:
        return [update for update in self.updates if isinstance(update, kind)]

    @property
    def failures(self) -> list[SourceFailed]:
        return [update for update in self.updates if isinstance(update, SourceFailed)]


def monitor_of(
    sources: Sequence[Scheduled],
    recorder: Recorder,
    *,
    snapshot: Snapshot | None = None,
    clock: Callable[[], float] = lambda: 1000.0,
    host_ahead: Callable[[], float] = lambda: 0.0,
) -> Monitor:
    async def open_sources() -> Sequence[Scheduled]:
        return sources

    return Monitor(
        open_sources,
        snapshot or Snapshot(),
        clock=clock,
        reduce=recorder,
        host_ahead=host_ahead,
    )


def store_read(at: float = 1.0) -> StoreRead:
    return StoreRead(at, "store", StoreListing((), (), (), at, at, 0, 1), 0.0)
