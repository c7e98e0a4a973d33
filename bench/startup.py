"""Until something is seen: first paint, first data, `--version`, `status --json`.

How long `status` takes is told twice: by the clock, and by the CPU that it takes alone.

Everybody starts as at a user's terminal, with compiled modules, in turns (A B A B), so that a busy
machine is as busy for each. Medians. `python -m bench.startup`.
"""

from __future__ import annotations

import compileall
import json
import resource
import statistics
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.table import Row, ms, run, times
from bench.window import ROOT, Window, environment
from bench.world import world

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TURNS = 9
PARTITIONS = 32
MOST_PAINT, MOST_DATA, LEAST_FASTER = 1.15, 2, 6
NOWHERE = Path("/")  # a folder without settings: they come from the environment
EHTUI = str(Path(sys.executable).with_name("ehtui"))
NOTHING = [sys.executable, "-c", "pass"]
BARE_TEXTUAL = [
    sys.executable,
    "-c",
    """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("painted")

Bare().run()
""",
]
# What a script does that wants these numbers from the SDK, all reads at once.
SDK_SCRIPT = [
    sys.executable,
    "-c",
    """
import asyncio, json, os
from azure.eventhub.aio import EventHubConsumerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

async def main():
    e = os.environ
    group = e["EVENTHUB_CONSUMER_GROUP"]
    hub = EventHubConsumerClient.from_connection_string(e["EVENTHUB_CONNECTION_STRING"], group)
    store = BlobCheckpointStore.from_connection_string(
        e["AZURE_STORAGE_CONNECTION_STRING"], e["CHECKPOINT_CONTAINER"])
    namespace = e["EVENTHUB_CONNECTION_STRING"].split("sb://")[1].split(";")[0].rstrip("/")
    where = namespace, e["EVENTHUB_NAME"], group
    async with hub, store:
        ids = await hub.get_partition_ids()
        found = await asyncio.gather(
            store.list_ownership(*where), store.list_checkpoints(*where),
            *(hub.get_partition_properties(i) for i in ids))
    owners = {o["partition_id"]: o["owner_id"] for o in found[0]}
    done = {c["partition_id"]: c["sequence_number"] for c in found[1]}
    print(json.dumps({"partitions": [
        {"id": p["id"], "owner": owners[p["id"]],
         "lag": p["last_enqueued_sequence_number"] - done[p["id"]]} for p in found[2:]]}))

asyncio.run(main())
""",
]
# The tables stand; an owner's and a sequence number from both sources are in the first row.
OURS_PAINTED = rb"Partitions"
OURS_DATA = rb"00000000 .*\b2[4-9]\b"


def compile_all() -> None:
    """As pip leaves an installation: what is timed is no compiler."""
    for folder in (sysconfig.get_path("purelib"), str(ROOT / "ehtui")):
        compileall.compile_dir(folder, quiet=2, workers=2)


def shown_after(command: list[str], pattern: bytes, variables: Mapping[str, str]) -> float:
    """Seconds until a program's window shows it."""
    with Window(command, variables, cwd=NOWHERE) as window:
        return window.until(pattern)


def ended_after(command: list[str], variables: Mapping[str, str], spent: list[float]) -> float:
    """Seconds until a program has ended well; the CPU that it took is noted in `spent`."""
    began, before = time.perf_counter(), _children_cpu_s()
    subprocess.run(
        command, env=environment(variables), cwd=NOWHERE, check=True, stdout=subprocess.DEVNULL
    )
    took_s = time.perf_counter() - began
    spent.append(_children_cpu_s() - before)
    return took_s


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_turns(*contenders: Callable[[], float]) -> list[float]:
    """Each one's median, after one round to warm the page cache."""
    rounds = [[contender() for contender in contenders] for _ in range(TURNS + 1)]
    return [statistics.median(column) for column in zip(*rounds[1:], strict=True)]


def check_answers(variables: Mapping[str, str]) -> None:
    """Both ways read the same, or their times say nothing."""
    ours, theirs = (
        json.loads(
            subprocess.run(
                command, env=environment(variables), check=True, stdout=subprocess.PIPE
            ).stdout
        )
        for command in ([EHTUI, "status", "--json", "--fail-on", "never"], SDK_SCRIPT)
    )
    owners = {p["id"]: p["owner"] for p in theirs["partitions"]}
    assert len(owners) == PARTITIONS
    text = json.dumps(ours)
    assert all(owner in text for owner in owners.values())


def measure() -> list[Row]:
    """First paint and first data in a window, then what ends by itself."""
    compile_all()
    ours: list[float] = []
    theirs: list[float] = []

    with world(PARTITIONS) as hub:
        check_answers(hub)
        paint, bare, data, status, script, version, nothing = in_turns(
            lambda: shown_after([EHTUI], OURS_PAINTED, hub),
            lambda: shown_after(BARE_TEXTUAL, rb"painted", {}),
            lambda: shown_after([EHTUI], OURS_DATA, hub),
            lambda: ended_after([EHTUI, "status", "--json", "--fail-on", "never"], hub, ours),
            lambda: ended_after(SDK_SCRIPT, hub, theirs),
            lambda: ended_after([EHTUI, "--version"], {}, []),
            lambda: ended_after(NOTHING, {}, []),
        )

    cpu, script_cpu = statistics.median(ours[1:]), statistics.median(theirs[1:])

    return [
        Row(
            "first paint",
            ms(paint),
            f"{ms(bare)} · a bare Textual app",
            times(paint / bare),
            f"≤ {MOST_PAINT}x",
            paint <= MOST_PAINT * bare,
        ),
        Row(
            f"first data, {PARTITIONS} partitions",
            ms(data),
            f"{ms(bare)} · a bare Textual app's first paint",
            times(data / bare),
            f"≤ {MOST_DATA}x",
            data <= MOST_DATA * bare,
        ),
        Row(
            f"`status --json`, {PARTITIONS} partitions",
            ms(status),
            f"{ms(script)} · an SDK script",
            times(script / status, "faster"),
            f"≥ {LEAST_FASTER}x",
            script >= LEAST_FASTER * status,
        ),
        Row(
            f"`status --json`, {PARTITIONS} partitions (CPU)",
            ms(cpu),
            f"{ms(script_cpu)} · an SDK script",
            times(script_cpu / cpu, "less"),
        ),
        Row(
            "`ehtui --version`",
            ms(version),
            f"{ms(nothing)} · `python -c pass`",
            times(version / nothing),
        ),
    ]


if __name__ == "__main__":
    run(measure)
