"""Processes that are no members of the watched group: of another group or hub, or only sending."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.snapshot import ConsumerRole, Subject
from ehtui.domain.updates import LogsRead
from ehtui.domain.why import why
from ehtui.domain.world.process import (
    DeclaredTarget,
    LaunchMark,
    LinkBasis,
    OwnerLink,
    ProcessSample,
    RecognisedBy,
    Traffic,
)
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import report
from ehtui.views.why import explain, explanation_lines
from tests.domain.build import HUB, NAMESPACE, World, process_id
from tests.domain.test_identity import link_of, of

AUDIT = DeclaredTarget(hubs=(HUB,), groups=("audit",))
OTHER_HUB = DeclaredTarget(hubs=("orders",), groups=("$Default",))
OTHER_NAMESPACE = DeclaredTarget(namespaces=("fabrikam.servicebus.windows.net",))


class Host(World):
    """A world whose processes show more of themselves."""

    shown: dict[int, dict[str, object]]

    def see(self, **logged: int) -> None:
        """Look once; logs name these owners of these pids."""
        self.fold(self.hub_read())
        self.fold(self.store_read())
        read = self.processes_read()
        self.fold(replace(read, processes=tuple(map(self._dressed, read.processes))))
        ids = {c.pid: process_id(c) for c in self.consumers.values() if c.pid is not None}
        links = tuple(
            OwnerLink(ids[pid], owner, LinkBasis.LOG, "is being started", self.at)
            for owner, pid in logged.items()
        )
        self.fold(LogsRead(self.at, "logs", links, (), 0.01))

    def _dressed(self, process: ProcessSample) -> ProcessSample:
        return replace(process, **self.shown.get(process.id.pid, {}))

    def watch(self, seconds: float, **logged: int) -> None:
        for _ in range(int(seconds / 5)):
            self.tick(5)
            self.see(**logged)


def host(**shown: dict[str, object]) -> Host:
    world = Host(2)
    world.shown = {int(pid.removeprefix("of_")): facts for pid, facts in shown.items()}

    return world


def room_for_more(**shown: dict[str, object]) -> Host:
    """One owner of two partitions, known by its log; process 2 is silent."""
    world = host(**shown)
    world.consumer("one", "0", "1", pid=1)
    world.consumer("quiet", pid=2)

    return world


def roles(world: World, pid: int) -> tuple[ConsumerRole, tuple[str, ...]]:
    consumer = of(world, pid)
    return consumer.role, tuple(name.lower() for name, _ in consumer.idle)


def test_who_names_nothing_else_is_judged_in_the_group_that_is_asked_about() -> None:
    world = room_for_more()
    world.watch(240, one=1)

    assert roles(world, 2) == (ConsumerRole.STARVED, ("$default",))


@pytest.mark.parametrize(
    ("target", "role"),
    [
        (AUDIT, ConsumerRole.UNKNOWN),
        (OTHER_HUB, ConsumerRole.ELSEWHERE),
        (OTHER_NAMESPACE, ConsumerRole.ELSEWHERE),
        (DeclaredTarget(groups=("audit", "$Default")), ConsumerRole.UNKNOWN),  # which of them?
    ],
)
def test_who_names_another_group_or_hub_is_no_starved_member_here(
    target: DeclaredTarget, role: ConsumerRole
) -> None:
    world = room_for_more(of_2={"target": target})
    world.watch(240, one=1)

    assert roles(world, 2) == (role, ())
    assert not {"consumer.starved", "consumer.standby"} & world.ids()


@pytest.mark.parametrize(
    "target",
    [
        DeclaredTarget((NAMESPACE.upper(),), (HUB.upper(),), ("$DEFAULT",)),
        DeclaredTarget(hubs=("orders", HUB)),  # it reads one and writes the other
        DeclaredTarget(mark=LaunchMark("rag", "$Default")),
    ],
)
def test_who_names_this_one_is_a_member(target: DeclaredTarget) -> None:
    world = room_for_more(of_2={"target": target})
    world.watch(240, one=1)

    assert roles(world, 2) == (ConsumerRole.STARVED, ("$default",))


def test_who_was_started_in_another_group_owns_all_of_that_and_nothing_here() -> None:
    """`ehtui start rag -g audit`, then the screen on $Default; its log says nothing."""
    mark = DeclaredTarget((NAMESPACE,), (HUB,), ("audit",), LaunchMark("rag", "audit"))
    world = host(of_2={"target": mark})
    world.consumer("one", "0", pid=1)
    world.consumer("two", "1")
    world.consumer("a", "0", "1", pid=2, group="audit")
    world.watch(240, one=1)

    assert link_of(world, 2) == ("a", LinkBasis.ELIMINATION)
    assert {group for group, _ in of(world, 2).owns} == {"audit"}
    assert of(world, 2).idle == ()
    assert not {"consumer.starved", "consumer.standby"} & world.ids()


def test_the_group_that_it_names_counts_in_elimination() -> None:
    """Two silent processes, two owners: each can be the one of its own group only."""
    world = host(of_1={"target": DeclaredTarget(groups=("$Default",))}, of_2={"target": AUDIT})
    world.consumer("x", "0", "1", pid=1)
    world.consumer("y", "0", "1", pid=2, group="audit")
    world.see()

    assert link_of(world, 1) == ("x", LinkBasis.ELIMINATION)
    assert link_of(world, 2) == ("y", LinkBasis.ELIMINATION)


def test_a_process_of_another_hub_is_nobody_here() -> None:
    world = host(of_2={"target": OTHER_HUB})
    world.consumer("x", "0", "1", pid=1)
    world.consumer("quiet", pid=2)
    world.see()

    assert link_of(world, 1) == ("x", LinkBasis.ELIMINATION)
    assert roles(world, 2) == (ConsumerRole.ELSEWHERE, ())


def test_the_owner_id_of_another_hubs_client_ties_it_there() -> None:
    world = room_for_more(of_2={"target": OTHER_HUB})
    world.watch(240, one=1, elsewhere=2)

    assert roles(world, 2) == (ConsumerRole.ELSEWHERE, ())


def test_another_name_of_the_namespace_is_not_another_namespace() -> None:
    world = host(of_1={"target": DeclaredTarget(namespaces=("eventhubs.internal",))})
    world.consumer("x", "0", "1", pid=1)
    world.see()

    assert of(world, 1).role is ConsumerRole.OWNER


# Who only sends


def beside_a_producer(by: RecognisedBy = RecognisedBy.CONNECTION) -> Host:
    sender: dict[str, object] = {"traffic": Traffic.SENDS, "recognised_by": by}
    world = host(of_2=sender)
    world.consumer("x", "0", "1", pid=1)
    world.consumer("nobody", pid=2, command="python produce.py")

    return world


def test_a_producer_is_shown_as_such_and_is_no_owner() -> None:
    world = beside_a_producer()
    world.see()

    assert link_of(world, 1) == ("x", LinkBasis.ELIMINATION)
    assert roles(world, 2) == (ConsumerRole.PRODUCER, ())
    assert of(world, 2).is_mere_producer
    assert "producer" in report(world.snapshot, "$Default")


def test_a_producer_is_not_starved_whatever_matches_it() -> None:
    world = beside_a_producer(RecognisedBy.PATTERN)
    world.watch(240, x=1)

    assert roles(world, 2) == (ConsumerRole.PRODUCER, ())
    assert "consumer.starved" not in world.ids()


def test_who_was_chosen_by_hand_is_offered_all_the_same() -> None:
    world = beside_a_producer(RecognisedBy.MANUAL)
    world.see()

    assert of(world, 2).role is ConsumerRole.PRODUCER
    assert not of(world, 2).is_mere_producer


def told(world: World, pid: int) -> str:
    explanation = explain(why(world.snapshot, Subject(pid=pid)), Phrasing(world.snapshot))
    return "\n".join(explanation_lines(explanation))


def test_why_says_what_it_is_instead() -> None:
    world = beside_a_producer()
    world.see()
    assert "only sends" in told(world, 2)
    assert "log level" not in told(world, 2)

    foreign = room_for_more(of_2={"target": OTHER_HUB})
    foreign.watch(10, one=1)
    assert "its settings name orders" in told(foreign, 2)
