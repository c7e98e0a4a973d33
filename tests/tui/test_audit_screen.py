"""`:audit`: what was done, the newest first, on the screen."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from ehtui.domain.actions.audited import entries
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.screens.audit import AuditScreen
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy
from tests.waiting import wait_for


def noted(pid: int, minute: int) -> dict[str, object]:
    return {
        "id": f"a{pid}",
        "at": f"2026-11-26T12:{minute:02}:00+00:00",
        "event": "outcome",
        "user": "ops",
        "host": "box",
        "state": "done",
        "duration_s": 2.0,
        "plan": {"kind": "signal", "signal": "TERM", "targets": [{"pid": pid}]},
    }


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 36)])
async def test_the_newest_comes_first(size: tuple[int, int]) -> None:
    session = FakeBackend(healthy())
    session.audit = entries([noted(pid, pid) for pid in range(1, 50)])
    app = EhtuiApp(session, UiOptions())

    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("colon", *"audit", "enter")
        await wait_for(lambda: isinstance(app.screen, AuditScreen))
        await pilot.pause()
        text = " ".join(str(app.screen.query_one("#entries Static", Static).content).split())
        assert text.index("SIGTERM to 49") < text.index("SIGTERM to 48")
        assert app.screen.query_one("#box").region.bottom <= size[1]
        await pilot.press("end", "escape")
        await wait_for(lambda: not isinstance(app.screen, AuditScreen))
