"""What take-overs teach of how long leases live, what unteaches it, and what teaches nothing."""

from __future__ import annotations

import pytest

from ehtui.domain.leases.timing import SeenExpiry, TimingBasis, left_alone, taken
from ehtui.domain.snapshot import LeaseState
from ehtui.domain.state import GroupMemory
from tests.domain.build import World
from tests.domain.processors import Processor, Working

QUICK = Processor("", 3.0, 9.0)


def memory(working: Working | World) -> GroupMemory:
    world = working.world if isinstance(working, Working) else working
    return world.memory.groups[world.group]


@pytest.mark.parametrize(
    ("known", "bounds", "expected"),
    [
        (None, (7, 10), (7, 10)),
        (SeenExpiry(7, 10), (8, 12), (8, 10)),  # both hold
        (SeenExpiry(8, 10), (6, 9), (8, 9)),
        (SeenExpiry(8, 10), (28, 31), (28, 31)),  # other settings by now
        (SeenExpiry(28, 31), (8, 10), (8, 10)),
        (SeenExpiry(24), (20, 27), (24, 27)),  # until then only that it is longer
        (None, (11, 10), (10, 10)),
    ],
)
def test_bounds_of_several_take_overs(
    known: SeenExpiry | None, bounds: tuple[float, float], expected: tuple[float, float]
) -> None:
    assert taken(known, *bounds) == SeenExpiry(*expected)


@pytest.mark.parametrize(
    ("known", "age_s", "expected"),
    [
        (None, 12.0, (12.0, None)),
        (None, -1.0, None),
        (SeenExpiry(8, 10), 9.0, (9.0, 10)),
        (SeenExpiry(8, 10), 7.0, (8, 10)),
        (SeenExpiry(8, 10), 11.0, (11.0, None)),  # outlived: unlearned
    ],
)
def test_a_lease_that_outlives_what_was_seen_unteaches_it(
    known: SeenExpiry | None, age_s: float, expected: tuple[float, float | None] | None
) -> None:
    assert left_alone(known, age_s) == (SeenExpiry(*expected) if expected else None)


def test_newcomers_that_steal_to_balance_teach_nothing() -> None:
    for seed in range(4):
        working = Working(partitions=8, seed=seed)
        working.join("a", like=QUICK)
        working.run(60)

        for owner in ("b", "c", "d"):
            working.join(owner, like=QUICK)
            working.run(60)

        assert working.world.told("lease.stolen")
        assert not working.world.told("lease.taken_over")
        assert memory(working).expiry is None
        assert {t.basis for t in memory(working).state.timings.values()} <= {
            TimingBasis.GUESSED,
            TimingBasis.ASSUMED,
        }


def test_what_was_learned_does_not_shrink_with_each_newcomer() -> None:
    """11 s became 7, 5 and 4: each steal looked like a lease that had run out sooner."""
    for seed in range(4):
        working = Working(partitions=8, seed=seed)
        working.join("a", "b", "c", "d", like=QUICK)
        working.run(60)

        for n in range(6):
            victim = max(working.processors, key=lambda o: len(working.owned_by(o)))
            working.killed(victim, looks=False)
            working.join(f"new-{n}", like=QUICK)
            working.run(40)
            seen = memory(working).expiry
            assert seen is not None
            assert seen.at_most_s is not None
            assert seen.at_least_s <= QUICK.expiry_s <= seen.at_most_s <= 14


def test_a_wrong_process_tied_to_an_owner_teaches_no_lease_of_a_second() -> None:
    """Two consumers log into one file: a restart tied the new owner id to the dead pid."""
    working = Working(partitions=4)
    working.join("a", "b", like=QUICK)
    working.run(40)
    world = working.world
    # A newcomer's id is read in the log of a process that is about to end.
    working.join("c", like=QUICK)
    wrong = world.consumers["c"]
    working.run(2.5)
    wrong.is_alive = False  # for the host: the client that goes by this id lives on elsewhere
    states: set[LeaseState] = set()

    for _ in range(60):
        working.run(1.0)
        states |= {p.lease.state for p in world.state.partitions if p.lease.owner == "c"}

    seen = memory(working).expiry
    assert seen is None or seen.at_most_s is None
    assert working.owned_by("c")
    assert LeaseState.EXPIRED not in states
    assert {p.lease.state for p in world.state.partitions} == {LeaseState.HELD}
    assert len(world.told("lease.overdue")) <= 2  # one for each partition, never again and again
    assert not world.told("lease.expired")


