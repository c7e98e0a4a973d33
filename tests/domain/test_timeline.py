"""The timeline: by time, with every finding's begin and end; and rates that end with a handler."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ehtui.domain.evidence import facts
from ehtui.domain.folds.builder import SnapshotBuilder
from ehtui.domain.folds.kept import MOST_NEWS, NEWS_S, TIMELINE_LENGTH
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Subject, TimelineEvent
from ehtui.domain.state import State
from ehtui.domain.timeline import FINDING_BEGAN, FINDING_ENDED, GROUP_APPEARED, GroupAppeared
from tests.domain.build import World, healthy


def judged(world: World, id_: str) -> Iterator[TimelineEvent]:
    return (e for e in world.snapshot.timeline if e.finding is not None and e.finding.id == id_)


def test_every_finding_begins_and_ends_with_the_same_words() -> None:
    world = healthy()
    world.consumer("spare", pid=200)
    world.play(60)
    world.kill("owner-2")
    world.play(180)
    world.claim("2", "spare")
    world.play(120)

    assert {"lease.overdue", "lease.expired", "consumer.standby"} <= world.ever.keys()

    for id_ in world.ever:
        events = list(judged(world, id_))
        is_standing = id_ in world.ids()
        kinds = [event.kind for event in events]
        assert (
            kinds
            == [FINDING_BEGAN.id, FINDING_ENDED.id] * (len(events) // 2)
            + [FINDING_BEGAN.id] * is_standing
        )
        assert events

        for began, ended in zip(events[::2], events[1::2], strict=False):
            assert (ended.finding, ended.subject) == (began.finding, began.subject)
            assert began.finding is not None
            assert facts(ended.details)["began_at"] == began.finding.since
            assert began.at == facts(began.details)["noticed_at"]
            assert began.at >= began.finding.since
            assert facts(ended.details)["noticed_at"] == facts(began.details)["noticed_at"]
            assert facts(ended.details)["is_judged"] is True
            assert facts(ended.details)["lasted_s"] == pytest.approx(ended.at - began.finding.since)


def test_a_finding_about_more_partitions_than_before_goes_on() -> None:
    world = World(4)
    world.produce(3)
    world.consumer("a", "0", "1", pid=1)
    world.consumer("b", "2", "3", pid=2)
    world.look()
    world.play(120)
    world.release("0")
    world.play(30)
    world.release("1")
    world.play(30)

    (event,) = judged(world, "partition.unowned")
    assert event.kind == FINDING_BEGAN.id
    assert facts(world.finding("partition.unowned").evidence)["partitions"] == ("0", "1")


def test_what_cannot_be_read_any_more_is_not_told_to_be_over() -> None:
    world = healthy()
    world.consumers["owner-1"].is_stuck = True
    world.play(600)
    assert "handler.stuck" in world.ids()
    world.down.add("hub")
    world.play(120)

    began, ended = judged(world, "handler.stuck")
    assert (began.kind, ended.kind) == (FINDING_BEGAN.id, FINDING_ENDED.id)
    assert facts(ended.details)["is_judged"] is False


def test_what_is_learned_late_stands_where_it_happened() -> None:
    world = healthy()
    builder = SnapshotBuilder(world.known, world.at)
    now = builder.now

    for at in (now, now - 60, now - 30):
        builder.tell(GROUP_APPEARED, at, Subject(group=f"{now - at:.0f}"), GroupAppeared("g"))

    late = SnapshotBuilder(builder.freeze(), world.at + 1)
    late.tell(
        GROUP_APPEARED, now - 45, Subject(group="45"), GroupAppeared("g"), is_approximate=True
    )
    timeline = late.freeze().snapshot.timeline

    told = [e.subject.group for e in timeline if e.kind == GROUP_APPEARED.id]
    assert told == ["60", "45", "30", "0"]
    assert [e.at for e in timeline] == sorted(e.at for e in timeline)
    assert [e.is_approximate for e in timeline if e.subject.group == "45"] == [True]


def told_at(known: State, at: float, count: int) -> State:
    """So many events in one look."""
    builder = SnapshotBuilder(known, at)

    for n in range(count):
        builder.tell(GROUP_APPEARED, builder.now - n, Subject(group=f"{n}"), GroupAppeared("g"))

    return builder.freeze()


def numbers(state: State) -> list[int]:
    return sorted(event.number for event in state.snapshot.timeline)


def test_a_full_timeline_drops_its_oldest_once_they_are_no_news() -> None:
    world = healthy()
    at = world.at + NEWS_S + 1
    first = told_at(world.known, at, TIMELINE_LENGTH + 50)
    later = told_at(first, at + NEWS_S + 1, 1)

    assert len(later.snapshot.timeline) == TIMELINE_LENGTH
    assert later.snapshot.timeline[-1].subject.group == "0"
    assert len(later.memory.told) == 1


def test_what_one_look_told_is_whole_however_much_it_is() -> None:
    world = healthy()
    before = world.known.memory.next_number
    first = told_at(world.known, world.at + 60, 3 * TIMELINE_LENGTH)
    second = told_at(first, world.at + 61, 1)  # before any follower had looked

    assert numbers(first) == [*range(before, before + 3 * TIMELINE_LENGTH)]
    assert numbers(second) == [*range(before, before + 3 * TIMELINE_LENGTH + 1)]


def test_news_too_are_bounded_and_a_clock_that_is_set_back_keeps_none_longer() -> None:
    world = healthy()
    known = told_at(world.known, world.at + 60, MOST_NEWS + 7)
    assert len(known.snapshot.timeline) == MOST_NEWS

    known = told_at(known, world.at - 7200, 1)
    assert len(known.snapshot.timeline) == TIMELINE_LENGTH


def test_a_dead_owner_of_a_large_hub_is_told_to_whoever_follows() -> None:
    world = World(TIMELINE_LENGTH + 100)
    world.consumer("a", *world.streams, pid=1)
    world.look()
    world.play(60, every_s=30)
    world.kill("a")
    told, missed, ids = max(numbers(world.known), default=0), 0, []

    for _ in range(12):
        world.play(10, every_s=10)
        news = [e for e in world.snapshot.timeline if e.number > told]
        missed += world.memory.next_number - 1 - told - len(news)
        told = world.memory.next_number - 1
        ids += [e.finding.id for e in news if e.finding and e.kind == FINDING_BEGAN.id]

    assert missed == 0
    assert "lease.overdue" in ids
    standing = {f.id for f in world.snapshot.findings if f.since > world.at - 120}
    assert standing <= {e.finding.id for e in world.snapshot.timeline if e.finding}


def test_how_a_finding_began_is_kept_while_it_stands() -> None:
    world = healthy()
    world.kill("owner-2")
    world.play(180)
    [began] = [e for e in judged(world, "lease.expired") if e.kind == FINDING_BEGAN.id]

    for n in range(1, 4):
        world.known = told_at(world.known, world.at + n * (NEWS_S + 1), TIMELINE_LENGTH)

    assert began in world.snapshot.timeline
    assert len(world.snapshot.timeline) == TIMELINE_LENGTH + 1


@pytest.mark.parametrize("every_s", [1.0, 10.0, 60.0, 200.0])
def test_out_falls_to_zero_within_three_cadences_of_the_last_checkpoint(every_s: float) -> None:
    world = World(1)
    world.produce(13)
    consumer = world.consumer("a", "0", pid=1, checkpoints_every_s=every_s)
    world.look()
    world.play(max(300, 8 * every_s))
    assert world.partition("0").out_per_s == pytest.approx(13, rel=0.3)

    consumer.is_stuck = True
    seen_every_s = max(every_s, world.snapshot.policy.store_interval_s)
    world.play(3 * seen_every_s + 10)
    assert world.partition("0").out_per_s == 0
    assert (world.partition("0").lag or 0) > 0

    consumer.is_stuck = False
    world.play(3 * seen_every_s + 10)
    assert (world.partition("0").out_per_s or 0) > 0


def test_out_of_a_group_that_commits_in_time_never_falls() -> None:
    world = World(1)
    world.produce(13)
    world.consumer("a", "0", pid=1, checkpoints_every_s=20.0)
    world.look()
    world.play(200)

    for _ in range(120):
        world.play(5)
        assert world.partition("0").out_per_s == pytest.approx(13, rel=0.3)


def test_the_default_group_is_written_as_configured() -> None:
    for configured in ("$Default", "$DEFAULT"):
        world = World(2, group="$default", policy=Policy(default_group=configured))
        world.consumer("a", "0", pid=1, group="$default")
        world.look()
        world.play(60)
        names = [group.name for group in world.snapshot.groups]
        assert names == [configured]


def test_the_default_group_beside_another_has_the_name_that_the_service_gave_it() -> None:
    world = World(2, group="$default", policy=Policy(default_group="audit"))
    world.consumer("a", "0", pid=1, group="$default")
    world.look()
    world.play(60)

    assert [group.name for group in world.snapshot.groups] == ["audit", "$Default"]
    assert world.snapshot.consumers[0].owns == (("$Default", "0"),)
