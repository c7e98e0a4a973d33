"""Curves: slices of time, round numbers, eighths of a cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.tui.widgets.chart import columns, drawn, nice_top


def test_slices_keep_the_highest_and_fill_between_samples() -> None:
    series = ((10.0, 1.0), (10.4, 5.0), (13.0, 2.0))

    assert columns(series, 10.0, 14.0, 4) == [5.0, 5.0, 5.0, 2.0]
    assert columns(series, 8.0, 14.0, 6)[:2] == [None, None]
    assert columns((), 0.0, 1.0, 3) == [None, None, None]


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 1), (0.4, 1), (3, 5), (11, 20), (1820, 2000), (2000, 2000)]
)
def test_the_axis_ends_at_a_round_number(highest: float, top: float) -> None:
    assert nice_top(highest) == top


@given(st.lists(st.none() | st.floats(0, 1e6), min_size=1, max_size=40), st.integers(1, 12))
def test_a_curve_fills_its_box_and_a_measured_zero_shows(
    values: list[float | None], height: int
) -> None:
    lines = drawn(values, nice_top(max((v for v in values if v is not None), default=0)), height)

    assert [len(line) for line in lines] == [len(values)] * height
    assert all((value is None) == (lines[-1][i] == " ") for i, value in enumerate(values))
