"""When a process started, as a part of its identity."""

from __future__ import annotations

import sys

import psutil

_BOOTED_AT = psutil.boot_time()


def started_at(pid: int) -> float:
    """UTC seconds, the same at every call. Raises psutil.Error where there is no such process.

    Linux counts from boot, and the moment of boot moves with every correction of the clock: taken
    anew each time, a process that runs on would look like another one that got its number.
    """
    found: float = psutil.Process(pid).create_time()

    if sys.platform != "linux":
        return found

    return found - psutil.boot_time() + _BOOTED_AT
