"""Whole stories: what is found, what is told, and that nothing else is."""

from __future__ import annotations

import pytest

from ehtui.domain.hub import HubDescription
from ehtui.domain.plans import Outcome, OutcomeState, SignalEffect, SignalPlan, SignalTarget
from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.process import LogIncident, LogIncidentKind
from ehtui.domain.snapshot import ConsumerRole, Health, LeaseState, Severity, TimingBasis
from ehtui.domain.updates import ActionDone, HubRead
from tests.domain.build import World, process_id

PRODUCTION = Policy(is_production=True)


def healthy(partitions: int = 3, policy: Policy | None = None) -> World:
    """One consumer a partition, events arriving, watched for two minutes."""
    world = World(partitions, policy=policy or Policy())
    world.produce(3)

    for n in range(partitions):
        world.consumer(f"owner-{n}", str(n), pid=100 + n)

    world.look()
    world.play(120)
    return world


def test_a_healthy_hour_raises_nothing() -> None:
    world = World(3)
    world.produce(7, ["0"])
    world.produce(0.2, ["1"])
    world.produce(13, ["2"])

    for n in range(3):
        world.consumer(f"owner-{n}", str(n), pid=100 + n, renews_every_s=30 + 2 * n)

    world.look()
    world.play(3600)

    assert not world.ever
    assert not world.kinds()
    assert world.state.health is Health.OK
    assert {c.role for c in world.snapshot.consumers} == {ConsumerRole.OWNER}


def test_a_quiet_hub_raises_nothing() -> None:
    world = World(2)
    world.consumer("a", "0", "1", pid=1)
    world.send("0", 5)
    world.look()
    world.play(900)

    assert not world.ever


def test_a_rare_checkpointer_is_judged_by_its_own_cadence() -> None:
    world = World(1)
    world.produce(5)
    world.consumer("a", "0", pid=1, checkpoints_every_s=120.0)
    world.look()
    world.play(3600)

    assert not world.ever


def test_the_first_look_knows_no_rates_and_no_periods() -> None:
    world = World(1)
    world.send("0", 50)
    world.consumer("a", "0")
    world.checkpoint("0", 9)
    world.look()

    shown = world.partition("0")
    assert shown.lag == 40
    assert shown.out_per_s is None
    assert shown.drain_s is None
    assert shown.lease.renewed_every_s is None
    assert world.snapshot.partitions[0].in_per_s is None
    assert shown.health is Health.UNKNOWN
    assert not world.ids()


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
    assert window.latest_at - window.earliest_at == pytest.approx(36.5)
    expired = world.finding("lease.expired")
    assert expired.severity is Severity.CRITICAL
    assert expired.evidence["pid"] == 102
    assert expired.evidence["standbys"] == 1
    assert expired.subject.partition == "2"

    world.tick()
    renewed_at = world.partition("2").lease.renewed_at
    assert renewed_at is not None
    world.claim("2", "spare")
    world.consumers["spare"].renewed_at = world.at
    world.play(30)

    (taken,) = world.told("lease.taken_over")
    assert taken.details["previous_owner"] == "owner-2"
    assert taken.details["gap_s"] == pytest.approx(taken.at - renewed_at)
    assert taken.details["dead_s"] == pytest.approx(taken.at - died_at, abs=6)
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
    assert lease.expires_after_s == world.told("lease.taken_over")[0].details["gap_s"]


def test_an_owner_that_lapses_is_one_finding_for_all_its_partitions() -> None:
    world = World(6)
    world.consumer("a", "0", "1", "2", "3")
    world.consumer("b", "4", "5")
    world.look()
    world.play(60)
    world.kill("a")
    world.play(70)

    overdue = world.finding("lease.overdue")
    assert overdue.evidence["partitions"] == ("0", "1", "2", "3")
    assert overdue.subject.partition is None
    assert overdue.subject.owner == "a"
    assert overdue.evidence["survivors"] == 1


def test_a_signal_of_this_session_explains_the_lapse() -> None:
    world = healthy(2)
    consumer = world.consumers["owner-0"]
    plan = SignalPlan(
        "KILL",
        (SignalTarget(process_id(consumer), consumer.command, "owner-0", (), SignalEffect.DIES),),
        world.at,
    )
    world.fold(ActionDone(world.at, Outcome(plan, OutcomeState.DONE, world.at)))
    world.kill("owner-0")
    world.play(70)

    evidence = world.finding("lease.overdue").evidence
    assert evidence["signal"] == "KILL"
    assert evidence["signalled_at"] is not None
    assert world.told("consumer.gone")[0].details["signal"] == "KILL"
    assert world.told("action.signal")[0].details["effect"] == "dies"


