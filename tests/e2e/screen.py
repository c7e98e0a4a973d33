"""Runs the screen on a played picture in a real terminal: `python -m tests.e2e.screen SCENE`."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

from typing_extensions import override

from ehtui.domain.plans import Outcome, Plan
from ehtui.domain.snapshot import Snapshot
from ehtui.tui import run
from ehtui.tui.session import UiOptions
from tests.tui.fakes import FakeSession
from tests.tui.scenes import SCENES


class PlayedSession(FakeSession):
    """Publishes the same world again and again, from a thread of its own as the monitor does."""

    def __init__(self, snapshot: Snapshot, every_s: float) -> None:
        super().__init__(snapshot)
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)

    @override
    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        unsubscribe = super().subscribe(callback)
        self._thread.start()

        def stop() -> None:
            self._ended.set()
            unsubscribe()

        return stop

    def _play(self) -> None:
        while not self._ended.wait(self._every_s):
            self.publish(replace(self.snapshot, taken_at=self.snapshot.taken_at + self._every_s))


class HangingSession(PlayedSession):
    """Its actions never end and cannot be cancelled."""

    @override
    async def execute(self, plan: Plan) -> Outcome:
        never = asyncio.get_running_loop().create_future()

        while True:
            try:
                await asyncio.shield(never)
            except asyncio.CancelledError:
                continue


class CrashingSession(PlayedSession):
    """A fault of ours while a key is handled."""

    @override
    def refresh(self) -> None:
        raise RuntimeError("a fault of ours")


KINDS = {"played": PlayedSession, "hanging": HangingSession, "crashing": CrashingSession}

if __name__ == "__main__":
    scene, kind = (*sys.argv[1:], "played")[:2]
    session = KINDS[kind](SCENES[scene](), 1.0)

    sys.exit(run(session, UiOptions()))
