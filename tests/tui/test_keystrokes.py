"""How many keys it takes: those that docs/keys.md counts, pressed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from typing_extensions import override

from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.outcomes import Refusal
from ehtui.domain.actions.plans import RestartPlan, SignalPlan
from ehtui.domain.world.events import Event
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import Rehearsal
from ehtui.tui.app import EhtuiApp
from ehtui.tui.grid_viewport import Sort
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.details import WhyScreen
from ehtui.tui.screens.events import EventsScreen
from ehtui.tui.screens.overview import OverviewScreen
from tests.key_table import KEYSTROKES
from tests.tui.fakes import FakeBackend, FakeStream
from tests.tui.scenes import OWNERS, healthy
from tests.waiting import wait_for


class Restarting(FakeBackend):
    """A restart that can be confirmed."""

    @override
    def plan_restart(
        self, process: ProcessId, *, rehearsal: Rehearsal | Refusal
    ) -> RestartPlan | Refusal:
        target = SignalTarget(process, "python c.py", None, (), SignalEffect.RELEASES)
        return RestartPlan("TERM", target, None, None, "again.log", self.snapshot.taken_at)


def is_done(what: str, app: EhtuiApp, session: FakeBackend) -> bool:
    overview, done = app.screen_stack[0], session.executed
    assert isinstance(overview, OverviewScreen)
    grid, timeline = overview.pane("partitions"), overview.pane("timeline")
    found: dict[str, Callable[[], bool]] = {
        "the partition that lags most, and why": lambda: (
            isinstance(app.screen, WhyScreen) and grid.cursor == "2"
        ),
        "why the selected row is as it is": lambda: isinstance(app.screen, WhyScreen),
        "end the selected partition's or finding's consumer, gracefully": lambda: (
            isinstance(done[0], SignalPlan) and done[0].signal in {"INT", "TERM"} if done else False
        ),
        "restart it": lambda: bool(done) and isinstance(done[0], RestartPlan),
        "the event that a checkpoint stands before": lambda: (
            isinstance(app.screen, EventsScreen)
            and app.screen.grid.cursor == f"0/{checkpoint_of(session) + 1}"
        ),
        "copy an owner id": lambda: app.clipboard == OWNERS[0],
        "a link to the selected row for a colleague": lambda: "--at partition:0" in app.clipboard,
        "what changed in the last five minutes": lambda: (
            overview.focused is timeline and "5m" in timeline.render_line(0).text
        ),
        "the largest lag first": lambda: (
            grid.listing.sort == Sort("lag", descending=True) and grid.cursor == "2"
        ),
        "only what is wrong": lambda: grid.listing.faults_only,
        "another consumer group": lambda: app.group == "analytics",
    }

    return found[what]()


def checkpoint_of(session: FakeBackend) -> int:
    state = session.snapshot.group("$Default")
    checkpoint = state.partitions[0].checkpoint if state is not None else None
    assert checkpoint is not None

    return checkpoint.sequence or 0


def events_around(session: FakeBackend) -> list[Event]:
    done = checkpoint_of(session)
    return [Event("0", number, "1", float(number), b"{}") for number in range(done - 5, done + 5)]


@pytest.mark.parametrize(("what", "most", "keys"), KEYSTROKES)
async def test_it_takes_no_more_keys(what: str, most: int, keys: str) -> None:
    session = Restarting(healthy())
    session.stream = FakeStream(events_around(session), follows=True)
    app = EhtuiApp(session, UiOptions())
    assert len(keys.split()) <= most

    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await pilot.pause()

        for key in keys.split():
            await pilot.press(key)
            await wait_for(lambda: getattr(app.screen, "takes_keys", True))
            await pilot.pause()

        await wait_for(lambda: is_done(what, app, session))
