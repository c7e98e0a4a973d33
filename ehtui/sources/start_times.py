"""When a process started, as a part of its identity."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from ehtui.domain.world.process import ProcessId

_BOOTED_AT = psutil.boot_time()


def began_at(process: ProcessId) -> float:
    """When it started by this host's clock as it goes now, a hundredth of a second early at most.

    Its identity has it to a second only: the moment of boot is told in whole ones. And the clock
    is corrected while ehtui runs, so that what lies between boot and now is asked for each time.
    """
    if sys.platform != "linux":
        return process.started_at

    after_boot_s = process.started_at - _BOOTED_AT
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + after_boot_s


SAME_START_S = 0.02  # rounding only


def is_alive(process: ProcessId) -> bool:
    """Whether this very process runs: one that got its number is another."""
    try:
        return (
            abs(started_at(process.pid) - process.started_at) < SAME_START_S
            and psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE
        )
    except psutil.Error:
        return False


def started_at(pid: int) -> float:
    """UTC seconds, the same at every call. Raises psutil.Error where there is no such process.

    Linux counts from boot, and the moment of boot moves with every correction of the clock: taken
    anew each time, a process that runs on would look like another one that got its number.
    """
    found: float = psutil.Process(pid).create_time()

    if sys.platform != "linux":
        return found

    return found - psutil.boot_time() + _BOOTED_AT
