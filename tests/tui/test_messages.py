"""Short messages cover nothing that one waits for."""

from __future__ import annotations

import pytest
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widgets import Button

from ehtui.tui.host import READ_ONLY, Host
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.confirm import ConfirmScreen
from tests.tui.scenes import healthy, many
from tests.tui.test_overview import opened
from tests.waiting import wait_for

LONG = " ".join(["What was to be done cannot be done, and this says at length why."] * 4)


async def messages(pilot: Pilot[int]) -> list[Region]:
    """Where they stand, once they stand."""

    def regions() -> list[Region]:
        return [toast.region for toast in pilot.app.screen.query("Toast") if toast.region]

    await wait_for(lambda: bool(regions()))
    await pilot.pause()
    await pilot.pause()

    return regions()


def covered(regions: list[Region], lines: range) -> bool:
    return any(set(range(each.y, each.bottom)) & set(lines) for each in regions)


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36), (250, 70)])
@pytest.mark.parametrize("words", ["Copied.", LONG])
@pytest.mark.parametrize("keys", ["", "end", "4 end", "2 end"])
async def test_the_selected_row_is_seen_beside_a_message(
    size: tuple[int, int], words: str, keys: str
) -> None:
    if size[1] < 24 and words is LONG:
        pytest.skip("there are not so many lines")

    async with opened(many(), size=size, options=UiOptions()) as (pilot, _, screen):
        await pilot.press(*keys.split())
        await pilot.pause()
        assert isinstance(screen.app, Host)
        screen.app.say(words)
        regions = await messages(pilot)
        assert screen.active.cursor_lines or size[1] < 24
        assert not covered(regions, screen.active.cursor_lines)
        assert sum(each.width for each in regions) >= size[0] - 2  # it is a line, not a box


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize("words", ["Copied.", READ_ONLY])
async def test_the_buttons_of_a_dialog_are_seen_beside_a_message(
    size: tuple[int, int], words: str
) -> None:
    async with opened(healthy(), size=size) as (pilot, _, screen):
        await pilot.press("2", "K")
        await pilot.pause()
        await pilot.press("enter")
        await wait_for(lambda: isinstance(screen.app.screen, ConfirmScreen))
        await wait_for(lambda: getattr(screen.app.screen, "takes_keys", False))
        screen.app.say(words)
        regions = await messages(pilot)

        for button in screen.app.screen.query(Button):
            assert not covered(regions, range(button.region.y, button.region.bottom))


async def test_a_message_moves_away_from_a_cursor_that_comes() -> None:
    async with opened(many(), size=(80, 24)) as (pilot, _, screen):
        await pilot.press("m")
        await pilot.pause()
        screen.app.say(LONG)
        assert not covered(await messages(pilot), screen.active.cursor_lines)
        await pilot.press("end")
        await pilot.pause()
        assert not covered(await messages(pilot), screen.active.cursor_lines)


async def test_what_is_typed_is_seen_beside_a_message() -> None:
    async with opened(many(), size=(80, 24)) as (pilot, _, screen):
        await pilot.press("slash")
        await pilot.pause()
        screen.app.say("Pasted text was ignored.", "warning")
        bar = screen.query_one("FilterBar").region
        assert not covered(await messages(pilot), range(bar.y, bar.bottom))


async def test_a_message_moves_away_from_what_is_being_typed() -> None:
    async with opened(many(), size=(80, 24)) as (pilot, _, screen):
        screen.app.say("Copied.")
        await messages(pilot)
        await pilot.press("colon", *"sotr", "enter")
        await pilot.pause()
        bar = screen.query_one("CommandBar").region
        assert bar.height == 2
        assert not covered(await messages(pilot), range(bar.y, bar.bottom))


async def test_a_long_message_stays_as_long_as_it_takes_to_read() -> None:
    async with opened(healthy()) as (_, _, screen):
        screen.app.say("Copied.")
        screen.app.say(LONG)
        await wait_for(lambda: len(screen.app._notifications) == 2)
        short, long = screen.app._notifications
        assert short.timeout == 5
        assert long.timeout > 15