def test_rows_do_not_flip_whatever_was_learned() -> None:
    """Two that renew every 3 s and call leases expired after 2: never shown as expired."""
    working = Working(partitions=4, store_s=5.0)
    working.join("a", like=Processor("", 3.0, 2.0))
    working.run(60)

    assert not working.world.told("lease.expired")
    assert not working.world.told("lease.overdue")


def test_an_expiry_that_was_set_longer_is_open_until_it_was_seen() -> None:
    working = Working(partitions=4)
    working.join("a", "b", "c", like=Processor("", 3.0, 40.0))
    working.run(60)
    victim = "a" if working.owned_by("a") else "b"
    working.kill(victim)
    working.run(34)
    lapsed = next(p for p in working.world.state.partitions if p.lease.owner == victim)

    assert lapsed.takeover is not None
    assert lapsed.takeover.latest_at is None  # later than it was thought; when is not known
    seen = memory(working).expiry
    assert seen is not None
    assert seen.at_least_s > 18

    working.run(30)
    seen = memory(working).expiry
    assert seen is not None
    assert seen.at_most_s is not None
    assert seen.at_least_s <= 40 <= seen.at_most_s <= 45


def test_an_owner_that_was_silent_for_longer_and_renews_again_unteaches_it() -> None:
    working = Working(partitions=4)
    working.join("a", "b", "c", like=QUICK)
    working.run(60)
    working.killed(next(o for o in "abc" if working.owned_by(o)))
    learned = memory(working).expiry
    assert learned is not None
    assert learned.at_most_s is not None

    for processor in working.processors.values():  # configured anew and restarted
        processor.expiry_s = 60.0

    silent = next(o for o in "abc" if working.owned_by(o) and working.processors[o].is_alive)
    working.processors[silent].next_at += 30
    working.run(40)

    assert working.owned_by(silent)
    seen = memory(working).expiry
    assert seen is not None
    assert seen.at_most_s is None or seen.at_most_s > 30
    assert working.world.partition(working.owned_by(silent)[0]).lease.state is LeaseState.HELD


def test_a_store_outage_and_a_pause_of_ours_enter_no_period() -> None:
    working = Working(partitions=2)
    working.join("a", "b", like=Processor("", 30.0, 180.0))
    working.run(100)
    before = {o: t.renewals.period_s for o, t in memory(working).owners.items()}
    assert all(period is not None for period in before.values())

    for gap_s in (35, 62, 95, 130):
        working.pause(gap_s)
        working.run(40)

    after = {o: t.renewals for o, t in memory(working).owners.items()}
    assert all(28 <= (r.period_s or 0) <= 38 for r in after.values())
    assert all(r.longest_s <= 38 for r in after.values())


@pytest.mark.parametrize("is_greedy", [True, False])
def test_whether_free_partitions_are_taken_at_once_is_seen(*, is_greedy: bool) -> None:
    working = Working(partitions=6)
    working.join("a", "b", like=Processor("", 3.0, 18.0, is_greedy=is_greedy))
    working.run(60)
    working.killed("a")
    working.run(5)

    assert memory(working).takes_all_at_once is is_greedy


def test_what_was_renewed_before_it_was_seen_was_not_taken_at_once() -> None:
    """At a look every 10 s, all that somebody took since was renewed in one round."""
    for seed in range(4):
        working = Working(partitions=4, store_s=10.0, seed=seed)
        working.run(5)
        working.join("a", "b", like=Processor("", 2.0, 12.0, is_greedy=False))
        working.run(60)
        working.killed("b")
        working.join("c", like=Processor("", 2.0, 12.0, is_greedy=False))
        working.run(40)

        assert memory(working).takes_all_at_once is not True
