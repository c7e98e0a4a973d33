"""Waiting for a monitor without a screen: for `status`, and for a pipe."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import SourceStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor.monitor import Monitor


def wait_for_first(monitor: Monitor, names: Collection[str], timeout_s: float) -> Snapshot:
    """Wait until each source has read or failed; returns what is known then, or at the timeout.

    Of a hub that answers, every partition must have been sampled: a large one takes several reads.
    """
    return _wait(monitor, lambda snapshot: _has_all(snapshot, names), timeout_s)


def watch(monitor: Monitor, seconds: float) -> Snapshot:
    """Let the monitor work for so long; returns what is known then. Ctrl-C ends it as always."""
    return _wait(monitor, lambda _: False, seconds)


def _wait(monitor: Monitor, is_enough: Callable[[Snapshot], bool], timeout_s: float) -> Snapshot:
    news = threading.Event()
    unsubscribe = monitor.subscribe(lambda _: news.set())
    deadline = time.monotonic() + timeout_s

    try:
        while not is_enough(monitor.snapshot):
            news.clear()

            # Asked again after clearing: what came in between must not be slept over.
            if is_enough(monitor.snapshot) or not _until(deadline, news):
                break
    finally:
        unsubscribe()

    return monitor.snapshot


def _until(deadline: float, news: threading.Event) -> bool:
    remaining = deadline - time.monotonic()
    return remaining > 0 and news.wait(remaining)


def _has_all(snapshot: Snapshot, names: Collection[str]) -> bool:
    states = {source.name: source.status for source in snapshot.sources}

    if any(states.get(name, SourceStatus.STARTING) is SourceStatus.STARTING for name in names):
        return False

    if "hub" not in names or states["hub"] is not SourceStatus.OK:
        return True

    return all(partition.sample is not None for partition in snapshot.partitions)
