"""Records that cannot be read, or that nobody has a use for: shown where one looks for them."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import facts
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import Health, LeaseState, Severity, Subject
from ehtui.domain.why import why
from ehtui.domain.world.hub import HubDescription
from ehtui.domain.world.store import RecordKind, UnreadableBlob
from tests.domain.build import HUB, NAMESPACE, World

REASON = "the sequence number '5.0' is not a whole number"


def unread(
    partition: str = "0", kind: RecordKind = RecordKind.CHECKPOINT, at: float = 1000.0
) -> UnreadableBlob:
    name = f"{NAMESPACE}/{HUB}/$default/{kind.value}/{partition}"
    return UnreadableBlob("checkpoints", name, REASON, "$default", partition, kind, at)


def owned() -> World:
    world = World(2)
    world.send("0", 100)
    world.send("1", 100)
    world.consumer("a", "0", "1", is_stuck=True)
    world.checkpoint("1", 99)
    return world


def test_of_a_checkpoint_that_cannot_be_read_lag_is_unknown_and_the_reason_stands_there() -> None:
    world = owned()
    world.unreadable = (unread(),)
    world.look()

    shown = world.partition("0")
    assert shown.unreadable == world.unreadable
    assert (shown.lag, shown.lag_is_bound, shown.lag_reason) == (None, False, Rule.UNREADABLE)
    assert (shown.health, shown.rule) == (Health.UNKNOWN, Rule.UNREADABLE)
    found = world.finding("store.unreadable_blob")
    assert facts(found.evidence)["partitions"] == ("0",)
    assert found.subject == Subject(group="$Default", partition="0")
    assert world.partition("1").unreadable == ()
    assert world.state.lag_is_partial


def test_each_group_is_told_for_itself() -> None:
    world = owned()
    other = replace(unread("1"), group="billing", name="billing/1")
    world.unreadable = (unread("0"), unread("1"), other, UnreadableBlob("gone", "", "missing"))
    world.look()

    found = {
        f.subject.group: facts(f.evidence)["partitions"]
        for f in world.snapshot.findings
        if f.id == "store.unreadable_blob"
    }
    assert found == {"$Default": ("0", "1"), "billing": ("1",), None: ()}


def test_it_is_no_partition_that_never_checkpoints() -> None:
    world = owned()
    world.unreadable = (unread(),)
    world.look()
    world.produce(3)
    world.play(600)

    assert "checkpoint.never" not in world.ever
    checks = why(world.snapshot, Subject(group="$Default", partition="0")).checks
    exists = next(check for check in checks if check.id == "checkpoint.exists")
    assert (exists.passed, facts(exists.evidence)["unreadable"]) == (None, REASON)


def test_once_it_is_written_well_it_is_read_and_once_broken_it_is_not() -> None:
    world = owned()
    world.unreadable = (unread(),)
    world.look()
    world.unreadable = ()
    world.checkpoint("0", 90)
    world.play(5)
    assert (world.partition("0").lag, world.partition("0").unreadable) == (9, ())

    del world.checkpoints[world.group, "0"]
    world.unreadable = (unread(at=2000.0),)
    world.play(5)
    assert (world.partition("0").lag, world.partition("0").lag_reason) == (None, Rule.UNREADABLE)


def test_a_sequence_number_that_is_unset_is_told_as_that() -> None:
    world = owned()
    world.checkpoint("0", None)
    world.look()

    shown = world.partition("0")
    assert (shown.lag, shown.lag_reason, shown.rule) == (None, Rule.NO_SEQUENCE, Rule.NO_SEQUENCE)


@pytest.mark.parametrize("kind", [RecordKind.OWNERSHIP, RecordKind.LEASE])
def test_an_ownership_that_cannot_be_read_is_not_free(kind: RecordKind) -> None:
    world = owned()
    del world.ownerships[world.group, "0"]
    world.unreadable = (unread(kind=kind),)
    world.look()
    world.play(600)

    shown = world.partition("0")
    assert shown.lease.state is LeaseState.UNREADABLE
    assert shown.health is Health.UNKNOWN
    assert world.ids() == {"store.unreadable_blob"}
    checks = why(world.snapshot, Subject(group="$Default", partition="0")).checks
    assert next(check for check in checks if check.id == "partition.is_owned").passed is None


def test_an_ownership_that_becomes_unreadable_was_not_released() -> None:
    world = owned()
    world.look()
    gone = world.ownerships.pop((world.group, "0"))
    world.unreadable = (unread(kind=RecordKind.OWNERSHIP),)
    world.play(10)
    assert not world.told("lease.released")

    world.ownerships[world.group, "0"] = gone
    world.unreadable = ()
    world.play(5)
    assert world.partition("0").lease.owner == "a"
    assert not world.told("lease.claimed")


def test_a_group_of_unreadable_leases_is_not_without_consumers() -> None:
    world = owned()
    world.ownerships.clear()
    world.unreadable = (unread("0", RecordKind.LEASE), unread("1", RecordKind.LEASE))
    world.tick(9000)
    world.look()

    assert world.ids() == {"store.unreadable_blob"}


def with_strays(**traits: object) -> World:
    """Records of four partitions, of which the hub has two."""
    world = owned()
    world.streams |= {p: dataclasses.replace(world.streams["0"]) for p in ("2", "3")}
    world.consumer("b", "3", "2", is_stuck=True, **traits)
    world.checkpoint("2", 7)
    del world.streams["2"], world.streams["3"]
    return world


def test_records_of_partitions_that_the_hub_does_not_have_are_shown_after_its_own() -> None:
    world = with_strays(is_alive=False)
    world.look()
    world.play(600)

    assert [p.id for p in world.state.partitions] == ["0", "1"]
    strays = world.state.strays
    assert [(p.id, p.rule, p.lag) for p in strays] == [
        ("2", Rule.NOT_IN_HUB, None),
        ("3", Rule.NOT_IN_HUB, None),
    ]
    assert strays[0].checkpoint is not None
    assert (strays[0].lease.owner, strays[0].lease.state) == ("b", LeaseState.EXPIRED)
    found = world.finding("store.stray_records")
    assert found.severity is Severity.INFO
    assert facts(found.evidence)["partitions"] == ("2", "3")
    assert facts(found.evidence)["partition_count"] == 2
    assert world.ids() == {"store.stray_records"}  # nobody expects an owner there
    assert [o.id for o in world.state.owners] == ["a"]


def test_somebody_who_renews_what_the_hub_does_not_have_sees_another_hub() -> None:
    world = with_strays()
    world.look()

    found = world.finding("store.stray_records")
    assert found.severity is Severity.WARNING
    assert facts(found.evidence)["owners"] == ("b",)


def test_why_says_of_a_stray_that_the_hub_does_not_have_it() -> None:
    world = with_strays()
    world.look()
    told = why(world.snapshot, Subject(group="$Default", partition="2"))

    assert told.verdict == "stray"
    assert next(check for check in told.checks if check.id == "partition.exists").passed is False


def test_a_hub_that_grows_takes_its_partitions_in() -> None:
    world = with_strays()
    world.look()
    world.streams |= {p: dataclasses.replace(world.streams["0"]) for p in ("2", "3")}
    world.play(5)

    assert [p.id for p in world.state.partitions] == ["0", "1", "2", "3"]
    assert world.state.strays == ()
    assert world.partition("3").lease.owner == "b"


def test_before_the_hub_answers_nothing_is_a_stray() -> None:
    world = with_strays()
    world.fold(world.store_read())
    assert len(world.state.partitions) == 4

    world.fold(world.hub_read())
    assert isinstance(world.snapshot.hub, HubDescription)
    assert [p.id for p in world.state.strays] == ["2", "3"]
