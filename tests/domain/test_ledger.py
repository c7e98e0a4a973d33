"""What a takeover cost: each told bound contains what a broker wrote down, whatever happens."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.actions.checkpoint_plan import (
    Change,
    ChangeResult,
    ChangeState,
    CheckpointPlan,
    Standing,
    ToLatest,
    WriteKind,
)
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.costs import (
    NO_LEDGER,
    NONE,
    NOT_COUNTED,
    UNKNOWN,
    Bounds,
    CostUnknown,
    CountedTakeover,
    TakeoverCost,
)
from ehtui.domain.progress.ledger import (
    DEPLOYMENT_GAP_S,
    MOST_DEPLOYMENTS,
    OpenCost,
    Span,
    cost_of,
    counted,
    entered,
)
from ehtui.domain.timeline import Claimed, TakenOver
from ehtui.domain.updates import ActionDone
from ehtui.domain.world.hub import PartitionSample
from ehtui.domain.world.store import Layout
from tests.domain.build import World, healthy
from tests.domain.deliveries import Attached, Delivering, holds
from tests.domain.processors import Processor

PYTHON, SLOW = Processor("", 3.0, 12.0), Processor("", 8.0, 30.0)
MOST_OWNERS = 4
ACTS = ("join", "stop", "crash", "pause", "resume", "run", "restart", "reset")


def played(seed: int, store_s: float, like: Processor = PYTHON, steps: int = 9) -> Delivering:
    """Consumers come, go, die, are paused and reset, in an order that the seed decides."""
    rules = random.Random(seed)
    group = Delivering(partitions=3, seed=seed, store_s=store_s, retains=None if seed % 2 else 120)
    names = (f"o{n}" for n in count())
    group.join(next(names), next(names), like=like)
    group.run(20)

    for _ in range(steps):
        act(group, rules.choice(ACTS), rules, names, like)
        group.run(rules.uniform(0.5, 15))

    group.run(70)
    return group


def act(
    group: Delivering, what: str, rules: random.Random, names: Iterator[str], like: Processor
) -> None:
    alive = [owner for owner, each in group.processors.items() if each.is_alive]

    if what == "resume" and group.paused:
        group.resume(rules.choice(sorted(group.paused)))
    elif what == "join" and len(alive) < MOST_OWNERS:
        group.join(next(names), like=like)
    elif what == "reset":
        reset(group, rules, alive)
        group.join(next(names), next(names), like=like)
    elif alive and what in LOSSES:
        LOSSES[what](group, rules.choice(alive))

        if what == "restart":
            group.run(rules.uniform(0, 3))
            group.join(next(names), like=like)


LOSSES = {
    "stop": Delivering.stop,
    "restart": Delivering.stop,
    "crash": Delivering.crash,
    "pause": Delivering.pause_process,
}


def reset(group: Delivering, rules: random.Random, alive: list[str]) -> None:
    """All are stopped, and each checkpoint is put anywhere."""
    for owner in alive:
        group.stop(owner)

    group.run(rules.uniform(4, 12))

    for partition, stream in group.world.streams.items():
        group.reset(partition, rules.randint(max(stream.begin - 1, -1), stream.last))

    group.run(rules.uniform(0, 8))


@pytest.mark.parametrize("store_s", [0.5, 2.0, 5.0])
@pytest.mark.parametrize("seed", [*range(4), 33, 54, 79, 103])
def test_whatever_happens_the_bounds_contain_what_the_broker_delivered(
    seed: int, store_s: float
) -> None:
    group = played(seed, store_s)
    found = group.checked()

    assert not [(cost, truth) for cost, truth in found if not holds(cost, truth)]
    assert found
    known = [cost for cost, _ in found if cost.read_again.is_known]
    assert len(known) >= 0.8 * len(found)  # to know nothing would be no art


@pytest.mark.parametrize("seed", range(3))
def test_slow_rounds_and_rare_looks(seed: int) -> None:
    group = played(seed, 5.0, SLOW, steps=6)

    assert not [(cost, truth) for cost, truth in group.checked() if not holds(cost, truth)]


def test_a_release_that_was_seen_bounds_it_closely() -> None:
    """What arrived while nobody read is not read twice, however long that was."""
    group = Delivering(partitions=1, store_s=1.0, checkpoint_s=0.5)
    group.join("a", like=PYTHON)
    group.run(30)
    group.stop("a")
    group.run(120)
    group.join("b", like=PYTHON)
    group.run(20)
    ((cost, truth),) = [pair for pair in group.checked() if pair[1].owner == "b"]

    assert holds(cost, truth)
    assert cost.read_again.most is not None
    assert cost.read_again.most <= 100  # 960 arrived meanwhile
    assert cost.skipped == NONE


def test_a_reset_is_told_by_who_begins_there() -> None:
    group = Delivering(partitions=1, store_s=1.0, late_s=0.0)
    group.join("a", like=PYTHON)
    group.run(60)
    group.stop("a")
    group.run(30)
    group.reset("0", 100)
    group.run(10)
    group.join("b", like=PYTHON)
    group.run(20)
    group.stop("b")
    group.run(30)
    last = group.world.streams["0"].last
    group.reset("0", last)
    group.run(10)
    group.join("c", like=PYTHON)
    group.run(20)
    by_owner = {truth.owner: (cost, truth) for cost, truth in group.checked()}
    (back, truth), (on, skipping) = by_owner["b"], by_owner["c"]

    assert holds(back, truth)
    assert holds(on, skipping)
    assert (back.read_again.least or 0) > 200
    assert (on.skipped.least or 0) > 100
    assert on.read_again == NONE


# The rule alone


def opened(**facts: object) -> OpenCost:
    known = OpenCost(
        partition="0",
        at=100.0,
        kind="lease.taken_over",
        owner="b",
        previous_owner="a",
        looked_at=50.0,
        start=Span(10, 10),
        why=None,
        done=10,
        is_by_hand=False,
        begin=0,
        last=30,
        reached=30,
        until_at=50.0,
    )
    return replace(known, **facts)


def sample(
    last: int = 40, begin: int = 0, at: float = 60.0, *, is_empty: bool = False
) -> PartitionSample:
    return PartitionSample("0", begin, last, "0", None, is_empty, at, at)


@pytest.mark.parametrize(
    ("facts", "begin", "again", "skipped", "lost"),
    [
        ({}, 0, (0, 20), (0, 0), (0, 0)),
        ({"reached": 10}, 0, (0, 0), (0, 0), (0, 0)),
        ({"start": Span(4, 6), "done": 10}, 0, (4, 26), (0, 0), (0, 0)),  # it went back
        ({"reached": None}, 0, (0, 30), (0, 0), (0, 0)),  # by the look's own last event
        # By hand, forwards: to where it was never read, and to where it may have been.
        ({"start": Span(35, 35), "is_by_hand": True}, 0, (0, 0), (5, 25), (0, 0)),
        ({"start": Span(20, 20), "is_by_hand": True}, 0, (0, 10), (0, 10), (0, 0)),
        ({"start": Span(2, 2), "is_by_hand": True}, 0, (8, 28), (0, 0), (0, 0)),
        # Retention went past the checkpoint, and past all that was read.
        ({}, 21, (0, 20), (0, 0), (0, 10)),
        ({"begin": 21}, 21, (0, 10), (0, 0), (0, 10)),
        ({"begin": 38}, 38, (0, 0), (0, 0), (7, 27)),
    ],
)
def test_bounds(
    facts: dict[str, object],
    begin: int,
    again: tuple[int, int],
    skipped: tuple[int, int],
    lost: tuple[int, int],
) -> None:
    told = TakeoverCost(Bounds(*again), Bounds(*skipped), Bounds(*lost))

    assert cost_of(opened(**facts), sample(begin=begin)) == told


def span(least: int = 0, most: int = 60) -> st.SearchStrategy[Span]:
    return st.tuples(st.integers(least, most), st.integers(least, most)).map(
        lambda pair: Span(min(pair), max(pair))
    )


@given(data=st.data(), start=span(-1), begin=span(), reached=span(-1))
def test_wherever_the_truth_lies_within_the_spans_the_bounds_contain_it(
    data: st.DataObject, start: Span, begin: Span, reached: Span
) -> None:
    true_start = data.draw(st.integers(start.least, start.most))
    true_begin = data.draw(st.integers(begin.least, begin.most))
    true_reached = data.draw(st.integers(reached.least, reached.most))
    first = max(true_start + 1, true_begin)
    truth = Attached(
        partition="0",
        owner="b",
        claimed_at=0.0,
        read_again=max(0, true_reached + 1 - first),
        skipped=max(0, first - max(true_reached + 1, true_begin)),
        lost=max(0, true_begin - true_reached - 1),
    )
    told = opened(
        start=start,
        done=reached.least,
        reached=reached.most,
        begin=begin.least,
        is_by_hand=True,
    )

    assert holds(cost_of(told, sample(last=99, begin=begin.most)), truth)

    if true_reached >= true_start:  # an owner wrote it: it had been sent that
        assert holds(cost_of(replace(told, is_by_hand=False), sample(99, begin.most)), truth)


def test_without_a_checkpoint_where_it_begins_is_unknown_and_so_is_what_it_skips() -> None:
    cost = cost_of(opened(start=None, done=None, why=CostUnknown.NO_CHECKPOINT), sample())

    assert cost == TakeoverCost(Bounds(0, 31), UNKNOWN, UNKNOWN, CostUnknown.NO_CHECKPOINT)


def test_an_empty_partition_begins_with_the_next_event() -> None:
    cost = cost_of(opened(begin=31, reached=30), sample(30, 0, is_empty=True))

    assert cost == TakeoverCost(NONE, NONE, Bounds(0, 20))


# Which look tells it


def test_a_claim_is_told_before_its_cost() -> None:
    world = healthy(2)
    world.kill("owner-0")
    world.play(180)
    world.claim("0", "owner-1")
    world.look()
    (taken,) = world.told("lease.taken_over")

    assert isinstance(taken.details, TakenOver)
    assert taken.details.cost == NOT_COUNTED
    world.play(10)
    (taken,) = world.told("lease.taken_over")
    assert isinstance(taken.details, TakenOver)
    assert taken.details.cost.why is None
    assert taken.details.cost.read_again.least == 0
    (told,) = world.state.ledger.deployments
    assert (told.takeovers, told.uncounted, told.unknown) == (1, 0, 0)
    assert told.read_again == taken.details.cost.read_again
    assert world.state.ledger.latest["0"].cost == taken.details.cost


def test_the_first_owner_is_no_takeover() -> None:
    world = World(1)
    world.look()
    world.consumer("a", "0")
    world.play(10)
    (claimed,) = world.told("lease.claimed")

    assert isinstance(claimed.details, Claimed)
    assert claimed.details.cost == TakeoverCost(why=CostUnknown.NO_READER_BEFORE)
    assert world.state.ledger == NO_LEDGER


def released_and_claimed(world: World) -> TakeoverCost:
    world.stop("owner-0")
    world.play(10)
    world.claim("0", "owner-1")
    world.play(10)
    (claimed,) = world.told("lease.claimed")
    assert isinstance(claimed.details, Claimed)
    return claimed.details.cost


def test_a_former_hub_of_that_name_is_another_stream() -> None:
    world = healthy(2)
    world.stop("owner-0")
    world.play(10)
    world.created_at = world.server_at
    world.streams["0"].last = 3
    world.play(10)
    world.claim("0", "owner-1")
    world.play(10)
    (claimed,) = world.told("lease.claimed")

    assert isinstance(claimed.details, Claimed)
    assert claimed.details.cost == TakeoverCost(why=CostUnknown.OTHER_STREAM)


def test_a_hub_that_is_not_read_leaves_it_open_and_then_unknown() -> None:
    world = healthy(2)
    world.down = {"hub"}

    assert released_and_claimed(world) == NOT_COUNTED
    world.play(620)
    world.down = set()
    world.look()
    (claimed,) = world.told("lease.claimed")
    assert isinstance(claimed.details, Claimed)
    assert claimed.details.cost == TakeoverCost(why=CostUnknown.HUB_NOT_READ)
    assert world.state.ledger.deployments[0].unknown == 1


def test_an_offset_of_the_old_form_on_a_geo_replicated_hub_is_no_position() -> None:
    world = healthy(2)
    world.fold(
        replace(world.hub_read(), hub=replace(world.hub_read().hub, georeplication_factor=2))
    )
    world.stop("owner-0")
    world.fold(world.store_read())
    world.tick(5)
    world.claim("0", "owner-1")
    world.fold(world.store_read())
    world.tick(5)
    world.fold(
        replace(world.hub_read(), hub=replace(world.hub_read().hub, georeplication_factor=2))
    )
    (claimed,) = world.told("lease.claimed")

    assert isinstance(claimed.details, Claimed)
    assert claimed.details.cost.why is CostUnknown.NO_POSITION
    assert claimed.details.cost.read_again.is_known
    assert not claimed.details.cost.skipped.is_known


def test_two_names_of_one_partition_are_not_counted() -> None:
    world = healthy(2)
    other = replace(
        world.checkpoints["$default", "0"],
        namespace=f"{world.namespace}:5671",
        blob=world.identity("other/checkpoint/0"),
    )
    world.checkpoints["~", "0"] = other
    world.look()

    assert released_and_claimed(world) == TakeoverCost(why=CostUnknown.TWO_RECORDS)


def test_memory_does_not_grow() -> None:
    world = healthy(2)

    for n in range(40):
        world.claim("0", f"other-{n}")
        world.play(10)

    group = world.memory.groups["$default"]
    assert len(group.open_costs) <= 8
    assert len(group.readings) <= 2
    assert len(world.state.ledger.latest) == 1
    assert all(len(reading.left) <= 8 for reading in group.readings.values())


# A deployment


def takeover(at: float, cost: TakeoverCost = NOT_COUNTED, partition: str = "0") -> CountedTakeover:
    return CountedTakeover(partition, at, "b", "a", cost)


KNOWN = TakeoverCost(Bounds(1, 10), NONE, Bounds(0, 2))


def test_takeovers_that_follow_each_other_closely_are_summed_up() -> None:
    ledger = NO_LEDGER

    for n, at in enumerate([100.0, 160.0, 160.0 + DEPLOYMENT_GAP_S]):
        ledger = entered(ledger, [takeover(at, partition=str(n))])

    ledger = entered(ledger, [takeover(161.0 + 2 * DEPLOYMENT_GAP_S)])
    first, second = ledger.deployments
    assert (first.since_at, first.until_at) == (100.0, 160.0 + DEPLOYMENT_GAP_S)
    assert (first.takeovers, first.uncounted, second.takeovers) == (3, 3, 1)

    ledger = counted(ledger, [takeover(100.0, KNOWN, "0")])
    ledger = counted(ledger, [takeover(160.0, KNOWN, "1")])
    first, _ = ledger.deployments
    assert (first.read_again, first.skipped, first.lost) == (Bounds(2, 20), NONE, Bounds(0, 4))
    assert first.is_partial
    unknown = TakeoverCost(why=CostUnknown.OTHER_STREAM)
    ledger = counted(ledger, [takeover(160.0 + DEPLOYMENT_GAP_S, unknown, "2")])
    first, _ = ledger.deployments
    assert (first.uncounted, first.unknown, first.read_again) == (0, 1, Bounds(2, 20))


def test_a_cost_that_comes_late_is_not_taken_for_the_newest() -> None:
    ledger = entered(NO_LEDGER, [takeover(100.0), takeover(130.0)])
    ledger = counted(ledger, [takeover(100.0, KNOWN)])

    assert ledger.latest["0"] == takeover(130.0)
    assert ledger.deployments[0].read_again == Bounds(1, 10)


def test_only_so_many_deployments_are_kept() -> None:
    ledger = NO_LEDGER

    for n in range(MOST_DEPLOYMENTS + 3):
        ledger = entered(ledger, [takeover(n * 1000.0)])

    assert len(ledger.deployments) == MOST_DEPLOYMENTS
    assert ledger.deployments[0].since_at == 3000.0


def test_bounds_add_up_as_far_as_they_are_known() -> None:
    assert Bounds(1, 3) + Bounds(2, 5) == Bounds(3, 8)
    assert Bounds(1, 3) + UNKNOWN == Bounds(1, 3)
    assert Bounds(1, None) + Bounds(1, 1) == Bounds(2, None)
    assert UNKNOWN.holds(7)
    assert Bounds(2, None).holds(7)
    assert not Bounds(2, 6).holds(7)


# What this session wrote itself, and what begins at the start of the stream


def moved(world: World, partition: str, before: int, after: int) -> ActionDone:
    """This session moved a checkpoint, though somebody held the partition."""
    change = Change(
        partition=partition,
        kind=WriteKind.SET,
        container="checkpoints",
        name="a/blob",
        layout=Layout.MODERN,
        etag="0x1",
        before=Standing(before, str(before * 100)),
        after=Standing(after, str(after * 100)),
    )
    plan = CheckpointPlan(
        group="$Default",
        namespace=world.namespace,
        hub="hub",
        strategy=ToLatest(),
        changes=(change,),
        owners=(),
        planned_at=world.at,
        is_forced=True,
    )
    result = ChangeResult(change, ChangeState.WRITTEN)
    return ActionDone(world.at, Outcome(plan, OutcomeState.DONE, world.at, changes=(result,)))


@pytest.mark.parametrize("is_seen_first", [False, True])
def test_a_forced_move_is_no_proof_that_anything_was_read(*, is_seen_first: bool) -> None:
    world = World(1)
    world.send("0", 101)
    world.consumer("a", "0", pid=7, checkpoints_every_s=None)
    world.checkpoint("0", 40)
    world.look()
    world.play(10)
    world.checkpoint("0", 90)

    if is_seen_first:
        world.look()

    world.fold(moved(world, "0", 40, 90))
    world.look()
    world.stop("a")
    world.play(10)
    world.consumer("b", "0", pid=8, checkpoints_every_s=None)
    world.play(10)
    (claimed,) = world.told("lease.claimed")

    assert isinstance(claimed.details, Claimed)
    assert claimed.details.cost == TakeoverCost(Bounds(0, 10), Bounds(0, 50), NONE)


def test_an_offset_before_everything_begins_with_the_first_event() -> None:
    world = World(1)
    world.send("0", 101)
    world.consumer("a", "0", pid=7, checkpoints_every_s=None)
    world.checkpoint("0", 40)
    world.look()
    world.play(10)
    world.stop("a")
    world.play(10)
    world.checkpoint("0", 99)  # the number is whatever the writer chose
    record = world.checkpoints["$default", "0"]
    world.checkpoints["$default", "0"] = replace(record, offset="-1")
    world.play(10)
    world.consumer("b", "0", pid=8, checkpoints_every_s=None)
    world.play(10)
    (claimed,) = world.told("lease.claimed")

    assert isinstance(claimed.details, Claimed)
    assert claimed.details.cost == TakeoverCost(Bounds(41, 101), NONE, NONE)
