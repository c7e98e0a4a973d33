"""A consumer's details: what is known at once, then what a close look found."""

from __future__ import annotations

from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.details import Facts
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy
from tests.waiting import wait_for


async def test_a_consumer_is_looked_at_closely_once_its_details_are_open() -> None:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("2", "enter")
        await pilot.pause()
        facts = app.screen.query_one(Facts)
        await wait_for(lambda: "4 bash [/b] -l" in facts.words)

        assert facts.words.startswith("Consumer ")
