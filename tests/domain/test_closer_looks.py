"""New owners are looked at more closely until their renewals are timed, with bounded requests."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import Doubt
from ehtui.domain.folds.owners import MOST
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import LeaseState
from ehtui.domain.state import GroupMemory
from tests.domain.build import World
from tests.domain.processors import Processor, Working

TWO_MINUTES_S = 120.0


def memory(working: Working) -> GroupMemory:
    return working.world.memory.groups[working.world.group]


@pytest.mark.parametrize("store_s", [2.0, 5.0, 30.0])
@pytest.mark.parametrize("interval_s", [1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0, 50.0])
@pytest.mark.parametrize("jitter", [0.2, 0.0])
def test_a_period_is_known_within_two_minutes(
    interval_s: float, store_s: float, jitter: float
) -> None:
    working = Working(partitions=4, store_s=store_s, seed=int(interval_s))
    like = Processor("", interval_s, 6 * interval_s, jitter=jitter)
    working.join("a", "b", "c", like=like)
    working.run(TWO_MINUTES_S + 1)
    mean_s = interval_s * (1 + jitter / 2)
    found = [track.renewals.period_s for track in memory(working).owners.values()]

    assert len(found) == 3
    assert found == [pytest.approx(mean_s, rel=0.1, abs=0.1)] * 3
    assert {p.lease.period_basis for p in working.world.state.partitions} == {TimingBasis.OBSERVED}
    assert working.looks <= TWO_MINUTES_S / store_s + MOST + 2


def test_looks_are_as_usual_once_renewals_are_timed() -> None:
    working = Working(partitions=4)
    working.join("a", "b", like=Processor("", 3.0, 18.0))
    working.run(5)
    closer = working.world.snapshot.closer_looks
    assert closer is not None
    assert closer.owners == 2
    assert closer.every_s <= 1.0

    working.run(40)
    assert working.world.snapshot.closer_looks is None
    before = working.looks
    working.run(100)
    assert working.looks - before == pytest.approx(20, abs=1)


def test_who_comes_and_goes_costs_no_more_than_the_budget() -> None:
    """Owners of a crash loop are new again and again."""
    working = Working(partitions=2)

    for n in range(60):
        working.join(f"o-{n}", like=Processor("", 2.0, 4.0))
        working.run(10)
        working.kill(f"o-{n}")

    assert working.looks <= 600 / 5 + MOST + 600  # urgent ones while leases lapse beside them
    assert len(working.world.memory.close_reads) <= MOST


def test_an_owner_that_never_renews_is_not_waited_for() -> None:
    working = Working(partitions=2)
    working.join("a", like=Processor("", 500.0, 3000.0))
    working.run(50)

    assert working.looks <= 50 / 5 + 16  # by then the usual looks time it as well
    assert working.world.snapshot.closer_looks is None


def test_quick_polls_need_no_closer_looks() -> None:
    world = World(1, policy=Policy(store_interval_s=1.0))
    world.consumer("a", "0")
    world.look()

    assert world.snapshot.closer_looks is None


def test_a_first_forecast_is_assumed_for_a_moment_and_never_minutes_off() -> None:
    """114 to 210 s were forecast, before anything was seen, where 10 s were true."""
    working = Working(partitions=4)
    working.join("a", "b", "c", "d", like=Processor("", 3.0, 18.0))
    working.run(6)
    owner = next(o for o in "abcd" if working.owned_by(o))
    early = working.plan(owner).targets[0].owns[0].takeover
    assert early.doubt is Doubt.UNTIMED

    working.run(20)
    plan = working.plan(owner).targets[0].owns[0].takeover
    assert plan.doubt is Doubt.RATIO
    assert plan.latest_at is not None
    assert plan.latest_at - working.world.server_at < 30
    (takeover,) = working.killed(owner)[:1]
    assert takeover.is_inside


def test_an_owner_that_renews_quicker_than_it_did_is_timed_anew() -> None:
    working = Working(partitions=2)
    working.join("a", "b", like=Processor("", 30.0, 180.0))
    working.run(120)

    for processor in working.processors.values():  # restarted with the same identifier
        processor.interval_s, processor.next_at = 2.0, working.world.at + 1

    working.run(90)
    found = [track.renewals.period_s for track in memory(working).owners.values()]

    assert found == [pytest.approx(2.2, abs=0.25)] * 2
    assert {p.lease.state for p in working.world.state.partitions} == {LeaseState.HELD}
