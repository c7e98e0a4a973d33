"""Waiting for a monitor without a screen: for its first pictures, and for so long."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.snapshot import (
    PartitionState,
    Snapshot,
    SourceStatus,
)
from ehtui.domain.state import State
from ehtui.domain.updates import Update
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.monitor import Scheduled, wait_for_first, watch
from tests.monitor.fakes import BROKEN, FakeSource, Recorder, monitor_of
from tests.monitor.running import running


@pytest.fixture(autouse=True)
def no_blocking_call() -> Iterator[BlockBuster]:
    """Any blocking call on the monitor's loop raises there, and so fails a test."""
    with blockbuster_ctx() as guard:
        yield guard


def test_the_first_wait_ends_with_success_and_failure_alike() -> None:
    sources = [
        Scheduled(FakeSource("store"), 60, 1),
        Scheduled(FakeSource("hub", answer=BROKEN), 60, 1),
    ]

    with running(monitor_of(sources, Recorder())) as monitor:
        snapshot = wait_for_first(monitor, ["hub", "store"], 5.0)

    assert {s.name: s.status for s in snapshot.sources} == {
        "hub": SourceStatus.FAILED,
        "store": SourceStatus.OK,
    }


def test_the_first_wait_gives_up_at_its_timeout() -> None:
    with running(monitor_of([Scheduled(FakeSource(hangs=True), 60, 60)], Recorder())) as monitor:
        began = time.monotonic()
        snapshot = wait_for_first(monitor, ["processes"], 0.3)

    assert snapshot.sources == ()
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("stalled_s", "timeout_s", "least_s", "most_s"), [(60.0, 0.5, 0.5, 5.0), (0.2, 30.0, 0.2, 5.0)]
)
def test_the_first_wait_wants_every_partition_that_keeps_coming(
    monkeypatch: pytest.MonkeyPatch,
    stalled_s: float,
    timeout_s: float,
    least_s: float,
    most_s: float,
) -> None:
    monkeypatch.setattr("ehtui.monitor.waiting.STALLED_S", stalled_s)
    start = Snapshot(
        hub=HubDescription("ns", "hub", None, ("0",)), partitions=(PartitionState("0"),)
    )

    with running(
        monitor_of([Scheduled(FakeSource("hub"), 0.05, 1)], Recorder(), snapshot=start)
    ) as monitor:
        began = time.monotonic()
        wait_for_first(monitor, ["hub"], timeout_s)
        took_s = time.monotonic() - began

    assert least_s <= took_s < most_s


class Large(Recorder):
    """Each read of the hub brings one more partition."""

    @override
    def __call__(self, before: State, update: Update) -> State:
        snapshot = super().__call__(before, update).snapshot
        read = sum(p.sample is not None for p in snapshot.partitions)
        partitions = list(snapshot.partitions)

        if read < len(partitions):
            partitions[read] = replace(partitions[read], sample=SAMPLE)

        return State(replace(snapshot, partitions=tuple(partitions)))


SAMPLE = PartitionSample("0", 0, 9, "9", 1.0, is_empty=False, sampled_at=1.0)


@pytest.mark.parametrize(("count", "whole_hub_s"), [(8, 30.0), (1000, 0.9)])
def test_a_large_hub_is_waited_for_while_more_of_it_comes_in(
    count: int, whole_hub_s: float
) -> None:
    start = Snapshot(partitions=tuple(PartitionState(str(number)) for number in range(count)))
    told: list[tuple[int, int]] = []

    with running(
        monitor_of([Scheduled(FakeSource("hub"), 0.1, 1)], Large(), snapshot=start)
    ) as monitor:
        began = time.monotonic()
        snapshot = wait_for_first(
            monitor,
            ["hub"],
            0.3,
            whole_hub_s=whole_hub_s,
            tell=lambda read, of: told.append((read, of)),
        )
        took_s = time.monotonic() - began

    assert took_s > 0.6
    assert (snapshot.partitions[-1].sample is not None) is (count == 8)
    assert told == sorted(told)
    assert {of for _, of in told} == {count}
    assert told[-1][0] < count


def test_watching_lasts_as_long_as_asked() -> None:
    with running(monitor_of([Scheduled(FakeSource(), 0.01, 1)], Recorder())) as monitor:
        began = time.monotonic()
        assert watch(monitor, 0.3).sources
        assert time.monotonic() - began >= 0.3
