"""Stories of leases that lapse, groups that vanish and sources that go down."""

from __future__ import annotations

import pytest

from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.plans import SignalPlan
from ehtui.domain.evidence import facts
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.snapshot import Health, LeaseState, Severity
from ehtui.domain.updates import ActionDone, HubRead
from ehtui.domain.world.hub import HubDescription
from ehtui.domain.world.process import LinkBasis
from tests.domain.build import World, healthy, process_id


def test_a_crash_goes_overdue_then_expired_then_to_the_standby() -> None:
    world = healthy()
    world.consumer("spare", pid=200)
    world.look()
    assert world.ids() == {"consumer.standby"}

    world.kill("owner-2")
    died_at = world.at
    seen: list[LeaseState] = []
    found: list[str] = []

    while world.partition("2").lease.state is not LeaseState.EXPIRED:
        world.play(5)
        state, ids = world.partition("2").lease.state, world.ids() - {"consumer.standby"}
        seen += [state] if state not in seen else []
        found += sorted(ids - set(found))
        assert world.at - died_at < 300

    assert seen == [LeaseState.HELD, LeaseState.OVERDUE, LeaseState.EXPIRED]
    assert found == ["lease.overdue", "lease.expired"]
    window = world.partition("2").takeover
    assert window is not None
    assert window.basis == "python-180/30"
    assert window.earliest_at is not None
    assert window.latest_at is not None
    assert window.latest_at - window.earliest_at == 37
    expired = world.finding("lease.expired")
    assert expired.severity is Severity.CRITICAL
    assert facts(expired.evidence)["pid"] == 102
    assert facts(expired.evidence)["standbys"] == 1
    assert expired.subject.partition == "2"

    world.tick()
    renewed_at = world.partition("2").lease.renewed_at
    assert renewed_at is not None
    world.claim("2", "spare")
    world.consumers["spare"].renewed_at = world.at
    world.play(30)

    (taken,) = world.told("lease.taken_over")
    assert facts(taken.details)["previous_owner"] == "owner-2"
    assert facts(taken.details)["gap_s"] == pytest.approx(taken.at - renewed_at)
    assert facts(taken.details)["dead_s"] == pytest.approx(taken.at - died_at, abs=6)
    assert not world.ids()
    assert world.kinds() == [
        "consumer.started",
        "consumer.gone",
        "lease.overdue",
        "lease.expired",
        "lease.taken_over",
    ]


def test_a_takeover_that_was_seen_teaches_the_expiry() -> None:
    world = healthy()
    assert world.partition("0").lease.expires_after_s == 180
    world.kill("owner-2")
    world.play(125)
    assert world.partition("2").lease.state is LeaseState.OVERDUE
    world.claim("2", "owner-1")  # .NET judges leases expired after 120 s
    world.play(40)

    assert world.told("lease.taken_over")
    assert not world.told("lease.stolen")
    lease = world.partition("0").lease
    assert lease.basis is TimingBasis.OBSERVED
    assert lease.expires_after_s == facts(world.told("lease.taken_over")[0].details)["gap_s"]


def test_an_owner_that_lapses_is_one_finding_for_all_its_partitions() -> None:
    world = World(6)
    world.consumer("a", "0", "1", "2", "3")
    world.consumer("b", "4", "5")
    world.look()
    world.play(60)
    world.kill("a")
    world.play(70)

    overdue = world.finding("lease.overdue")
    assert facts(overdue.evidence)["partitions"] == ("0", "1", "2", "3")
    assert overdue.subject.partition is None
    assert overdue.subject.owner == "a"
    assert facts(overdue.evidence)["survivors"] == 1


def test_a_signal_of_this_session_explains_the_lapse() -> None:
    world = healthy(2)
    consumer = world.consumers["owner-0"]
    plan = SignalPlan(
        "KILL",
        (SignalTarget(process_id(consumer), consumer.command, "owner-0", (), SignalEffect.DIES),),
        world.at,
    )
    sent_at = world.server_at
    world.kill("owner-0")
    world.tick(4)  # it is told when it has ended, or when its restart has
    world.fold(ActionDone(world.at, Outcome(plan, OutcomeState.DONE, world.at)))
    world.play(70)

    evidence = facts(world.finding("lease.overdue").evidence)
    assert evidence["signal"] == "KILL"
    assert evidence["signalled_at"] == pytest.approx(sent_at, abs=0.5)
    assert facts(world.told("consumer.gone")[0].details)["signal"] == "KILL"
    assert facts(world.told("action.signal")[0].details)["effect"] == "dies"


def test_an_expiry_of_the_configuration_wins() -> None:
    world = healthy(2, Policy(lease=LeasePolicy(expires_after_s=40.0)))
    world.kill("owner-0")
    world.play(45)

    shown = world.partition("0")
    assert shown.lease.state is LeaseState.EXPIRED
    assert shown.takeover is not None
    assert shown.takeover.basis == "configured"


def test_an_unowned_partition_grows_from_info_to_critical() -> None:
    world = World(2)
    world.produce(2)
    world.consumer("a", "0")
    world.look()
    world.play(20)
    early = world.finding("partition.unowned")
    world.play(240)
    late = world.finding("partition.unowned")

    assert early.severity is Severity.WARNING
    assert late.severity is Severity.CRITICAL
    assert late.since == early.since
    assert facts(late.evidence)["state"] == "never_owned"
    assert late.subject.partition == "1"


