"""Clients on port 443, where the same address answers for others, too."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.updates import LogsRead
from ehtui.domain.world.process import DeclaredTarget, LinkBasis, RecognisedBy
from tests.domain.build import World
from tests.domain.test_identity import link_of, of


def seen(world: World, *, web: int, target: DeclaredTarget | None = None) -> None:
    """Look once: every process has two connections to the namespace, so many of them on 443."""
    world.fold(world.hub_read())
    world.fold(world.store_read())
    read = world.processes_read()
    processes = tuple(
        replace(
            process,
            recognised_by=RecognisedBy.CONNECTION,
            connections=2,
            web_connections=web,
            target=target,
        )
        for process in read.processes
    )
    world.fold(replace(read, processes=processes))
    world.fold(LogsRead(world.at, "logs", (), (), 0.01))


def one_owner() -> World:
    world = World(1)
    world.consumer("a", "0", pid=1, started_at=world.at - 60)
    return world


def test_a_connection_on_443_alone_ties_nobody_to_an_owner() -> None:
    world = one_owner()
    seen(world, web=2)

    assert of(world, 1).process.may_be_anothers
    assert link_of(world, 1) is None


def test_one_on_a_port_of_event_hubs_does_and_so_do_settings_that_name_the_namespace() -> None:
    world = one_owner()
    seen(world, web=1)
    assert link_of(world, 1) == ("a", LinkBasis.ELIMINATION)

    world = one_owner()
    assert world.snapshot.hub is None
    namespace = world.hub_read().hub.namespace
    seen(world, web=2, target=DeclaredTarget((namespace,)))
    assert link_of(world, 1) == ("a", LinkBasis.ELIMINATION)
