"""The same hub and group under another name of the namespace: found, offered, then read."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import facts
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Severity, Subject
from ehtui.domain.why import why
from ehtui.domain.world.store import OtherName
from tests.domain.build import HUB, World


def at(port: str = ":5691", **changes: object) -> World:
    world = World(2, namespace=f"localhost{port}", **changes)  # type: ignore[arg-type]
    world.send("0", 100)
    return world


def other(
    world: World, name: str = "127.0.0.1:5691", *, group: str = "$default", age_s: float = 5.0
) -> OtherName:
    now = world.server_at
    return OtherName(name, HUB, group, "checkpoints", 2, now - age_s, now - age_s, now)


def look(world: World, *others: OtherName) -> None:
    world.fold(world.hub_read())
    read = world.store_read()
    world.fold(replace(read, listing=replace(read.listing, elsewhere=others)))


def watched(world: World, *, age_s: float = 5.0, group: str = "$default") -> None:
    look(world)
    world.tick(40)
    look(world, other(world, age_s=age_s, group=group))


def test_a_group_that_lives_under_another_name_is_said_to() -> None:
    world = at()
    watched(world)

    found = world.finding("store.other_name")
    assert world.ids() == {"store.other_name"}  # not: its consumers never ran
    assert found.severity is Severity.WARNING
    assert found.subject == Subject(group="$Default")
    assert facts(found.evidence)["other_names"] == ("127.0.0.1:5691",)
    assert facts(found.evidence)["is_live"] is True
    assert facts(found.evidence)["is_one_machine"] is True
    assert why(world.snapshot, Subject(group="$Default")).verdict == "other_name"


def test_it_is_a_remark_while_its_own_consumers_may_be_starting() -> None:
    world = at()
    look(world, other(world))

    assert world.finding("store.other_name").severity is Severity.INFO


def test_what_nobody_uses_any_more_is_told_as_that() -> None:
    world = at()
    watched(world, age_s=9000)

    assert facts(world.finding("store.other_name").evidence)["is_live"] is False


def test_a_stranger_who_shares_the_container_is_no_fault_while_ours_lives() -> None:
    world = at()
    world.consumer("a", "0", "1")
    look(world, other(world))
    world.play(30)

    assert not world.ids()


def test_ours_without_owners_and_theirs_alive_is_a_remark_beside_the_fault() -> None:
    world = at()
    world.consumer("a", "0", "1", is_alive=False)
    look(world)
    world.tick(3600)
    look(world, other(world))

    found = world.finding("store.other_name")
    assert found.severity is Severity.INFO
    assert facts(found.evidence)["has_own_records"] is True
    assert "group.no_consumers" in world.ids()


def test_another_group_there_does_not_explain_ours() -> None:
    world = at()
    watched(world, group="analytics")

    assert world.ids() == {"store.other_name", "store.not_visible"}
    assert world.finding("store.other_name").subject == Subject(group="analytics")


@pytest.mark.parametrize("aliases", [(), ("127.0.0.1",)])
def test_what_is_written_under_an_accepted_name_is_this_namespaces(
    aliases: tuple[str, ...],
) -> None:
    world = at(policy=Policy(aliases=aliases))
    world.namespace = "127.0.0.1:5691"
    world.consumer("a", "0", "1")
    read = world.store_read()
    world.namespace = "localhost:5691"
    world.fold(world.hub_read())
    world.fold(read)

    assert [p.lease.owner for p in world.state.partitions] == ["a" if aliases else None] * 2


def test_two_live_names_of_which_one_is_accepted_are_two_names() -> None:
    world = at(policy=Policy(aliases=("127.0.0.1",)))
    world.consumer("a", "0")
    world.namespace = "127.0.0.1:5691"
    world.consumer("b", "1")
    world.namespace = "localhost:5691"
    world.look()

    assert facts(world.finding("store.two_names").evidence)["differs"] == "host"
