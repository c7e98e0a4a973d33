from __future__ import annotations

import time
from collections.abc import Sequence

from ehtui.cli import compose
from ehtui.cli.screen_session import ScreenSession
from ehtui.config.settings import Settings
from ehtui.domain.snapshot import Snapshot
from ehtui.monitor import Monitor, Scheduled
from tests.waiting import wait_for


async def test_the_monitor_begins_when_the_screen_listens_and_only_once() -> None:
    opened: list[float] = []

    async def open_sources() -> Sequence[Scheduled]:
        opened.append(time.monotonic())
        return ()

    monitor = Monitor(open_sources, Snapshot())
    session = ScreenSession(monitor, Settings(), compose.make_executor(Settings()))
    subscribed_at = time.monotonic()

    try:
        for _ in range(2):
            session.subscribe(lambda _: None)

        assert not opened
        await wait_for(lambda: bool(opened), what="the monitor to begin")
        assert len(opened) == 1
        assert opened[0] > subscribed_at
    finally:
        monitor.stop()
