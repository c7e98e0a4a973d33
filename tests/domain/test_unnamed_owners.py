"""Which process an owner is that no log names: who is left over, or nobody knows."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.snapshot import ConsumerRole
from ehtui.domain.updates import LogsRead
from ehtui.domain.world.process import (
    LinkBasis,
    OwnerLink,
    ProcessId,
)
from tests.domain.build import World
from tests.domain.test_identity import (
    QUICK_S,
    link_of,
    listed,
    look,
    of,
    shared_log,
    silent,
    two_in_one_file,
)


def test_the_only_owner_is_the_only_client() -> None:
    """The sample of the README: it logs nothing."""
    world = World(4)
    world.consumer("u", "0", "1", "2", "3", pid=1)
    silent(world)

    assert link_of(world, 1) == ("u", LinkBasis.ELIMINATION)
    assert of(world, 1).role is ConsumerRole.OWNER
    (owner,) = world.state.owners
    assert owner.link is not None
    assert owner.link.is_guess


def test_without_a_connection_it_is_no_client() -> None:
    world = World(1)
    world.consumer("u", "0", pid=1)
    silent(world, of_1=0)

    assert link_of(world, 1) is None


def test_of_two_clients_either_may_be_the_owner() -> None:
    world = World(1)
    world.consumer("u", "0", pid=1)
    world.consumer("idle", pid=2)
    silent(world)

    assert (link_of(world, 1), link_of(world, 2)) == (None, None)


def test_who_owns_elsewhere_is_not_left() -> None:
    world = World(1)
    world.consumer("u", "0", pid=1)
    world.consumer("other", "0", pid=2, group="audit")
    silent(world)
    assert link_of(world, 1) is None

    world.tick(5)
    silent(world)
    world.fold(shared_log(world, other=(2,)))

    assert link_of(world, 2) == ("other", LinkBasis.LOG)
    assert link_of(world, 1) == ("u", LinkBasis.ELIMINATION)


def test_who_began_after_the_owner_was_there_is_not_it() -> None:
    world = World(1)
    world.consumer("remote", "0")
    silent(world)
    world.tick(30)
    world.consumer("idle", pid=2, started_at=world.at - 10)
    silent(world)

    assert link_of(world, 2) is None


def test_who_may_not_be_listed_yet_is_not_taken_for_who_is_there_already() -> None:
    """A restart beside a producer whose doings are not known yet: it was named for 2 s."""
    world = World(2)
    world.consumer("producer", pid=1)
    world.consumer("old", "0", pid=2)
    world.look(logs=False)
    world.fold(shared_log(world, old=(2,)))
    world.tick(60)
    world.kill("old")
    listed(world)
    world.tick(2)
    world.claim("0", "new")  # of a process that the next scan will find
    world.fold(world.store_read())
    assert link_of(world, 1) is None

    world.consumer("new", pid=3, started_at=world.at - 1)
    listed(world, of_3=0)
    assert (link_of(world, 1), link_of(world, 3)) == (None, None)  # it is about to connect
    listed(world)
    assert (link_of(world, 1), link_of(world, 3)) == (None, None)  # nothing tells them apart
    world.fold(shared_log(world, old=(2,), new=(3,)))
    assert link_of(world, 3) == ("new", LinkBasis.LOG)


def test_an_owner_whose_process_is_gone_is_not_whoever_began_next() -> None:
    """An event that kills its reader: a new process each second or two."""
    world = World(2)
    world.look(logs=False)
    world.consumer("first", pid=1, started_at=world.at)
    listed(world)
    world.tick(1)
    world.claim("0", "first")
    world.kill("first")
    world.consumer("second", pid=2, started_at=world.at + 0.5)
    world.tick(1)
    silent(world)
    assert link_of(world, 2) is None

    # And one that never was listed: the next one has just begun, and is not connected yet.
    world.claim("1", "unseen")
    world.consumer("third", pid=3, started_at=world.at)
    world.tick(1)
    silent(world, of_3=0)
    assert link_of(world, 3) is None


def test_two_that_began_one_after_the_other_are_told_apart_by_when_each_owner_came() -> None:
    world = World(2)
    world.look(logs=False)
    world.consumer("a", pid=1, started_at=world.at)
    world.tick(5)
    world.claim("0", "a")
    silent(world)
    assert link_of(world, 1) == ("a", LinkBasis.ELIMINATION)

    world.tick(60)
    world.consumer("b", pid=2, started_at=world.at)
    world.tick(5)
    world.claim("1", "b")
    silent(world)

    assert link_of(world, 1) == ("a", LinkBasis.ELIMINATION)
    assert link_of(world, 2) == ("b", LinkBasis.ELIMINATION)


def test_where_some_owner_is_elsewhere_any_other_may_be_too() -> None:
    world = World(2)
    world.consumer("remote", "0")
    silent(world)
    world.tick(30)
    world.consumer("new", "1", pid=9, started_at=world.at - 4)
    silent(world)

    assert link_of(world, 9) is None


def test_a_guess_goes_when_the_owner_outlives_the_process() -> None:
    world = World(1)
    world.consumer("u", "0", pid=1, renews_every_s=QUICK_S)
    silent(world)
    assert link_of(world, 1) is not None

    world.consumers["u"].pid = None  # the owner is a process of another host, after all

    for _ in range(10):
        world.tick()
        silent(world)

    assert world.memory.host.links == {}
    assert "lease.overdue" not in world.ids()


def test_the_same_guess_is_the_same_object_from_look_to_look() -> None:
    """An unchanged picture costs its readers nothing."""
    world = World(1)
    world.consumer("u", "0", pid=1, renews_every_s=QUICK_S)
    silent(world)
    (before,) = world.snapshot.consumers
    world.tick()
    silent(world)
    (after,) = world.snapshot.consumers

    assert after.link is before.link


def test_a_pid_is_not_a_process() -> None:
    """Who gets the number later is not the one that ended."""
    world = two_in_one_file()
    world.kill("a")
    look(world, 2, a=(1,), b=(1, 2))
    world.consumer("c", pid=1, renews_every_s=QUICK_S, started_at=world.at)
    first = ProcessId(1, world.consumers["a"].started_at)
    world.look(logs=False)
    line = "EventProcessor 'a' is being started"
    link = OwnerLink(first, "a", LinkBasis.LOG, line, world.at)
    world.fold(LogsRead(world.at, "logs", (link,), (), 0.01))

    assert link_of(world, 1) is None
    assert "a" in world.memory.host.ended(world.server_at + 1)


@pytest.mark.parametrize("connections", [2, None])
def test_what_cannot_be_seen_is_no_zero(connections: int | None) -> None:
    """In another network namespace connections may not be seen: a chosen process may be it."""
    world = World(1)
    world.consumer("u", "0", pid=1)
    world.look(logs=False)
    read = world.processes_read()
    seen = tuple(replace(p, connections=connections) for p in read.processes)
    world.fold(replace(read, processes=seen))

    assert link_of(world, 1) == ("u", LinkBasis.ELIMINATION)


def test_an_owner_that_never_renews_while_its_process_would_run_is_not_it() -> None:
    """A look right after a kill: the survivor stands by, and nothing names either."""
    world = World(1)
    world.consumer("dead", "0")
    world.consumer("standby", pid=2)
    silent(world)
    assert link_of(world, 2) == ("dead", LinkBasis.ELIMINATION)

    world.kill("dead")
    world.consumers["dead"].pid = None

    for _ in range(20):
        world.tick(5)
        silent(world)

    assert link_of(world, 2) is None


def test_an_owner_that_renewed_and_stopped_is_still_its_process() -> None:
    """One that hangs: who it is does not change by that."""
    world = World(1)
    world.consumer("u", "0", pid=1)
    silent(world)

    for _ in range(10):
        world.tick(5)
        silent(world)

    world.consumers["u"].renews_every_s = 1e9

    for _ in range(20):
        world.tick(5)
        silent(world)

    assert link_of(world, 1) == ("u", LinkBasis.ELIMINATION)
