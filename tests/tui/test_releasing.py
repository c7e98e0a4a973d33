"""`x`: release the selected partition, or the tagged ones, of the group on screen."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.overview import OverviewScreen
from tests.tui.fakes import FakeBackend, burst_is_over
from tests.tui.scenes import GROUP, NOW, overdue
from tests.waiting import wait_for


async def released(*keys: str) -> tuple[list[object], str]:
    session = FakeBackend(replace(overdue(), listed_at=NOW))
    app = EhtuiApp(session, UiOptions(group=GROUP))

    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await pilot.pause()

        for key in (*keys, "x"):
            await pilot.press(key)
            await pilot.pause()

        if isinstance(app.screen, OverviewScreen):
            return [], "\n".join(str(note.message) for note in app._notifications)

        assert isinstance(app.screen, ConfirmScreen)
        heading = str(app.screen.query_one("#box").border_title)
        await burst_is_over()
        await pilot.press("right", "enter")
        await wait_for(lambda: bool(session.executed))

        return list(session.executed), heading


async def test_the_selected_partition_is_released() -> None:
    ((plan,), heading) = await released("1", "end")

    assert isinstance(plan, ReleasePlan)
    assert len(plan.held) == 1
    assert heading.startswith(f"Release P{plan.held[0].partition} of ")


async def test_tagged_ones_are_released_together() -> None:
    ((plan,), _) = await released("1", "home", "space", "end", "space")

    assert isinstance(plan, ReleasePlan)
    assert len(plan.held) == 2
