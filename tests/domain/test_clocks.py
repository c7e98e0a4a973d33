"""No clock orders anything: one that jumps is a finding about that clock, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import LIVE_STATES, Health, LeaseState
from ehtui.domain.updates import HostClockSet, StoreRead, Tick
from tests.domain.build import World, healthy

HOUR_S = 3600.0
Jump = Callable[[World, float], None]


def host(world: World, by_s: float) -> None:
    """Local time itself was read off a clock that is set."""
    world.at += by_s
    world.server_ahead_s -= by_s

    for consumer in world.consumers.values():  # they live in real time
        consumer.renewed_at += by_s
        consumer.checkpointed_at += by_s


def store(world: World, by_s: float) -> None:
    """The store's clock with all that it stamps; the hub has its own."""
    world.date_ahead_s += by_s
    world.stamps_ahead_s += by_s


def date(world: World, by_s: float) -> None:
    """The Date of replies alone."""
    world.date_ahead_s += by_s


def stamps(world: World, by_s: float) -> None:
    """What records are stamped with alone."""
    world.stamps_ahead_s += by_s


def hub(world: World, by_s: float) -> None:
    world.hub_ahead_s += by_s


def watched(world: World, seconds: float) -> None:
    """Play on; whatever a look finds, no partition is anything but well served."""
    for _ in range(int(seconds / 5)):
        world.play(5)
        assert all(id_.startswith("clock.") for id_ in world.ids()), world.ids()

        for partition in world.state.partitions:
            assert partition.lease.state is LeaseState.HELD, partition
            assert partition.health is Health.OK, partition
            assert partition.ahead is None
            assert (partition.lag or 0) <= 6
            assert partition.behind is None or partition.behind.seconds < 10
            assert partition.out_per_s == pytest.approx(3, abs=1.5)


def begin() -> World:
    world = healthy()
    world.ever.clear()
    return world


@pytest.mark.parametrize("by_s", [-HOUR_S, -30.0, 30.0, HOUR_S])
@pytest.mark.parametrize("jump", [host, store, date, stamps, hub])
def test_a_clock_that_jumps_for_ever_moves_nothing_but_that_clock(jump: Jump, by_s: float) -> None:
    world = begin()
    told = len(world.snapshot.timeline)
    jump(world, by_s)
    watched(world, 150)

    assert [e.kind for e in world.snapshot.timeline[told:] if e.finding is None] == []
    assert all(id_.startswith("clock.") for id_ in world.ever)


@pytest.mark.parametrize("by_s", [-HOUR_S, -30.0, 30.0, HOUR_S])
@pytest.mark.parametrize("jump", [host, store, date, stamps, hub])
def test_a_clock_that_jumps_once_and_back_leaves_no_trace(jump: Jump, by_s: float) -> None:
    world = begin()
    told = len(world.snapshot.timeline)
    jump(world, by_s)
    watched(world, 5)
    jump(world, -by_s)
    watched(world, 150)

    assert [e.kind for e in world.snapshot.timeline[told:] if e.finding is None] == []
    assert world.ids() == set()


@pytest.mark.parametrize(
    ("jump", "by_s", "id_"),
    [
        (date, HOUR_S, "clock.store_jumped"),
        (store, -HOUR_S, "clock.store_jumped"),
        (hub, -HOUR_S, "clock.hub"),
        (host, -30.0, "clock.skew"),
    ],
)
def test_a_clock_that_jumped_is_a_finding_of_its_own(jump: Jump, by_s: float, id_: str) -> None:
    world = begin()
    jump(world, by_s)
    world.play(70)
    found = world.finding(id_)

    told = facts(found.evidence)
    assert told.get("ahead_s", told.get("offset_s")) == pytest.approx(
        -by_s if jump is host else by_s, abs=3
    )
    assert world.ids() == {id_}


def test_a_store_that_jumped_says_whether_it_stamps_records_by_that_clock() -> None:
    odd, wrong = begin(), begin()
    date(odd, HOUR_S)
    store(wrong, HOUR_S)
    odd.play(60)
    wrong.play(60)

    assert facts(odd.finding("clock.store_jumped").evidence)["stamps_records"] is False
    assert facts(wrong.finding("clock.store_jumped").evidence)["stamps_records"] is True


def test_one_odd_date_is_told_for_a_minute_and_no_listing_is_dropped_for_it() -> None:
    world = begin()
    date(world, HOUR_S)
    world.play(5)
    date(world, -HOUR_S)
    world.claim("0", "owner-1")  # taken over while the Date of before stands an hour ahead
    world.play(5)

    assert world.partition("0").lease.owner == "owner-1"
    assert facts(world.finding("clock.store_jumped").evidence)["is_back"] is True
    world.play(70)
    assert "clock.store_jumped" not in world.ids()


