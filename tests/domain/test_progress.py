"""Stories of what is read, or not: nothing to tell, stuck, behind, lost, rewound."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import facts
from ehtui.domain.policy import Policy
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import ConsumerRole, Health, LeaseState, Severity
from tests.domain.build import World, healthy


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


def test_a_stuck_handler_is_found_though_its_lease_is_renewed() -> None:
    world = healthy()
    world.consumers["owner-1"].is_stuck = True
    world.play(70)

    stuck = world.finding("handler.stuck")
    assert world.ids() == {"handler.stuck"}
    assert stuck.severity is Severity.CRITICAL
    assert stuck.subject.partition == "1"
    assert facts(stuck.evidence)["rule"] == "stopped"
    assert facts(stuck.evidence)["pid"] == 101
    assert world.partition("1").health is Health.STOPPED
    assert world.partition("1").lease.state is LeaseState.HELD

    world.consumers["owner-1"].is_stuck = False
    world.play(20)
    assert not world.ids()


def test_an_owner_that_died_right_after_its_claim_is_not_stuck() -> None:
    world = healthy()
    world.stop("owner-2")
    world.play(20)
    world.consumer("heir", "2", is_alive=False)
    world.play(40)

    assert "handler.stuck" not in world.ever


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
    assert facts(stuck.evidence)["cadence_s"] is None
    assert facts(stuck.evidence)["waiting_s"] == pytest.approx(945, abs=30)


def test_a_group_that_reads_slower_than_events_arrive_is_behind() -> None:
    world = World(2)
    world.produce(20)
    world.consumer("a", "0", "1", per_s=12)
    world.look()
    world.play(300)

    behind = world.finding("group.behind")
    assert world.ids() == {"group.behind"}
    assert facts(behind.evidence)["partitions"] == ("0", "1")
    assert facts(behind.evidence)["falling_per_s"] == pytest.approx(16, rel=0.2)
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
    assert facts(world.finding("checkpoint.never").evidence)["partitions"] == ("0", "1")


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
    assert facts(lost.evidence)["lost"] == 40
    assert facts(lost.evidence)["begin_sequence"] == 50


def test_a_reader_whom_retention_overtakes_is_not_well_though_its_lag_stands_still() -> None:
    world = World(1)
    world.produce(50)
    world.consumer("a", "0", is_stuck=True)
    world.send("0", 4_000)
    world.look()

    for turn in range(24):
        world.streams["0"].begin = world.streams["0"].last - 3_000
        world.checkpoint("0", 900 + 50 * turn)  # of what it had fetched before
        world.play(5)

    shown = world.partition("0")
    assert shown.lost
    assert (shown.health, shown.rule) == (Health.BEHIND, "events-lost")
    assert "events.lost" in world.ids()


def test_a_reader_at_the_edge_of_retention_has_lost_nothing_between_two_looks() -> None:
    """What seems lost is less than it has read since the store was looked at."""
    world = World(1)
    world.produce(50)
    world.consumer("a", "0", per_s=50)
    world.send("0", 4_000)
    world.checkpoint("0", 1_000)
    world.look()
    world.play(60)

    for _ in range(6):
        record = world.checkpoints[world.group, "0"]
        world.streams["0"].begin = (record.sequence or 0) + 30
        world.fold(world.hub_read())
        world.play(5)

    assert "events.lost" not in world.ever


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
    margin, loss_at = facts(risk.evidence)["margin"], facts(risk.evidence)["loss_at"]
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

    recreated = world.finding("hub.recreated")
    assert world.ids() == {"hub.recreated"}
    assert facts(recreated.evidence)["partitions"] == ("0", "1")
    assert world.partition("0").lag is None
    assert world.partition("0").ahead
    assert world.partition("0").health is Health.AHEAD
    assert world.told("hub.recreated")


def test_a_checkpoint_beyond_the_stream_of_an_older_hub_is_ahead() -> None:
    """Restored from elsewhere, say: nothing tells that the hub was created anew."""
    world = healthy(1)
    world.consumers["owner-0"].is_stuck = True
    world.checkpoint("0", 9000)
    world.play(10)

    assert world.ids() == {"checkpoint.ahead"}
    assert facts(world.finding("checkpoint.ahead").evidence)["hub_created_at"] == world.created_at


def test_a_consumer_faster_than_the_look_at_the_hub_is_not_ahead() -> None:
    world = healthy(1)
    lag = world.partition("0").lag
    world.send("0", 50)
    world.tick(2)
    world.fold(world.store_read())

    assert world.partition("0").lag == lag  # as of when both were known
    assert world.partition("0").ahead is None
    assert not world.ids()
    world.fold(world.hub_read())
    assert world.partition("0").lag == 0


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
    assert facts(rewound.evidence)["from_sequence"] == 1999
    assert facts(rewound.evidence)["to_sequence"] in range(999, 1050)  # it went on before the look
    assert world.partition("0").health is Health.REWOUND
    world.play(150)
    assert not world.ids()


def test_one_partition_with_most_of_the_input_is_hot() -> None:
    world = healthy(4)
    world.produce(60, ["3"])
    world.play(120)

    assert world.ids() == {"partition.hot"}
    share = facts(world.finding("partition.hot").evidence)["share"]
    assert isinstance(share, float)
    assert share > 0.8


@pytest.mark.parametrize("every_s", [5.0, 30.0])
@pytest.mark.parametrize("is_drained", [True, False])
def test_what_was_well_is_not_called_ok_while_nothing_moves(
    every_s: float, *, is_drained: bool
) -> None:
    """Whoever hangs is unknown until the verdict, however seldom its hub is read."""
    world = World(1, policy=Policy().read_every(every_s))
    world.consumer("a", "0")
    world.produce(3)
    world.look()
    world.play(600, every_s=every_s)
    assert world.partition("0").health is Health.OK

    if is_drained:
        world.produce(0)
        world.play(120, every_s=every_s)

    world.consumers["a"].is_stuck = True
    world.send("0", 40)
    world.play(3 * every_s + 15, every_s=every_s)
    shown = world.partition("0")
    assert shown.health in {Health.UNKNOWN, Health.STOPPED}
    assert shown.rule in {Rule.WAITING, Rule.STOPPED, Rule.STOPPED_LONG}
    assert world.state.health is shown.health
    world.play(360, every_s=every_s)
    assert world.partition("0").health is Health.STOPPED

    world.consumers["a"].is_stuck = False
    world.play(2 * every_s, every_s=every_s)
    assert world.partition("0").health is Health.OK


def test_a_slow_cadence_that_is_known_is_no_doubt() -> None:
    world = World(1)
    world.produce(5)
    world.consumer("a", "0", checkpoints_every_s=120.0)
    world.look()
    world.play(1500)
    seen = set()

    for _ in range(60):
        world.play(5)
        seen.add(world.partition("0").health)

    assert seen == {Health.OK}


def test_what_came_after_a_zero_lag_waits_no_longer_than_since_it_came() -> None:
    """A sentence dated before its events told one age in one place and another elsewhere."""
    world = World(1)
    world.consumer("a", "0", is_stuck=True)
    world.send("0")
    world.checkpoint("0", 0)
    world.look()
    world.play(30)
    sent_at = world.server_at
    world.send("0", 57)
    world.produce(0.2)

    while "handler.stuck" not in world.ids() and world.server_at < sent_at + 600:
        world.play(5)

    stuck = world.finding("handler.stuck")
    waited_s, age_s = (facts(stuck.evidence)[name] for name in ("waiting_s", "checkpoint_age_s"))
    assert isinstance(waited_s, float)
    assert isinstance(age_s, float)
    assert waited_s <= world.server_at - sent_at
    assert stuck.since >= sent_at
    assert age_s == pytest.approx(waited_s + 30, abs=6)