def test_the_store_that_goes_down_and_comes_back_blames_nobody_else() -> None:
    world = healthy()
    before = {p.id: p.lease.state for p in world.state.partitions}
    world.down = {"store"}
    world.play(300)

    assert world.ids() == {"source.unreadable"}
    assert world.finding("source.unreadable").severity is Severity.CRITICAL
    assert {p.id: p.lease.state for p in world.state.partitions} == before

    world.down = set()
    world.play(120)
    assert not world.ids()
    assert world.ever.keys() == {"source.unreadable"}
    assert world.kinds() == ["source.failed", "source.recovered"]


def test_the_hub_that_goes_down_and_comes_back_blames_nobody_else() -> None:
    world = healthy()
    world.down = {"hub"}
    world.play(300)
    assert world.ids() == {"source.unreadable"}
    world.down = set()
    world.play(60)

    assert world.ever.keys() == {"source.unreadable"}


def test_a_group_that_nobody_reads_any_more_is_one_finding() -> None:
    world = healthy()

    for owner in tuple(world.consumers):
        world.kill(owner)

    world.play(800)

    assert world.ids() == {"group.no_consumers"}
    gone = world.finding("group.no_consumers")
    assert gone.severity is Severity.CRITICAL
    assert facts(gone.evidence)["last_owner"] in world.consumers


def test_a_group_without_records_is_not_visible() -> None:
    world = World(2)
    world.produce(1)
    world.look()
    assert world.finding("store.not_visible").severity is Severity.INFO
    world.play(60)

    assert world.ids() == {"store.not_visible"}
    assert world.finding("store.not_visible").severity is Severity.WARNING
    assert facts(world.finding("store.not_visible").evidence)["reason"] == "no_records"


def test_a_hub_that_grows_is_told() -> None:
    world = healthy(2)
    hub = HubDescription(world.namespace, "hgzero-eventhub", world.created_at, ("0", "1", "2"))
    read = world.hub_read()
    world.fold(HubRead(world.at, "hub", hub, read.samples, 0.01))

    assert facts(world.told("hub.grew")[0].details) == {"before": 2, "after": 3}
    assert [p.id for p in world.state.partitions] == ["0", "1", "2"]
    assert world.partition("0").lease.owner == "owner-0"


def look_at_store(world: World) -> None:
    world.tick(2)
    world.fold(world.store_read())


def test_an_owner_whose_process_ended_without_release_is_told_at_the_next_look() -> None:
    world = healthy()
    world.play(40)
    world.kill("owner-2")
    world.tick()
    world.fold(world.processes_read())
    assert not world.ids()  # it may have released: nobody has looked since

    look_at_store(world)
    lost = world.finding("lease.overdue")
    lease = world.partition("2").lease

    assert lease.state is LeaseState.OVERDUE
    assert lease.renewed_at is not None
    assert world.at - lease.renewed_at < 33  # by its age nobody would call it late
    assert facts(lost.evidence)["process_gone_at"] is not None
    assert facts(lost.evidence)["survivors"] == 2
    assert facts(lost.evidence)["takeover_earliest_at"] == lease.expires_at
    assert lost.subject.partition == "2"
    assert world.partition("0").lease.state is LeaseState.HELD


def test_a_graceful_stop_is_no_lapse_even_where_the_store_is_seen_later() -> None:
    world = healthy()
    world.stop("owner-2")
    world.tick()
    world.fold(world.processes_read())
    world.tick()
    world.fold(world.hub_read())  # judges it again, by the listing from before
    assert not world.ids()
    world.claim("2", "owner-1")
    look_at_store(world)

    assert not world.ever


def test_an_owner_id_that_lives_on_in_another_process_did_not_end() -> None:
    world = healthy()
    twin = world.consumer("twin", pid=300)
    twin.owner = "owner-2"  # a fixed id, and both logs name it
    world.look()
    world.kill("twin")
    world.fold(world.processes_read())
    look_at_store(world)
    world.play(70)

    assert "lease.overdue" not in world.ever


def test_a_guessed_owner_proves_no_end() -> None:
    world = World(1)
    world.produce(3)
    world.look(logs=False)
    world.tick(5)
    world.consumer("a", pid=7, started_at=world.at)
    world.look(logs=False)
    world.tick(10)
    world.claim("0", "a")
    world.look(logs=False)
    guess = world.snapshot.consumers[0].link
    assert guess is not None
    assert guess.basis is LinkBasis.ELIMINATION
    world.kill("a")
    world.fold(world.processes_read())
    look_at_store(world)

    assert world.partition("0").lease.state is LeaseState.HELD


def test_who_renews_after_all_had_not_ended() -> None:
    world = healthy()
    world.kill("owner-2")
    world.fold(world.processes_read())
    look_at_store(world)
    assert world.ids() == {"lease.overdue"}
    world.claim("2", "owner-2")
    look_at_store(world)

    assert not world.ids()
    assert world.partition("2").lease.state is LeaseState.HELD


def test_a_late_lease_is_one_word_whatever_waits_in_its_partitions() -> None:
    world = World(3)
    world.produce(3)
    world.consumer("a", "0", "1", pid=11)
    world.consumer("b", "2", pid=12)
    world.look()
    world.play(120)
    world.produce(0, ("1",))  # nothing waits there: else both would be called stopped
    world.play(20)
    world.kill("a")
    world.play(70)

    def told() -> list[str]:
        return [p.health.value for p in world.state.partitions]

    assert told() == ["overdue", "overdue", "ok"]
    assert world.state.health is Health.OVERDUE
    assert world.state.counts == {Health.OVERDUE: 2, Health.OK: 1}

    world.play(120)
    assert told() == ["unowned", "unowned", "ok"]
    assert world.state.health.value == "unowned"
