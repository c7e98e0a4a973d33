"""What a restart's record says of consumers that are not running again."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import Finding
from ehtui.domain.updates import ProcessesRead
from ehtui.domain.world.process import ProcessId, ProcessSample
from ehtui.domain.world.restarts import RestartRecord, RestartStage, StartObstacle
from tests.domain.build import World, healthy


def record(world: World, process: ProcessSample, **changes: object) -> RestartRecord:
    told = RestartRecord(
        process.id,
        RestartStage.STOPPING,
        at=world.at,
        asked_at=world.at,
        signal="TERM",
        command=("python", "consumer.py"),
        folder="/srv/rag",
        log_path="/l/rag.log",
        variables=("HOME", "PATH"),
        is_carried=True,
    )

    return replace(told, **changes)


def look(world: World, told: RestartRecord, *processes: ProcessSample) -> list[Finding]:
    """A scan that sees these processes and that record."""
    world.fold(ProcessesRead(world.at, "processes", processes, 0.0, (told,)))
    ours = {"consumer.down", "restart.slow", "restart.abandoned"}

    return [finding for finding in world.snapshot.findings if finding.id in ours]


def staged() -> tuple[World, ProcessSample, tuple[ProcessSample, ...]]:
    world = healthy()
    first, *others = (consumer.process for consumer in world.snapshot.consumers)

    return world, first, tuple(others)


def test_a_restart_that_goes_its_way_is_no_finding() -> None:
    world, process, others = staged()

    assert look(world, record(world, process), process, *others) == []
    assert look(world, record(world, process, stage=RestartStage.ENDED), *others) == []


def test_one_that_does_not_end_is_told_after_a_while() -> None:
    world, process, others = staged()
    told = record(world, process, asked_at=world.at - 33)
    (slow,) = look(world, told, replace(process, status="stopped"), *others)

    assert (slow.id, slow.subject.pid) == ("restart.slow", process.id.pid)
    assert facts(slow.evidence)["status"] == "stopped"


def test_nobody_starts_it_any_more() -> None:
    world, process, others = staged()
    told = record(world, process, is_carried=False)
    (abandoned,) = look(world, told, process, *others)

    assert abandoned.id == "restart.abandoned"


@pytest.mark.parametrize("stage", [RestartStage.STOPPING, RestartStage.ENDED, RestartStage.FAILED])
def test_what_was_stopped_and_not_started_is_down(stage: RestartStage) -> None:
    world, process, others = staged()
    told = record(world, process, stage=stage, is_carried=False)
    (down,) = look(world, told, *others)

    assert (down.id, down.severity.value) == ("consumer.down", "critical")
    assert facts(down.evidence)["variables"] == ("HOME", "PATH")


def test_why_it_could_not_be_started_is_kept() -> None:
    world, process, others = staged()
    failed = {"stage": RestartStage.FAILED, "is_carried": False}
    gone = record(world, process, **failed, obstacle=StartObstacle.SCRIPT_GONE, detail="c.py")
    (down,) = look(world, gone, *others)

    told = facts(down.evidence)
    assert (told["obstacle"], told["detail"]) == ("script_gone", "c.py")


def test_whoever_starts_it_by_hand_ends_the_finding() -> None:
    world, process, others = staged()
    told = record(world, process, stage=RestartStage.ENDED, is_carried=False)
    by_hand = replace(
        process,
        id=ProcessId(4321, world.at + 5),
        command="python consumer.py",
        cwd="/srv/rag",
    )
    assert look(world, told, *others) != []
    assert look(world, told, by_hand, *others) == []

    before = replace(by_hand, id=ProcessId(by_hand.id.pid, world.at - 50))
    elsewhere = replace(by_hand, cwd="/srv/other")
    assert look(world, told, before, elsewhere, *others) != []
