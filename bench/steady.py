"""What a screen that is left open costs: CPU and memory, beside htop, btop and a bare Textual app.

All run at the same time, each in a window of its own, ehtui with the polls that it has by itself
(every 5 s) on a hub that moves. Growth is of an hour and of a day of polls, folded as fast as
they can be. `python -m bench.steady`.
"""

from __future__ import annotations

import contextlib
import gc
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil

from bench.startup import BARE_TEXTUAL, EHTUI, NOWHERE, OURS_DATA
from bench.table import Row, run, times
from bench.window import Window
from bench.world import world

WARM_S, WATCHED_S = 12.0, 40.0
SMALL, LARGE, GROUPS = 32, 1024, 5
SMALL_MB, LARGE_MB = 60, 120
HOUR = 720  # polls of 5 s
DAY = 24 * HOUR
MEBI = 1 << 20
RIVALS = ("htop", "btop")


@dataclass(frozen=True, slots=True)
class Use:
    """A share of one core, and bytes of resident memory."""

    cpu: float
    rss_bytes: int

    @property
    def words(self) -> str:
        """Both."""
        return f"{self.cpu:.2%}, {self.rss_bytes / MEBI:.0f} MB"


def watch(commands: dict[str, list[str]], variables: dict[str, dict[str, str]]) -> dict[str, Use]:
    """What each costs while nobody touches it."""
    with contextlib.ExitStack() as stack:
        windows = {
            name: stack.enter_context(Window(command, variables.get(name), cwd=NOWHERE))
            for name, command in commands.items()
        }
        drain(windows, WARM_S)
        before = {name: cpu_s(window) for name, window in windows.items()}
        drain(windows, WATCHED_S)

        return {
            name: Use(
                (cpu_s(window) - before[name]) / WATCHED_S,
                psutil.Process(window.process.pid).memory_info().rss,
            )
            for name, window in windows.items()
        }


def drain(windows: dict[str, Window], seconds: float) -> None:
    """Read what they write, as a terminal does."""
    until = time.perf_counter() + seconds

    while time.perf_counter() < until:
        time.sleep(0.05)

        for window in windows.values():
            while window.read(0):
                pass


def cpu_s(window: Window) -> float:
    """CPU seconds of a window's program so far."""
    spent = psutil.Process(window.process.pid).cpu_times()
    return float(spent.user + spent.system)


def growths(*cases: tuple[int, int]) -> list[tuple[int, int]]:
    """Resident bytes when series are full, and after so many polls; each in its own process."""
    children = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.steady", "--grow", str(partitions), str(polls)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for partitions, polls in cases
    ]
    answers = [child.communicate()[0].split() for child in children]

    return [(int(full), int(after)) for full, after in answers]


def grow(partitions: int, polls: int) -> None:
    """Fold polls and tell the memory after five sixths of them, when series are full, and all."""
    from bench.reduce import SHARE, World, start_of  # noqa: PLC0415 - the child's only
    from ehtui.domain.reduce import reduce  # noqa: PLC0415

    world_, me = World(partitions, SHARE), psutil.Process()
    state, full = start_of(world_), 0

    for poll in range(polls):
        state = reduce(reduce(state, world_.hub_read()), world_.store_read())

        if poll == polls * 5 // 6:
            gc.collect()
            full = me.memory_info().rss

    gc.collect()
    print(full, me.memory_info().rss)


def measure() -> list[Row]:
    """CPU and memory of the small and the large hub, then how memory grows."""
    with world(SMALL) as small, world(LARGE, GROUPS) as large:
        wait_for_data(small)
        rivals = {name: [name] for name in RIVALS if shutil.which(name)}
        used = watch(
            {"small": [EHTUI], "large": [EHTUI], "bare": BARE_TEXTUAL, **rivals},
            {"small": small, "large": large},
        )

    most_cpu = used["htop"].cpu if "htop" in used else None
    beside = {name: used[name].words for name in rivals}
    others = "".join(f"; {words} · {name}" for name, words in beside.items())
    bare = used["bare"]

    an_hour, a_day = growths((LARGE, HOUR), (SMALL, DAY))

    return [
        steady_row(
            f"{SMALL} partitions every 5 s", used["small"], bare, others, SMALL_MB, most_cpu
        ),
        steady_row(f"{LARGE:,} x {GROUPS} groups", used["large"], bare, others, LARGE_MB),
        growth_row(f"an hour of {LARGE:,} x {GROUPS} groups", *an_hour),
        growth_row(f"a day of {SMALL} x {GROUPS} groups", *a_day),
    ]


def wait_for_data(variables: dict[str, str]) -> None:
    """The endpoints answer, and code is compiled."""
    with Window([EHTUI], variables, cwd=NOWHERE) as window:
        window.until(OURS_DATA)


def steady_row(
    what: str, ours: Use, bare: Use, others: str, most_mb: int, most_cpu: float | None = None
) -> Row:
    """CPU is aimed at for the small hub only, and where htop is there."""
    aim = f"≤ {most_mb} MB" if most_cpu is None else f"≤ htop's CPU, ≤ {most_mb} MB"
    is_met = ours.rss_bytes <= most_mb * MEBI and (most_cpu is None or ours.cpu <= most_cpu)

    return Row(
        f"left open: {what}",
        ours.words,
        f"{bare.words} · a bare Textual app{others}",
        f"{times(ours.rss_bytes / bare.rss_bytes)} memory",
        aim,
        is_met,
    )


def growth_row(what: str, full: int, after: int) -> Row:
    """Flat is less than a tenth more than when series were full."""
    return Row(
        f"memory after {what}",
        f"{after / MEBI:.0f} MB",
        f"{full / MEBI:.0f} MB · after five sixths of it",
        times(after / full),
        "flat: ≤ 1.1x",
        after <= 1.1 * full,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--grow"]:
        grow(int(sys.argv[2]), int(sys.argv[3]))
    else:
        run(measure)
