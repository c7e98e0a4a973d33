"""Groups that only the service knows are shown, last, and say nothing by merely existing."""

from __future__ import annotations

from ehtui.domain import timeline
from ehtui.domain.findings.evidence import NotVisible
from ehtui.domain.folds.store import MOST_UNUSED_ROWS
from ehtui.domain.policy import Policy
from ehtui.domain.updates import GroupsListed
from tests.domain.build import World

LISTED = ("$Default", "Zeta", "billing", "look")


def a_world(policy: Policy | None = None) -> World:
    world = World(policy=policy or Policy())
    world.consumer("a", "0", "1", pid=7)
    world.produce(1.0)
    return world


def names(world: World) -> list[str]:
    return [group.name for group in world.snapshot.groups]


def test_groups_of_the_service_come_behind_those_of_the_store() -> None:
    world = a_world()
    world.claim("0", "a", "stored")
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))

    assert names(world) == ["$Default", "stored", "billing", "look", "Zeta"]

    group = world.snapshot.group("billing")
    assert group is not None
    assert [each.id for each in group.partitions] == ["0", "1"]


def test_they_may_be_known_before_the_store() -> None:
    world = a_world()
    world.fold(GroupsListed(world.at, LISTED))
    world.look()

    assert names(world) == ["$Default", "billing", "look", "Zeta"]


def test_a_group_that_exists_is_no_finding_and_no_event() -> None:
    silent, told = a_world(), a_world()

    for world in (silent, told):
        world.consumer("idle", pid=8)
        world.consumer("elsewhere", pid=9, group="other")
        world.play(60)

    told.fold(GroupsListed(told.at, LISTED))

    for world in (silent, told):
        world.play(900)

    assert set(told.ever) == set(silent.ever)
    assert [e.kind for e in told.snapshot.timeline] == [e.kind for e in silent.snapshot.timeline]
    assert told.snapshot.closer_looks == silent.snapshot.closer_looks
    assert told.snapshot.consumers == silent.snapshot.consumers


def test_one_that_is_created_later_is_told_and_one_that_was_deleted_goes() -> None:
    world = a_world()
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))
    world.fold(GroupsListed(world.at, ("$Default", "billing", "new")))

    assert names(world) == ["$Default", "billing", "new"]
    appeared = [e for e in world.snapshot.timeline if e.kind == timeline.GROUP_APPEARED.id]
    assert [event.subject.group for event in appeared] == ["new"]


def test_one_with_records_stays_whatever_the_service_says() -> None:
    world = a_world(Policy(groups=("mine",)))
    world.claim("0", "a", "billing")
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))
    world.fold(GroupsListed(world.at, ()))

    assert names(world) == ["$Default", "mine", "billing"]


def test_no_answer_changes_nothing() -> None:
    world = a_world()
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))
    before = world.snapshot.groups
    world.fold(GroupsListed(world.at, None))

    assert world.snapshot.groups is before


def test_the_peek_group_is_ehtuis_own() -> None:
    world = a_world(Policy(peek_group="Look"))
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))

    assert "look" not in names(world)


def test_a_hub_with_very_many_groups_shows_so_many_as_cost_little() -> None:
    world = a_world()
    world.play(60)
    world.fold(GroupsListed(world.at, tuple(f"g{n:04}" for n in range(1000))))

    assert len(names(world)) == 1 + MOST_UNUSED_ROWS // 2


def test_one_that_gets_records_is_an_ordinary_group() -> None:
    world = a_world()
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))
    world.claim("0", "b", "billing")
    world.checkpoint("0", 3, "billing")
    world.look()
    group = world.snapshot.group("billing")

    assert group is not None
    assert [owner.id for owner in group.owners] == ["b"]


def test_what_only_the_service_knows_is_said_so() -> None:
    world = a_world(Policy(groups=("mine",)))
    world.claim("0", "b", "stored")
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))
    only = {g.name for g in world.snapshot.groups if world.snapshot.is_only_listed(g)}

    assert only == {"billing", "look", "Zeta"}


def test_the_store_is_not_said_to_have_records_of_them() -> None:
    world = World(policy=Policy(default_group="mine"))
    world.claim("0", "b", "stored")
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))
    (finding,) = (f for f in world.look().findings if f.id == "store.not_visible")

    assert isinstance(finding.evidence, NotVisible)
    assert finding.evidence.other_groups == ("stored",)


def test_on_an_empty_hub_they_are_unused_too() -> None:
    world = World()
    world.consumer("a", "0", "1")
    world.play(60)
    world.fold(GroupsListed(world.at, LISTED))
    only = {g.name for g in world.snapshot.groups if world.snapshot.is_only_listed(g)}

    assert only == {"billing", "look", "Zeta"}
