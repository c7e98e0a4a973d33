"""When a process started, as a part of its identity."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from ehtui.domain.process import ProcessId

_BOOTED_AT = psutil.boot_time()


def _boot_fraction_s() -> float:
    """What the moment of boot lacks: it is told in whole seconds."""
    if sys.platform != "linux":
        return 0.0

    exact = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    lacking = exact - _BOOTED_AT
    return lacking if 0.0 <= lacking < 1.0 else 0.0  # the clock was set since


_BOOT_FRACTION_S = _boot_fraction_s()


def began_at(process: ProcessId) -> float:
    """When it started, to a hundredth of a second and never too late, local time.

    Its identity alone has it up to a second too early.
    """
    return process.started_at + _BOOT_FRACTION_S


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
