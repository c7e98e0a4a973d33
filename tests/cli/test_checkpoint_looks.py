"""What a move of checkpoints looks at once more: the hub for a plan, the store before it writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.cli import checkpoint_looks
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan, ToLatest, Unwritten
from ehtui.domain.actions.checkpoints import CheckpointRequest, refusal_of
from ehtui.domain.actions.outcomes import RefusalReason
from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import PartitionState, Snapshot, SourceState, SourceStatus
from tests.actions.checkpoint_stage import GROUP, Stage, picture
from tests.cli.test_backend import Bench
from tests.monitor.fakes import FakeSource
from tests.views.world import NOW, A

OK = tuple(SourceState(name, SourceStatus.OK) for name in ("hub", "store"))
FAILED = tuple(SourceState(name, SourceStatus.FAILED) for name in ("hub", "store"))
LATER = NOW + 100.0


@dataclass
class Looks:
    """A monitor whose looks bring one picture after another."""

    snapshot: Snapshot
    of_hub: list[Snapshot] = field(default_factory=list)
    of_store: list[Snapshot] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    is_in_time: bool = True

    async def look_again(self, source: str, _: float) -> bool:
        self.asked.append(source)
        coming = self.of_hub if source == "hub" else self.of_store

        if coming:
            self.snapshot = coming.pop(0)

        return self.is_in_time


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)

    for partition in "012":
        stage.checkpoint(partition, 150)

    return stage


def sampled(fresh: Sequence[str], last: int) -> Snapshot:
    """A picture in which some partitions were sampled anew."""
    old = picture(sources=OK)
    partitions = [
        PartitionState(
            p.id,
            replace(p.sample, last_sequence=last, sampled_at=LATER, asked_at=LATER)
            if p.id in fresh
            else p.sample,
        )
        for p in old.partitions
        if p.sample is not None
    ]

    return replace(old, partitions=tuple(partitions))


async def rehearsed(stage: Stage, looks: Looks) -> CheckpointRequest:
    request = CheckpointRequest(ToLatest(), GROUP)

    return await checkpoint_looks.rehearsed(
        request,
        looks,  # type: ignore[arg-type]
        stage.writer,
        stage.lookup,
        lambda: LATER,
    )


async def test_the_latest_event_is_that_of_now_though_a_large_hub_is_told_in_pieces(
    stage: Stage,
) -> None:
    looks = Looks(picture(sources=OK), of_hub=[sampled("01", 5000), sampled("012", 5000)])
    made = await rehearsed(stage, looks)
    assert isinstance(made.found, tuple)
    assert [c.after.sequence for c in made.found if c.after is not None] == [5000] * 3
    assert sorted(looks.asked) == ["hub", "hub", "store"]


@pytest.mark.parametrize("told", [OK, FAILED])
async def test_what_the_hub_does_not_tell_now_is_left(
    stage: Stage, told: tuple[SourceState, ...]
) -> None:
    looks = Looks(picture(sources=told))
    made = await rehearsed(stage, looks)
    assert isinstance(made.found, tuple)
    assert {c.unwritten for c in made.found} == {Unwritten.NOT_SAMPLED}
    assert looks.asked.count("hub") <= 2


async def test_owners_are_judged_by_a_look_just_before_the_writes(stage: Stage) -> None:
    plan = await stage.plan(ToLatest())
    looks = Looks(picture(sources=OK))
    again = await checkpoint_looks.judged_again(plan, looks, stage.writer)  # type: ignore[arg-type]
    assert refusal_of(again) is None

    stage.owned("0", A)  # the picture does not know it yet
    again = await checkpoint_looks.judged_again(plan, looks, stage.writer)  # type: ignore[arg-type]
    assert [owner.owner for owner in again.owners] == [A]
    assert looks.asked == ["store", "store"]


@pytest.mark.parametrize("trouble", ["late", "failed", "own listing"])
async def test_where_owners_cannot_be_read_nothing_is_written(stage: Stage, trouble: str) -> None:
    plan = await stage.plan(ToLatest())
    looks = Looks(picture(sources=FAILED if trouble == "failed" else OK))
    looks.is_in_time = trouble != "late"

    if trouble == "own listing":
        stage.account.failures["checkpoints"] = ProblemKind.TIMEOUT

    for is_forced in (False, True):
        asked = replace(plan, is_forced=is_forced)
        again = await checkpoint_looks.judged_again(asked, looks, stage.writer)  # type: ignore[arg-type]
        refusal = refusal_of(again)
        reason = refusal.reason if refusal is not None else None
        assert reason is (None if is_forced else RefusalReason.OWNERS_UNREAD)


async def test_a_dry_run_is_refused_where_the_store_fails_by_then(
    stage: Stage, tmp_path: Path
) -> None:
    plan = await stage.plan(ToLatest())
    bench = Bench(tmp_path, sources=[FakeSource("store", OSError("gone"))])

    try:
        outcome = await bench.backend.try_out(plan)
    finally:
        bench.monitor.stop()

    told = outcome.plan
    assert isinstance(told, CheckpointPlan)
    assert not told.owners_are_known