def test_an_expiry_of_the_configuration_wins() -> None:
    world = healthy(2, Policy(lease=LeasePolicy(expires_after_s=40.0)))
    world.kill("owner-0")
    world.play(45)

    shown = world.partition("0")
    assert shown.lease.state is LeaseState.EXPIRED
    assert shown.takeover is not None
    assert shown.takeover.basis == "configured"


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

    assert world.kinds() == ["lease.released", "consumer.gone", "lease.claimed"]
    (claimed,) = world.told("lease.claimed")
    assert claimed.details["was"] == "released"
    assert claimed.details["free_s"] == pytest.approx(12, abs=1)
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
    assert late.evidence["state"] == "never_owned"
    assert late.subject.partition == "1"


def test_a_steal_to_balance_is_told_and_no_fault() -> None:
    world = World(4)
    world.produce(2)
    world.consumer("a", "0", "1", "2", "3", pid=1)
    world.look()
    world.play(60)
    world.consumer("b", "2", "3", pid=2)
    world.look()
    world.play(60)

    stolen = world.told("lease.stolen")
    assert [e.subject.partition for e in stolen] == ["2", "3"]
    assert {e.details["previous_owner"] for e in stolen} == {"a"}
    assert world.ids() == {"group.newcomer"}
    newcomer = world.finding("group.newcomer")
    assert newcomer.severity is Severity.INFO
    assert newcomer.evidence["taken"] == ("2", "3")

    world.play(400)
    assert not world.ids()


def test_a_local_run_that_takes_over_production_is_a_warning() -> None:
    world = World(2, policy=PRODUCTION)
    world.consumer("pod", "0", "1")
    world.look()
    world.play(30)
    world.consumer("laptop", "0", pid=77)
    world.look()
    world.play(10)

    newcomer = world.finding("group.newcomer")
    assert newcomer.severity is Severity.WARNING
    assert newcomer.evidence["pid"] == 77
    assert newcomer.evidence["from_owners"] == ("pod",)


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
    assert world.finding("partition.pingpong").evidence["owners"] == ("a", "b")
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
    assert world.finding("group.churn").evidence["owners"] == 3


def test_a_stuck_handler_is_found_though_its_lease_is_renewed() -> None:
    world = healthy()
    world.consumers["owner-1"].is_stuck = True
    world.play(70)

    stuck = world.finding("handler.stuck")
    assert world.ids() == {"handler.stuck"}
    assert stuck.severity is Severity.CRITICAL
    assert stuck.subject.partition == "1"
    assert stuck.evidence["rule"] == "stopped"
    assert stuck.evidence["pid"] == 101
    assert world.partition("1").health is Health.STOPPED
    assert world.partition("1").lease.state is LeaseState.HELD

    world.consumers["owner-1"].is_stuck = False
    world.play(20)
    assert not world.ids()


def test_a_handler_that_hung_before_the_first_look_is_found_by_its_backlog() -> None:
    world = World(1)
    world.produce(10)
    world.consumer("a", "0", is_stuck=True)
    world.checkpoint("0", 0)
    world.tick(900)
    world.consumers["a"].renewed_at = world.at
    world.claim("0", "a")
    world.look()
    assert not world.ids()
    world.play(45)

    stuck = world.finding("handler.stuck")
    assert stuck.severity is Severity.WARNING
    assert stuck.evidence["cadence_s"] is None
    assert stuck.evidence["waiting_s"] == pytest.approx(945, abs=30)


def test_a_group_that_reads_slower_than_events_arrive_is_behind() -> None:
    world = World(2)
    world.produce(20)
    world.consumer("a", "0", "1", per_s=12)
    world.look()
    world.play(300)

    behind = world.finding("group.behind")
    assert world.ids() == {"group.behind"}
    assert behind.evidence["partitions"] == ("0", "1")
    assert behind.evidence["falling_per_s"] == pytest.approx(16, rel=0.2)
    shown = world.partition("0")
    assert shown.health is Health.BEHIND
    assert shown.drain_s is None
    assert shown.behind is not None
    assert shown.behind.seconds > 30

    world.produce(0)
    world.play(60)
    assert world.partition("0").health is not Health.BEHIND
    assert not world.ids()


def test_never_checkpointed_is_a_bound_and_then_a_finding() -> None:
    world = World(2)
    world.produce(5)
    world.consumer("a", "0", "1", checkpoints_every_s=None)
    world.look()
    world.play(60)
    shown = world.partition("0")
    assert shown.lag_is_bound
    assert shown.lag is not None
    assert not world.ids()
    assert world.state.lag is None
    assert world.state.lag_is_partial

    world.play(400)
    assert world.ids() == {"checkpoint.never"}
    assert world.finding("checkpoint.never").evidence["partitions"] == ("0", "1")


def test_events_that_retention_removed_are_counted_apart() -> None:
    world = World(1)
    world.consumer("a", "0", is_stuck=True)
    world.send("0", 100)
    world.checkpoint("0", 9)
    world.streams["0"].begin = 50
    world.look()

    shown = world.partition("0")
    assert (shown.lag, shown.lost) == (50, 40)
    lost = world.finding("events.lost")
    assert lost.evidence["lost"] == 40
    assert lost.evidence["begin_sequence"] == 50


