"""A consumer's details: what is known at once, then what a close look found."""

from __future__ import annotations

from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.details import DetailsScreen
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy
from tests.waiting import wait_for


async def test_a_consumer_is_looked_at_closely_once_its_details_are_open() -> None:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2", "enter")
        await pilot.pause()
        details = app.screen
        assert isinstance(details, DetailsScreen)
        await wait_for(lambda: "4 bash [/b] -l" in details.words)

        assert details.words.startswith("It works: incoming events are read.")
