"""Stories of partitions that change hands, and of consumers that own none."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import facts
from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.snapshot import Health, LeaseState, Severity
from ehtui.domain.world.process import LogIncident, LogIncidentKind
from tests.domain.build import World, healthy, process_id

PRODUCTION = Policy(is_production=True)


def newcomer() -> World:
    """An owner of four partitions, and 20 s ago another one that took two of them."""
    world = World(4)
    world.produce(2)
    world.consumer("a", "0", "1", "2", "3", pid=1)
    world.look()
    world.play(60)
    world.consumer("b", "2", "3", pid=2)
    world.look()
    world.play(20)
    assert world.ids() == {"group.newcomer"}
    return world


def test_a_graceful_stop_is_told_and_taken_within_a_round() -> None:
    world = healthy()
    world.stop("owner-2")
    world.tick(12)
    world.look()

    free = world.partition("2")
    assert free.lease.state is LeaseState.RELEASED
    assert free.lease.owner == "owner-2"
    assert free.takeover is not None
    assert free.takeover.basis == "released"

    world.claim("2", "owner-1")
    world.play(60)

    # The store stamps whole seconds: a claim in the second of a scan stands before it.
    assert world.kinds() == ["lease.released", "lease.claimed", "consumer.gone"]
    (claimed,) = world.told("lease.claimed")
    assert facts(claimed.details)["was"] == "released"
    assert facts(claimed.details)["free_s"] == pytest.approx(12, abs=1)
    assert world.ever.keys() == {"partition.unowned"}
    assert world.ever["partition.unowned"].severity is not Severity.CRITICAL
    assert not world.ids()


def test_a_blank_owner_for_a_second_is_no_finding() -> None:
    world = healthy()
    world.release("2")
    world.tick(1)
    world.look()
    assert world.partition("2").lease.state is LeaseState.RELEASED
    world.claim("2", "owner-1")
    world.play(20)

    assert not world.ever


def test_a_hand_over_between_two_looks_is_told_as_such() -> None:
    world = healthy()
    world.stop("owner-2")
    world.tick(2)
    world.claim("2", "owner-1")
    world.tick(2)
    world.look()

    released, claimed = world.told("lease.released"), world.told("lease.claimed")
    assert [e.is_approximate for e in (*released, *claimed)] == [True, True]
    assert not world.told("lease.stolen")


def test_a_steal_to_balance_is_told_and_no_fault() -> None:
    world = newcomer()
    world.play(40)

    stolen = world.told("lease.stolen")
    assert [e.subject.partition for e in stolen] == ["2", "3"]
    assert {facts(e.details)["previous_owner"] for e in stolen} == {"a"}
    assert world.ids() == {"group.newcomer"}
    told = world.finding("group.newcomer")
    assert told.severity is Severity.INFO
    assert facts(told.evidence)["taken"] == ("2", "3")

    world.play(400)
    assert not world.ids()


@pytest.mark.parametrize(("later_s", "is_news"), [(6, False), (20, True)])
def test_programs_that_start_together_are_no_newcomers(later_s: int, *, is_news: bool) -> None:
    """Their leases are short, and one takes seconds longer to load than the other."""
    world = World(4, policy=Policy(lease=LeasePolicy(12.0, 2.0)))
    world.produce(2)
    world.consumer("a", "0", "1", "2", "3", pid=1, renews_every_s=2.0, started_at=world.at)
    world.look()
    world.play(later_s)
    world.consumer("b", "2", "3", pid=2, renews_every_s=2.0)
    world.look()
    world.play(4)

    assert ("group.newcomer" in world.ids()) is is_news


def test_who_takes_a_partition_long_after_it_joined_is_no_newcomer() -> None:
    """A third one joins and unsettles two that began some rounds apart."""
    world = World(6)
    world.consumer("a", "0", "1", "2", pid=1)
    world.look()
    world.play(60)
    world.consumer("b", "3", "4", "5", pid=2)
    world.look()
    world.play(200)
    world.consumer("c", "0", pid=3)
    world.look()
    world.play(10)
    world.claim("1", "b")
    world.play(10)

    told = [f for f in world.snapshot.findings if f.id == "group.newcomer"]
    assert [f.subject.owner for f in told] == ["c"]


def test_a_local_run_that_takes_over_production_is_a_warning() -> None:
    world = World(2, policy=PRODUCTION)
    world.consumer("pod", "0", "1")
    world.look()
    world.play(30)
    world.consumer("laptop", "0", pid=77)
    world.look()
    world.play(10)

    told = world.finding("group.newcomer")
    assert told.severity is Severity.WARNING
    assert facts(told.evidence)["pid"] == 77
    assert facts(told.evidence)["from_owners"] == ("pod",)


def test_ping_pong_is_one_finding_and_no_churn() -> None:
    world = World(3)
    world.produce(2)
    world.consumer("a", "0", "1")
    world.consumer("b", "2")
    world.look()
    world.play(60)

    for _ in range(4):
        world.claim("1", "b")
        world.play(20)
        world.claim("1", "a")
        world.play(20)

    assert "partition.pingpong" in world.ids()
    assert facts(world.finding("partition.pingpong").evidence)["owners"] == ("a", "b")
    assert world.ids() == {"partition.pingpong"}
    assert world.told("lease.pingpong")


def test_churn_needs_no_pair() -> None:
    world = World(6)
    world.produce(2)
    names = ("a", "b", "c")

    for n, name in enumerate(names):
        world.consumer(name, str(2 * n), str(2 * n + 1))

    world.look()
    world.play(60)

    for turn in range(1, 4):
        for n in range(6):
            world.claim(str(n), names[(n // 2 + turn) % 3])

        world.play(40)

    assert world.ids() == {"group.churn"}
    assert facts(world.finding("group.churn").evidence)["owners"] == 3


def test_standby_by_design_and_starved_by_fault() -> None:
    world = World(2)
    world.consumer("a", "0", pid=1)
    world.consumer("b", "1", pid=2)
    spare = world.consumer("c", pid=3)
    world.look()
    not_claimed = LogIncident(process_id(spare), LogIncidentKind.NOT_CLAIMED, "…", world.at, "c")
    world.fold(world.logs_read(not_claimed, not_claimed))
    world.play(30)

    standby = world.finding("consumer.standby")
    assert world.ids() == {"consumer.standby"}
    assert facts(standby.evidence)["not_claimed"] == 2
    assert facts(standby.evidence)["owner_pids"] == ("1", "2")
    assert facts(standby.evidence)["partition_count"] == 2

    world.stop("b")
    world.play(240)
    assert world.ids() >= {"consumer.starved", "partition.unowned"}
    starved = world.finding("consumer.starved")
    assert facts(starved.evidence)["reason"] == "unclaimed"
    assert facts(starved.evidence)["unowned"] == ("1",)


def test_starved_because_others_hold_more_than_their_share() -> None:
    world = World(4)
    world.consumer("a", "0", "1", "2", "3", pid=1)
    world.consumer("b", pid=2)
    world.look()
    world.play(60)
    assert not world.ids()
    world.play(120)

    starved = world.finding("consumer.starved")
    assert facts(starved.evidence)["reason"] == "unshared"
    assert facts(starved.evidence)["expected_min"] == 2


def test_owners_with_unequal_shares_for_long_are_imbalanced() -> None:
    world = World(6)
    world.consumer("a", "0", "1", "2", "3", "4")
    world.consumer("b", "5")
    world.look()
    world.play(60)
    assert not world.ids()
    world.play(120)

    imbalanced = world.finding("group.imbalanced")
    assert world.ids() == {"group.imbalanced"}
    assert facts(imbalanced.evidence)["most_owner"] == "a"
    assert facts(imbalanced.evidence)["expected_max"] == 3


def test_a_poison_event_that_kills_every_owner_is_a_crash_loop() -> None:
    world = World(2, policy=Policy(lease=LeasePolicy(expires_after_s=12.0)))
    world.produce(1, ["1"])
    world.consumer("a", "0", renews_every_s=2.0)
    world.send("0", 10)
    world.checkpoint("0", 4)
    world.consumers["a"].is_stuck = True
    world.consumer("good", "1", renews_every_s=2.0)
    world.look()

    for name in ("b", "c", "d", "e"):
        world.kill(next(n for n in (*world.consumers,) if n in world.owned_now("0")))
        world.play(20)
        world.consumer(name, "0", renews_every_s=2.0, is_stuck=True)
        world.play(6)

    assert world.ids() == {"owner.crash_loop"}
    loop = world.finding("owner.crash_loop")
    assert facts(loop.evidence)["checkpoint_sequence"] == 4
    assert facts(loop.evidence)["owners"] == ("c", "d", "e")


def test_owners_that_rob_each_other_of_everything_are_one_finding_and_no_rewind() -> None:
    """Leases shorter than their renewals: whoever looks takes all, so its victim seems to leave."""
    world = World(4)
    world.produce(4)

    for owner in "abc":
        world.consumer(owner, renews_every_s=2, checkpoints_every_s=1)

    world.look()

    for turn in range(12):
        for partition in world.streams:
            world.claim(partition, "abc"[turn % 3])

            # Each goes on where it was itself: progress is written down forth and back.
            if turn > 4:
                world.checkpoint(partition, 3 * turn - 8 * (turn % 2))

        world.play(2, every_s=1)

    assert world.ids() == {"group.leases_too_short"}
    assert facts(world.finding("group.leases_too_short").evidence)["owners"] == 3
    assert "owner.crash_loop" not in world.ever


def test_a_start_in_which_all_grab_at_once_is_no_crash_loop() -> None:
    """A link that was taken makes its owner let go and claim again, before any checkpoint."""
    world = World(3)
    world.produce(4)
    world.look()

    for owner in "abc":
        world.consumer(owner, renews_every_s=1, checkpoints_every_s=None)

    for holder in ("a", "b", None, "b", None, "c", None, "c"):
        world.claim("0", "a")
        world.claim("1", "b")
        world.claim("2", holder)
        world.play(1, every_s=1)

    assert "owner.crash_loop" not in world.ever
    assert "group.churn" not in world.ever


def test_an_event_at_which_the_handler_raises_is_a_crash_loop_of_one_owner() -> None:
    world = healthy()
    world.consumers["owner-2"].is_stuck = True

    for _ in range(4):
        world.release("2")
        world.play(1, every_s=1)
        world.claim("2", "owner-2")
        world.play(4, every_s=1)

    assert world.ids() == {"owner.crash_loop"}
    assert world.finding("owner.crash_loop").subject.partition == "2"
    assert world.partition("2").health is Health.UNKNOWN
    assert world.partition("2").rule == "new-owner"


def test_a_newcomer_may_take_what_its_owner_let_go_of_for_a_moment() -> None:
    world = World(4)
    world.consumer("a", "0", "1")
    world.consumer("b", "2", "3")
    world.look()
    world.play(30)
    world.release("3")
    world.play(1, every_s=1)
    world.consumer("c", "3")
    world.play(5, every_s=1)

    assert facts(world.finding("group.newcomer").evidence)["from_owners"] == ("b",)


def test_a_restart_that_takes_what_its_dead_self_held_is_no_newcomer() -> None:
    world = World(4)
    world.consumer("first", "0", "1", "2", "3", pid=1)
    world.look()
    world.play(60)
    world.kill("first")
    world.play(5)
    world.consumer("second", "0", "1", pid=2)
    world.play(20)

    assert world.told("lease.stolen")
    assert "group.newcomer" not in world.ever


def test_owners_of_a_crash_loop_are_no_newcomers() -> None:
    """Of another host: that they died is seen by their leases alone."""
    world = World(3, policy=Policy(lease=LeasePolicy(6, 1)))
    world.produce(5)
    world.consumer("settled", "1", "2", renews_every_s=1, checkpoints_every_s=1)
    world.look()
    world.play(20, every_s=1)
    world.checkpoint("0", 7)

    for number in range(4):
        owner = f"restart-{number}"
        world.consumer(owner, "0", "1", renews_every_s=1, checkpoints_every_s=None)
        world.play(2, every_s=1)
        world.kill(owner)
        world.claim("1", "settled")
        world.play(8, every_s=1)

    world.consumer("restart-4", "0", "1", renews_every_s=1, checkpoints_every_s=None)
    world.play(2, every_s=1)

    assert [facts(e.details)["owner"] for e in world.told("lease.stolen")][-1] == "restart-4"
    assert world.ids() == {"owner.crash_loop"}