def test_retention_that_catches_up_is_a_risk_with_a_moment() -> None:
    world = World(1)
    world.produce(50)
    world.send("0", 100_000)
    world.checkpoint("0", 30_000)
    world.consumer("a", "0", per_s=10)
    world.look()
    stream = world.streams["0"]

    for _ in range(60):
        stream.begin += 250
        world.play(5)

    risk = world.finding("retention.risk")
    assert world.ids() == {"retention.risk"}
    assert risk.severity is Severity.CRITICAL
    margin, loss_at = risk.evidence["margin"], risk.evidence["loss_at"]
    assert isinstance(margin, int)
    assert isinstance(loss_at, float)
    assert loss_at - world.server_at == pytest.approx(margin / 40, rel=0.2)


def test_a_hub_that_was_created_anew_leaves_checkpoints_ahead() -> None:
    world = healthy(2)
    world.created_at = world.at

    for stream in world.streams.values():
        stream.begin, stream.last, stream.per_s = 0, -1, 0.0

    world.send("0", 3)
    world.play(10)

    ahead = world.finding("checkpoint.ahead")
    assert world.ids() == {"checkpoint.ahead"}
    assert ahead.evidence["is_recreated"] is True
    assert ahead.evidence["partitions"] == ("0", "1")
    assert world.partition("0").lag == 0
    assert world.partition("0").ahead
    assert world.told("hub.recreated")


def test_a_consumer_faster_than_the_look_at_the_hub_is_not_ahead() -> None:
    world = healthy(1)
    world.send("0", 50)
    world.tick(2)
    world.fold(world.store_read())

    assert world.partition("0").lag == 0
    assert world.partition("0").ahead is None
    assert not world.ids()


def test_a_rewound_checkpoint_is_found_until_it_has_caught_up() -> None:
    world = World(1)
    world.send("0", 2000)
    world.consumer("a", "0", per_s=10)
    world.checkpoint("0", 1999)
    world.look()
    world.tick()
    world.consumers["a"].checkpointed_at = world.at
    world.checkpoint("0", 999)
    world.play(10)

    rewound = world.finding("checkpoint.rewound")
    assert rewound.evidence["from_sequence"] == 1999
    assert rewound.evidence["to_sequence"] in range(999, 1050)  # it went on before the look
    assert world.partition("0").health is Health.REWOUND
    world.play(150)
    assert not world.ids()


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
    assert standby.evidence["not_claimed"] == 2
    assert standby.evidence["owner_pids"] == ("1", "2")
    assert standby.evidence["partition_count"] == 2

    world.stop("b")
    world.play(240)
    assert world.ids() >= {"consumer.starved", "partition.unowned"}
    starved = world.finding("consumer.starved")
    assert starved.evidence["reason"] == "unclaimed"
    assert starved.evidence["unowned"] == ("1",)


def test_starved_because_others_hold_more_than_their_share() -> None:
    world = World(4)
    world.consumer("a", "0", "1", "2", "3", pid=1)
    world.consumer("b", pid=2)
    world.look()
    world.play(60)
    assert not world.ids()
    world.play(120)

    starved = world.finding("consumer.starved")
    assert starved.evidence["reason"] == "unshared"
    assert starved.evidence["expected_min"] == 2


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
    assert imbalanced.evidence["most_owner"] == "a"
    assert imbalanced.evidence["expected_max"] == 3


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
    assert gone.evidence["last_owner"] in world.consumers


def test_a_group_without_records_is_not_visible() -> None:
    world = World(2)
    world.produce(1)
    world.look()
    assert world.finding("store.not_visible").severity is Severity.INFO
    world.play(60)

    assert world.ids() == {"store.not_visible"}
    assert world.finding("store.not_visible").severity is Severity.WARNING
    assert world.finding("store.not_visible").evidence["reason"] == "no_records"


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
    assert loop.evidence["checkpoint_sequence"] == 4
    assert loop.evidence["owners"] == ("c", "d", "e")


def test_a_hub_that_grows_is_told() -> None:
    world = healthy(2)
    hub = HubDescription(world.namespace, "hgzero-eventhub", world.created_at, ("0", "1", "2"))
    read = world.hub_read()
    world.fold(HubRead(world.at, "hub", hub, read.samples, 0.01))

    assert world.told("hub.grew")[0].details == {"before": 2, "after": 3}
    assert [p.id for p in world.state.partitions] == ["0", "1", "2"]
    assert world.partition("0").lease.owner == "owner-0"


def test_one_partition_with_most_of_the_input_is_hot() -> None:
    world = healthy(4)
    world.produce(60, ["3"])
    world.play(120)

    assert world.ids() == {"partition.hot"}
    share = world.finding("partition.hot").evidence["share"]
    assert isinstance(share, float)
    assert share > 0.8
