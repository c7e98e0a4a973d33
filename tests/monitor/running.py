"""A monitor for as long as a test needs it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ehtui.monitor import Monitor


@contextmanager
def running(monitor: Monitor) -> Iterator[Monitor]:
    monitor.start()

    try:
        yield monitor
    finally:
        monitor.stop()
        assert not [t for t in threading.enumerate() if t.name == "ehtui-monitor"]
