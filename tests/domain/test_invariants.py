"""What holds after any updates in any order."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.folds import hub, store
from ehtui.domain.folds.group import unread
from ehtui.domain.folds.kept import TIMELINE_LENGTH
from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.reduce import reduce
from ehtui.domain.snapshot import GroupPartition, GroupState, Severity, Snapshot
from ehtui.domain.state import GroupMemory, State
from ehtui.domain.updates import Tick
from ehtui.domain.world.process import LogIncident, LogIncidentKind, ProcessId
from ehtui.domain.world.store import UnreadableBlob
from tests.domain.build import NAMESPACE, SOURCES, World

RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}
PARTITIONS = st.sampled_from(["0", "1", "2", "10", "weird"])
OWNERS = st.sampled_from(["a", "b", "c", "일꾼"])
GROUPS = st.sampled_from([*["$default"] * 6, "$Default", "analytics"])
NAMESPACES = st.sampled_from(
    [*[NAMESPACE] * 6, "HGZERO.servicebus.windows.net:5672", "other.example", ""]
)
STEPS = st.one_of(
    st.tuples(st.just("send"), st.sampled_from(["0", "1", "2"]), st.integers(0, 5000)),
    st.tuples(st.just("claim"), PARTITIONS, st.one_of(st.none(), OWNERS), GROUPS, NAMESPACES),
    st.tuples(st.just("checkpoint"), PARTITIONS, st.integers(-1, 9000) | st.none(), GROUPS),
    st.tuples(st.just("trim"), st.sampled_from(["0", "1", "2"]), st.integers(0, 6000)),
    st.tuples(st.just("wait"), st.floats(0, 400)),
    st.tuples(st.just("work"), OWNERS, st.integers(1, 5), st.sampled_from(["0", "1", "2"])),
    st.tuples(st.just("kill"), OWNERS),
    st.tuples(st.just("delete"), PARTITIONS),
    st.tuples(st.just("recreate")),
    st.tuples(st.just("unreadable")),
    st.tuples(st.just("down"), st.sets(st.sampled_from(SOURCES))),
    st.tuples(st.just("incident"), st.sampled_from(LogIncidentKind), st.integers(1, 5)),
    st.tuples(st.just("hub")),
    st.tuples(st.just("store")),
    st.tuples(st.just("tick"), st.floats(-5, 100)),
    st.tuples(st.just("produce"), st.floats(0, 50)),
    st.tuples(st.just("play"), st.integers(5, 60)),
)


def step(world: World, what: str, *arguments: object) -> None:  # noqa: C901, PLR0912 - a table
    match what, *arguments:
        case "send", str(partition), int(count):
            world.send(partition, count)
        case "claim", str(partition), None | str() as owner, str(group), str(namespace):
            world.namespace, kept = namespace, world.namespace
            world.claim(partition, owner, group)
            world.namespace = kept
        case "checkpoint", str(partition), None | int() as sequence, str(group):
            world.checkpoint(partition, sequence, group)
        case "trim", str(partition), int(begin):
            world.streams[partition].begin = begin
        case "wait", float(seconds):
            world.tick(seconds)
        case "work", str(owner), int(every), str(partition):
            world.consumer(owner, partition, pid=len(owner) + every, renews_every_s=float(every))
        case "kill", str(owner) if owner in world.consumers:
            world.kill(owner)
        case "delete", str(partition):
            world.ownerships.pop((world.group, partition), None)
            world.checkpoints.pop((world.group, partition), None)
        case ("recreate",):
            world.created_at = world.at

            for stream in world.streams.values():
                stream.begin, stream.last = 0, -1
        case ("unreadable",):
            world.unreadable = (UnreadableBlob("c", "x/y", "no owner"), *world.unreadable[:3])
        case "down", set() as sources:
            world.down = sources
        case "incident", LogIncidentKind() as kind, int(count):
            process = ProcessId(2, world.at - 100)
            world.fold(world.logs_read(LogIncident(process, kind, "…", world.at, count=count)))
        case ("hub",):
            world.fold(world.hub_read())
        case ("store",):
            world.fold(world.store_read())
        case "tick", float(seconds):
            world.fold(Tick(world.at + seconds))
        case "produce", float(per_s):
            world.produce(per_s)
        case "play", int(seconds):
            world.play(seconds)


def check_group(group: GroupState) -> None:
    for partition in group.partitions:
        assert partition.lag is None or partition.lag >= 0
        assert partition.lost is None or partition.lost >= 0
        assert partition.ahead is None or partition.ahead > 0
        check_lag(partition)
        assert partition.out_per_s is None or partition.out_per_s >= 0
        assert partition.drain_s is None or partition.drain_s >= 0
        assert partition.behind is None or partition.behind.seconds >= 0
        assert 0 <= partition.window[0] <= partition.window[1]
        assert len(partition.lag_series) <= 60

    known = [p.lag for p in group.partitions if p.lag is not None and not p.lag_is_bound]
    assert group.lag == (sum(known) if known else None)
    assert group.counts == Counter(p.health for p in group.partitions)


def check_lag(partition: GroupPartition) -> None:
    """A lag is the difference of two numbers of one moment, less what retention removed."""
    counted = partition.counted

    if counted is None or counted.checkpoint_sequence is None:
        assert partition.lag is None or partition.lag_is_bound or partition.lag == 0
        return

    waits = counted.last_sequence - counted.checkpoint_sequence
    assert partition.lag is not None
    assert max(0, waits) == partition.lag + (partition.lost or 0)


def check_memory(group: GroupMemory) -> None:
    """What goes along with each change is what looking at all of it again gives."""
    by_partition = group.by_partition.values()
    assert group.state.partitions == tuple(judged.shown for judged in by_partition)
    assert group.troubled == tuple(judged for judged in by_partition if judged.flags)


def check(state: State) -> None:
    snapshot = state.snapshot

    for group in snapshot.groups:
        check_group(group)

    for remembered in state.memory.groups.values():
        check_memory(remembered)

    assert all(p.in_per_s is None or p.in_per_s >= 0 for p in snapshot.partitions)
    keys = [finding.key for finding in snapshot.findings]
    assert len(keys) == len(set(keys)), keys
    ranks = [RANK[finding.severity] for finding in snapshot.findings]
    assert ranks == sorted(ranks)
    numbers = [event.number for event in snapshot.timeline]
    assert len(numbers) == len(set(numbers)) <= TIMELINE_LENGTH
    times = [event.at for event in snapshot.timeline]
    assert times == sorted(times)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(STEPS, min_size=1, max_size=30),
    st.sampled_from([None, 6.0, 60.0]),
    st.booleans(),
    st.floats(-100, 100),
)
def test_any_updates_leave_a_sound_snapshot(
    steps: list[tuple[object, ...]], expiry_s: float | None, is_production: bool, skew_s: float
) -> None:
    policy = Policy(lease=LeasePolicy(expires_after_s=expiry_s), is_production=is_production)
    world = World(3, policy=policy, server_ahead_s=skew_s)

    for what, *arguments in steps:
        before = world.snapshot
        step(world, str(what), *arguments)

        if world.snapshot is before:  # something happened in the world: see it
            world.look()

        check(world.known)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=1, max_size=20))
def test_to_judge_all_at_each_look_would_give_the_same(steps: list[tuple[object, ...]]) -> None:
    """A lag of zero waits for no look: what it amounts to stands until something is written."""
    told = []

    for judged_again in (unread, lambda _, group: set(group.by_partition)):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hub, "unread", judged_again)
            patch.setattr(store, "unread", judged_again)
            world = World(3)
            world.look()

            for what, *arguments in steps:
                step(world, str(what), *arguments)

                for read in (world.store_read, world.hub_read):  # at two moments: one is older
                    world.tick(2)
                    world.fold(read())

            told.append(essence(world.snapshot))

    assert told[0] == told[1]


def test_a_lag_that_waited_for_the_hub_is_told_at_its_next_look() -> None:
    """Nothing new was written: it is the look itself that tells."""
    world = World(2)
    world.consumer("a", "0", "1", pid=1)
    world.checkpoint("0", 0)
    world.send("0", 100)
    world.look()
    world.tick(3)
    world.checkpoint("0", 50)
    world.fold(world.store_read())
    told = []

    for read in (world.hub_read, world.store_read, world.hub_read):
        world.tick(2)
        world.fold(read())
        told.append(world.partition("0").lag)

    assert told == [49, 49, 0]


def essence(snapshot: Snapshot) -> object:
    """Everything but what fades with the seconds since a partition was last judged."""
    return (
        [
            (p.id, p.lease, p.checkpoint, p.lag, p.lost, p.ahead, p.health, p.rule, p.takeover)
            for group in snapshot.groups
            for p in group.partitions
        ],
        [(g.name, g.owners, g.lag, g.counts) for g in snapshot.groups],
        [finding.key for finding in snapshot.findings],
        # When a finding began depends on when it was looked at.
        [replace(e, number=0) for e in snapshot.timeline if e.finding is None],
    )


@given(st.permutations(range(4)))
def test_the_order_of_first_reads_does_not_matter(order: list[int]) -> None:
    def world() -> World:
        world = World(2)
        world.consumer("a", "0", pid=1)
        world.consumer("b", pid=2)
        world.send("0", 40)
        world.checkpoint("0", 9)
        return world

    straight, shuffled = world(), world()
    straight.look()
    reads = (
        shuffled.hub_read(),
        shuffled.store_read(),
        shuffled.processes_read(),
        shuffled.logs_read(),
    )

    for index in order:
        shuffled.fold(reads[index])

    assert essence(shuffled.snapshot) == essence(straight.snapshot)
    assert shuffled.snapshot.consumers == straight.snapshot.consumers


def test_reduce_is_pure() -> None:
    world = World(2)
    world.produce(5)
    world.consumer("a", "0", "1", pid=1)
    world.look()
    world.play(30)
    before = world.known
    world.tick(5)
    read = world.store_read()

    once, again = reduce(before, read), reduce(before, read)
    assert essence(once.snapshot) == essence(again.snapshot)
    assert before is world.known


def test_what_did_not_change_is_the_same_object() -> None:
    world = World(3)
    world.consumer("a", "0", "1", "2", pid=1)
    world.send("0", 10)
    world.look()
    world.play(120)
    before = world.snapshot.groups[0].partitions
    world.tick(1)
    world.send("1", 3)
    world.fold(world.hub_read())
    after = world.snapshot.groups[0].partitions

    assert [x is y for x, y in zip(before, after, strict=True)] == [True, False, True]


def test_memory_is_bounded_over_an_accelerated_day() -> None:
    world = World(2, policy=Policy(lease=LeasePolicy(expires_after_s=20.0)))
    world.produce(3)

    for hour in range(24):
        owner = f"owner-{hour}"
        world.consumer(owner, "0", "1", pid=100 + hour, renews_every_s=5.0)

        for _ in range(30):
            world.tick(5)
            world.look()

        world.kill(owner)
        world.tick(30)
        world.look()

    memory = world.memory
    (group,) = memory.groups.values()
    assert len(group.owners) <= 256
    assert all(len(flow.arrivals) <= 128 for flow in memory.histories.values())
    assert all(len(judged.progress.commits) <= 10 for judged in group.by_partition.values())
    assert all(move.at > world.at - 900 for move in group.handovers)
