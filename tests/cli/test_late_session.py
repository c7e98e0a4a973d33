from __future__ import annotations

from collections.abc import Sequence

import pytest

from ehtui.cli import compose
from ehtui.cli.late_session import LateSession
from ehtui.cli.session import MonitorSession
from ehtui.config.settings import Settings
from ehtui.domain.snapshot import Snapshot
from ehtui.monitor import Monitor, Scheduled
from tests.waiting import wait_until


class Opening:
    """Makes sessions as `run_ui` does, and counts."""

    def __init__(self) -> None:
        self.made = 0
        self.opened = 0

    def __call__(self) -> tuple[Monitor, MonitorSession]:
        self.made += 1
        monitor = Monitor(self._open_sources, Snapshot(taken_at=2.0))

        return monitor, MonitorSession(monitor, Settings(), compose.make_executor(Settings()))

    async def _open_sources(self) -> Sequence[Scheduled]:
        self.opened += 1

        return ()


def test_nothing_is_made_before_the_screen_listens_and_then_once() -> None:
    opening = Opening()
    session = LateSession(Snapshot(taken_at=1.0), opening, read_only=True)

    assert session.snapshot.taken_at == 1.0
    assert session.read_only
    assert not session.is_paused
    assert opening.made == 0

    try:
        for _ in range(2):
            session.subscribe(lambda _: None)

        wait_until(lambda: opening.opened > 0, what="the monitor to begin")
        assert (opening.made, opening.opened) == (1, 1)
        assert session.snapshot.taken_at == 2.0
        session.pause(True)
        assert session.is_paused
        assert "KILL" in session.signals
    finally:
        session.close()


def test_a_screen_that_never_stood_has_nothing_to_close() -> None:
    opening = Opening()
    LateSession(Snapshot(), opening, read_only=False).close()

    assert opening.made == 0


def test_what_a_session_has_not_is_missing() -> None:
    session = LateSession(Snapshot(), Opening(), read_only=False)

    with pytest.raises(AttributeError, match="nonsense"):
        session.nonsense()
