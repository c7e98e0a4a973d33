"""No two answers of Why? state opposite facts, whatever the picture."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ehtui.domain.evidence import FlatFacts, facts
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import Snapshot, Subject
from ehtui.domain.why import why
from ehtui.domain.why.checks import Why
from tests.domain.build import World, healthy
from tests.domain.test_invariants import STEPS, step

NEVER = {Rule.NEVER_CHECKPOINTED}
NEEDS_CHECKPOINTS = {Rule.REWOUND, Rule.STALLED, Rule.GROWING, Rule.STEADY, Rule.STOPPED}
WELL = {"fine", "idle"}
NOT_READ = {"unowned", "stuck", "failing", "ahead", "former_hub", "no_consumers", "lapsing"}


class Answers:
    """The checks of one explanation by their ids."""

    def __init__(self, asked: Why) -> None:
        self.verdict = asked.verdict
        self._checks = {check.id: check for check in asked.checks}

    def says(self, id_: str) -> bool | None:
        check = self._checks.get(id_)
        return None if check is None else check.passed

    def of(self, id_: str) -> FlatFacts:
        check = self._checks.get(id_)
        return {} if check is None else facts(check.evidence)


def opposites(asked: Why) -> Iterator[str]:
    """What is stated and denied at once."""
    told = Answers(asked)
    says, rule = told.says, told.of("progress.moves").get("rule")
    is_read = says("progress.moves") or says("progress.keeps_up")
    does_group = says("group.moves") or says("group.keeps_up")
    pairs = {
        "nobody holds it, and it is renewed": says("partition.is_owned") is False
        and says("lease.is_renewed") is not None,
        "somebody holds it, and there is no lease": says("partition.is_owned") is True
        and says("lease.is_renewed") is None,
        "nobody holds it, and it stays with its owner": says("partition.is_owned") is not True
        and "partition.is_owned" in told._checks
        and says("ownership.is_stable") is True,
        "nobody is alive, and it stays with its owner": says("group.has_owners") is False
        and says("ownership.is_stable") is True,
        "nobody holds it, and it is read": says("partition.is_owned") is False and bool(is_read),
        "no checkpoint, and one that is outside": says("checkpoint.exists") is not True
        and says("checkpoint.is_within") is not None,
        "no checkpoint, and a rule about several": says("checkpoint.exists") is False
        and rule in NEEDS_CHECKPOINTS,
        "a checkpoint, and never one": says("checkpoint.exists") is True and rule in NEVER,
        "a checkpoint of its owner, and none yet": rule == Rule.NEW_OWNER
        and says("checkpoint.exists") is True
        and told.of("checkpoint.exists").get("is_of_owner") is not False,
        "not read, and it gets on": told.verdict in NOT_READ and bool(is_read),
        "nobody reads it, and the group gets on": told.verdict in {"no_consumers", "unowned"}
        and bool(does_group),
        "all is held, and somebody has to come": says("group.is_covered") is True
        and told.verdict in {"unowned", "no_consumers"},
        "it works, and cannot be read": told.verdict in WELL
        and (says("hub.answers") is False or says("store.answers") is False),
        "it works, and does not": told.verdict in WELL
        and False in (says("progress.moves"), says("progress.keeps_up"), says("group.moves")),
        "no events, and too many": says("partition.has_events") is False
        and says("progress.keeps_up") is False,
        "no partition is left, and one is free": says("partitions.suffice") is False
        and says("partitions.are_free") is True,
        "every partition has its reader, and one is free": told.verdict == "standby"
        and says("partitions.are_free") is True,
        "something is there for it, and nothing is left": told.verdict == "starved"
        and says("partitions.suffice") is False,
        "it owns, and owns nothing": says("process.owns") is True
        and told.verdict in {"standby", "starved", "not_a_consumer"},
        "one name, and several": says("group.has_one_name") is True
        and len(told.of("group.has_one_name").get("spellings") or ()) > 1,  # type: ignore[arg-type]
    }

    return (name for name, is_so in pairs.items() if is_so)


def subjects(snapshot: Snapshot) -> Iterator[Subject]:
    for group in snapshot.groups:
        yield Subject(group=group.name)
        yield from (Subject(group=group.name, partition=p.id) for p in group.partitions)
        yield from (Subject(owner=owner.id) for owner in group.owners)

    yield from (Subject(pid=consumer.process.id.pid) for consumer in snapshot.consumers)


def check(snapshot: Snapshot) -> None:
    for subject in subjects(snapshot):
        asked = why(snapshot, subject)
        found = list(opposites(asked))
        assert not found, (found, asked)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=1, max_size=30))
def test_no_picture_is_explained_by_opposites(steps: list[tuple[object, ...]]) -> None:
    world = World(3)

    for what, *arguments in steps:
        before = world.snapshot
        step(world, str(what), *arguments)

        if world.snapshot is before:
            world.look()

        check(world.snapshot)


def test_a_new_owner_beside_the_checkpoint_of_the_one_before() -> None:
    world = healthy()
    world.kill("owner-2")
    world.play(200)
    world.consumer("late", pid=300, checkpoints_every_s=None)
    world.claim("2", "late")
    world.look()
    asked = why(world.snapshot, Subject(group=world.group, partition="2"))
    told = Answers(asked)

    assert told.of("progress.moves")["rule"] == Rule.NEW_OWNER
    assert told.says("checkpoint.exists") is True
    assert told.of("checkpoint.exists")["is_of_owner"] is False
    check(world.snapshot)


def test_pictures_of_everyday_are_explained_without_opposites() -> None:
    world = healthy()
    world.consumer("spare", pid=200)
    world.play(60)
    check(world.snapshot)

    for event in (world.kill, world.stop):
        event("owner-1" if event is world.kill else "owner-2")

        for _ in range(60):
            world.play(5)
            check(world.snapshot)

    world.down.add("store")

    for _ in range(20):
        world.play(5)
        check(world.snapshot)
