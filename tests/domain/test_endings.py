"""A process that ended without a release: whoever gets what it held takes it over."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import facts
from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.timeline import Claimed, Released
from ehtui.views import timeline as words
from ehtui.views.phrasing import Phrasing
from tests.domain.build import World

SHORT = {"renews_every_s": 2.0}


def quick(*, watched_s: float = 10, policy: Policy | None = None, pid: int | None = 1) -> World:
    """Two owners that renew every 2 s, whose leases live 10 s; nothing is known of that."""
    world = World(4, policy=policy or Policy())
    world.produce(3)
    world.consumer("a", "0", "3", pid=pid, **SHORT)
    world.consumer("b", "1", "2", pid=2, **SHORT)
    world.look()
    world.play(watched_s)
    return world


def passing(world: World, seconds: int) -> None:
    for _ in range(seconds):
        world.tick()


def taken(world: World) -> None:
    for partition in "03":
        world.claim(partition, "b")

    world.tick()
    world.look()


def killed_unseen(world: World) -> None:
    """The end of the process is noticed after the last look that found its name."""
    world.kill("a")
    passing(world, 5)
    world.fold(world.store_read())
    world.tick()
    world.fold(world.processes_read())
    passing(world, 4)
    taken(world)


@pytest.mark.parametrize("watched_s", [0, 10, 60])
def test_who_was_killed_released_nothing_whenever_its_end_was_noticed(watched_s: int) -> None:
    world = quick(watched_s=watched_s)
    killed_unseen(world)

    assert not world.told("lease.released")
    assert not world.told("lease.claimed")
    events = world.told("lease.taken_over")
    assert [e.subject.partition for e in events] == ["0", "3"]
    assert facts(events[0].details)["previous_owner"] == "a"
    assert facts(events[0].details)["dead_s"] is not None


def test_somebody_had_it_while_the_process_still_ran() -> None:
    world = quick()
    world.consumers["b"].renews_every_s = 30.0  # a renewal would date its claim anew
    world.release("0")
    world.release("3")
    world.claim("0", "b")
    world.claim("3", "b")
    passing(world, 3)
    world.fold(world.processes_read())
    world.kill("a")
    world.tick()
    world.fold(world.processes_read())
    world.fold(world.store_read())

    assert not world.told("lease.taken_over")
    assert len(world.told("lease.released")) == 2


def test_a_lease_too_young_to_have_run_out_was_released() -> None:
    world = quick(policy=Policy(lease=LeasePolicy(expires_after_s=30.0)), watched_s=60)
    world.stop("a")
    world.tick()
    world.fold(world.processes_read())
    passing(world, 3)
    taken(world)

    assert not world.told("lease.taken_over")
    assert len(world.told("lease.released")) == 2


def test_a_release_that_nobody_saw_is_told_as_a_guess() -> None:
    world = quick(pid=None)
    world.stop("a")
    taken(world)
    released, claimed = world.told("lease.released")[0], world.told("lease.claimed")[0]
    assert isinstance(released.details, Released)
    assert isinstance(claimed.details, Claimed)

    assert released.details.is_guess
    assert claimed.details.is_guess
    assert released.is_approximate

    say = Phrasing(world.snapshot, group=world.group)
    assert words.sentence(released, say) == (
        "a let it go, unseen: it released it, or its lease expired"
    )
    assert words.sentence(claimed, say).startswith("b claimed it (was let go by a, unseen)")


def test_a_release_that_was_seen_is_told_as_one() -> None:
    world = quick()
    world.stop("a")
    passing(world, 2)
    world.look()
    taken(world)
    released, claimed = world.told("lease.released")[0], world.told("lease.claimed")[0]

    say = Phrasing(world.snapshot, group=world.group)
    assert words.sentence(released, say) == "a released it"
    assert "(was released by a, free for " in words.sentence(claimed, say)


def test_a_row_tells_nothing_that_was_not_known_at_its_time() -> None:
    """A row stood before the end of the process that its own words told."""
    world = quick(watched_s=60)
    world.kill("a")
    world.play(60)
    rows = [e for e in world.told("finding.began") if e.finding is not None]
    gone = [(e.at, facts(e.finding.evidence).get("process_gone_at")) for e in rows if e.finding]
    told = [(at, gone_at) for at, gone_at in gone if isinstance(gone_at, float)]

    assert told
    assert all(at >= gone_at for at, gone_at in told)
    assert any(e.finding.since < e.at for e in rows if e.finding)
