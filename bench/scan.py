"""Looking at this host's processes: ehtui's source beside `psutil.process_iter`.

Scans follow each other as fast as they can, on a clock that says 5 s have passed; what ehtui does
seldom only (connections, log files, strangers looked at again) is in the mean. The host has so many
sleeping processes more; five are consumers by their command line. Both give the same attributes of
consumers. `python -m bench.scan`.
"""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import time
from typing import TYPE_CHECKING

import psutil

from bench.table import Row, ms, run, times
from ehtui.config.settings import ConsumerSettings
from ehtui.sources.processes import ProcessSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZES = (50, 1000)
CONSUMERS = 5
SCANS = 24
AIM = 4
POLL_S = 5.0
SLEEP_S = "600"
MARK = "599"  # what a consumer sleeps, and is known by
# What ehtui shows of a consumer; a loop asks them of everybody, because it looks by command line.
ATTRIBUTES = [
    "pid",
    "ppid",
    "create_time",
    "name",
    "cmdline",
    "username",
    "cwd",
    "status",
    "cpu_percent",
    "memory_percent",
    "memory_info",
    "num_threads",
]


@contextlib.contextmanager
def sleepers(count: int) -> Iterator[None]:
    """So many processes more; ended at the end of the block."""
    seconds = [MARK if number < CONSUMERS else SLEEP_S for number in range(count)]
    children = [subprocess.Popen(["sleep", length]) for length in seconds]

    try:
        yield
    finally:
        for child in children:
            child.kill()

        for child in children:
            child.wait()


def cpu_of(scan: Callable[[], object]) -> float:
    """The mean CPU of a scan, in seconds, after one to warm up."""
    scan()
    before = time.process_time()

    for _ in range(SCANS):
        scan()

    return (time.process_time() - before) / SCANS


def compare(count: int) -> Row:
    """One size."""
    moments = itertools.count(time.time(), POLL_S / 2)  # a scan asks twice
    source = ProcessSource(
        consumers={"sleeper": ConsumerSettings(match=rf"\bsleep {MARK}\b")},
        namespace="127.0.0.1:9",
        clock=lambda: next(moments),
    )

    def ours() -> None:
        assert len(source.scan().processes) == CONSUMERS

    def loop() -> None:
        found = [
            process.info
            for process in psutil.process_iter(ATTRIBUTES)
            if MARK in (process.info["cmdline"] or ())
        ]
        assert len(found) == CONSUMERS

    with sleepers(count):
        mine, theirs = cpu_of(ours), cpu_of(loop)

    return Row(
        f"process scan, {count:,} processes, {CONSUMERS} consumers (CPU)",
        ms(mine),
        f"{ms(theirs)} · psutil.process_iter",
        times(theirs / mine, "less"),
        f"≥ {AIM}x",
        theirs >= AIM * mine,
    )


def measure() -> list[Row]:
    """One row a size."""
    return [compare(count) for count in SIZES]


if __name__ == "__main__":
    run(measure)
