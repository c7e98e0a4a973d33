"""Waiting for a monitor without a screen: for `status`, and for a pipe."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import SourceStatus

if TYPE_CHECKING:
    from collections.abc import Collection

    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor.monitor import Monitor

STALLED_S = 8.0  # longer than the hub is left alone between reads
LOOKS_EVERY_S = 1.0  # at the clock, where nothing is told

Tell = Callable[[int, int], None]


def wait_for_first(
    monitor: Monitor,
    names: Collection[str],
    timeout_s: float,
    *,
    whole_hub_s: float = 0.0,
    tell: Tell = lambda _read, _of: None,
) -> Snapshot:
    """Wait until each source has read or failed; returns what is known then, or at the timeout.

    A large hub takes several reads: it is waited for as long as they bring partitions not seen, at
    most `whole_hub_s` in all where that is longer; `tell` hears how many of how many were read.
    """
    return _wait(monitor, _FirstLook(names, timeout_s, tell), max(timeout_s, whole_hub_s))


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
    news.wait(max(0.0, min(remaining, LOOKS_EVERY_S)))

    return remaining > 0


class _FirstLook:
    """Whether every source has spoken, and the hub of all its partitions that it will speak of."""

    def __init__(self, names: Collection[str], timeout_s: float, tell: Tell) -> None:
        self._names = names
        self._tell = tell
        self._give_up_at = time.monotonic() + timeout_s
        self._unseen: int | None = None
        self._fewer_at = 0.0

    def __call__(self, snapshot: Snapshot) -> bool:
        states = {source.name: source.status for source in snapshot.sources}

        if any(states.get(n, SourceStatus.STARTING) is SourceStatus.STARTING for n in self._names):
            return time.monotonic() >= self._give_up_at

        if "hub" not in self._names or states["hub"] is not SourceStatus.OK:
            return True

        unseen, now = sum(p.sample is None for p in snapshot.partitions), time.monotonic()

        if self._unseen is None or unseen < self._unseen:
            self._unseen, self._fewer_at = unseen, now

            if unseen:
                self._tell(len(snapshot.partitions) - unseen, len(snapshot.partitions))

        return not unseen or now - self._fewer_at > STALLED_S
