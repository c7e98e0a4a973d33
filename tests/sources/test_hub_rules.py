"""When the hub is described, in which order it is sampled, by which way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from typing_extensions import override

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.updates import HubRead
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.sources.hub import DESCRIBE_EVERY_S, HubSource
from ehtui.wire.reading import (
    BURST,
    RATE_PER_S,
    HubReader,
    Limiter,
    MisfitError,
    Reading,
)


@dataclass
class FakeReader(HubReader):
    """A hub of `ids`; what it is asked is kept."""

    ids: tuple[str, ...]
    clock: Callable[[], float] = time.time
    asked: list[tuple[tuple[str, ...], bool]] = field(default_factory=list)
    refused: dict[str, Problem] = field(default_factory=dict)
    raises: Exception | None = None
    closed: int = 0

    @override
    async def read(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        self.asked.append((tuple(partitions), describe))

        if self.raises is not None:
            raise self.raises

        return Reading(
            HubDescription("ns", "h", 1.0, self.ids) if describe else None,
            tuple(
                PartitionSample(p, 0, 9, "1", 1.0, False, self.clock())
                for p in partitions
                if p not in self.refused
            ),
            tuple((p, self.refused[p]) for p in partitions if p in self.refused),
        )

    @override
    async def close(self) -> None:
        self.closed += 1


@dataclass
class World:
    """A source over fake readers, and a clock that stands still."""

    fast: FakeReader
    slow: FakeReader = field(default_factory=lambda: FakeReader(("0", "1")))
    now: float = 1000.0

    def source(self, limiter: Limiter | None = None) -> HubSource:
        text = "Endpoint=sb://ns/;SharedAccessKeyName=a;SharedAccessKey=b;EntityPath=h"
        return HubSource(
            EventHubSettings(connection_string=Secret(text)),
            limiter=limiter or Limiter(None),
            clock=lambda: self.now,
            open_fast=self._open_fast,
            open_slow=lambda *_: self.slow,
        )

    def _open_fast(self, *_: object) -> HubReader:
        self.fast.clock = lambda: self.now
        return self.fast


def sampled(update: HubRead) -> list[str]:
    return [sample.partition for sample in update.samples]


async def test_the_description_is_read_once_a_minute_beside_the_partitions() -> None:
    world = World(FakeReader(("0", "1")))
    source = world.source()
    await source.read()
    await source.read()
    world.now += DESCRIBE_EVERY_S
    await source.read()

    assert world.fast.asked[0] == ((), True)
    assert [describe for _, describe in world.fast.asked[1:]] == [False, False, True]
    assert set(world.fast.asked[3][0]) == {"0", "1"}


async def test_a_new_partition_is_sampled_in_the_read_that_found_it() -> None:
    world = World(FakeReader(("0", "1")))
    source = world.source()
    await source.read()
    world.fast.ids = ("0", "1", "2")
    world.now += DESCRIBE_EVERY_S
    update = await source.read()

    assert update.hub.partition_ids == ("0", "1", "2")
    assert sorted(sampled(update)) == ["0", "1", "2"]


async def test_a_partition_that_is_gone_has_the_hub_described_anew() -> None:
    gone = Problem(ProblemKind.NOT_FOUND, "No such partition.")
    world = World(FakeReader(("0", "1"), refused={"1": gone}))
    source = world.source()
    first = await source.read()
    world.fast.ids, world.fast.refused = ("0",), {}
    second = await source.read()

    assert (sampled(first), first.limitation) == (["0"], gone)
    assert world.fast.asked[:2] == [((), True), (("0", "1"), False)]
    assert world.fast.asked[2:] == [(("1", "0"), True)]
    assert (second.hub.partition_ids, second.limitation) == (("0",), None)


async def test_a_large_hub_is_spread_and_the_longest_unseen_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ehtui.sources.hub.SPREAD_S", 0.1)
    ids = tuple(map(str, range(1024)))
    world = World(FakeReader(ids))
    source = world.source(Limiter(400.0, 64))
    seen: list[str] = []

    for _ in range(3):
        world.now += 5
        update = await source.read()
        assert 0 < len(update.samples) < 400
        assert update.duration_s < 1.0
        seen += sampled(update)

    assert len(seen) == len(set(seen))
    assert seen == list(ids[: len(seen)])


async def test_trouble_after_some_answers_keeps_the_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ehtui.sources.hub.BUSY_S", 0.05)
    world = World(FakeReader(tuple(map(str, range(8)))))
    source = world.source(Limiter(200.0, 4))
    world.now += 5
    read, answers = world.fast.read, 0

    async def fails_later(partitions: Sequence[str], *, describe: bool) -> Reading:
        nonlocal answers
        answers += 1

        if answers > 2:
            raise ProblemError(Problem(ProblemKind.THROTTLED, "Busy."))

        return await read(partitions, describe=describe)

    world.fast.read = fails_later  # type: ignore[method-assign]
    update = await source.read()
    assert 0 < len(update.samples) < 8

    with pytest.raises(ProblemError, match="Busy"):
        await source.read()


@pytest.mark.parametrize("error", [MisfitError("odd"), TypeError("takes 2"), ValueError("a")])
async def test_a_link_that_does_not_understand_means_the_slow_way(error: Exception) -> None:
    world = World(FakeReader(("0",), raises=error))
    source = world.source()
    update = await source.read()

    assert sampled(update) == ["0", "1"]
    assert world.fast.closed == 1
    assert update.limitation is not None
    world.slow.raises = error

    with pytest.raises(type(error)):
        await source.read()


async def test_the_fast_way_may_be_read_as_often_as_one_likes() -> None:
    source = World(FakeReader(("0",))).source()
    await source.read()

    assert source.min_every_s == 0


async def test_a_first_picture_takes_no_more_reads_and_time_than_the_limiter_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Read again at once until it is whole; a rest of some seconds would leave the bucket full."""
    now, pause = [0.0], asyncio.sleep

    async def sleep(seconds: float) -> None:
        now[0] += seconds
        await pause(0)

    monkeypatch.setattr("ehtui.wire.reading.asyncio.sleep", sleep)
    monkeypatch.setattr("ehtui.sources.hub.time.monotonic", lambda: now[0])
    world = World(FakeReader(tuple(map(str, range(200)))))
    source = world.source(Limiter(clock=lambda: now[0]))
    await source.read()
    polls = 1

    while source.is_behind:
        await source.read()
        polls += 1

    assert polls > 1
    assert sum(len(partitions) + described for partitions, described in world.fast.asked) == 201
    assert now[0] <= (201 - BURST) / RATE_PER_S + 0.5
    await source.read()
    assert not source.is_behind
