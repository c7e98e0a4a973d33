"""A hub that was deleted and created anew: its checkpoints are of another stream."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import facts
from ehtui.domain.progress import Rule
from ehtui.domain.progress.lag import CLOCKS_S, Lag, lag_of
from ehtui.domain.snapshot import Counted, Health, Severity
from tests.domain.build import World, healthy
from tests.domain.records import T, checkpoint, sample


@pytest.mark.parametrize(
    ("sequence", "written_at", "expected"),
    [
        (
            85,
            T - 60,
            Lag(why=Rule.PREDATES_HUB),
        ),  # inside the new stream: today's lag of 14 is false
        (99, T - 60, Lag(why=Rule.PREDATES_HUB)),  # and so is a lag of zero
        (120, T - 60, Lag(ahead=21, why=Rule.PREDATES_HUB)),
        (85, T - CLOCKS_S, Lag(14, lost=0, counted=Counted(99, 85))),  # two services, two clocks
        (85, T + 60, Lag(14, lost=0, counted=Counted(99, 85))),
        (120, T - 1, Lag(ahead=21, why=Rule.PREDATES_HUB)),  # beyond the end, two things say so
        (120, T + 60, Lag(ahead=21, why=Rule.PREDATES_HUB)),  # written by who did not notice
    ],
)
def test_a_checkpoint_that_is_older_than_the_hub_says_nothing_of_its_lag(
    sequence: int, written_at: float, expected: Lag
) -> None:
    record = checkpoint(sequence, at=written_at)

    assert lag_of(sample(0, 99, at=T + 90), record, hub_created_at=T) == expected


def test_a_consumer_faster_than_the_look_at_a_young_hub_is_of_its_stream() -> None:
    record = checkpoint(120, at=T + 60)

    assert lag_of(sample(0, 99), record, is_later=False, hub_created_at=T) == Lag(
        0, lost=0, counted=Counted(120, 120)
    )


def test_without_a_time_of_creation_nothing_is_older() -> None:
    assert lag_of(sample(0, 99), checkpoint(85)) == Lag(14, lost=0, counted=Counted(99, 85))


def restarted_later() -> World:
    """The hub was made anew and filled again while nobody watched; the checkpoints stayed."""
    world = World(2)
    world.send("0", 100)
    world.send("1", 200)

    for partition, sequence in (("0", 85), ("1", 500)):
        world.checkpoint(partition, sequence)

    world.tick(60)
    world.created_at = world.at - 30
    return world


def test_a_checkpoint_inside_the_new_stream_is_found_and_its_lag_unknown() -> None:
    world = restarted_later()
    world.consumer("a", "0", "1", checkpoints_every_s=None)
    world.look()
    world.play(60)

    found = world.finding("hub.recreated")
    shown = world.partition("0")
    assert found.severity is Severity.CRITICAL
    assert facts(found.evidence)["partitions"] == ("0", "1")
    assert facts(found.evidence)["ahead"] == 301
    assert facts(found.evidence)["tolerance_s"] == CLOCKS_S
    assert found.since == world.created_at
    assert (shown.lag, shown.lag_reason, shown.behind) == (None, Rule.PREDATES_HUB, None)
    assert (shown.health, shown.rule) == (Health.UNKNOWN, Rule.PREDATES_HUB)
    assert world.partition("1").health is Health.AHEAD
    assert world.state.lag is None
    assert world.ids() == {"hub.recreated"}  # one cause, told once


def test_it_is_told_before_the_consumers_are_started_again() -> None:
    world = restarted_later()
    world.tick(7200)
    world.look()

    assert world.finding("hub.recreated").severity is Severity.CRITICAL
    assert "group.no_consumers" in world.ids()


def test_of_a_group_that_nobody_uses_any_more_it_is_a_remark() -> None:
    world = restarted_later()
    world.checkpoint("0", 12, group="old-reports")
    world.tick(60)
    world.created_at = world.at - 30
    world.tick(7200)
    world.look()

    found = {f.subject.group: f.severity for f in world.snapshot.findings}
    assert {f.id for f in world.snapshot.findings} == {"hub.recreated", "group.no_consumers"}
    assert found["old-reports"] is Severity.INFO


def test_the_next_checkpoint_ends_it_and_is_no_rewind() -> None:
    world = healthy(1)
    world.consumers["owner-0"].is_stuck = True
    world.created_at = world.at
    stream = world.streams["0"]
    stream.begin, stream.last, stream.per_s = 0, -1, 0.0
    world.look()
    assert world.ids() == {"hub.recreated"}

    world.send("0", 400)  # beyond the old checkpoint, which is hardly older than the hub
    world.play(10)
    assert world.partition("0").lag is None
    assert world.ids() == {"hub.recreated"}

    world.consumers["owner-0"].is_stuck = False
    world.checkpoint("0", 20)
    world.look()

    assert world.partition("0").lag == 379
    assert not world.ids()


def test_whoever_goes_on_counting_the_former_stream_changes_nothing() -> None:
    """A consumer that did not notice writes its last number once more, after the hub is new."""
    world = healthy(1)
    world.consumers["owner-0"].is_stuck = True
    record = world.partition("0").checkpoint
    assert record is not None
    assert record.sequence is not None
    world.created_at = world.at
    stream = world.streams["0"]
    stream.begin, stream.last, stream.per_s = 0, -1, 0.0
    world.send("0", 3)
    world.look()
    world.tick(30)
    world.checkpoint("0", record.sequence)
    world.look()
    world.look()
    assert world.ids() == {"hub.recreated"}

    world.checkpoint("0", 1)
    world.look()
    assert not world.ids()
    assert world.partition("0").lag == 1


def test_partitions_that_are_read_later_are_judged_at_once() -> None:
    """A large hub is read in pieces: what of the old one stands is not shown as lag."""
    world = healthy(2)
    world.tick(5)
    read = world.hub_read()
    created = type(read.hub)(read.hub.namespace, read.hub.name, world.at, read.hub.partition_ids)
    world.fold(type(read)(read.at, "hub", created, (), read.duration_s))

    assert world.partition("0").lag_reason == Rule.PREDATES_HUB
    assert world.partition("1").lag is None
