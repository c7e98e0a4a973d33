"""Keys on the overview: what is selected, what is shown, what stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from ehtui.domain.snapshot import Snapshot
from ehtui.tui.app import EhtuiApp
from ehtui.tui.grid import Grid
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.arrangement import PANES
from ehtui.tui.screens.group import GroupScreen
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.tui.widgets.chart import LagPane
from ehtui.tui.widgets.lines import Headline, KeyBar
from ehtui.views.keys import process_key
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import GROUP, SCENES, healthy, many, overdue
from tests.waiting import wait_for


@asynccontextmanager
async def opened(
    snapshot: Snapshot, *, size: tuple[int, int] = (120, 36), options: UiOptions | None = None
) -> AsyncIterator[tuple[Pilot[int], FakeBackend, OverviewScreen]]:
    session = FakeBackend(snapshot)
    app = EhtuiApp(session, options or UiOptions())

    async with app.run_test(size=size, notifications=True) as pilot:
        await wait_for(lambda: bool(session.callbacks))  # what is published before that is not seen
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, OverviewScreen)
        yield pilot, session, screen


def shown(grid: Grid) -> str:
    return "\n".join(grid.render_line(y).text for y in range(grid.size.height))


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36), (200, 60)])
@pytest.mark.parametrize("scene", SCENES)
async def test_every_scene_fits_every_size(scene: str, size: tuple[int, int]) -> None:
    async with opened(SCENES[scene](), size=size) as (_, _, screen):
        grids = list(screen.query(Grid))

        assert {grid.id for grid in grids} == set(screen.panes)
        for grid in grids:
            assert grid.size.height >= 2
            assert all(
                grid.render_line(y).cell_length == grid.size.width for y in range(grid.size.height)
            )


async def test_the_cursor_stays_with_its_partition_when_rows_move() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await pilot.press("down", "down")
        grid = screen.pane("partitions")
        assert grid.cursor == "2"

        picture = healthy()
        session.publish(replace(picture, partitions=picture.partitions[::-1]))
        await wait_for(lambda: [r.key for r in grid.listing.rows] == ["2", "1", "0"])

        assert grid.cursor == "2"
        assert grid.listing.position("2") == 0


async def test_the_row_in_the_place_of_a_vanished_consumer_is_selected() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await pilot.press("2", "down", "down")
        grid = screen.pane("consumers")
        gone = next(c for c in healthy().consumers if c.process.id.pid == 51388)
        assert grid.cursor == process_key(gone.process.id)

        session.publish(overdue())
        await wait_for(lambda: len(grid.listing.rows) == 3)

        assert grid.cursor == grid.listing.keys[2]
        assert [process.pid for process in screen.targets()] == [51411]

        session.publish(replace(overdue(), consumers=()))
        await wait_for(lambda: not grid.listing.rows)

        assert grid.cursor is None
        assert screen.targets() == ()


async def test_pause_holds_the_picture_and_says_so() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await pilot.press("p")
        session.publish(overdue())
        await pilot.pause()

        assert session.is_paused
        assert len(screen.pane("consumers").listing.rows) == 4
        assert "paused" in screen.query_one("Headline").render_line(0).text

        await pilot.press("p")
        await wait_for(lambda: len(screen.pane("consumers").listing.rows) == 3)


@pytest.mark.parametrize(("width", "is_titled"), [(80, False), (160, True)])
async def test_a_scenes_title_gives_way_to_the_sentence(width: int, is_titled: bool) -> None:
    title = "A consumer is killed and nobody takes over"
    options = UiOptions(banner=title)

    async with opened(overdue(), size=(width, 24), options=options) as (pilot, _, screen):
        await pilot.press("p")
        headline = screen.query_one("Headline")
        await wait_for(lambda: "paused" in headline.render_line(0).text)
        lines = (headline.render_line(y).text for y in range(headline.size.height))
        line = "".join(lines).replace("paused 12:02:59", "")
        line = " ".join(line.split())
        sentence = screen.app.tables.headline(overdue(), GROUP).text
        assert sentence[:40] in line
        assert (title in line) == is_titled


async def test_the_list_under_a_dialog_is_frozen_and_catches_up() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await pilot.press("question_mark")
        session.publish(overdue())
        await pilot.pause()
        assert len(screen.pane("consumers").listing.rows) == 4

        await pilot.press("escape")
        await wait_for(lambda: len(screen.pane("consumers").listing.rows) == 3)


async def test_refresh_asks_the_session() -> None:
    async with opened(healthy()) as (pilot, session, _):
        await pilot.press("r")
        assert session.refreshed == 1


async def test_panes_by_digit_and_tab() -> None:
    async with opened(healthy()) as (pilot, _, screen):
        for key, pane in (
            ("3", "findings"),
            ("tab", "groups"),
            ("tab", "timeline"),
            ("tab", "partitions"),
            ("5", "groups"),
        ):
            await pilot.press(key)
            assert screen.focused is screen.pane(pane)


async def test_without_space_for_groups_their_key_opens_the_dialog() -> None:
    async with opened(healthy(), size=(80, 24)) as (pilot, _, screen):
        await pilot.press("5")
        await pilot.pause()

        assert screen.panes == PANES
        assert isinstance(pilot.app.screen, GroupScreen)


async def test_the_band_gives_way_to_partitions_and_leaves_no_focus_behind() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await pilot.press("5")
        session.publish(many())
        await wait_for(lambda: "groups" not in screen.panes)

        assert screen.focused is screen.pane("partitions")
        assert "lag" not in screen.areas


async def test_the_band_shows_the_lag_of_the_group_and_switches_it() -> None:
    async with opened(overdue()) as (pilot, _, screen):
        lag = screen.query_one(LagPane)
        assert "peak 1,8" in lag.render_line(0).text
        assert "2,000" in lag.render_line(1).text

        await pilot.press("5", "down", "enter")
        await pilot.pause()

        assert screen.app.group == "analytics"
        assert "peak 9" in lag.render_line(0).text


async def test_a_signal_from_the_groups_pane_has_no_target() -> None:
    async with opened(overdue()) as (pilot, _, screen):
        await pilot.press("5")

        assert screen.active.id == "groups"
        assert screen.targets() == ()


async def test_maximise_and_back() -> None:
    async with opened(many()) as (pilot, _, screen):
        await pilot.press("m")
        await pilot.pause()
        assert screen.pane("partitions").size.height == 34
        assert not screen.pane("timeline").display

        await pilot.press("escape")
        await pilot.pause()
        assert screen.pane("timeline").display
        assert screen.pane("partitions").size.height < 34


async def test_faults_next_problem_and_filter() -> None:
    async with opened(many()) as (pilot, _, screen):
        grid = screen.pane("partitions")
        await pilot.press("full_stop")
        assert grid.cursor == "7"
        await pilot.press("full_stop")
        assert grid.cursor == "19"

        await pilot.press("f")
        assert [row.key for row in grid.listing.rows] == ["7", "19"]
        assert "2 of 32" in shown(grid)
        await pilot.press("escape")
        assert len(grid.listing.rows) == 32
        assert grid.cursor == "19"

        await pilot.press("slash", *"lag>1000 health!=behind".replace(" ", " "))
        await pilot.pause()
        assert [row.key for row in grid.listing.rows] == ["19"]
        await pilot.press("enter")
        assert screen.focused is grid


async def test_a_filter_that_cannot_be_read_says_why() -> None:
    async with opened(many()) as (pilot, _, screen):
        await pilot.press("slash", *"nonsense>1")
        await pilot.pause()
        assert len(screen.pane("partitions").listing.rows) == 32
        complaint = screen.query_one("#complaint").render()
        assert "no field “nonsense”" in str(complaint)
        assert "all rows are shown" in str(complaint)


async def test_tags_are_targets_in_their_order_and_survive_a_refresh() -> None:
    async with opened(healthy()) as (pilot, session, screen):
        await pilot.press("2", "space", "down", "space")
        session.publish(replace(healthy(), consumers=healthy().consumers[::-1]))
        await pilot.pause()
        assert {process.pid for process in screen.targets()} == {51257, 51388}


@pytest.mark.parametrize("size", [(60, 20), (40, 10), (200, 60), (120, 36)])
async def test_resizing_keeps_the_cursor_and_fills_the_screen(size: tuple[int, int]) -> None:
    async with opened(many()) as (pilot, _, screen):
        await pilot.press("end")
        await pilot.resize_terminal(*size)
        await pilot.pause()
        grid = screen.pane("partitions")
        assert grid.cursor == "31"
        assert grid.size.width == size[0]


async def test_text_from_outside_is_text() -> None:
    async with opened(SCENES["foreign-names"](), size=(240, 60)) as (pilot, _, screen):
        await pilot.press("2", "m")
        await pilot.pause()
        text = shown(screen.pane("consumers"))
        assert "[red]" in text
        assert "\x1b" not in text
        assert "회의록_처리기.py" in text


async def test_read_only_greys_what_acts_and_refuses_it() -> None:
    session = FakeBackend(healthy(), read_only=True)
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        bar = app.screen.query_one(KeyBar)
        send = next(segment for segment in bar.render_line(0) if "send" in segment.text)
        assert send.style == bar.named("off")
        await pilot.press("s")
        await pilot.press("K")
        assert len(app.screen_stack) == 1


async def test_a_wide_terminal_has_longer_pictures_and_gives_them_back() -> None:
    async with opened(overdue(), size=(200, 60)) as (pilot, _, screen):
        grid = screen.pane("partitions")

        def widths() -> dict[str, int]:
            return {column.key: column.width for column in grid.listing.table.columns}

        assert (widths()["bar"], widths()["trend"]) == (20, 30)
        assert len(grid.listing.rows[2].cells[4].text) == 20
        assert len(grid.listing.rows[2].cells[8].text) == 30

        await pilot.resize_terminal(120, 36)
        await wait_for(lambda: widths()["trend"] == 8)
        assert len(grid.listing.rows[2].cells[4].text) == 10


async def test_what_one_types_into_the_filter_is_seen() -> None:
    async with opened(many()) as (pilot, _, screen):
        await pilot.press("slash", *"lag>40")
        field = screen.query_one("FilterBar Input")
        at = field.region.offset
        assert screen.get_widget_at(at.x + 1, at.y)[0] is field

        await pilot.press("enter")
        await pilot.pause()
        assert screen.query_one("KeyBar").display


async def test_the_header_says_that_a_hub_is_geo_replicated() -> None:
    picture = healthy()
    assert picture.hub is not None
    replicated = replace(picture, hub=replace(picture.hub, georeplication_factor=2))

    async with opened(replicated, size=(200, 40)) as (_, _, screen):
        assert "(geo-replicated)" in screen.query_one(Headline).render_line(0).text
