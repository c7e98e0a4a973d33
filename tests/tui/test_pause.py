"""A picture that is held says so wherever one looks, and grows old."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.tui import host
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.details import DetailsScreen
from ehtui.tui.screens.dialog import Dialog
from tests.tui.scenes import healthy
from tests.tui.test_overview import opened, shown
from tests.waiting import wait_for


def foot(dialog: Dialog[Any]) -> str:
    return str(dialog.query_one("#box").border_subtitle)


async def test_the_header_says_since_when() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await pilot.press("p")
        assert session.is_paused
        await wait_for(
            lambda: "paused 12:02:59" in screen.query_one("Headline").render_line(0).text
        )
        await pilot.press("p")
        await wait_for(lambda: "paused" not in screen.query_one("Headline").render_line(0).text)


@pytest.mark.parametrize("keys", ["enter", "w", "g", "o", "s", "S", "2 down K", "2 down K enter"])
async def test_every_dialog_says_of_when_it_speaks(keys: str) -> None:
    async with opened(healthy()) as (pilot, _, _screen):
        await pilot.press("p", *keys.split())
        await wait_for(lambda: isinstance(pilot.app.screen, Dialog))
        dialog = pilot.app.screen
        assert isinstance(dialog, Dialog)
        assert foot(dialog).startswith("paused, as of 12:02:59 · ")


async def test_a_dialog_that_is_not_paused_is_of_now() -> None:
    async with opened(healthy()) as (pilot, session, _):
        await pilot.press("enter")
        await wait_for(lambda: isinstance(pilot.app.screen, DetailsScreen))
        dialog = pilot.app.screen
        assert isinstance(dialog, DetailsScreen)
        assert "as of" not in foot(dialog)
        picture = healthy()
        session.publish(replace(picture, taken_at=picture.taken_at + 60))  # and nobody read
        await wait_for(lambda: foot(dialog).startswith("as of 12:02:59 · "))


async def test_refresh_says_why_nothing_happens() -> None:
    async with opened(healthy()) as (pilot, session, _):
        await pilot.press("r")
        assert session.refreshed == 1
        await pilot.press("p", "r")
        assert session.refreshed == 1
        told = [n.message for n in pilot.app._notifications]
        assert any("Paused at 12:02:59: nothing is read. p resumes." in m for m in told)


async def test_refresh_names_the_key_that_goes_on() -> None:
    async with opened(healthy(), options=UiOptions(keymap={"pause": "z"})) as (pilot, _, _screen):
        await pilot.press("z", "r")
        told = [n.message for n in pilot.app._notifications]
        assert any("z resumes" in message for message in told)


async def test_what_is_held_grows_old_and_what_goes_on_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [1000.0]
    monkeypatch.setattr(host, "steady", lambda: now[0])
    monkeypatch.setattr(host, "AGES_EVERY_S", 0.02)

    async with opened(healthy()) as (pilot, session, screen):
        grid = screen.pane("partitions")
        assert "ago" not in shown(grid)
        await pilot.press("p")
        session.publish(replace(healthy(), findings=()))
        now[0] += 75
        await wait_for(lambda: "ok 1m15s ago" in shown(grid))
        assert "~" in shown(grid)
        assert "As of 12:02:59" in screen.query_one("Headline").render_line(0).text
        await pilot.press("p")
        await wait_for(lambda: "ago" not in shown(grid))
