"""A deployment that went well passes, and none that did not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from ehtui.domain.costs import Bounds
from ehtui.domain.gate.checks import (
    LOOKS_OF_INPUT,
    STEADY_LOOKS,
    Answer,
    Check,
    DowntimeWithin,
    DuplicatesWithin,
    LagBack,
    NothingFound,
    OwnersBack,
    SourcesRead,
    Terms,
    checks,
    downtimes,
)
from ehtui.domain.gate.watched import (
    Gap,
    Watched,
    baseline_of,
    deployment_ended,
    followed,
    watch_begun,
)
from tests.domain.build import World

GROUP = "$Default"
KEPT = Terms()


class Deployment:
    """A world of two consumers and four partitions, and the gate that watches it."""

    def __init__(self, *, per_s: float = 2.0) -> None:
        self.world = World(4)
        self.world.consumer("a", "0", "1", pid=1, renews_every_s=10)
        self.world.consumer("b", "2", "3", pid=2, renews_every_s=10)
        self.world.produce(per_s)
        looks = []

        for _ in range(24):
            self.world.tick(5)
            looks.append(self.world.look())

        baseline = baseline_of(looks[-2:], GROUP)
        assert baseline is not None
        self.watched: Watched = watch_begun(baseline, looks[-1])

    def watch(self, seconds: float) -> None:
        for _ in range(round(seconds / 5)):
            self.world.tick(5)
            self.watched = followed(self.watched, self.world.look())

    def replace(self, old: str, new: str, *partitions: str, pid: int, **traits: object) -> None:
        """As a deployment does it: the old one stops, a new one claims what it set free."""
        self.world.stop(old)
        self.watch(5)
        traits = {"started_at": self.world.at, "renews_every_s": 10, **traits}
        self.world.consumer(new, *partitions, pid=pid, **traits)
        self.watch(10)

    def ended(self) -> None:
        self.watched = deployment_ended(self.watched, self.world.snapshot)

    def judged(self, terms: Terms = KEPT) -> Sequence[Check]:
        return checks(self.watched, self.world.snapshot, terms)

    def open_ones(self, terms: Terms = KEPT) -> dict[str, Answer]:
        return {
            type(check.evidence).__name__: check.answer
            for check in self.judged(terms)
            if check.answer is not Answer.YES
        }

    def evidence(self, kind: type, terms: Terms = KEPT) -> object:
        (found,) = (c.evidence for c in self.judged(terms) if isinstance(c.evidence, kind))
        return found


def test_one_replica_after_the_other_passes_once_each_has_renewed_and_read() -> None:
    run = Deployment()
    run.replace("a", "c", "0", "1", pid=3)
    run.replace("b", "d", "2", "3", pid=4)
    run.ended()
    assert set(run.open_ones()) == {"AllOwned"}  # nobody was seen to renew since

    run.watch(60)
    assert run.open_ones() == {}
    assert run.evidence(OwnersBack) == OwnersBack(before=2, now=2, wanted=2, new=2, all_new=False)
    assert [d.partition for d in downtimes(run.watched)] == ["0", "1", "2", "3"]
    assert all(0 < d.least_s == (d.most_s or 0) <= 6 for d in downtimes(run.watched))


def test_a_lease_that_still_runs_is_no_owner() -> None:
    """The new one claims, and dies at once: for a while the store looks as it should."""
    run = Deployment()
    run.replace("a", "c", "0", "1", pid=3)
    run.world.kill("c")
    run.ended()
    run.watch(5)
    assert run.world.partition("0").lease.state == "held"
    assert "AllOwned" in run.open_ones()

    run.watch(200)
    assert "AllOwned" in run.open_ones()


def test_who_renews_and_does_not_read_does_not_pass() -> None:
    run = Deployment()
    run.replace("a", "c", "0", "1", pid=3, is_stuck=True)
    run.ended()
    run.watch(120)

    assert run.open_ones()["LagBack"] is Answer.NOT_YET
    lag = run.evidence(LagBack)
    assert isinstance(lag, LagBack)
    assert {*lag.above, *lag.unmoved} == {"0", "1"}


def test_where_nothing_arrives_it_says_so() -> None:
    run = Deployment(per_s=0.0)
    run.world.send("0")
    run.watch(20)
    run.replace("a", "c", "0", "1", pid=3, is_stuck=True)
    run.ended()
    run.watch(60)

    assert run.open_ones() == {}
    lag = run.evidence(LagBack)
    assert isinstance(lag, LagBack)
    assert lag.untested == ("0", "1", "2", "3")


def test_one_event_tells_who_hangs() -> None:
    run = Deployment(per_s=0.0)
    run.world.produce(1.0)
    run.watch(20)
    run.world.produce(0.0)
    run.replace("a", "c", "0", "1", pid=3, is_stuck=True)
    run.ended()
    run.world.send("0")
    run.watch(60)

    lag = run.evidence(LagBack)
    assert isinstance(lag, LagBack)
    assert {*lag.above, *lag.unmoved} == {"0"}


def test_a_partition_that_nobody_took_does_not_pass() -> None:
    run = Deployment()
    run.replace("a", "c", "0", pid=3)
    run.ended()
    run.watch(120)

    assert "AllOwned" in run.open_ones()


def test_fewer_owners_than_before_do_not_pass_unless_that_was_asked_for() -> None:
    run = Deployment()
    run.replace("a", "b", "0", "1", "2", "3", pid=2)
    run.ended()
    run.watch(60)

    assert set(run.open_ones()) == {"OwnersBack"}
    assert run.open_ones(Terms(owners=1)) == {}


def test_a_finding_of_before_is_none_of_the_deployments() -> None:
    run = Deployment()
    run.world.kill("b")
    run.watch(240)
    baseline = baseline_of([run.world.snapshot], GROUP)
    assert baseline is not None
    assert baseline.findings
    run.watched = watch_begun(baseline, run.world.snapshot)
    run.ended()
    run.watch(30)
    assert run.open_ones() == {}

    found = run.evidence(NothingFound)
    assert isinstance(found, NothingFound)
    assert found.now == ()


def test_duplicates_are_held_to_their_budget_by_what_they_may_be_at_most() -> None:
    run = Deployment()
    run.replace("a", "c", "0", "1", pid=3)
    run.ended()
    run.watch(60)
    found = run.evidence(DuplicatesWithin)
    assert isinstance(found, DuplicatesWithin)
    assert (found.takeovers, found.uncounted) == (2, 0)
    assert found.most is not None

    assert run.open_ones(Terms(duplicates=found.most)) == {}

    if found.most:
        answer = run.open_ones(Terms(duplicates=found.most - 1))["DuplicatesWithin"]
        assert answer is (Answer.NO if found.least == found.most else Answer.UNKNOWN)


def test_what_is_not_counted_yet_is_no_zero() -> None:
    run = Deployment()
    run.world.stop("a")
    run.watch(5)
    run.world.consumer("c", "0", "1", pid=3, renews_every_s=10, started_at=run.world.at)
    run.watch(5)
    found = run.evidence(DuplicatesWithin)
    assert isinstance(found, DuplicatesWithin)
    assert found.takeovers == found.uncounted == 2
    assert (found.least, found.most) == (None, None)


def test_a_kill_costs_the_time_until_its_lease_was_taken() -> None:
    run = Deployment()
    run.world.kill("a")
    run.watch(60)
    run.world.consumer("c", "0", "1", pid=3, renews_every_s=10, started_at=run.world.at - 1)
    run.watch(60)
    run.ended()
    run.watch(60)

    assert run.open_ones() == {}
    found = run.evidence(DowntimeWithin, Terms(downtime_s=30))
    assert isinstance(found, DowntimeWithin)
    assert found.least_s > 30
    assert run.open_ones(Terms(downtime_s=30)) == {"DowntimeWithin": Answer.NO}
    assert run.open_ones(Terms(downtime_s=300)) == {}


@pytest.mark.parametrize("source", ["hub", "store"])
def test_what_cannot_be_read_is_not_judged(source: str) -> None:
    run = Deployment()
    run.ended()
    run.watch(60)
    assert run.open_ones() == {}

    run.world.down.add(source)
    run.watch(30)
    assert run.open_ones()["SourcesRead"] is Answer.UNKNOWN
    assert baseline_of([run.world.snapshot], GROUP) is None


def test_no_bounds_are_no_zero() -> None:
    assert Bounds() + Bounds(1, 2) == Bounds(1, 2)


def test_who_hangs_after_it_has_begun_to_read_is_not_hidden_by_what_may_wait() -> None:
    run = Deployment()
    run.replace("a", "c", "0", "1", pid=3)
    run.ended()
    run.watch(20)
    run.world.consumers["c"].is_stuck = True
    run.watch(25)

    assert run.open_ones()["LagBack"] is Answer.NOT_YET


def test_the_shortest_time_to_hold_is_longer_than_what_may_wait() -> None:
    """Whoever hangs as everything begins to hold is seen before it has held for long enough."""
    run = Deployment()
    run.replace("a", "c", "0", "1", pid=3)
    run.ended()

    while run.open_ones():
        run.watch(5)

    run.world.consumers["c"].is_stuck = True
    policy = run.world.snapshot.policy
    look_s = policy.hub_interval_s + policy.store_interval_s
    assert STEADY_LOOKS > LOOKS_OF_INPUT
    run.watch(STEADY_LOOKS * look_s)

    assert run.open_ones()["LagBack"] is Answer.NOT_YET


def test_an_owner_that_keeps_its_id_was_away_all_the_same() -> None:
    """A pod of a StatefulSet: the processor's id is its name."""
    run = Deployment()
    run.world.consumers["a"].renews_every_s = 400
    run.world.consumers["a"].is_stuck = True
    run.watch(420)
    run.world.consumers["a"].renews_every_s = 10
    run.world.consumers["a"].is_stuck = False
    run.watch(60)
    run.ended()
    run.watch(60)

    found = run.evidence(DowntimeWithin, Terms(downtime_s=30))
    assert isinstance(found, DowntimeWithin)
    assert found.partition in {"0", "1"}
    assert (found.most_s or 0) > 300
    assert run.open_ones(Terms(downtime_s=30)) == {"DowntimeWithin": Answer.UNKNOWN}


