"""An hour of lag by the minute: bounded, its gaps kept, never of another stream."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.progress.lag_history import (
    LOOKS,
    MINUTE_S,
    MINUTES,
    highest_within,
    minuted,
)
from ehtui.domain.reduce import start
from ehtui.domain.snapshot import NO_LAG, NO_LAG_HISTORY, GroupState, LagHistory
from tests.domain.build import EPOCH, SOURCES, World


def waiting() -> World:
    """Ten events a second in each partition, of which the consumer reads half of the first."""
    world = World(at=EPOCH // MINUTE_S * MINUTE_S)
    world.consumer("a", "0", "1", per_s=5.0)
    world.produce(10.0, ["0"])
    world.look()
    return world


def group_of(world: World) -> GroupState:
    group = world.snapshot.group(world.group)
    assert group is not None
    return group


def test_a_minute_keeps_its_highest_of_the_group_and_of_each_partition() -> None:
    world = waiting()
    world.play(130.0)
    group, history = group_of(world), group_of(world).lag_history

    assert len(history.minutes) == 2
    assert history.minutes[0].number == EPOCH // MINUTE_S
    first, second = history.minutes
    assert 200 < first.total < second.total < (group.lag or 0)
    assert second.of("0") == second.total
    assert second.of("1") == 0
    assert second.of("77") is None
    assert history.total == group.lag
    assert first.partitions is second.partitions


def test_a_minute_without_a_reading_is_missing_not_zero() -> None:
    world = waiting()
    world.play(60.0)
    world.down = {"store"}
    world.play(180.0)
    world.down = set()
    world.play(70.0)
    history = group_of(world).lag_history
    numbers = [minute.number - int(EPOCH // MINUTE_S) for minute in history.minutes]

    assert numbers == [0, 1, 4]
    assert all(minute.total > 0 for minute in history.minutes)


def test_a_bound_is_no_lag_and_no_zero() -> None:
    world = World(at=EPOCH // MINUTE_S * MINUTE_S)
    world.send("0", 5)
    world.play(130.0)
    never_read, empty = group_of(world).partitions

    assert never_read.lag_is_bound
    assert {minute.of("0") for minute in group_of(world).lag_history.minutes} == {None}
    assert {minute.of("1") for minute in group_of(world).lag_history.minutes} == {empty.lag} == {0}


def test_another_stream_under_the_same_name_begins_anew() -> None:
    world = waiting()
    world.play(130.0)
    assert group_of(world).lag_history.minutes

    world.created_at = world.at

    for stream in world.streams.values():
        stream.begin, stream.last = 0, -1

    world.look()
    assert group_of(world).lag_history.minutes == ()


def test_an_hour_is_kept_and_no_more() -> None:
    history = NO_LAG_HISTORY

    for poll in range(3 * MINUTES * 12):
        history = minuted(history, EPOCH + 5.0 * poll, poll, ())

    assert len(history.minutes) == MINUTES
    assert history.minutes[-1].number == history.number - 1


def test_each_look_is_kept_for_minutes_whether_the_lag_moved_or_not() -> None:
    world = waiting()
    world.play(60.0)
    world.produce(0.0)
    world.play(600.0)
    group, looks = group_of(world), group_of(world).lag_history.looks
    moments = [at for at, _ in looks]

    assert looks[-1] == (world.at, float(group.lag or 0))
    assert 100 <= len(looks) <= LOOKS
    assert max(b - a for a, b in pairwise(moments)) <= 5.0
    assert moments == sorted(moments)


def test_a_hub_that_is_still_read_for_the_first_time_does_not_look_like_a_rise() -> None:
    world = waiting()
    world.fold(world.store_read())
    world.known = start(world.policy, world.at, SOURCES)
    world.fold(world.store_read())
    whole = world.hub_read()
    world.fold(replace(whole, samples=whole.samples[:1]))
    assert group_of(world).lag_history.looks == ()

    world.tick()
    world.fold(world.hub_read())
    assert [lag for _, lag in group_of(world).lag_history.looks] == [group_of(world).lag]


Looks = st.lists(st.tuples(st.floats(-200, 400), st.none() | st.integers(0, 999)), max_size=60)


@given(Looks)
def test_minutes_grow_and_say_only_what_was_measured(looks: list[tuple[float, int | None]]) -> None:
    at, history, measured = EPOCH, LagHistory(), {NO_LAG}

    for step_s, total in looks:
        at += step_s
        measured |= set() if total is None else {total}
        history = minuted(history, at, total, ())
        numbers = [minute.number for minute in history.minutes]

        assert numbers == sorted(set(numbers))
        assert all(number < history.number == at // MINUTE_S for number in numbers)
        assert {history.total, *(minute.total for minute in history.minutes)} <= measured


def test_a_value_holds_until_the_next_corner() -> None:
    series = ((10.0, 4.0), (50.0, 4.0), (65.0, 9.0), (70.0, 2.0))

    assert highest_within(series, 0.0, 60.0) == 4
    assert highest_within(series, 60.0, 120.0) == 9
    assert highest_within(series, 120.0, 180.0) == 2
    assert highest_within(series[:1], 60.0, 120.0) == 4
    assert highest_within(series, -60.0, 0.0) == NO_LAG
    assert highest_within((), 0.0, 60.0) == NO_LAG
