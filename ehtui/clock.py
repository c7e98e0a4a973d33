"""Time that only goes forward: what every reading, plan and picture of a session is timed by."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _elapsed() -> float:
    """Seconds since some moment, those included in which the host slept."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    # Darwin's counts on while the host sleeps; Python's own monotonic clock does not.
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)

    return time.monotonic()


class SteadyClock:
    """UTC seconds: the host's clock as it was at the start, and what has passed since.

    Setting the host's clock changes nothing of it.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, elapsed: Callable[[], float] = _elapsed
    ) -> None:
        self._elapsed = elapsed
        self._began_at = wall() - elapsed()

    def __call__(self) -> float:
        """The moment."""
        return self._began_at + self._elapsed()


steady = SteadyClock()


def host_ahead_s() -> float:
    """How far this host's clock is ahead of `steady`: by what it was set since the start."""
    return time.time() - steady()
