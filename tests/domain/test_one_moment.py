"""A lag is told for one moment, however far apart the hub and the store are read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import Counted, Health
from ehtui.domain.updates import SourceFailed, Tick
from tests.domain.build import World

RATE, LAG = 100, 6


class Stream(World):
    """A partition with much traffic, and a consumer that is always six events behind."""

    @override
    def tick(self, seconds: float = 1.0) -> None:
        for _ in range(int(seconds)):
            super().tick(1)
            self.send("0", RATE)
            self.checkpoint("0", self.streams["0"].last - LAG)


def begin() -> Stream:
    world = Stream(1)
    world.consumer("a", "0", checkpoints_every_s=None)
    world.tick(3)
    world.look()
    return world


@pytest.mark.parametrize("phase", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("hub_every", [1, 4])
def test_rate_times_phase_is_never_shown_as_lag(phase: int, hub_every: int) -> None:
    """The hub every 5 s, or every 20 s as a limiter spreads a large one; the store out of step."""
    world = begin()
    seen: list[int | None] = []

    for number in range(60):
        if number % hub_every == 0:
            world.fold(world.hub_read())
            seen.append(world.partition("0").lag)

        world.tick(phase)
        world.fold(world.store_read())
        seen.append(world.partition("0").lag)
        world.fold(Tick(world.at))
        seen.append(world.partition("0").lag)
        world.tick(5 - phase)
        assert world.partition("0").health in {Health.OK, Health.UNKNOWN}

    settled = seen[4 * hub_every :]
    assert {LAG} == set(settled)
    assert world.ids() == set()


def test_the_curve_of_a_lag_has_no_teeth() -> None:
    world = begin()

    for _ in range(30):
        world.fold(world.hub_read())
        world.tick(2)
        world.fold(world.store_read())
        world.tick(3)

    assert {value for _, value in world.partition("0").lag_series} == {LAG}


def test_half_way_between_asking_and_answer_is_when_a_slow_reply_was_true() -> None:
    world = begin()

    for _ in range(10):
        asked_at = world.at
        world.tick(2)
        listing = replace(world.listing(), asked_at=asked_at)  # true two seconds after the asking
        world.tick(2)
        read = replace(world.store_read(), listing=replace(listing, read_at=world.at))
        world.fold(world.hub_read())
        world.fold(read)
        world.tick(1)

    assert world.partition("0").lag == LAG


def test_events_that_come_between_two_looks_are_not_forgotten_when_nothing_else_changes() -> None:
    world = World(1)
    world.consumer("a", "0", is_stuck=True)
    world.send("0", 10)
    world.checkpoint("0", 9)
    world.look()
    world.fold(world.store_read())
    world.tick(3)
    world.send("0", 5)
    world.fold(world.hub_read())
    assert world.partition("0").lag == 0  # as of when the store was read
    world.tick(2)
    world.fold(world.store_read())
    world.fold(world.hub_read())
    assert world.partition("0").lag == 5


def test_a_store_that_is_not_read_again_lets_no_lag_grow() -> None:
    """It hangs, and nobody knows what the group has read since."""
    world = begin()

    for _ in range(6):
        world.tick(5)
        world.fold(world.hub_read())
        assert world.partition("0").lag == LAG

    late = Problem(ProblemKind.TIMEOUT, "It took longer than 8 s.")
    world.fold(SourceFailed(world.at, "store", late, world.at + 2))
    world.tick(5)
    world.fold(world.hub_read())
    assert world.partition("0").lag == LAG
    world.fold(world.store_read())
    world.fold(world.hub_read())
    assert world.partition("0").lag == LAG


def test_a_bound_stays_one_while_the_hub_does_not_answer() -> None:
    """The first checkpoint comes in that time: what waits is not counted from it yet."""
    world = World(1)
    world.consumer("a", "0", checkpoints_every_s=None)
    world.send("0", 8)
    world.look()
    assert (world.partition("0").lag, world.partition("0").lag_is_bound) == (8, True)

    world.checkpoint("0", 7)
    world.tick(5)
    late = Problem(ProblemKind.TIMEOUT, "It took longer than 8 s.")
    world.fold(SourceFailed(world.at, "hub", late, world.at + 2))
    world.fold(world.store_read())
    assert (world.partition("0").lag, world.partition("0").lag_is_bound) == (8, True)
    world.fold(world.hub_read())
    assert (world.partition("0").lag, world.partition("0").lag_is_bound) == (0, False)


def test_a_checkpoint_is_beyond_the_stream_only_if_the_hub_was_asked_after_it_was_seen() -> None:
    world = World(1)
    world.consumer("a", "0", is_stuck=True)
    world.send("0", 10)
    world.look()
    asked_at = world.at
    world.tick(1)
    world.checkpoint("0", 500)
    world.fold(world.store_read())
    late = world.hub_read()
    samples = tuple(replace(s, asked_at=asked_at) for s in late.samples)
    world.fold(replace(late, samples=samples))  # on its way for a second
    assert world.partition("0").ahead is None
    world.tick(1)
    world.fold(world.hub_read())
    assert world.partition("0").ahead == 491


def test_a_consumer_that_caught_up_while_the_hub_was_silent_is_not_stuck() -> None:
    world = World(1)
    world.consumer("a", "0", per_s=50, checkpoints_every_s=1.0)
    world.send("0", 1000)
    world.checkpoint("0", 0)
    world.look()
    world.tick(5)
    world.look()

    for _ in range(60):  # a hub that is read once in five minutes
        world.tick(5)
        world.fold(world.store_read())
        assert world.partition("0").health is not Health.STOPPED


STEPS = st.one_of(
    st.tuples(st.just("send"), st.integers(1, 300)),
    st.tuples(st.just("read"), st.integers(0, 1500)),
    st.tuples(st.just("wait"), st.integers(1, 20)),
    st.just(("hub", 0)),
    st.just(("store", 0)),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(STEPS, max_size=30))
def test_once_both_have_been_read_again_the_lag_is_what_waits(steps: list[tuple[str, int]]) -> None:
    """Whatever was left unjudged on the way, because nothing waited there."""
    world = World(2)
    world.consumer("a", "0", "1", checkpoints_every_s=None)
    world.send("0", 50)
    world.checkpoint("0", 49)
    world.look()

    for what, count in steps:
        if what == "send":
            world.send("0", count)
        elif what == "read":
            world.checkpoint("0", min(world.streams["0"].last, count))
        elif what == "wait":
            world.tick(count)
        else:
            world.fold(world.hub_read() if what == "hub" else world.store_read())

    for _ in range(2):
        world.tick(5)
        world.fold(world.hub_read())
        world.fold(world.store_read())

    read = world.checkpoints["$default", "0"].sequence
    assert read is not None
    partition = world.partition("0")
    assert partition.lag == world.streams["0"].last - read
    assert partition.counted == Counted(world.streams["0"].last, read)
