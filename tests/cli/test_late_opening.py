"""A screen's backend: nothing is made before the screen listens."""

from __future__ import annotations

from collections.abc import Sequence

from ehtui.cli import compose
from ehtui.cli.backend import MonitorBackend
from ehtui.cli.reading import carried_reader
from ehtui.cli.works import Works
from ehtui.config.settings import Settings
from ehtui.domain.snapshot import Snapshot
from ehtui.monitor import Monitor, Scheduled
from tests.waiting import wait_until


class Opening:
    """Makes what a backend works with, as `make_backend` does, and counts."""

    def __init__(self) -> None:
        self.made = 0
        self.opened = 0

    def __call__(self) -> Works:
        self.made += 1
        monitor = Monitor(self._open_sources, Snapshot(taken_at=2.0))

        return Works(
            monitor,
            compose.make_executor(Settings()),
            [],
            carried_reader(Settings(), monitor),
        )

    async def _open_sources(self) -> Sequence[Scheduled]:
        self.opened += 1

        return ()


def test_nothing_is_made_before_the_screen_listens_and_then_once() -> None:
    opening = Opening()
    settings = Settings(read_only=True)
    backend = MonitorBackend(opening, settings, Snapshot(taken_at=1.0))

    assert backend.snapshot.taken_at == 1.0
    assert backend.read_only
    assert not backend.is_paused
    assert not backend.unfinished
    assert opening.made == 0

    try:
        for _ in range(2):
            backend.subscribe(lambda _: None)

        wait_until(lambda: opening.opened > 0, what="the monitor to begin")
        assert (opening.made, opening.opened) == (1, 1)
        assert backend.snapshot.taken_at == 2.0
        backend.pause(True)
        assert backend.is_paused
        assert "KILL" in backend.signals
    finally:
        backend.close()


def test_a_screen_that_never_stood_has_nothing_to_close() -> None:
    opening = Opening()
    backend = MonitorBackend(opening, Settings(), Snapshot())

    assert backend.finish() == backend.close() == ()
    assert opening.made == 0
