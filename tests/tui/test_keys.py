"""One table of keys: complete, unambiguous, and in force."""

from __future__ import annotations

from collections import Counter

from ehtui.tui.app import EhtuiApp
from ehtui.tui.keys import KEYS, Scope
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.details import DetailsScreen
from ehtui.tui.screens.log import LogScreen
from ehtui.tui.widgets.chart import Chart
from ehtui.views.formats import Clock
from tests.tui.fakes import FakeBackend, FakeTail
from tests.tui.scenes import healthy


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
            Scope.OVERVIEW: app.screen,
            Scope.GRID: app.screen.query_one("#partitions"),
            Scope.CHART: Chart("lag", Clock()),
            Scope.DETAILS: DetailsScreen("partitions", "0"),
            Scope.LOG: LogScreen("a.log", FakeTail("a.log")),
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
