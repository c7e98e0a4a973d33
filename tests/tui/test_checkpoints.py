"""`c`: where checkpoints stand, a strategy, the plan as a table, then the ladder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Button, Input

from ehtui.domain.actions.checkpoint_files import entries_of
from ehtui.domain.actions.checkpoint_plan import (
    ByDuration,
    Change,
    CheckpointPlan,
    KeptBackup,
    ShiftBy,
    Standing,
    Strategy,
    ToEarliest,
    ToLatest,
    ToSequence,
    ToTime,
    Undo,
    WriteKind,
)
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import LeaseState, Snapshot
from ehtui.domain.world.store import Layout
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.checkpoints import (
    CheckpointPlanScreen,
    CheckpointScreen,
    TypedError,
    strategy_typed,
)
from ehtui.tui.screens.choice import ChoiceScreen
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.dialog import Passage
from tests.tui.fakes import FakeBackend, burst_is_over
from tests.tui.scenes import GROUP, healthy
from tests.waiting import wait_for

NOW = 1_795_696_200.0  # 2026-11-26 12:30:00 UTC


def change(partition: str, *, replayed: int | None = 12) -> Change:
    return Change(
        partition,
        WriteKind.SET,
        "c",
        f"ns/hub/$default/checkpoint/{partition}",
        Layout.MODERN,
        '"0x1"',
        Standing(920, "920"),
        Standing(299, "-1"),
        replayed=replayed,
        skipped=0,
    )


def stopped(snapshot: Snapshot) -> Snapshot:
    """Nobody owns anything any more."""
    groups = tuple(
        replace(
            group,
            partitions=tuple(
                replace(each, lease=replace(each.lease, state=LeaseState.RELEASED))
                for each in group.partitions
            ),
        )
        for group in snapshot.groups
    )

    return replace(snapshot, groups=groups, listed_at=snapshot.server_now)


@asynccontextmanager
async def opened(
    session: FakeBackend, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[Pilot[int], EhtuiApp]]:
    session.changes = session.changes or (change("0"), change("1"))
    app = EhtuiApp(session, UiOptions(group=GROUP))

    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        await pilot.press("1", "c")
        await wait_for(lambda: isinstance(app.screen, CheckpointScreen))
        await pilot.pause()
        yield pilot, app


def idle() -> FakeBackend:
    return FakeBackend(stopped(healthy()))


def texts_in(folder: Path) -> list[str]:
    return [text for path in folder.iterdir() if (text := path.read_text())]


async def planned(pilot: Pilot[int], app: EhtuiApp, *keys: str) -> CheckpointPlanScreen:
    await pilot.press(*keys)
    await wait_for(lambda: isinstance(app.screen, CheckpointPlanScreen))
    await pilot.pause()
    assert isinstance(app.screen, CheckpointPlanScreen)
    await burst_is_over()

    return app.screen


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36)])
async def test_the_plan_is_a_table_and_is_done_once_it_is_confirmed(size: tuple[int, int]) -> None:
    session = idle()

    async with opened(session, size) as (pilot, app):
        assert app.screen.query_one("#box").region.bottom <= size[1]
        screen = await planned(pilot, app, "enter")
        table = screen.query_one("#steps", Passage).told.splitlines()
        assert table[0].split() == ["PARTITION", "OLD", "NEW", "NEXT", "REPLAYS", "SKIPS", "CHECKS"]
        assert table[1].split()[:3] == ["0", "920", "start"]
        assert "24 events will be delivered again" in screen.query_one("#costs", Passage).told
        assert app.focused is screen.query_one("#cancel")
        assert screen.query_one("#do").region.bottom <= size[1]
        await pilot.press("right", "enter")
        await wait_for(lambda: bool(session.executed))

    (plan,) = session.executed
    assert isinstance(plan, CheckpointPlan)
    assert plan.strategy == ToEarliest()
    assert len(plan.partitions) == 1  # the selected one is offered first


async def test_all_partitions_can_be_chosen() -> None:
    session = idle()

    async with opened(session) as (pilot, app):
        screen = await planned(pilot, app, "shift+tab", "down", "enter", "enter")
        await pilot.press("right", "enter")
        await wait_for(lambda: bool(session.executed))
        del screen

    (plan,) = session.executed
    assert isinstance(plan, CheckpointPlan)
    assert plan.partitions == ()


async def test_a_value_is_typed_where_one_is_wanted() -> None:
    session = idle()

    async with opened(session) as (pilot, app):
        await pilot.press("down", "down", "enter")  # Sequence…
        await pilot.pause()
        assert isinstance(app.focused, Input)
        await pilot.press("x", "enter")
        await pilot.pause()
        assert isinstance(app.screen, CheckpointScreen)
        assert "a whole number" in str(app.screen.query_one("#box").border_subtitle)
        screen = await planned(pilot, app, "backspace", *"920", "enter")
        assert "to sequence 920" in str(screen.query_one("#box").border_title)


@pytest.mark.parametrize(
    ("way", "typed", "strategy"),
    [
        ("earliest", "", ToEarliest()),
        ("latest", "junk", ToLatest()),
        ("sequence", " 920 ", ToSequence(920)),
        ("sequence", "0", ToSequence(0)),
        ("time", "12:00", ToTime(NOW - 1800)),
        ("time", "2026-11-26T12:00:00Z", ToTime(NOW - 1800)),
        ("back", "90m", ByDuration(5400.0)),
        ("back", "1.5 h", ByDuration(5400.0)),
        ("back", "7d", ByDuration(604_800.0)),
        ("shift", "-50", ShiftBy(-50)),
        ("shift", "+50", ShiftBy(50)),
        ("undo", "", None),
    ],
)
def test_what_is_typed(way: str, typed: str, strategy: Strategy | None) -> None:
    assert strategy_typed(way, typed, NOW, 0.0) == strategy


@pytest.mark.parametrize(
    ("way", "typed"),
    [
        ("sequence", "-1"),
        ("sequence", ""),
        ("sequence", "1e3"),
        ("sequence", "٣"),
        ("time", "soon"),
        ("back", "0m"),
        ("back", "90"),
        ("shift", "0"),
    ],
)
def test_what_cannot_be_understood(way: str, typed: str) -> None:
    with pytest.raises(TypedError):
        strategy_typed(way, typed, NOW, 0.0)


async def test_on_production_the_name_is_typed() -> None:
    calm = stopped(healthy())
    session = FakeBackend(replace(calm, policy=replace(calm.policy, is_production=True)))

    async with opened(session) as (pilot, app):
        screen = await planned(pilot, app, "enter")
        hub = calm.hub
        assert hub is not None
        assert screen.query_one("#do", Button).disabled
        await pilot.press("shift+tab", *hub.name)
        await burst_is_over()
        await pilot.press("enter")
        await burst_is_over()
        await pilot.press("enter")
        await wait_for(lambda: bool(session.executed))


async def test_read_only_shows_the_plan_and_does_nothing() -> None:
    session = FakeBackend(stopped(healthy()), read_only=True)

    async with opened(session) as (pilot, app):
        screen = await planned(pilot, app, "enter")
        assert not screen.query_one("#do").display
        assert "Read-only" in screen.query_one("#costs", Passage).told
        await pilot.press("right", "enter")
        await pilot.pause()

    assert session.executed == []


async def test_under_live_owners_nothing_is_written_unless_it_is_forced() -> None:
    session = FakeBackend(healthy())

    async with opened(session) as (pilot, app):
        await pilot.press("enter")
        await wait_for(lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.pause()
        assert "is being read" in str(app.screen.query_one("#box").border_title)
        screen = await planned(pilot, app, "end", "enter")  # Force it
        costs = screen.query_one("#costs", Passage).told
        assert "writes over this" in costs
        await pilot.press("right", "enter")
        await wait_for(lambda: bool(session.executed))

    (plan,) = session.executed
    assert isinstance(plan, CheckpointPlan)
    assert plan.is_forced


async def test_under_live_owners_the_local_ones_are_stopped_first() -> None:
    session = FakeBackend(healthy())

    async with opened(session) as (pilot, app):
        await pilot.press("enter")
        await wait_for(lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.pause()
        await pilot.press("enter")
        await wait_for(lambda: isinstance(app.screen, ConfirmScreen))
        assert "Send SIGTERM to" in str(app.screen.query_one("#box").border_title)


async def test_only_to_be_seen_it_cannot_be_done() -> None:
    session = FakeBackend(healthy())

    async with opened(session) as (pilot, app):
        await pilot.press("enter")
        await wait_for(lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.pause()
        screen = await planned(pilot, app, "down", "enter")
        assert not screen.query_one("#do").display
        assert "has live owners" in screen.query_one("#costs", Passage).told


async def test_an_owner_that_comes_while_one_reads_calls_it_off() -> None:
    session = idle()

    async with opened(session) as (pilot, app):
        screen = await planned(pilot, app, "enter")
        session.publish(healthy())
        await wait_for(lambda: not screen.query_one("#do").display)
        assert "has live owners" in screen.query_one("#costs", Passage).told


async def test_the_plan_is_saved_as_csv_that_can_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async with opened(idle()) as (pilot, app):
        await planned(pilot, app, "enter")
        await pilot.press("ctrl+s", "ctrl+s")
        await wait_for(lambda: len(texts_in(tmp_path)) == 2)

    for text in texts_in(tmp_path):
        assert [entry.partition for entry in entries_of(text, GROUP)] == ["0", "1"]


async def test_a_backup_is_undone_and_without_one_that_is_said() -> None:
    session = idle()
    session.kept = (KeptBackup("/b/1.jsonl", NOW, "ToEarliest", 2),)

    async with opened(session) as (pilot, app):
        await pilot.press(*["down"] * 6, "enter")  # Undo…
        await wait_for(lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.pause()
        await planned(pilot, app, "enter")
        await pilot.press("right", "enter")
        await wait_for(lambda: bool(session.executed))

    (plan,) = session.executed
    assert isinstance(plan, CheckpointPlan)
    assert plan.strategy == Undo("/b/1.jsonl")


async def test_without_a_store_it_says_so() -> None:
    session = FakeBackend(replace(healthy(), policy=Policy(has_store=False)))
    app = EhtuiApp(session, UiOptions(group=GROUP))

    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.pause()
        await pilot.press("c")
        await pilot.pause()
        told = "\n".join(str(note.message) for note in app._notifications)
        assert "No checkpoint store is configured" in told
