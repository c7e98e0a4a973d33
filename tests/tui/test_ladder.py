"""The safety ladder in a dialog: ask with the focus on Cancel, or type the name; try it out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Button, Input

from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.dialog import Passage
from ehtui.views.actions.text import Confirmation
from tests.tui.fakes import FakeBackend, burst_is_over
from tests.tui.scenes import healthy
from tests.waiting import wait_for

WORDS = Confirmation(
    "Release P2?", ("write an empty owner",), ("its owner renews.",), "Release", typed_name="orders"
)


@asynccontextmanager
async def asked(
    words: Confirmation = WORDS, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Pilot[int], EhtuiApp, ConfirmScreen, list[bool | None]]]:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions())
    answers: list[bool | None] = []

    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        screen = ConfirmScreen(words)
        app.push_screen(screen, answers.append)
        await wait_for(lambda: screen.takes_keys)
        yield pilot, app, screen, answers


def verb(screen: ConfirmScreen) -> Button:
    return screen.query_one("#do", Button)


async def type_name(pilot: Pilot[int], name: str) -> None:
    await pilot.press("shift+tab")
    assert isinstance(pilot.app.focused, Input)
    await pilot.press(*name)
    await pilot.pause()


async def test_the_verb_can_be_chosen_only_while_the_name_stands_there() -> None:
    async with asked() as (pilot, app, screen, answers):
        assert app.focused is screen.query_one("#cancel")
        assert verb(screen).disabled
        await type_name(pilot, "order")
        assert verb(screen).disabled
        await pilot.press("s")
        await pilot.pause()
        assert not verb(screen).disabled
        await pilot.press("x")
        await pilot.pause()
        assert verb(screen).disabled
        await pilot.press("backspace", "enter")
        await pilot.pause()
        assert app.focused is verb(screen)  # Enter in the field has only gone there
        assert answers == []
        await burst_is_over()
        await pilot.press("enter")
        await wait_for(lambda: answers == [True])


@pytest.mark.parametrize("name", ["", "Orders", "orders2", "order s"])
async def test_another_name_does_nothing(name: str) -> None:
    async with asked() as (pilot, app, screen, answers):
        await type_name(pilot, name)
        await pilot.press("enter")
        await pilot.pause()
        assert verb(screen).disabled
        assert isinstance(app.focused, Input)
        assert "another name than orders" in str(screen.query_one("#box").border_subtitle)
        screen.confirmed()  # as if a click had come through
        await pilot.pause()
        assert answers == []


async def test_a_burst_with_the_name_in_it_does_nothing() -> None:
    """What is typed before anything could be read reaches neither the field nor the button."""
    async with asked() as (pilot, app, _, answers):
        for key in ("tab", *"orders", "enter", "enter", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))

        await burst_is_over()
        await pilot.pause()
        assert answers in ([], [None])


@pytest.mark.parametrize("text", ["orders\n\n", "orders"])
async def test_a_paste_fills_the_field_and_presses_no_button(text: str) -> None:
    async with asked() as (pilot, app, screen, answers):
        await type_name(pilot, "")
        app.post_message(events.Paste(text))

        for _ in range(3):
            app.post_message(events.Key("enter", "\r"))

        await burst_is_over()
        await pilot.pause()
        assert screen.query_one("#name", Input).value == "orders"
        assert not verb(screen).disabled
        assert answers == []


async def test_keys_typed_in_one_go_with_the_name_stop_at_the_button() -> None:
    async with asked() as (pilot, app, screen, answers):
        await type_name(pilot, "")

        for key in (*"orders", "enter", "enter", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))

        await burst_is_over()
        await pilot.pause()
        assert answers == []
        assert app.focused is verb(screen)


async def test_a_held_enter_stops_at_the_button() -> None:
    async with asked() as (pilot, app, screen, answers):
        await type_name(pilot, "orders")
        await burst_is_over()
        await pilot.press("enter", "enter", "enter")
        await pilot.pause()
        assert answers == []
        assert app.focused is verb(screen)


async def test_without_a_name_there_is_no_field() -> None:
    words = Confirmation("Send?", ("one event",), (), "Send")

    async with asked(words) as (pilot, app, screen, answers):
        assert not screen.query_one("#name").display
        assert app.focused is screen.query_one("#cancel")
        await pilot.press("right", "enter")
        await wait_for(lambda: answers == [True])


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36)])
async def test_the_field_and_the_buttons_are_seen_at_every_size(size: tuple[int, int]) -> None:
    steps = tuple(f"step {number} of many" for number in range(40))
    words = Confirmation(
        "Apply?", steps, ("cost",) * 9, "Apply", is_grave=True, typed_name="orders"
    )

    async with asked(words, size) as (pilot, _, screen, __):
        await pilot.pause()
        box = screen.query_one("#box").content_region

        for name in ("#name", "#do", "#asked"):
            region = screen.query_one(name).region
            assert region.height >= 1
            assert box.contains_region(region)


async def test_a_dry_run_is_told_in_the_dialog_and_touches_nothing() -> None:
    session = FakeBackend(healthy())
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        for key in ("2", "down", "K", "down", "enter"):
            await pilot.press(key)
            await pilot.pause()

        assert isinstance(app.screen, ConfirmScreen)
        await burst_is_over()
        await pilot.press("D")
        await wait_for(lambda: bool(session.tried))
        tried = app.screen.query_one("#tried", Passage)
        await wait_for(lambda: "nothing was done" in tried.told)
        assert "1. kill -TERM 51300" in tried.told
        assert "Nothing was found that would keep it" in tried.told
        assert session.executed == []
        assert isinstance(app.screen, ConfirmScreen)


async def test_a_letter_in_the_midst_of_others_is_no_dry_run() -> None:
    session = FakeBackend(healthy())
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        for key in ("2", "down", "K", "down", "enter"):
            await pilot.press(key)
            await pilot.pause()

        await burst_is_over()
        await pilot.press("x", "D", "D")
        await burst_is_over()
        assert session.tried == session.executed == []
