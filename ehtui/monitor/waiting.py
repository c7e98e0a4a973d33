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

STALLED_S = 8.0  # longer than the hub is left alone between reads


def wait_for_first(monitor: Monitor, names: Collection[str], timeout_s: float) -> Snapshot:
    """Wait until each source has read or failed; returns what is known then, or at the timeout.

    A large hub takes several reads: it is waited for as long as each brings partitions not seen.
    """
    return _wait(monitor, _FirstLook(names), timeout_s)


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


class _FirstLook:
    """Whether every source has spoken, and the hub of all its partitions that it will speak of."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
        self._unseen: int | None = None
        self._fewer_at = 0.0

    def __call__(self, snapshot: Snapshot) -> bool:
        states = {source.name: source.status for source in snapshot.sources}

        if any(states.get(n, SourceStatus.STARTING) is SourceStatus.STARTING for n in self._names):
            return False

        if "hub" not in self._names or states["hub"] is not SourceStatus.OK:
            return True

        unseen, now = sum(p.sample is None for p in snapshot.partitions), time.monotonic()

        if self._unseen is None or unseen < self._unseen:
            self._unseen, self._fewer_at = unseen, now

        return not unseen or now - self._fewer_at > STALLED_S
