"""Where panes stand: on the screen, over nobody, and more of them where there is space."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.tui.screens.arrangement import CHARTS, GROUPS, PANES, Area, areas
from ehtui.tui.widgets.chart import LagPane
from tests.tui.scenes import healthy, many, overdue
from tests.tui.test_overview import opened, shown

Rows = st.fixed_dictionaries(dict.fromkeys(PANES, st.integers(0, 120)))
Focus = st.none() | st.sampled_from([*PANES, GROUPS])


def overlap(one: Area, other: Area) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


@given(st.integers(30, 320), st.integers(4, 100), Rows, Focus, st.integers(0, 9))
def test_panes_fill_the_screen_and_cover_nobody(
    width: int, height: int, rows: dict[str, int], focused: str | None, groups: int
) -> None:
    found = areas(width, height, rows, focused=focused, groups=groups)

    assert set(PANES) <= found.keys()
    assert all(not overlap(one, other) for one, other in combinations(found.values(), 2))
    assert all(a.x >= 0 and a.width > 0 and a.x + a.width <= width for a in found.values())
    assert all(a.y >= 0 and a.height > 0 for a in found.values())
    assert max(a.y + a.height for a in found.values()) == height
    assert sum(a.height for a in found.values() if a.x == 0) == height
    assert {a.x + a.width for a in found.values()} >= {width}
    assert (GROUPS in found) or not any(chart in found for chart in CHARTS)


def places(width: int, height: int, groups: int = 2) -> dict[str, Area]:
    rows = {"partitions": 3, "consumers": 4, "findings": 3, "timeline": 9}
    return areas(width, height, rows, focused="partitions", groups=groups)


def test_a_wide_screen_shows_more_not_emptiness() -> None:
    usual, wide = places(120, 36), places(200, 60)

    assert usual["findings"].y == usual["consumers"].y
    assert wide["findings"].y == wide["timeline"].y
    assert wide[GROUPS].y == wide["consumers"].y
    assert [chart for chart in CHARTS if chart in usual] == ["lag"]
    assert [chart for chart in CHARTS if chart in wide] == ["lag", "lag-2"]
    assert [c for c in CHARTS if c in places(250, 70, groups=5)] == list(CHARTS)
    assert places(250, 70, groups=1).keys() & {GROUPS, *CHARTS} == {GROUPS, "lag"}


def test_a_tall_screen_gives_its_lines_to_what_has_something_to_show() -> None:
    rows = {"partitions": 3, "consumers": 4, "findings": 3, "timeline": 200}
    busy = areas(250, 70, rows, focused=None, groups=2)
    calm = areas(250, 70, rows | {"timeline": 4}, focused=None, groups=2)

    assert busy["timeline"].height > 25
    assert calm["lag"].height > busy["lag"].height
    assert calm["lag"].height <= 35


@pytest.mark.parametrize(
    ("size", "titles"), [((120, 36), ["Lag"]), ((200, 60), ["$Default", "analytics"])]
)
async def test_each_group_has_its_chart_where_there_is_space(
    size: tuple[int, int], titles: list[str]
) -> None:
    async with opened(overdue(), size=size) as (_, _, screen):
        charts = [chart for chart in screen.query(LagPane) if chart.display]

        assert len(charts) == len(titles)
        for chart, title in zip(charts, titles, strict=True):
            assert title in chart.render_line(0).text


async def test_charts_zoom_from_half_a_minute_to_an_hour() -> None:
    async with opened(healthy()) as (pilot, _, screen):
        chart = screen.query_one(LagPane)
        told = [chart.render_line(0).text]

        for key in ("minus", "minus", "minus", "minus", "plus", "plus", *["plus"] * 9):
            await pilot.press(key)
            told.append(chart.render_line(0).text)

    spans = [line.split("last ")[1].split(" ")[0] for line in told]
    assert spans[:7] == ["5m", "10m", "30m", "1h", "1h", "30m", "10m"]
    assert spans[-1] == "30s"


async def test_a_group_is_one_line_with_its_last_hour() -> None:
    async with opened(many(), size=(250, 70)) as (_, _, screen):
        lines = shown(screen.pane(GROUPS)).splitlines()

        assert "BY MINUTE" in lines[1]
        assert "█" in lines[2]


def test_a_chart_takes_no_line_that_a_partition_needs() -> None:
    rows = {"partitions": 32, "consumers": 3, "findings": 3, "timeline": 136}
    found = areas(200, 58, rows, focused="partitions", groups=1)

    assert "lag" in found
    assert found["partitions"].height == 2 + 32 + 1


async def test_a_row_that_is_too_high_for_its_pane_shows_its_beginning() -> None:
    async with opened(overdue(), size=(40, 12)) as (_, _, screen):
        grid = screen.pane("findings")

        assert grid.size.height == 2
        assert "P2" in grid.render_line(1).text


@pytest.mark.parametrize(
    ("size", "order"),
    [
        ((80, 24), "partitions consumers findings timeline"),
        ((120, 36), "partitions consumers findings groups timeline"),
        ((200, 60), "partitions consumers groups timeline findings"),
    ],
)
async def test_tab_follows_the_screen(size: tuple[int, int], order: str) -> None:
    async with opened(healthy(), size=size) as (pilot, _, screen):
        visited = [screen.active.id]

        for _ in order.split()[1:]:
            await pilot.press("tab")
            visited.append(screen.active.id)

        assert visited == order.split()