def test_of_groups_that_write_no_checkpoint_it_says_so() -> None:
    run = Deployment.__new__(Deployment)
    run.world = World(2)
    run.world.consumer("a", "0", "1", pid=1, renews_every_s=10, checkpoints_every_s=None)
    run.world.produce(2.0)

    for _ in range(12):
        run.world.tick(5)
        run.world.look()

    baseline = baseline_of([run.world.snapshot], GROUP)
    assert baseline is not None
    run.watched = watch_begun(baseline, run.world.snapshot)
    run.ended()
    run.watch(30)

    lag = run.evidence(LagBack)
    assert isinstance(lag, LagBack)
    assert (lag.untested, lag.unwritten) == ((), ("0", "1"))


def test_the_line_on_downtime_is_of_one_partition() -> None:
    run = Deployment()
    gaps = (
        Gap("0", run.world.at, "a", "c", 0.0, None),
        Gap("1", run.world.at, "a", "c", 100.0, 100.0),
    )
    run.watched = replace(run.watched, gaps=gaps)
    run.ended()

    found = run.evidence(DowntimeWithin)
    assert isinstance(found, DowntimeWithin)
    assert (found.partition, found.least_s, found.most_s) == ("0", 0.0, None)
    found = run.evidence(DowntimeWithin, Terms(downtime_s=30))
    assert isinstance(found, DowntimeWithin)
    assert (found.partition, found.least_s) == ("1", 100.0)


def test_owners_of_before_can_be_asked_to_be_gone() -> None:
    run = Deployment()
    run.ended()
    run.watch(60)

    assert run.open_ones() == {}
    assert set(run.open_ones(Terms(all_new=True))) == {"OwnersBack"}


def test_a_time_without_looks_is_told() -> None:
    run = Deployment()
    run.world.down.add("store")
    run.watch(60)
    run.world.down.clear()
    run.ended()
    run.watch(60)

    found = run.evidence(SourcesRead)
    assert isinstance(found, SourcesRead)
    assert found.unread == ()
    assert found.blind_s >= 50
