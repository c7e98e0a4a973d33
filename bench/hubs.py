"""What ten hubs on two namespaces cost while nobody looks at one of them, without a screen.

Beside it the same ten at their own pace (every 5 s), as if each had a finding, and one of them
alone; each in a process of its own, after another, on the same sandboxes. `python -m bench.hubs`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.table import Row, run, times
from ehtui.cli.hub_slot import SELDOM
from ehtui.cli.hubs import TROUBLED, WatchedHubs
from ehtui.config.changes import Configuration
from ehtui.config.found import Flags
from ehtui.sandbox.options import HubOptions, ServerOptions
from ehtui.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.hubs import WatchedHub

HUBS, PARTITIONS = 5, 8  # of each namespace, of each hub
WARM_S, WATCHED_S = 15.0, 60.0
SETTLED_S = 45.0  # consumers that have just begun are findings, and those are looked at closely
MOST_READS = 4.0  # a minute and hub: of hub and store, each every 30 s
MOST_MB, MOST_SHARE = 80, 1.3  # of one hub's memory
MEBI = 1 << 20


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process: a share of a core, resident bytes, reads of hubs and stores a minute."""

    cpu: float
    rss_bytes: int
    reads: float

    @property
    def words(self) -> str:
        """CPU and memory."""
        return f"{self.cpu:.2%}, {self.rss_bytes / MEBI:.0f} MB"


def watch(folder: Path, how: str) -> None:
    """Watch as `how` says ("seldom", "own", "one"), and print what it cost."""
    configured = Configuration(Flags(), {}, folder).read()
    chosen = configured[:1] if how == "one" else configured
    hubs = WatchedHubs(chosen, unwatched=TROUBLED if how == "own" else SELDOM)
    reads: dict[tuple[str, str], set[float]] = {}
    begun = time.monotonic() + WARM_S

    def count(watched: Sequence[WatchedHub]) -> None:
        for each in watched:
            for source in each.snapshot.sources if each.snapshot is not None else ():
                if source.read_at is not None:
                    seen = reads.setdefault((each.key, source.name), set())
                    seen.add(source.read_at)

    hubs.subscribe(count)
    time.sleep(WARM_S)
    me = psutil.Process()
    before, read_before = me.cpu_times(), sum(map(len, reads.values()))
    time.sleep(max(0.0, begun + WATCHED_S - time.monotonic()))
    after = me.cpu_times()
    spent = after.user + after.system - before.user - before.system
    read = sum(map(len, reads.values())) - read_before
    print(json.dumps([spent / WATCHED_S, me.memory_info().rss, read * 60.0 / WATCHED_S]))
    hubs.close()


def cost(folder: Path, how: str) -> Cost:
    """What watching so costs, in a process of its own."""
    command = [sys.executable, "-m", "bench.hubs", "--watch", how, str(folder)]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Cost(*json.loads(found))


def measure() -> list[Row]:
    """Reads, CPU and memory of ten hubs that nobody looks at."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        boxes = {name: stack.enter_context(_serving(name)) for name in ("one", "two")}
        profiles = "\n".join(_profile(name, box) for name, box in boxes.items())
        (folder / "ehtui.yaml").write_text(f"profiles:\n{profiles}\n")
        time.sleep(SETTLED_S)
        seldom, own, one = (cost(folder, how) for how in ("seldom", "own", "one"))

    ten = f"{2 * HUBS} hubs of {PARTITIONS} partitions on 2 namespaces"
    each = seldom.reads / (2 * HUBS)
    return [
        Row(
            f"{ten}, nobody looks: reads a minute",
            f"{seldom.reads:.0f} ({each:.1f} a hub)",
            f"{own.reads:.0f} · all at their own pace",
            times(own.reads / max(seldom.reads, 1.0), "fewer"),
            f"≤ {MOST_READS:.0f} a hub",
            each <= MOST_READS * 1.1,
        ),
        Row(
            "the same: CPU and memory, no screen",
            seldom.words,
            f"{own.words} · all at their own pace",
            times(own.cpu / max(seldom.cpu, 1e-6), "less CPU"),
        ),
        Row(
            "the same: memory beside one hub",
            f"{seldom.rss_bytes / MEBI:.0f} MB",
            f"{one.rss_bytes / MEBI:.0f} MB · one hub",
            times(seldom.rss_bytes / one.rss_bytes),
            f"≤ {MOST_SHARE}x, ≤ {MOST_MB} MB",
            seldom.rss_bytes <= min(MOST_SHARE * one.rss_bytes, MOST_MB * MEBI),
        ),
    ]


def _serving(name: str) -> Sandbox:
    first, *others = (HubOptions(f"{name}{number}", PARTITIONS) for number in range(HUBS))
    options = ServerOptions(hub=first.name, partitions=PARTITIONS, more_hubs=tuple(others))
    return Sandbox(options, consumers=2)


def _profile(name: str, box: Sandbox) -> str:
    known = box.ready.connections
    key = known.eventhub.partition(";EntityPath")[0]
    store = f"connection_string: '{known.storage}', containers: [{known.container}]"
    hubs = ", ".join(hub.name for hub in box.options.hubs)
    return f"""\
  {name}:
    eventhub: {{connection_string: '{key}'}}
    checkpoint_store: {{{store}}}
    hubs: [{hubs}]"""


if __name__ == "__main__":
    if sys.argv[1:2] == ["--watch"]:
        watch(Path(sys.argv[3]), sys.argv[2])
    else:
        run(measure)
