"""Lag in time from the event itself, for as long as it is the next one."""

from __future__ import annotations

import pytest

from ehtui.domain.progress.behind import MOST_UNREAD, Unread, behind_exactly, seen_unread
from ehtui.domain.snapshot import Behind, BehindBasis
from ehtui.domain.updates import UnreadSeen
from tests.domain.build import World


def a_group_that_is_behind() -> World:
    world = World(2)
    world.produce(20)
    world.consumer("a", "0", "1", per_s=12)
    world.look()
    world.play(300)

    return world


def shown(world: World) -> Behind:
    found = world.partition("0").behind
    assert found is not None
    return found


def see_next(world: World, *, age_s: float) -> None:
    checkpoint = world.partition("0").checkpoint
    assert checkpoint is not None
    assert checkpoint.sequence is not None
    sequence = checkpoint.sequence + 1
    world.fold(UnreadSeen(world.at, "0", sequence, sequence, world.server_at - age_s))


def test_what_was_read_is_exact() -> None:
    world = a_group_that_is_behind()
    assert shown(world).basis is BehindBasis.INTERPOLATED

    see_next(world, age_s=77.0)
    assert shown(world).basis is BehindBasis.EXACT
    assert shown(world).seconds == pytest.approx(77.0, abs=10.0)


def test_it_is_an_estimate_again_once_the_group_goes_on() -> None:
    world = a_group_that_is_behind()
    see_next(world, age_s=77.0)
    world.play(30)

    assert shown(world).basis is BehindBasis.INTERPOLATED


def test_it_stays_exact_while_the_group_stands_still() -> None:
    world = World(2)
    world.produce(20)
    world.consumer("a", "0", "1", per_s=0)
    world.checkpoint("0", 5)
    world.look()
    world.play(60)
    see_next(world, age_s=50.0)
    world.play(30)

    assert shown(world).basis is BehindBasis.EXACT


def test_an_event_of_a_partition_that_is_unknown_changes_nothing() -> None:
    world = a_group_that_is_behind()
    before = world.partition("0")
    world.fold(UnreadSeen(world.at, "77", 5, 5, world.server_at))
    assert world.partition("0") == before


def test_a_gap_belongs_to_the_event_behind_it() -> None:
    known = (Unread(10, 14, 500.0),)

    for oldest in (10, 12, 14):
        found = behind_exactly(known, oldest, 600.0)
        assert found == Behind(100.0, BehindBasis.EXACT, 500.0)

    assert behind_exactly(known, 9, 600.0) is None
    assert behind_exactly(known, 15, 600.0) is None


def test_so_many_looks_and_no_more() -> None:
    known: tuple[Unread, ...] = ()

    for number in range(100):
        known = seen_unread(known, Unread(number, number, 1.0))

    assert len(known) == MOST_UNREAD
    assert known[-1].sequence == 99
    assert len(seen_unread(known, Unread(99, 99, 2.0))) == MOST_UNREAD


@pytest.mark.parametrize("hub_ahead_s", [0.0, 40.0])
@pytest.mark.parametrize("silent_s", [30, 270, 3600])
def test_what_came_after_a_silence_is_no_older_than_the_last_look_without_it(
    silent_s: int, hub_ahead_s: float
) -> None:
    """Two points of an old and a new event say nothing of the looks in between."""
    world = World(1, hub_ahead_s=hub_ahead_s)
    reads = world.consumer("a", "0")
    world.send("0", 10)
    world.look()
    world.play(60)
    assert world.partition("0").lag == 0

    world.play(silent_s)
    reads.is_stuck = True
    world.send("0", 40)
    sent_at = world.at

    for _ in range(6):
        world.play(10)
        found = world.partition("0").behind
        assert found is not None
        assert found.basis is BehindBasis.INTERPOLATED
        assert found.seconds == pytest.approx(world.at - sent_at, abs=6)
