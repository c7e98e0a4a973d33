"""The terminal's own cursor stands on what is selected; a plain terminal gets plain signs."""

from __future__ import annotations

from textual.drivers.headless_driver import HeadlessDriver
from textual.geometry import Offset
from typing_extensions import override

from ehtui.tui.app import EhtuiApp
from ehtui.tui.grid import Grid
from ehtui.tui.options import UiOptions
from ehtui.tui.terminal import plain
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy
from tests.waiting import wait_for


async def test_the_cursor_follows_the_selected_row_and_the_choice_in_a_dialog() -> None:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        grid = app.screen.query_one("#partitions", Grid)
        top = grid.content_region.offset + Offset(0, 2)  # below the title and the headings
        await wait_for(lambda: app.cursor_position == top)
        await pilot.press("down")
        await wait_for(lambda: app.cursor_position == top + Offset(0, 1))

        await pilot.press("o")
        await wait_for(lambda: len(app.screen_stack) == 2)
        await pilot.pause()
        before = app.cursor_position
        await pilot.press("down")
        await wait_for(lambda: app.cursor_position == before + Offset(0, 1))

        await pilot.press("escape")
        await wait_for(lambda: app.cursor_position == top + Offset(0, 1))


async def test_a_plain_terminal_gets_no_sign_that_it_has_not() -> None:
    written: list[str] = []

    class Recorder(HeadlessDriver):
        @override
        def write(self, data: str) -> None:
            written.append(data)

    driver = plain(Recorder)(EhtuiApp(FakeBackend(healthy()), UiOptions()))
    driver.write("▅ 3 · lag ≤9 … 그룹")

    assert written == ["# 3 | lag <9 ~ 그룹"]
