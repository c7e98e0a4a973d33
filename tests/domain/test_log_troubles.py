"""What logs complain of: counted, told once a minute, and silent while something explains it."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import Severity
from ehtui.domain.world.process import LogIncident, LogIncidentKind
from ehtui.views import findings
from ehtui.views.phrasing import Phrasing
from tests.domain.build import World, healthy, process_id

Kind = LogIncidentKind
FOUND = {
    Kind.CLAIM_FAILED: "log.claim_failed",
    Kind.LOST_OWNERSHIP: "log.ownership_lost",
    Kind.LINK_STOLEN: "log.link_stolen",
    Kind.RECEIVER_QUOTA: "log.receiver_quota",
    Kind.CHECKPOINT_FAILED: "log.checkpoint_failed",
    Kind.BALANCING_FAILED: "log.balancing_failed",
    Kind.RECEIVE_FAILED: "log.receive_failed",
    Kind.THROTTLED: "log.throttled",
    Kind.AUTHORISATION_LOST: "log.authorisation_lost",
    Kind.OWNER_LEVEL_REFUSED: "log.owner_level_refused",
}
# One line says that it stays so until somebody acts.
FOUND_AT_ONCE = {
    Kind.ENTITY_DISABLED: ("log.entity_disabled", Severity.CRITICAL),
    Kind.OFFSET_REFUSED: ("log.offset_refused", Severity.WARNING),
}


def say(world: World, kind: LogIncidentKind, *, count: int = 1, is_past: bool = False) -> None:
    """The first consumer's log names a trouble."""
    consumer = next(iter(world.consumers.values()))
    incident = LogIncident(
        process_id(consumer), kind, "a line", world.at, consumer.owner, "0", count, is_past
    )
    world.fold(world.logs_read(incident))


def repeat(world: World, kind: LogIncidentKind, times: int, every_s: float = 15.0) -> None:
    for _ in range(times):
        say(world, kind)
        world.play(every_s)


@pytest.mark.parametrize("kind", FOUND)
def test_what_lasts_and_nothing_explains_is_found(kind: LogIncidentKind) -> None:
    world = healthy()
    repeat(world, kind, 6)
    world.play(20)
    found = world.finding(FOUND[kind])

    assert found.subject.pid == 100
    assert facts(found.evidence)["count"] == 6
    assert facts(found.evidence)["partitions"] == ("0",)


@pytest.mark.parametrize("kind", FOUND)
def test_one_burst_is_no_finding(kind: LogIncidentKind) -> None:
    world = healthy()
    say(world, kind, count=50)
    world.play(60)

    assert FOUND[kind] not in world.ever
    assert [facts(e.details)["count"] for e in world.told(FOUND[kind])] == [50]


@pytest.mark.parametrize("kind", FOUND_AT_ONCE)
def test_what_no_retry_mends_is_found_at_once_and_ends_with_its_lines(
    kind: LogIncidentKind,
) -> None:
    id_, severity = FOUND_AT_ONCE[kind]
    world = healthy()
    say(world, kind)

    found = world.finding(id_)
    assert (found.subject.pid, found.severity) == (100, severity)
    assert "within" not in findings.sentence(found, Phrasing(world.snapshot))
    assert facts(found.evidence)["partitions"] == ("0",)

    repeat(world, kind, 4, every_s=35.0)
    assert id_ in world.ids()
    world.play(130)
    assert id_ not in world.ids()


@pytest.mark.parametrize("kind", [*FOUND, *FOUND_AT_ONCE])
def test_every_trouble_has_its_words_and_its_event(kind: LogIncidentKind) -> None:
    """A sentence, and what to do about it; told on the timeline as it begins."""
    world = healthy()
    repeat(world, kind, 6)
    world.play(20)
    id_ = FOUND.get(kind) or FOUND_AT_ONCE[kind][0]
    say_it = Phrasing(world.snapshot)
    found = world.finding(id_)

    assert findings.sentence(found, say_it).startswith("100 ")
    assert "6 times" in findings.sentence(found, say_it)
    assert all(line.endswith(".") for line in findings.advice(found, say_it))
    assert len(findings.advice(found, say_it)) >= 1
    assert world.told(id_)


def test_what_ended_is_told_no_longer() -> None:
    world = healthy()
    repeat(world, Kind.BALANCING_FAILED, 4)
    assert "log.balancing_failed" in world.ids()
    world.play(130)

    assert "log.balancing_failed" not in world.ids()


def test_a_flood_is_one_event_a_minute_and_no_line_is_lost() -> None:
    world = healthy()
    repeat(world, Kind.CHECKPOINT_FAILED, 25, every_s=5.0)
    world.play(65)
    counts = [facts(e.details)["count"] for e in world.told("log.checkpoint_failed")]

    assert len(counts) == 4
    assert sum(int(str(count)) for count in counts) == 25


def test_lines_from_before_the_log_was_followed_accuse_nobody() -> None:
    world = healthy()

    for _ in range(6):
        say(world, Kind.CHECKPOINT_FAILED, count=9, is_past=True)
        world.play(15)

    assert "log.checkpoint_failed" not in world.ever
    assert not world.told("log.checkpoint_failed")


@pytest.mark.parametrize("kind", [Kind.LINK_STOLEN, Kind.LOST_OWNERSHIP, Kind.CLAIM_FAILED])
def test_a_change_of_hands_explains_lost_partitions(kind: LogIncidentKind) -> None:
    world = healthy()
    world.consumer("newcomer", "0", pid=200)

    for _ in range(10):
        say(world, kind)
        world.play(5)

    world.play(60)
    assert FOUND[kind] not in world.ever


def test_a_graceful_stop_explains_lost_partitions() -> None:
    world = healthy()
    world.stop("owner-1")

    for _ in range(10):
        say(world, Kind.LOST_OWNERSHIP)
        world.play(5)

    assert "log.ownership_lost" not in world.ever


def test_a_store_that_is_down_explains_failed_rounds() -> None:
    world = healthy()
    world.down = {"store"}
    repeat(world, Kind.BALANCING_FAILED, 6)

    assert "source.unreadable" in world.ids()
    assert "log.balancing_failed" not in world.ids()


def test_a_group_without_any_record_has_findings_too() -> None:
    world = World(2)
    world.consumer("a", pid=11)
    world.look()
    repeat(world, Kind.BALANCING_FAILED, 4)

    assert world.finding("log.balancing_failed").subject.group == world.policy.default_group


def test_troubles_go_with_their_process() -> None:
    world = healthy()
    repeat(world, Kind.RECEIVER_QUOTA, 4)
    assert "log.receiver_quota" in world.ids()
    world.kill("owner-0")
    world.play(10)

    assert "log.receiver_quota" not in world.ids()
