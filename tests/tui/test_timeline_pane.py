"""The timeline by time and kind: one key from the overview, and esc shows everything again."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.snapshot import Snapshot
from tests.tui.fakes import burst_is_over
from tests.tui.scenes import NOW, healthy
from tests.tui.test_overview import opened, shown
from tests.waiting import wait_for


def eventful() -> Snapshot:
    calm = healthy()
    claimed = calm.timeline[0]
    events = tuple(
        replace(claimed, number=n, at=NOW - ago)
        for n, ago in ((1, 7000), (2, 1000), (3, 700), (4, 60))
    )
    return replace(calm, timeline=events)


async def test_what_changed_in_the_last_five_minutes_is_one_key_away() -> None:
    async with opened(eventful()) as (pilot, _, screen):
        grid = screen.pane("timeline")
        assert len(grid.listing) == 4

        await pilot.press("t")
        assert screen.focused is grid
        assert "1 of 4 · last 5m" in shown(grid)
        assert list(grid.listing.keys) == ["4"]

        await pilot.press("t")
        assert "2 of 4 · last 15m" in shown(grid)
        await pilot.press("t", "t")
        assert len(grid.listing) == 4


async def test_kinds_are_chosen_and_esc_shows_everything_again() -> None:
    async with opened(eventful()) as (pilot, _, screen):
        grid = screen.pane("timeline")
        await pilot.press("t", "T", "down", "down", "enter")
        await pilot.pause()
        assert "0 of 4 · last 5m · actions" in shown(grid)
        assert "esc shows everything" in shown(grid)

        await wait_for(lambda: screen.app.asking is None)
        await burst_is_over()
        await pilot.press("escape")
        assert len(grid.listing) == 4
        await pilot.press("T", "down", "enter")
        await wait_for(lambda: screen.app.asking is None)
        assert "4 of 4 · ownership" in shown(grid)


async def test_what_happened_grows_out_of_the_window_as_time_goes_by() -> None:
    snapshot = eventful()

    async with opened(snapshot) as (pilot, session, screen):
        await pilot.press("t")
        session.publish(replace(snapshot, taken_at=NOW + 250))
        await pilot.pause()
        assert "0 of 4 · last 5m" in shown(screen.pane("timeline"))


async def test_on_a_maximised_pane_the_timeline_takes_its_place() -> None:
    async with opened(eventful()) as (pilot, _, screen):
        await pilot.press("m", "t")
        await pilot.pause()
        assert screen.pane("timeline").display
        assert "last 5m" in shown(screen.pane("timeline"))
