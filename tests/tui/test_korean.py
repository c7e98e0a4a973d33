"""The screen in Korean: its sentences are, what is filtered by is not, and cells stay in place."""

from __future__ import annotations

import pytest

from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.details import WhyScreen
from ehtui.views.width import width
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import overdue
from tests.tui.test_reading import flowing, painted


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20)])
async def test_sentences_are_korean_and_every_line_keeps_its_width(size: tuple[int, int]) -> None:
    app = EhtuiApp(FakeBackend(overdue()), UiOptions(lang="ko"))

    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        lines = painted(app)

        assert {width(line) for line in lines} == {size[0]}
        assert "살아 있는 소유자가 없습니다" in " ".join(" ".join(lines[:2]).split())
        assert any("overdue" in line for line in lines)

        await pilot.press("w")
        await pilot.pause()

        assert isinstance(app.screen, WhyScreen)
        assert {width(line) for line in painted(app)} == {size[0]}
        assert "확인한 것" in flowing(app)
