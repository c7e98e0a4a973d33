"""Keys that can do nothing are greyed, in footer, palette and help, and say why when pressed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.content import Content
from textual.widgets import Static

from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Snapshot
from ehtui.tui.app import EhtuiApp
from ehtui.tui.keys import KEYS, Key
from ehtui.tui.obstacles import Situation, obstacle
from ehtui.tui.options import UiOptions
from ehtui.tui.palette import Commands
from ehtui.tui.screens.acting import ActingScreen
from ehtui.tui.screens.help import HelpScreen
from ehtui.tui.widgets.lines import KeyBar
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import GROUP, healthy
from tests.waiting import wait_for

ALL = Situation(
    is_read_only=False,
    is_connected=True,
    has_store=True,
    has_peek_group=True,
    can_start=True,
    has_consumer=True,
    has_partition=True,
    has_owned=True,
    has_hubs=True,
)


def key(id_: str) -> Key:
    return next(key for key in KEYS if key.id == id_)


def test_where_all_is_there_nothing_is_greyed() -> None:
    assert not [key.id for key in KEYS if obstacle(key, ALL)]


@pytest.mark.parametrize(
    ("id_", "now", "reason"),
    [
        ("signal", ALL._replace(is_read_only=True), "read-only"),
        ("release", ALL._replace(is_read_only=True), "read-only"),
        ("signal", ALL._replace(has_consumer=False), "no consumer selected"),
        ("restart", ALL._replace(has_consumer=False), "no consumer selected"),
        ("start", ALL._replace(can_start=False), "nothing to start"),
        ("send", ALL._replace(is_connected=False), "the hub has not been read"),
        ("events", ALL._replace(has_peek_group=False), "no peek group configured"),
        ("checkpoints", ALL._replace(has_store=False), "no checkpoint store configured"),
        ("release", ALL._replace(has_store=False), "no checkpoint store configured"),
        ("release", ALL._replace(has_partition=False), "no partition selected"),
        ("release", ALL._replace(has_owned=False), "nobody owns it"),
        ("hubs", ALL._replace(has_hubs=False), "only one hub is watched"),
        ("checkpoints", ALL._replace(is_read_only=True), ""),  # to look is no act
    ],
)
def test_why_not(id_: str, now: Situation, reason: str) -> None:
    assert obstacle(key(id_), now) == reason


def off_keys(app: EhtuiApp) -> set[str]:
    """Words of the footer that are greyed."""
    bar = app.screen.query_one(KeyBar)
    style = bar.named("off")

    return {
        segment.text.strip()
        for segment in bar.segments(400)
        if segment.style == style and len(segment.text) > 3
    }


NO_STORE = replace(healthy(), policy=Policy(has_store=False))


@pytest.mark.parametrize(
    ("snapshot", "read_only", "greyed"),
    [
        (healthy(), True, {"signal", "send", "restart"}),
        (replace(healthy(), consumers=()), False, {"signal", "restart"}),
        (healthy(), False, set[str]()),
    ],
)
async def test_the_footer_greys_them(snapshot: Snapshot, read_only: bool, greyed: set[str]) -> None:
    session = FakeBackend(snapshot, read_only=read_only)
    app = EhtuiApp(session, UiOptions(group=GROUP))

    async with app.run_test(size=(160, 36)) as pilot:
        await pilot.pause()
        await wait_for(lambda: off_keys(app) - {"events"} == greyed)


async def test_another_row_changes_what_is_greyed() -> None:
    """A partition whose owner is no process of this host has nobody to signal."""
    app = EhtuiApp(FakeBackend(healthy()), UiOptions(group=GROUP))

    async with app.run_test(size=(160, 36)) as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, ActingScreen)
        seen = set()

        for _ in range(len(app.snapshot.partitions)):
            await pilot.press("down")
            await pilot.pause()
            seen.add((screen.situation.has_consumer, "signal" in off_keys(app)))

        assert seen <= {(True, False), (False, True)}


@pytest.mark.parametrize(
    ("snapshot", "pressed", "reason"),
    [
        (NO_STORE, "x", "No checkpoint store"),
        (NO_STORE, "c", "No checkpoint store is configured"),
        (replace(healthy(), consumers=()), "K", "Select a consumer"),
    ],
)
async def test_pressed_all_the_same_it_says_why(
    snapshot: Snapshot, pressed: str, reason: str
) -> None:
    app = EhtuiApp(FakeBackend(snapshot), UiOptions(group=GROUP))

    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await pilot.pause()
        await pilot.press(pressed)
        await wait_for(lambda: bool(app._notifications))
        assert reason in "\n".join(str(note.message) for note in app._notifications)


async def test_the_help_says_why() -> None:
    app = EhtuiApp(FakeBackend(NO_STORE), UiOptions(group=GROUP))

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        await pilot.press("question_mark")
        await wait_for(lambda: isinstance(app.screen, HelpScreen))
        told = "\n".join(
            content.plain
            for each in app.screen.query(Static)
            if isinstance(content := each.content, Content)
        )
        assert "release  (no checkpoint store configured)" in told


async def test_the_palette_says_why() -> None:
    app = EhtuiApp(FakeBackend(healthy(), read_only=True), UiOptions(group=GROUP))

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        titles = [hit.text async for hit in Commands(app.screen).discover()]
        assert "Send a signal to the selected consumer (read-only)" in titles
