"""A process may run several clients, each in a group of its own."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.outcomes import NewProcess, Outcome, OutcomeState
from ehtui.domain.actions.plans import StartPlan
from ehtui.domain.evidence import facts
from ehtui.domain.leases.lease import after_release
from ehtui.domain.snapshot import ConsumerRole, ConsumerState
from ehtui.domain.updates import ActionDone
from ehtui.domain.world.process import ProcessId
from tests.domain.build import World

STANDBY, STARVED = ConsumerRole.STANDBY, ConsumerRole.STARVED


def of(world: World, pid: int) -> ConsumerState:
    return next(c for c in world.snapshot.consumers if c.process.id.pid == pid)


def two_groups() -> World:
    """`$default` is held by one owner, `audit` by two: process 1 runs a client in each."""
    world = World(2)
    world.consumer("one", "0", "1", pid=1)
    world.consumer("two", pid=1, group="audit")
    world.consumer("a", "0", pid=2, group="audit")
    world.consumer("b", "1", pid=3, group="audit")
    world.look()

    return world


def test_a_process_has_all_its_owners_and_stands_by_in_the_group_where_it_owns_nothing() -> None:
    world = two_groups()
    world.play(30)
    consumer = of(world, 1)

    assert set(consumer.owners) == {"one", "two"}
    assert consumer.link is not None
    assert consumer.link.owner == "one"  # who holds something goes first
    assert consumer.owns == (("$Default", "0"), ("$Default", "1"))
    assert consumer.role is ConsumerRole.OWNER
    assert consumer.idle == (("audit", STANDBY),)

    standby = world.finding("consumer.standby")
    assert (standby.subject.group, standby.subject.pid) == ("audit", 1)
    assert facts(standby.evidence)["owner"] == "two"
    assert facts(standby.evidence)["owner_pids"] == ("2", "3")


def test_it_is_starved_in_that_group_once_there_is_something_to_own() -> None:
    world = two_groups()
    world.kill("b")
    world.claim("1", "a", "audit")
    world.play(240)

    assert of(world, 1).idle == (("audit", STARVED),)
    assert world.finding("consumer.starved").subject.group == "audit"
    assert of(world, 1).role is ConsumerRole.OWNER


def test_who_reads_another_group_is_not_judged_against_the_configured_one() -> None:
    """One owner of two partitions there: in that group a third process would be starved."""
    world = World(2)
    world.consumer("one", "0", "1", pid=1)
    world.consumer("a", "0", pid=2, group="audit")
    world.consumer("b", "1", pid=3, group="audit")
    world.consumer("c", pid=4, group="audit")
    world.look()
    world.play(240)

    assert (of(world, 4).role, of(world, 4).idle) == (STANDBY, (("audit", STANDBY),))
    assert "consumer.starved" not in world.ids()


def test_the_group_of_an_owner_is_known_by_its_records_where_its_log_is_silent() -> None:
    world = World(2)
    world.consumer("one", "0", pid=1)
    world.consumer("two", "1", pid=2)
    world.consumer("c", "0", pid=4, group="audit")
    world.consumer("d", "1", pid=5, group="audit")
    world.look()
    silent = dataclasses.replace(world.consumers["c"])

    def look() -> None:
        world.fold(world.hub_read())
        world.fold(world.store_read())
        world.fold(world.processes_read())
        read = world.logs_read()
        world.fold(replace(read, links=tuple(replace(k, group=None) for k in read.links)))

    look()
    link = of(world, silent.pid or 0).link
    assert link is not None
    assert link.group == "audit"

    world.consumer("thief", "0", pid=6, group="audit")

    for _ in range(20):
        world.tick(5)
        look()

    assert of(world, 4).idle == (("audit", STANDBY),)


def started(world: World, pid: int, group: str) -> None:
    """This session starts a consumer there, and is told so three seconds later."""
    plan = StartPlan("c", ("python",), None, group, (), "c.log", world.at)
    world.consumer("c", pid=pid, started_at=world.at + 0.1)
    world.tick(3)
    new = NewProcess(ProcessId(pid, world.at), "c.log")
    world.fold(ActionDone(world.at, Outcome(plan, OutcomeState.DONE, world.at, started=new)))


@pytest.mark.parametrize(("pid", "group"), [(4, "audit"), (5, "$default")])
def test_who_was_started_into_a_group_waits_there_before_anything_names_it(
    pid: int, group: str
) -> None:
    """Another process is judged against the configured group, which has room."""
    world = World(2)
    world.consumer("one", "0", "1", pid=1)
    world.consumer("a", "0", pid=2, group="audit")
    world.consumer("b", "1", pid=3, group="audit")
    world.look()
    started(world, 4, "audit")
    world.consumers["c"].pid = pid
    world.play(240)
    role = STANDBY if group == "audit" else STARVED

    assert [(name.lower(), r) for name, r in of(world, pid).idle] == [(group, role)]


def test_a_group_that_the_store_does_not_know_is_not_judged() -> None:
    world = World(2)
    world.consumer("one", "0", "1", pid=1)
    world.consumer("c", pid=4, group="nowhere")
    world.look()
    world.play(240)

    assert (of(world, 4).role, of(world, 4).idle) == (ConsumerRole.UNKNOWN, ())


def test_who_stands_by_in_a_group_takes_over_in_that_group_only() -> None:
    world = two_groups()
    world.kill("b")
    world.play(5)
    world.play(30)
    assert of(world, 1).idle == (("audit", STANDBY),)

    # `one` is alone in its group: process 1, which runs it, is no survivor of itself.
    assert after_release(world.snapshot, "$default", "0").latest_at is None
    assert after_release(world.snapshot, "audit", "0").latest_at is not None


def test_a_client_that_is_over_counts_while_it_holds_something() -> None:
    world = World(2)
    world.consumer("old", "0", "1", pid=1)
    world.look()
    world.consumer("new", pid=1)
    over = {k.owner: replace(k, over_at=world.at) for k in world.logs_read().links}
    read = replace(world.logs_read(), links=(over["old"], replace(over["new"], over_at=None)))
    world.tick(1)
    world.fold(world.store_read())
    world.fold(world.processes_read())
    world.fold(read)
    assert set(of(world, 1).owners) == {"old", "new"}

    world.stop("old")
    world.tick(1)
    world.fold(world.store_read())
    assert of(world, 1).owners == ("new",)


def test_an_earlier_run_in_the_same_log_is_nobody_until_it_renews() -> None:
    world = World(2)
    world.consumer("old", "0", "1")
    world.consumer("new", pid=1)
    world.fold(world.hub_read())
    world.fold(world.store_read())
    world.fold(world.processes_read())
    (new,) = world.logs_read().links
    old = replace(new, owner="old", over_at=world.at)
    world.fold(replace(world.logs_read(), links=(old, new)))
    assert of(world, 1).owners == ("new",)

    world.tick(40)
    world.fold(world.store_read())
    assert set(of(world, 1).owners) == {"old", "new"}
