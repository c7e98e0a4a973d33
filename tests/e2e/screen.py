"""Runs the screen on a played picture in a real terminal: `python -m tests.e2e.screen SCENE`."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable

from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.actions.outcomes import Outcome
from ehtui.domain.actions.plans import Plan
from ehtui.domain.snapshot import GroupPartition, GroupState, Snapshot
from ehtui.tui import run
from ehtui.tui.options import UiOptions
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import SCENES

BUSY = 3


class PlayedSession(FakeBackend):
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


class BusySession(PlayedSession):
    """Three partitions get an event and are checkpointed in every picture."""

    @override
    def publish(self, snapshot: Snapshot) -> None:
        super().publish(
            replace(
                snapshot,
                partitions=tuple(
                    replace(p, sample=replace(p.sample, last_sequence=p.sample.last_sequence + 1))
                    if p.sample and n < BUSY
                    else p
                    for n, p in enumerate(snapshot.partitions)
                ),
                groups=tuple(replace(g, partitions=_read_on(g)) for g in snapshot.groups),
            )
        )


def _read_on(group: GroupState) -> tuple[GroupPartition, ...]:
    return tuple(
        replace(p, checkpoint=replace(p.checkpoint, sequence=p.checkpoint.sequence + 1))
        if p.checkpoint and p.checkpoint.sequence and n < BUSY
        else p
        for n, p in enumerate(group.partitions)
    )


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
        kept = "-".join(("S3cr3t", "V4lue"))  # a name that says nothing: no variable is shown
        raise RuntimeError(f"a fault of ours with AccountKey={kept};x=1")


KINDS = {
    "played": PlayedSession,
    "busy": BusySession,
    "hanging": HangingSession,
    "crashing": CrashingSession,
}

if __name__ == "__main__":
    scene, kind = (*sys.argv[1:], "played")[:2]
    session = KINDS[kind](SCENES[scene](), 1.0)

    sys.exit(run(session, UiOptions()))
