"""The log view: search, levels, wrapping, times, following; memory is bounded."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from ehtui.domain.world.process import LogLevel, LogLine
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.log import LogScreen
from ehtui.tui.widgets.log_view import MOST_LINES, LogView
from ehtui.views.moments import moment_of
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy
from tests.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from textual.pilot import Pilot

NOON = 1_795_348_800.0  # 2026-11-22 12:00 UTC


def line(text: str, level: LogLevel | None = LogLevel.INFO, after_s: float = 0.0) -> LogLine:
    return LogLine(text, None, "owner" in text, level, NOON + after_s)


LINES = [
    line("info first", after_s=0),
    line("debug detail", LogLevel.DEBUG, 60),
    line("WARNING slow [/b] one", LogLevel.WARNING, 120),
    line("ERROR failed for key 7", LogLevel.ERROR, 180),
    line("owner 73fda457 has claimed partition 0", after_s=240),
    line("ERROR failed for key 8", LogLevel.ERROR, 300),
]


class GrowingTail:
    """Gives what it was given last."""

    def __init__(self, lines: Sequence[LogLine]) -> None:
        self.next: Sequence[LogLine] = lines

    def read(self) -> Sequence[LogLine]:
        lines, self.next = self.next, ()
        return lines


@asynccontextmanager
async def opened(
    lines: Sequence[LogLine] = LINES, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Pilot[int], LogScreen, LogView]]:
    app = EhtuiApp(FakeBackend(healthy()), UiOptions())

    async with app.run_test(size=size) as pilot:
        screen = LogScreen("a.log", GrowingTail(lines))
        await app.push_screen(screen)
        await wait_for(lambda: bool(screen.view.texts) or not lines)
        await pilot.pause()
        yield pilot, screen, screen.view


def title(screen: LogScreen) -> str:
    return str(screen.query_one("#box").border_title)


async def press(pilot: Pilot[int], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_levels_are_chosen_one_after_the_other() -> None:
    async with opened() as (pilot, screen, view):
        await press(pilot, "v")
        assert "debug detail" not in view.texts
        await press(pilot, "v")
        assert [text.split()[0] for text in view.texts] == ["WARNING", "ERROR", "ERROR"]
        assert "warnings and worse" in title(screen)
        await press(pilot, "v", "v")
        assert len(view.texts) == len(LINES)


async def test_search_goes_to_the_newest_and_on_around_the_end() -> None:
    async with opened() as (pilot, screen, view):
        await press(pilot, "slash")
        await press(pilot, *"failed", "enter")
        assert "2 hits" in title(screen)
        await press(pilot, "n")
        assert "hit 1 of 2" in title(screen)
        await press(pilot, "n")
        assert "hit 2 of 2" in title(screen)
        await press(pilot, "N")
        assert "hit 1 of 2" in title(screen)
        assert not view.follows


async def test_escape_closes_the_field_before_the_view() -> None:
    async with opened() as (pilot, screen, _):
        await press(pilot, "slash", "escape")
        assert screen.is_current
        await press(pilot, "escape")
        assert not screen.is_current


async def test_ownership_lines_are_marked_and_can_stand_alone() -> None:
    async with opened() as (pilot, screen, view):
        place = view.texts.index("owner 73fda457 has claimed partition 0")
        assert view.render_line(place).text.startswith("▌ owner")
        await press(pilot, "f")
        assert view.texts == ["owner 73fda457 has claimed partition 0"]
        assert "ownership only" in title(screen)


async def test_outside_text_is_no_markup() -> None:
    async with opened() as (_, _, view):
        assert view.render_line(2).text.startswith("  WARNING slow [/b] one")


async def test_long_lines_are_broken_at_words_or_go_on_to_the_right() -> None:
    long = line(" ".join(f"word{number}" for number in range(60)))

    async with opened([long]) as (pilot, _, view):
        assert len(view.texts) > 1
        assert all(not text.endswith("wor") for text in view.texts)
        await press(pilot, "w")
        assert view.texts == [long.text]
        await press(pilot, "w")
        assert len(view.texts) > 1


async def test_it_follows_until_it_is_held_and_says_what_is_new() -> None:
    many = [line(f"line {number}") for number in range(100)]

    async with opened(many) as (pilot, screen, view):
        assert view.follows
        assert view.scroll_y == view.max_scroll_y
        await press(pilot, "p")
        view.add([line("one more"), line("and another")])
        screen._tell()
        assert "held, 2 new" in title(screen)
        assert view.scroll_y < view.max_scroll_y
        await press(pilot, "p")
        assert view.scroll_y == view.max_scroll_y


async def test_scrolling_up_holds_and_the_end_follows() -> None:
    many = [line(f"line {number}") for number in range(100)]

    async with opened(many) as (pilot, _, view):
        await press(pilot, "pageup")
        assert not view.follows
        await press(pilot, "end")
        await wait_for(lambda: view.follows)


async def test_a_time_is_gone_to() -> None:
    many = [line(f"line {number}", after_s=number * 60) for number in range(120)]

    async with opened(many) as (_, _, view):
        assert view.go_to_time(NOON + 30 * 60)
        assert "line 30" in view.render_line(0).text


async def test_memory_is_bounded() -> None:
    async with opened([]) as (_, _, view):
        for start in range(0, 3 * MOST_LINES, 1000):
            view.add([line(f"line {start + number}") for number in range(1000)])

        assert len(view.texts) == MOST_LINES
        assert view.texts[-1] == f"line {3 * MOST_LINES - 1}"


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("11:58", NOON - 120),
        ("11:58:30", NOON - 90),
        ("12:30", NOON + 1800 - 86400),
        ("5m", NOON - 300),
        ("-2h", NOON - 7200),
        ("25:00", None),
        ("soon", None),
    ],
)
def test_times_are_of_the_day_or_ago(text: str, at: float | None) -> None:
    assert moment_of(text, NOON, 0.0) == at


def test_the_zone_is_the_hosts() -> None:
    assert moment_of("20:58", NOON, 9 * 3600.0) == NOON - 120


async def test_the_bar_of_a_file_that_is_longer_stands_at_the_end_at_once() -> None:
    async with opened(LINES * 40) as (_, _, view):
        assert view.max_scroll_y > 0
        assert view.vertical_scrollbar.position == view.max_scroll_y
