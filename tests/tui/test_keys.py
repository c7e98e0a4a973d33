"""One table of keys: complete, unambiguous, and in force."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace
from textual.containers import VerticalScroll
from textual.widgets import OptionList

from ehtui.tui.app import EhtuiApp
from ehtui.tui.grid import Grid
from ehtui.tui.keys import KEYS, Scope, keymap
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.choice import SignalScreen
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.details import DetailsScreen, WhyScreen
from ehtui.tui.screens.event import EventScreen
from ehtui.tui.screens.events import EventsScreen
from ehtui.tui.screens.group import GroupScreen
from ehtui.tui.screens.log import LogScreen
from ehtui.tui.widgets.chart import Chart
from ehtui.tui.widgets.lines import KeyBar
from ehtui.views.actions.text import Confirmation
from ehtui.views.cells import Tone
from ehtui.views.events.reading import Reading
from ehtui.views.formats import Clock
from ehtui.views.why import Explanation
from tests.tui.fakes import FakeBackend, FakeTail
from tests.tui.scenes import healthy, many
from tests.tui.test_overview import shown
from tests.waiting import wait_for


def test_ids_and_keys_are_unique() -> None:
    assert len({key.id for key in KEYS}) == len(KEYS)
    each = Counter((key.scope, name) for key in KEYS for name in key.keys.split(","))
    assert [name for name, count in each.items() if count > 1] == []


def test_every_key_says_what_it_does() -> None:
    assert all(key.description and key.label and key.section for key in KEYS)


async def test_every_key_has_its_action_where_it_is_bound() -> None:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions())

    async with app.run_test(size=(120, 36)):
        nodes = {
            Scope.APP: app,
            Scope.TABLES: app.screen,
            Scope.OVERVIEW: app.screen,
            Scope.GRID: app.screen.query_one("#partitions"),
            Scope.CHART: Chart("lag", Clock()),
            Scope.DETAILS: DetailsScreen("partitions", "0"),
            Scope.READING: DetailsScreen("partitions", "0"),
            Scope.WHY: WhyScreen(Explanation("P0", Tone.GOOD, "It works.", (), ())),
            Scope.LOG: LogScreen("a.log", FakeTail("a.log")),
            Scope.PLAN: ConfirmScreen(Confirmation("Send?", (), (), "Send")),
            Scope.EVENTS: EventsScreen(Reading("$Default")),
            Scope.EVENT: EventScreen(EventsScreen(Reading("$Default"))),
        }

        for key in KEYS:
            name = key.action.split("(")[0]
            assert hasattr(nodes[key.scope], f"action_{name}"), key
            assert key.id in {
                b.id for b in nodes[key.scope]._bindings.key_to_bindings[key.keys.split(",")[0]]
            }


async def test_a_users_keymap_shows_and_works() -> None:
    session = FakeBackend(healthy())
    app = EhtuiApp(session, UiOptions(keymap={"refresh": "f5", "help": "h"}))

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        assert "h help" in app.screen.query_one("KeyBar").render_line(0).text
        await pilot.press("f5")
        assert session.refreshed == 1
        await pilot.press("r")
        assert session.refreshed == 1


async def test_j_and_k_move_and_signal_nobody() -> None:
    session = FakeBackend(healthy())
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        grid = app.screen.query_one("#partitions", Grid)
        await pilot.press("j", "j")
        assert grid.cursor == "2"
        await pilot.press("k")
        assert grid.cursor == "1"
        assert len(app.screen_stack) == 1


async def test_j_and_k_move_in_the_lists_and_texts_of_dialogs() -> None:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2", "K", "j")
        await wait_for(lambda: isinstance(app.screen, SignalScreen))
        options = app.screen.query_one(OptionList)
        await wait_for(lambda: options.highlighted == 1)
        await pilot.press("k")
        await wait_for(lambda: options.highlighted == 0)
        await pilot.press("escape", "question_mark", "j")
        text = app.screen.query_one(VerticalScroll)
        await wait_for(lambda: text.scroll_y == 1)
        await pilot.press("ctrl+d")
        await wait_for(lambda: text.scroll_y > 4)
        await pilot.press("end", "k")
        await wait_for(lambda: text.scroll_y == text.max_scroll_y - 1)


@pytest.mark.parametrize("key", ["K", "f9"])
async def test_a_signal_has_a_key_that_is_not_beside_a_motion(key: str) -> None:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2", key)
        await wait_for(lambda: isinstance(app.screen, SignalScreen))


async def test_the_keys_of_vim() -> None:
    app = EhtuiApp(FakeBackend(many()), UiOptions(keys="vim", keymap={"why": "z"}))

    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        grid = app.screen.query_one("#partitions", Grid)
        await pilot.press("G")
        assert grid.cursor == "31"
        await pilot.press("g")
        assert grid.cursor == "0"
        await pilot.press("ctrl+d")
        assert grid.cursor == str(grid.size.height // 2 - 1)
        await pilot.press("ctrl+u", "l")
        assert grid.cursor == "0"
        assert len(app.screen_stack) == 1
        await pilot.press("h", "C")
        await wait_for(lambda: isinstance(app.screen, GroupScreen))
        await pilot.press("escape", "z")
        await wait_for(lambda: isinstance(app.screen, WhyScreen))


def test_neither_style_has_one_key_twice_where_both_are_heard() -> None:
    for style in ("default", "vim"):
        chosen = keymap(style, {})
        screen = (Scope.APP, Scope.TABLES, Scope.OVERVIEW, Scope.GRID)
        each = Counter(
            name
            for key in KEYS
            if key.scope in screen
            for name in chosen.get(key.id, key.keys).split(",")
        )
        assert [name for name, count in each.items() if count > 1] == []


async def test_the_footer_is_the_panes_and_each_entry_can_be_clicked() -> None:
    session = FakeBackend(healthy())
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(200, 36)) as pilot:
        await pilot.pause()
        bar = app.screen.query_one(KeyBar)
        assert "s send" in bar.render_line(0).text
        assert "S start" not in bar.render_line(0).text

        await pilot.press("2")
        await wait_for(lambda: "S start" in bar.render_line(0).text)
        assert "s send" not in bar.render_line(0).text
        at = bar.render_line(0).text.index("space tag")
        await pilot.click(bar, offset=(at + 1, 0))
        await wait_for(lambda: "1 tagged" in shown(app.screen.query_one("#consumers", Grid)))
        at = bar.render_line(0).text.index("enter open")
        await pilot.click(bar, offset=(at + 1, 0))
        await wait_for(lambda: isinstance(app.screen, DetailsScreen))


async def test_a_refused_key_names_the_key_of_the_profile() -> None:
    calm = healthy()
    session = FakeBackend(
        replace(calm, policy=replace(calm.policy, profile="live", is_production=True)),
        read_only=True,
    )
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(140, 36), notifications=True) as pilot:
        await pilot.press("s")
        await wait_for(lambda: bool(app._notifications))
        (note,) = app._notifications
        assert "profiles.live.read_only: false" in note.message


@pytest.mark.parametrize("key", ["s", "K", "f9", "R", "S"])
async def test_a_refused_key_says_why(key: str) -> None:
    session = FakeBackend(healthy(), read_only=True)
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(140, 36), notifications=True) as pilot:
        await pilot.press("2", key)
        await wait_for(lambda: bool(app._notifications))
        (note,) = app._notifications
        assert "--no-read-only allows it" in note.message
        assert len(app.screen_stack) == 1
