"""Why?: the checks name the cause, in order, with exactly the evidence that the catalogue says."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import facts
from ehtui.domain.leases.lease import CLOSE_S, after_death, after_release
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Snapshot, Subject
from ehtui.domain.why import subjects_of, why
from ehtui.domain.why.checks import Why
from ehtui.domain.why.evidence import CHECKS
from ehtui.domain.world.process import LogIncident, LogIncidentKind, LogState, RecognisedBy
from tests.domain.build import World, process_id
from tests.evidence import keys_of


def asked(snapshot: Snapshot, **parts: object) -> Why:
    found = why(snapshot, Subject(**parts))  # type: ignore[arg-type]

    for check in found.checks:
        assert type(check.evidence) is CHECKS[check.id].evidence, check.id
        assert set(facts(check.evidence)) == set(keys_of(CHECKS[check.id].evidence)), check.id

    return found


def broken(asked: Why) -> Any:
    """The first check that failed: the one to explain and to act on."""
    return next((check for check in asked.checks if check.passed is False), None)


def healthy() -> World:
    world = World(2)
    world.produce(3)
    world.consumer("a", "0", pid=11)
    world.consumer("b", "1", pid=12)
    world.look()
    world.play(120)
    return world


def test_a_healthy_partition_passes_every_check() -> None:
    found = asked(healthy().snapshot, group="$Default", partition="0")

    assert found.verdict == "fine"
    assert broken(found) is None
    assert {check.passed for check in found.checks} == {True}
    assert not found.findings


def test_a_standby_learns_that_there_are_not_enough_partitions() -> None:
    world = healthy()
    spare = world.consumer("c", pid=13)
    world.look()
    incident = LogIncident(
        process_id(spare), LogIncidentKind.NOT_CLAIMED, "…", world.at, "c", count=7
    )
    world.fold(world.logs_read(incident))
    found = asked(world.snapshot, pid=13)
    by_id = {check.id: check for check in found.checks}

    assert found.verdict == "standby"
    assert by_id["process.owns"].passed is False
    assert by_id["partitions.suffice"].passed is False
    assert facts(by_id["partitions.suffice"].evidence)["live_owners"] == 2
    assert facts(by_id["log.is_clean"].evidence)["not_claimed"] == 7
    assert [f.id for f in found.findings] == ["consumer.standby"]


def test_a_crash_breaks_the_renewal_first_then_the_ownership() -> None:
    world = healthy()
    world.kill("a")
    world.play(70)
    late = asked(world.snapshot, partition="0")
    world.play(150)
    lapsed = asked(world.snapshot, partition="0")

    assert late.verdict == "lapsing"
    assert broken(late) is not None
    assert broken(late).id == "lease.is_renewed"
    assert [f.id for f in late.findings] == ["lease.overdue"]
    assert lapsed.verdict == "unowned"
    assert broken(lapsed) is not None
    assert broken(lapsed).id == "partition.is_owned"


def test_a_stuck_handler_breaks_progress_and_nothing_before() -> None:
    world = healthy()
    world.consumers["a"].is_stuck = True
    world.play(90)

    for parts in ({"partition": "0"}, {"pid": 11}, {"owner": "a"}):
        found = asked(world.snapshot, **parts)
        assert found.verdict == "stuck"
        assert broken(found) is not None
        assert broken(found).id == "progress.moves"

    checks = {c.id: c for c in asked(world.snapshot, partition="0").checks}
    assert not checks["progress.keeps_up"].passed

    group = asked(world.snapshot, group="$Default")
    assert group.verdict == "stuck"
    assert broken(group) is not None
    assert facts(broken(group).evidence)["stuck"] == ("0",)


def test_a_group_that_reads_too_slowly_does_not_keep_up() -> None:
    world = healthy()
    fine = asked(world.snapshot, group="$Default").checks[-1]
    assert (fine.id, fine.passed) == ("group.keeps_up", True)

    world.consumers["a"].per_s = 1.0
    world.play(120)
    slow = asked(world.snapshot, group="$Default")
    assert slow.verdict == "behind"
    assert broken(slow) is not None
    assert broken(slow).id == "group.keeps_up"
    evidence = facts(broken(slow).evidence)
    assert evidence["behind"] == ("0",)
    assert evidence["drain_s"] is None  # it never catches up
    assert evidence["in_per_s"] == pytest.approx(6, abs=0.5)
    assert evidence["out_per_s"] == pytest.approx(4, abs=0.5)

    world.consumers["a"].per_s = 5.0
    world.play(100)
    catching_up = facts(asked(world.snapshot, group="$Default").checks[-1].evidence)
    shown = world.partition("0")
    assert catching_up["drain_s"] == pytest.approx(shown.drain_s)


def test_of_a_group_that_is_not_read_nobody_asks_how_fast() -> None:
    world = healthy()
    world.stop("a")
    world.stop("b")
    world.play(60)
    check = asked(world.snapshot, group="$Default").checks[-1]

    assert (check.id, check.passed) == ("group.keeps_up", None)


def test_a_configured_name_means_its_processes() -> None:
    seen = healthy().snapshot
    named = tuple(
        replace(c, process=replace(c.process, consumer_name="rag")) for c in seen.consumers
    )

    assert subjects_of(replace(seen, consumers=named), "rag") == (Subject(pid=11), Subject(pid=12))


def test_every_client_of_a_process_is_told() -> None:
    world = healthy()
    world.consumer("audit-client", pid=11, group="audit")
    world.claim("0", "audit-client", "audit")
    world.look()
    world.look()
    checks = asked(world.snapshot, pid=11).checks

    assert {facts(c.evidence)["owner"] for c in checks if c.id == "owner.is_known"} == {
        "a",
        "audit-client",
    }


def test_what_is_gone_missing_or_not_visible() -> None:
    world = healthy()

    assert asked(world.snapshot, pid=999).verdict == "gone"
    assert asked(world.snapshot, owner="nobody").verdict == "missing"
    assert asked(world.snapshot, partition="77").verdict == "missing"
    assert asked(world.snapshot, group="analytics").verdict == "not_visible"
    empty = World(2)
    assert asked(empty.snapshot, partition="0").verdict == "unknown"


def test_a_store_that_is_down_is_the_first_broken_check() -> None:
    world = healthy()
    world.down = {"store"}
    world.play(10)
    found = asked(world.snapshot, partition="0")

    assert broken(found) is not None
    assert broken(found).id == "store.answers"
    assert facts(broken(found).evidence)["summary"] == "store is down"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", [Subject(group="$Default", partition="1")]),
        ("11", [Subject(pid=11)]),
        ("b", [Subject(owner="b")]),
        ("$DEFAULT", [Subject(group="$Default")]),
        ("nothing", []),
        ("", []),
    ],
)
def test_subjects_of(text: str, expected: list[Subject]) -> None:
    world = World(2, policy=Policy())
    world.consumer("a", "0", pid=11)
    world.consumer("b", "1", pid=12)
    world.look()

    assert list(subjects_of(world.snapshot, text)) == expected


def test_what_the_end_of_an_owner_would_cost() -> None:
    world = healthy()
    lease = world.partition("0").lease
    assert lease.expires_at is not None
    death = after_death(world.snapshot, "$Default", "0")
    release = after_release(world.snapshot, "$Default", "0")

    assert death.basis == "python-180/30"
    assert death.earliest_at == lease.expires_at
    assert death.latest_at == lease.expires_at + 37
    assert release.basis == "released"
    assert release.latest_at == ceil(world.snapshot.server_now + CLOSE_S + 36.5)
    assert after_death(world.snapshot, "$Default", "9").basis == "no-survivor"

    alone = World(1)
    alone.consumer("a", "0")
    alone.look()
    assert after_death(alone.snapshot, "$Default", "0").basis == "no-survivor"


def test_a_forecast_needs_nothing_beside_the_picture() -> None:
    """Who looks at a snapshot alone, as a recording shows it, forecasts by the owners' timing."""
    told = healthy().snapshot
    copy = Snapshot(
        taken_at=told.taken_at,
        policy=told.policy,
        clock_offset_s=told.clock_offset_s,
        groups=told.groups,
        listed_at=told.listed_at,
    )
    death = after_death(copy, "$Default", "0")

    assert death == after_death(told, "$Default", "0")
    assert death.doubt is None  # by an assumed timing it would be a guess


