"""`make bench`: every comparison in turn, one table, written to docs/benchmarks.md.

`python -m bench [NAME...]` runs some of them and writes nothing.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.table import HEADINGS, Row, markdown

# Those that time something short come first: the machine is as it was found.
MODULES = ("startup", "keys", "output", "refresh", "listing", "reduce", "scan", "steady", "hubs")
LIBRARIES = ("textual", "azure-eventhub", "azure-storage-blob", "psutil")
DOCUMENT = Path(__file__).parents[1] / "docs" / "benchmarks.md"
NOTES = Path(__file__).with_name("notes.md")


def rows_of(module: str) -> list[Row]:
    """What one module measures, in a process of its own."""
    command = [sys.executable, "-m", f"bench.{module}", "--json"]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return [Row(**json.loads(line)) for line in found.splitlines()]


def setting(took_s: float) -> str:
    """Machine, versions, date."""
    libraries = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    model = platform.processor() or platform.machine()
    cpu_info = Path("/proc/cpuinfo")

    if cpu_info.exists():
        lines = cpu_info.read_text(encoding="utf-8").splitlines()
        models = (line.partition(": ")[2] for line in lines if line.startswith("model name"))
        model = next(models, model)

    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC · {os.cpu_count()} x {model} · "
        f"{platform.system()} {platform.release()} · Python {platform.python_version()} · "
        f"{libraries} · load average before {LOAD:.1f} · took {took_s / 60:.0f} min"
    )


LOAD = os.getloadavg()[0]


def main() -> None:
    """Measure, print, write."""
    chosen = [name for name in sys.argv[1:] if name in MODULES] or list(MODULES)
    began = time.monotonic()
    lines = []

    for module in chosen:
        print(f"{module} …", file=sys.stderr, flush=True)
        command = f"`python -m bench.{module}`"
        lines += [(*row.cells, command) for row in rows_of(module)]

    table = markdown((*HEADINGS, "reproduce"), lines)
    print(table)

    if chosen == list(MODULES):
        text = NOTES.read_text().format(setting=setting(time.monotonic() - began), table=table)
        DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
