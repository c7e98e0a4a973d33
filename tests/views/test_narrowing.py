"""`--group` and `--partition`: what is left is whole, and its sums are its own."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.snapshot import Health, Severity, Snapshot
from ehtui.views.narrowing import EVERYTHING, Scope, narrowed, unknown_in
from ehtui.views.status import FailOn, document, exit_code
from tests.views import world


def two_groups() -> Snapshot:
    plain = world.snapshot()
    other = world.group_state(
        world.partition("0", world.lease(owner=world.B), 20, 17), name="Analytics"
    )
    behind = replace(
        world.OVERDUE, severity=Severity.CRITICAL, subject=replace(world.OVERDUE.subject, group="x")
    )
    reader = world.consumer(9, 60, world.B, ("0",), group="Analytics")
    return replace(
        plain,
        groups=(*plain.groups, other),
        findings=(*plain.findings, behind),
        consumers=(*plain.consumers, reader),
    )


def test_nothing_asked_for_leaves_the_picture_as_it_is() -> None:
    snapshot = two_groups()

    assert narrowed(snapshot, EVERYTHING) is snapshot
    assert unknown_in(snapshot, EVERYTHING) == ((), ())


def test_a_group_takes_its_own_findings_events_and_consumers() -> None:
    kept = narrowed(two_groups(), Scope(("analytics",)))

    assert [group.name for group in kept.groups] == ["Analytics"]
    assert kept.findings == ()
    assert kept.timeline == ()
    assert 9 in {consumer.process.id.pid for consumer in kept.consumers}
    assert 51257 not in {consumer.process.id.pid for consumer in kept.consumers}
    assert len(kept.partitions) == 3  # the hub's own


def test_a_partition_has_sums_of_its_own() -> None:
    kept = narrowed(two_groups(), Scope((world.GROUP,), ("2",)))
    (group,) = kept.groups

    assert [p.id for p in kept.partitions] == ["2"]
    assert [p.id for p in group.partitions] == ["2"]
    assert (group.lag, group.health, group.counts[Health.BEHIND]) == (1820, Health.BEHIND, 1)
    assert [owner.id for owner in group.owners] == [world.C]
    assert world.OVERDUE in kept.findings
    assert kept.timeline == (world.CLAIMED, world.KILLED)  # a signal is about no partition

    calm = narrowed(two_groups(), Scope((world.GROUP,), ("0", "1")))
    assert world.OVERDUE not in calm.findings
    assert world.STANDS_BY in calm.findings  # of the whole group
    assert calm.groups[0].lag == 3


def test_the_exit_code_is_of_what_is_asked_for() -> None:
    snapshot = two_groups()

    assert exit_code(snapshot) == 2
    assert exit_code(narrowed(snapshot, Scope((world.GROUP,)))) == 0
    assert exit_code(narrowed(snapshot, Scope((world.GROUP,), ("2",))), FailOn.WARNING) == 1
    assert exit_code(narrowed(snapshot, Scope((world.GROUP,), ("0",))), FailOn.WARNING) == 0


def test_a_consumer_shows_what_it_owns_of_that() -> None:
    both = replace(world.snapshot(), consumers=(world.consumer(7, 60, world.A, ("0", "1")),))
    told = document(narrowed(both, Scope((), ("1",))))["consumers"][0]

    assert told["owns"] == [{"group": world.GROUP, "partition": "1"}]
    assert (told["lag"], told["lag_is_partial"]) == (3, False)


def test_what_there_is_not_is_named() -> None:
    assert unknown_in(two_groups(), Scope(("$DEFAULT", "nobody"), ("0", "9"))) == (
        ("nobody",),
        ("9",),
    )
