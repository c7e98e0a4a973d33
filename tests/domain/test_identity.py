"""Which process is which owner: right, or unknown."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import ConsumerRole, ConsumerState, LeaseState
from ehtui.domain.updates import LogsRead
from ehtui.domain.world.process import (
    LinkBasis,
    LogIncident,
    LogIncidentKind,
    LogState,
    OwnerClaim,
    OwnerLink,
    ProcessId,
    RecognisedBy,
)
from tests.domain.build import EPOCH, World, process_id

QUICK_S = 2.0


def of(world: World, pid: int) -> ConsumerState:
    return next(c for c in world.snapshot.consumers if c.process.id.pid == pid)


def link_of(world: World, pid: int) -> tuple[str, LinkBasis] | None:
    link = of(world, pid).link
    return (link.owner, link.basis) if link is not None else None


def shared_log(world: World, **writers: tuple[int, ...]) -> LogsRead:
    """A read in which one log names each owner, and these pids may have written so."""
    ids = {c.pid: process_id(c) for c in world.consumers.values() if c.pid is not None}
    links, claims = [], []

    for owner, pids in writers.items():
        first, *others = [ids[pid] for pid in pids]
        line = f"EventProcessor '{owner}' is being started"

        if others:
            claims.append(OwnerClaim(owner, (first, *others), line, world.at))
        else:
            links.append(OwnerLink(first, owner, LinkBasis.LOG, line, world.at))

    return LogsRead(world.at, "logs", tuple(links), (), 0.01, (), tuple(claims))


def look(world: World, seconds: float = 5.0, **writers: tuple[int, ...]) -> None:
    """Let time pass and read everything once a second; the log is as told."""
    for _ in range(int(seconds)):
        world.tick()
        world.look(logs=False)
        world.fold(shared_log(world, **writers))


def silent(world: World, *, by: RecognisedBy = RecognisedBy.CONNECTION, **connections: int) -> None:
    """Look once; no log names anybody, and processes are known by their connections."""
    world.fold(world.hub_read())
    world.fold(world.store_read())
    listed(world, by=by, **connections)
    world.fold(LogsRead(world.at, "logs", (), (), 0.01))


def listed(world: World, *, by: RecognisedBy = RecognisedBy.CONNECTION, **connections: int) -> None:
    """Scan the processes; each has two connections unless said otherwise."""
    read = world.processes_read()
    world.fold(
        replace(
            read,
            processes=tuple(
                replace(p, recognised_by=by, connections=connections.get(f"of_{p.id.pid}", 2))
                for p in read.processes
            ),
        )
    )


# One log, many writers


def two_in_one_file() -> World:
    """Two consumers that log into one file, and renew every two seconds."""
    world = World(2)
    world.produce(3)
    world.consumer("a", "0", pid=1, renews_every_s=QUICK_S, started_at=world.at - 60)
    world.consumer("b", "1", pid=2, renews_every_s=QUICK_S, started_at=world.at - 30)
    look(world, 30, a=(1,), b=(1, 2))

    return world


def test_all_but_one_of_the_writers_are_other_owners() -> None:
    world = two_in_one_file()

    assert link_of(world, 1) == ("a", LinkBasis.LOG)
    assert link_of(world, 2) == ("b", LinkBasis.EXCLUSION)
    assert of(world, 2).link is not None
    assert of(world, 2).link.is_guess  # type: ignore[union-attr]
    assert of(world, 2).log is LogState.NAMED


def test_who_closes_now_was_another_owner_when_this_one_was_named() -> None:
    """The tie of the others does not come into doubt while one of them ends in good order."""
    world = two_in_one_file()
    closing = replace(shared_log(world, a=(1,), b=(1, 2)).links[0], over_at=world.at + 1)
    claims = tuple(replace(c, seen_at=world.at - 10) for c in world.memory.host.claims)

    for partition in tuple(world.owned_by("a")):
        world.release(partition)

    world.tick(2)
    world.look(logs=False)
    world.fold(LogsRead(world.at, "logs", (closing,), (), 0.01, (), claims))

    assert link_of(world, 2) == ("b", LinkBasis.EXCLUSION)


def test_of_two_owners_and_two_writers_nothing_is_known_but_that() -> None:
    world = World(2)
    world.consumer("a", "0", pid=1)
    world.consumer("b", "1", pid=2)
    look(world, 5, a=(1, 2), b=(1, 2))

    assert (link_of(world, 1), link_of(world, 2)) == (None, None)
    assert {of(world, 1).log, of(world, 2).log} == {LogState.SHARED}
    assert of(world, 1).role is ConsumerRole.UNKNOWN


def test_who_renews_after_one_of_two_writers_has_ended_is_the_other() -> None:
    world = World(2)
    world.consumer("a", "0", pid=1, renews_every_s=QUICK_S)
    world.consumer("b", "1", pid=2, renews_every_s=QUICK_S)
    look(world, 5, a=(1, 2), b=(1, 2))
    world.kill("a")
    look(world, 10, a=(1, 2), b=(1, 2))

    assert link_of(world, 2) == ("b", LinkBasis.LOG)  # the other writer is dead: no guess


def restart(
    world: World,
    known: dict[str, tuple[int, ...]],
    owner: str,
    new_owner: str,
    new_pid: int,
    other_pid: int,
) -> None:
    """A graceful restart: released, and claimed by the new process two seconds later.

    The new one starts and names its owner id in the file that the other one writes, too.
    """
    (partition,) = world.owned_by(owner)
    world.stop(owner)
    look(world, 1, **known)
    world.consumer(new_owner, pid=new_pid, renews_every_s=QUICK_S, started_at=world.at)
    known[new_owner] = (new_pid, other_pid)
    look(world, 2, **known)
    world.claim(partition, new_owner)


def test_after_two_restarts_in_one_file_the_picture_is_true() -> None:
    """One consumer is restarted, 20 s later the other; the file names no pid."""
    world = two_in_one_file()
    known: dict[str, tuple[int, ...]] = {"a": (1,), "b": (1, 2)}
    restart(world, known, "a", "c", 3, 2)
    look(world, 20, **known)
    assert link_of(world, 3) == ("c", LinkBasis.EXCLUSION)

    restart(world, known, "b", "d", 4, 3)
    look(world, 180, **known)

    assert link_of(world, 3) == ("c", LinkBasis.LOG)  # of its two writers one has ended
    assert link_of(world, 4) == ("d", LinkBasis.EXCLUSION)
    assert [p.lease.state for p in world.state.partitions] == [LeaseState.HELD] * 2
    assert world.told("lease.expired") == []
    assert world.told("lease.overdue") == []
    assert world.told("lease.taken_over") == []
    assert set(world.ever) <= {"partition.unowned", "store.not_visible"}


def test_the_dead_process_never_gets_the_owner_that_still_renews() -> None:
    """A link that was wrong is unlearned by the first renewal after the end, with all it caused."""
    world = two_in_one_file()
    wrong = {"a": (1,), "b": (1,)}
    look(world, 3, **wrong)
    assert set(of(world, 1).owners) == {"a", "b"}

    world.stop("a")
    look(world, 10, **wrong)

    assert world.told("consumer.gone")
    assert "lease.overdue" not in world.ids()
    host = world.memory.host
    assert "b" not in host.links or host.links["b"].process.pid == 2
    assert all("b" not in departure.owners for departure in host.departures)
    assert host.ended(world.server_at + 60).keys() == {"a"}


def test_what_is_learned_late_of_a_process_that_ended_is_noted_with_its_end() -> None:
    world = World(2)
    world.consumer("a", "0", pid=1, renews_every_s=QUICK_S)
    world.consumer("b", "1", pid=2, renews_every_s=QUICK_S)
    look(world, 5, a=(1, 2), b=(2,))
    world.kill("a")
    look(world, 3, a=(1,), b=(2,))

    assert facts(world.finding("lease.overdue").evidence)["pid"] == 1


def test_an_incident_in_a_shared_log_is_of_whom_its_owner_is_known_to_be() -> None:
    world = two_in_one_file()
    told = LogIncident(None, LogIncidentKind.NOT_CLAIMED, "hasn't claimed", world.at, "b")
    world.fold(replace(shared_log(world, a=(1,), b=(1, 2)), incidents=(told,)))
    incidents = world.memory.host.incidents

    assert {(p.pid, kind): n for (p, kind), n in incidents.items()} == {
        (2, LogIncidentKind.NOT_CLAIMED): 1
    }

    nobody = replace(told, owner="x")
    world.fold(replace(shared_log(world, a=(1,), b=(1, 2)), incidents=(nobody,)))
    assert world.memory.host.incidents == incidents


def one_of(world: World, owner: str, *writers: ProcessId) -> LogsRead:
    """A read in which one log names the owner, and one of these wrote so."""
    line = f"EventProcessor '{owner}' is being started"
    return LogsRead(world.at, "logs", (), (), 0.01, (), (OwnerClaim(owner, writers, line, EPOCH),))


@pytest.mark.parametrize("holds", [True, False])
def test_who_has_no_connection_is_not_the_owner_that_receives(*, holds: bool) -> None:
    """The master of workers, and a helper that nobody takes for a consumer, write the same log."""
    world = World(1)
    worker = world.consumer("u", *(["0"] if holds else []), pid=2, renews_every_s=QUICK_S)
    world.consumer("master", pid=1)
    writers = (ProcessId(1, worker.started_at), process_id(worker), ProcessId(9, EPOCH))

    for _ in range(30):
        world.tick()
        silent(world, of_1=0)
        world.fold(one_of(world, "u", *writers))

    assert link_of(world, 1) is None
    # Who stands by may have no connection either: then nothing is known.
    assert link_of(world, 2) == (("u", LinkBasis.LOG) if holds else None)
