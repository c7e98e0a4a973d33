"""Runs the screen on a played picture and writes where it stands: `… STATE_FILE SCENE KIND`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from textual import events
from textual.widgets import Input, OptionList
from typing_extensions import override

from ehtui.domain.actions.base import SignalEffect, SignalTarget
from ehtui.domain.actions.outcomes import Refusal
from ehtui.domain.actions.plans import RestartPlan
from ehtui.domain.world.process import ProcessId, ProcessSample
from ehtui.domain.world.restarts import NOT_REHEARSED, Rehearsal
from ehtui.tui.app import EhtuiApp
from ehtui.tui.grid import Grid
from ehtui.tui.options import UiOptions
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import SCENES

LOOK_EVERY_S = 0.02


class Watched(EhtuiApp):
    """Tells its state to a file, so that a test need not read a terminal's pictures."""

    def __init__(self, session: FakeBackend, path: Path) -> None:
        super().__init__(session, UiOptions())
        self._path = path
        self._fake = session
        self._looks = 0
        self._came = 0

    @override
    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(LOOK_EVERY_S, self._tell)

    @override
    async def on_event(self, event: events.Event) -> None:
        self._came += isinstance(event, events.InputEvent | events.Paste)
        await super().on_event(event)

    def _tell(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._state()))
        new.replace(self._path)

    def _state(self) -> dict[str, object]:
        focused, session = self.focused, self._fake
        options = [each.highlighted for each in self.screen.query(OptionList)]
        grids = self.screen_stack[0].query(Grid)

        self._looks += 1

        return {
            "look": self._looks,
            "came": self._came,
            "screens": [type(screen).__name__ for screen in self.screen_stack],
            "takes_keys": getattr(self.screen, "takes_keys", True),
            "focus": focused.id or type(focused).__name__ if focused is not None else None,
            "fields": [field.value for field in self.screen.query(Input)],
            "highlighted": options,
            "cursors": {grid.id: grid.cursor for grid in grids},
            "filtered": [grid.id for grid in grids if grid.listing.matches is not None],
            "executed": [repr(plan) for plan in session.executed],
            "said": [note.message for note in self._notifications],
            "refreshed": session.refreshed,
            "adopted": [process.pid for process in session.adopted],
            "paused": self.paused,
            "group": self.group,
            "theme": self.theme,
        }


class RestartingSession(FakeBackend):
    """A restart that can be confirmed."""

    @override
    def plan_restart(
        self, process: ProcessId, *, rehearsal: Rehearsal | Refusal = NOT_REHEARSED
    ) -> RestartPlan | Refusal:
        if isinstance(rehearsal, Refusal):
            return rehearsal

        target = SignalTarget(process, "python c.py", None, (), SignalEffect.DIES)

        return RestartPlan("TERM", target, None, None, "again.log", self.snapshot.taken_at)


class SlowSession(RestartingSession):
    """Reading the processes takes a while."""

    @override
    async def list_processes(self) -> Sequence[ProcessSample]:
        await asyncio.sleep(0.5)

        return await super().list_processes()


class UnfinishedSession(RestartingSession):
    """Leaving it asks first."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        planned = self.plan_restart(ProcessId(51257, 1.0))
        self.unfinished = () if isinstance(planned, Refusal) else (planned,)


KINDS = {"plain": RestartingSession, "slow": SlowSession, "unfinished": UnfinishedSession}

if __name__ == "__main__":
    path, scene, kind = sys.argv[1:]
    app = Watched(KINDS[kind](SCENES[scene]()), Path(path))
    app.run()

    sys.exit(app.return_code or 0)
