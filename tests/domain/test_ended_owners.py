"""What is told of an owner goes when the owner has ended; its lapsing lease stays until taken."""

from __future__ import annotations

from ehtui.domain.policy import Policy
from tests.domain.build import World, healthy
from tests.domain.test_balance import newcomer


def look(world: World, seconds: float = 2.0) -> None:
    world.tick(seconds)
    world.look()


def test_a_newcomer_whose_process_ended_is_none() -> None:
    world = newcomer()
    world.kill("b")
    world.fold(world.processes_read())
    look(world)

    assert world.ids() == {"lease.overdue"}


def test_a_newcomer_that_left_is_none() -> None:
    world = newcomer()
    world.stop("b")
    world.claim("2", "a")
    world.claim("3", "a")
    look(world)

    assert not world.ids()


def test_a_newcomer_whose_id_was_tied_to_an_ended_process_but_renews_is_one() -> None:
    world = newcomer()
    world.consumers["b"].pid = None  # its log was another one's
    world.fold(world.processes_read())
    look(world)
    world.claim("2", "b")
    world.claim("3", "b")
    look(world)

    assert world.ids() == {"group.newcomer"}


def ping_pong() -> World:
    world = World(3)
    world.produce(2)
    world.consumer("a", "0", "1", pid=1)
    world.consumer("b", "2", pid=2)
    world.look()
    world.play(60)

    for owner in ("b", "a", "b", "a"):
        world.claim("1", owner)
        world.play(20)

    assert world.ids() == {"partition.pingpong"}
    return world


def test_a_ping_pong_ends_with_one_of_the_two() -> None:
    world = ping_pong()
    world.stop("b")
    world.fold(world.processes_read())
    world.claim("2", "a")
    look(world)

    assert not world.ids()


def test_a_ping_pong_of_others_hosts_ends_once_one_was_gone_for_some_rounds() -> None:
    world = ping_pong()

    for consumer in world.consumers.values():
        consumer.pid = None

    world.release("2")
    world.kill("b")
    world.claim("2", "a")
    world.play(150)

    assert not world.ids()


def test_who_ended_is_out_of_the_balance() -> None:
    world = World(4)
    world.produce(2)
    world.consumer("a", "0", "1", "2", pid=1)
    world.consumer("b", "3", pid=2)
    world.look()
    world.play(140)
    assert world.ids() == {"group.imbalanced"}
    world.kill("b")
    world.fold(world.processes_read())
    look(world)

    assert world.ids() == {"lease.overdue"}


def test_one_host_is_no_remark_about_who_ended() -> None:
    world = healthy(2, Policy(is_production=True))
    assert world.ids() == {"group.single_host"}
    world.kill("owner-1")
    world.fold(world.processes_read())
    look(world)

    assert world.ids() == {"lease.overdue"}


def test_moves_among_those_who_ended_are_no_churn() -> None:
    world = World(6)
    world.produce(2)

    for n, name in enumerate("abc"):
        world.consumer(name, str(2 * n), str(2 * n + 1), pid=n + 1)

    world.look()
    world.play(60)

    for turn in range(1, 4):
        for n in range(6):
            world.claim(str(n), "abc"[(n // 2 + turn) % 3])

        world.play(40)

    assert world.ids() == {"group.churn"}

    for name in "bc":
        world.stop(name)

    for n in range(6):
        world.claim(str(n), "a")

    world.fold(world.processes_read())
    look(world)

    assert not world.ids()