@pytest.mark.parametrize("by_s", [-HOUR_S, HOUR_S])
def test_an_owner_that_dies_while_a_clock_is_wrong_expires_when_its_lease_does(by_s: float) -> None:
    for jump in (host, store, date):
        world = begin()
        jump(world, by_s)
        world.play(40)
        world.kill("owner-0")
        died_at = world.at
        expires_s = world.partition("0").lease.expires_after_s
        assert expires_s is not None

        while world.partition("0").lease.state in LIVE_STATES:
            world.play(5)

        # Its last renewal was up to 33 s before.
        assert expires_s - 40 <= world.at - died_at <= expires_s + 10


@pytest.mark.parametrize("by_s", [-HOUR_S, HOUR_S])
@pytest.mark.parametrize("looks", [1, 2, 3])
def test_a_first_date_that_is_wrong_is_found_out(by_s: float, looks: int) -> None:
    world = World(3)
    world.produce(3)

    for n in range(3):
        world.consumer(f"owner-{n}", str(n), pid=100 + n)

    world.tick(30)
    date(world, by_s)
    world.look()
    assert all(id_.startswith("clock.") for id_ in world.ids()), world.ids()

    for _ in range(looks - 1):
        world.play(5)

    date(world, -by_s)
    world.play(120)
    assert world.ids() == set()
    assert world.snapshot.clock_offset_s == pytest.approx(0.3, abs=1)
    assert {p.lease.state for p in world.state.partitions} == {LeaseState.HELD}


def test_a_host_that_is_wrong_from_the_start_is_told_and_judges_by_the_server() -> None:
    world = World(2, server_ahead_s=-HOUR_S)
    world.produce(3)
    world.consumer("a", "0", "1")
    world.look()
    world.play(90)

    assert world.ids() == {"clock.skew"}
    assert facts(world.finding("clock.skew").evidence)["offset_s"] == pytest.approx(-HOUR_S, abs=1)
    assert world.partition("0").lease.state is LeaseState.HELD


def test_a_host_clock_that_is_set_is_told_with_how_far_and_only_the_skew_follows() -> None:
    world = begin()
    offset_s = world.snapshot.clock_offset_s
    assert offset_s is not None
    world.fold(HostClockSet(world.at, -30.0))
    watched(world, 60)

    (event,) = world.told("clock.set")
    assert facts(event.details)["by_s"] == -30.0
    assert world.ids() == {"clock.skew"}
    skew = facts(world.finding("clock.skew").evidence)
    assert skew["offset_s"] == pytest.approx(30 + offset_s, abs=1)
    assert world.snapshot.clock_offset_s == pytest.approx(offset_s, abs=1)
    assert world.snapshot.clock_skew_s == pytest.approx(30 + offset_s, abs=1)
    world.fold(HostClockSet(world.at, 0.0))
    watched(world, 10)
    assert world.ids() == set()


def test_a_host_that_slept_without_counting_lets_that_time_pass() -> None:
    world = begin()
    world.kill("owner-0")
    world.server_ahead_s += HOUR_S  # all others lived through it
    world.consumers["owner-1"].renewed_at = world.consumers["owner-2"].renewed_at = 0.0
    world.tick(1)
    world.fold(HostClockSet(world.at, HOUR_S))  # its own clock was put right as it woke
    world.look()
    world.look()

    assert world.partition("0").lease.state is LeaseState.EXPIRED
    assert world.partition("1").lease.state is LeaseState.HELD
    assert world.snapshot.clock_skew_s == pytest.approx(0.3, abs=1)
    assert not [id_ for id_ in world.ids() if id_.startswith("clock.")]


def test_clocks_that_are_slewed_are_followed_and_not_told() -> None:
    world = begin()

    for _ in range(60):
        world.server_ahead_s += 0.4
        watched(world, 5)

    assert world.snapshot.clock_offset_s == pytest.approx(world.server_ahead_s, abs=1)
    assert {id_ for id_ in world.ever if id_ != "clock.skew"} == set()


def test_a_slow_reply_says_less_of_the_clock_than_a_quick_one() -> None:
    world = begin()
    before = world.snapshot.clock_offset_s

    for _ in range(5):
        world.tick(6)
        # Asked for six seconds before it came; stamped as soon as it was asked for.
        late = replace(world.listing(), asked_at=world.at - 6, server_time=world.server_at - 6)
        world.fold(StoreRead(world.at, "store", late, 6.0))
        world.fold(Tick(world.at))

    assert world.snapshot.clock_offset_s == pytest.approx(before, abs=0.6)


@pytest.mark.parametrize("by_s", [-HOUR_S, HOUR_S])
def test_a_hub_of_another_clock_was_not_created_after_its_checkpoints(by_s: float) -> None:
    world = World(2, hub_ahead_s=by_s)
    world.created_at = world.server_at - 600 + by_s
    world.produce(3)
    world.consumer("a", "0", "1")
    world.tick(2)
    world.look()
    assert by_s < 0 or not [id_ for id_ in world.ids() if id_ != "clock.hub"]
    world.play(60)

    assert world.ids() == {"clock.hub"}
    assert world.partition("0").lag == pytest.approx(0, abs=6)