def test_a_handler_that_raises_again_and_again_is_failing() -> None:
    world = healthy()
    world.consumers["a"].is_stuck = True

    for _ in range(4):
        world.release("0")
        world.play(1, every_s=1)
        world.claim("0", "a")
        world.play(4, every_s=1)

    for parts in ({"partition": "0"}, {"pid": 11}, {"owner": "a"}, {"group": "$Default"}):
        assert asked(world.snapshot, **parts).verdict == "failing"

    failed = broken(asked(world.snapshot, partition="0"))
    assert failed is not None
    assert failed.id == "ownership.is_stable"
    assert asked(world.snapshot, partition="1").verdict == "fine"


def quiet(
    world: World,
    *,
    log: str | None,
    followed: bool,
    by: RecognisedBy = RecognisedBy.PATTERN,
) -> LogState | None:
    """One consumer whose log names nobody, watched for two minutes."""
    world.consumer("q", pid=31, started_at=world.at)
    path = ((31, log),) if log and followed else ()

    for _ in range(24):
        world.tick(5)
        world.fold(world.hub_read())
        world.fold(world.store_read())
        read = world.processes_read()
        mute = tuple(replace(p, log_path=log, recognised_by=by) for p in read.processes)
        world.fold(replace(read, processes=mute))
        world.fold(replace(world.logs_read(), links=(), followed=path))

    return world.snapshot.consumers[0].log


