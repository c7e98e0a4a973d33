"""Curves: round numbers, eighths of a cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.tui.widgets.chart import Chart, drawn, labels, nice_top
from tests.tui.scenes import overdue
from tests.tui.test_overview import opened


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (0.4, 1), (3, 3), (11, 12), (1810, 2000), (2000, 2000)]
)
def test_the_axis_ends_at_a_round_number(highest: float, top: float) -> None:
    assert nice_top(highest) == top


@given(st.integers(1, 10**12))
def test_the_axis_ends_at_most_a_quarter_above_the_peak(highest: int) -> None:
    assert highest <= nice_top(highest) <= 1.25 * highest


def test_the_axis_tells_its_half_where_that_is_whole() -> None:
    assert labels(1200.0, 4) == ["1,200", "", "600", ""]
    assert labels(3.0, 4) == ["3", "", "", ""]
    assert labels(1200.0, 3) == ["1,200", "", ""]


@given(st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=40), st.integers(1, 12))
def test_a_curve_fills_its_box_and_a_measured_zero_shows(
    values: list[float | None], height: int
) -> None:
    lines = drawn(values, nice_top(max((v for v in values if v is not None), default=0)), height)

    assert [len(line) for line in lines] == [len(values)] * height
    assert all((value is None) == (lines[-1][i] == " ") for i, value in enumerate(values))


async def test_a_chart_tells_no_moment_after_the_picture() -> None:
    async with opened(overdue()) as (pilot, _, _):
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        chart = pilot.app.screen.query_one(Chart)
        told = [chart.render_line(y).text for y in range(chart.size.height)]

        assert "at 12:03:01" in told[0]
        assert told[-1].rstrip().endswith("12:03:01")
        await pilot.press("left")
        assert "at 12:02:5" in chart.render_line(0).text
