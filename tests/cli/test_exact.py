"""`status --exact`: what cannot be read exactly stays an estimate, and it is said why."""

from __future__ import annotations

import pytest

from ehtui.cli.reading import measured_behind
from ehtui.config.settings import Settings
from ehtui.domain.snapshot import BehindBasis, Snapshot, SourceState
from ehtui.domain.world.events import AtSequence, Event, Position
from ehtui.monitor import Monitor, Scheduled
from tests.domain.build import SOURCES, World
from tests.monitor.running import running
from tests.wire.hubs import settings_of


async def no_sources() -> list[Scheduled]:
    return []


def a_monitor_of_a_group_that_is_behind() -> Monitor:
    world = World(2)
    world.produce(20)
    world.consumer("a", "0", "1", per_s=0)
    world.checkpoint("0", 5)
    world.play(20)
    sources = tuple(SourceState(name) for name in SOURCES)
    monitor = Monitor(no_sources, Snapshot(taken_at=world.at, sources=sources))
    monitor.tell(world.hub_read())
    monitor.tell(world.store_read())

    return monitor


def test_without_a_peek_group_it_says_how_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    with running(a_monitor_of_a_group_that_is_behind()) as monitor:
        before = monitor.snapshot.groups
        found = measured_behind(monitor, Settings(eventhub=settings_of(1)))

    assert found.groups == before
    assert "No peek group is configured" in capsys.readouterr().err


def test_each_unread_event_is_read_once_while_the_picture_stands_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, Position]] = []

    class Reader:
        def __init__(self, settings: object) -> None:
            pass

        async def read_at(self, partition: str, position: Position, _: float) -> Event:
            asked.append((partition, position))
            return Event(partition, 6, "600", 1000.0, b"")

        async def close(self) -> None:
            asked.append(("closed", AtSequence(0)))

    monkeypatch.setattr("ehtui.wire.event_reader.EventReader", Reader)

    with running(a_monitor_of_a_group_that_is_behind()) as monitor:
        snapshot = measured_behind(monitor, Settings())
        assert monitor.is_paused

    shown = snapshot.groups[0].partition("0")
    assert shown is not None
    assert shown.behind is not None
    assert shown.behind.basis is BehindBasis.EXACT

    assert asked == [("0", AtSequence(6)), ("closed", AtSequence(0))]