@pytest.mark.parametrize(
    ("log", "followed", "state"),
    [
        ("/var/log/q.log", True, LogState.SILENT),
        ("/var/log/q.log", False, None),  # not ours to read: nothing is known of it
        (None, False, LogState.NONE),
    ],
)
def test_a_log_that_names_nobody(log: str | None, followed: bool, state: LogState | None) -> None:
    world = World(2)
    assert quiet(world, log=log, followed=followed) is state
    found = {check.id: check for check in asked(world.snapshot, pid=31).checks}

    assert found["log.names_owner"].passed is (None if state is None else False)
    assert facts(found["log.names_owner"].evidence)["runtime"] == "python"


def test_of_an_owner_that_is_known_the_log_is_no_question() -> None:
    world = healthy()

    assert {consumer.log for consumer in world.snapshot.consumers} == {LogState.NAMED}
    found = asked(world.snapshot, pid=11)
    assert "log.names_owner" not in {check.id for check in found.checks}


@pytest.mark.parametrize("by", [RecognisedBy.PATTERN, RecognisedBy.CONNECTION])
def test_who_may_be_one_of_the_owners_is_not_told_that_nothing_is_left(by: RecognisedBy) -> None:
    world = World(2)
    world.consumer("a", "0")
    world.consumer("b", "1")
    quiet(world, log="/var/log/q.log", followed=True, by=by)
    checks = {check.id: check for check in asked(world.snapshot, pid=31).checks}

    for id_ in ("process.owns", "partitions.suffice", "partitions.are_free"):
        assert checks[id_].passed is None, id_

    assert facts(checks["partitions.suffice"].evidence)["live_owners"] is None
    assert facts(checks["partitions.suffice"].evidence)["strangers"] == 2
    assert checks["log.names_owner"].passed is False

    world.release("1")
    world.look(logs=False)
    free = {check.id: check for check in asked(world.snapshot, pid=31).checks}
    assert free["partitions.are_free"].passed is True
