"""`make forecasts`: kills real consumers by the hundred and writes docs/forecasts.md."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

from ehtui.sandbox.javascript import has_node, install
from ehtui.sandbox.options import OPTIONS, Ready, ServerOptions
from ehtui.sandbox.scenes.stage import free_host
from ehtui.sandbox.supervisor import Supervisor, python
from tests.forecasts.page import page
from tests.forecasts.settings import JAVASCRIPT, PARTITIONS, SETTINGS, Setting
from tests.forecasts.world import Window

PAGE = Path(__file__).parents[2] / "docs" / "forecasts.md"
AMQP_PORT = 5672  # without a port in the Endpoint both SDKs write the same names
WANTED = 0.95
_SAYING = threading.Lock()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.forecasts", description=__doc__)
    parser.add_argument("names", nargs="*", help="settings to try (default: all)")
    parser.add_argument("--list", action="store_true", help="name them and end")
    parser.add_argument("--kills", type=int, help="of each setting, instead of its own number")
    parser.add_argument("--at-once", type=int, default=5, help="groups (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="keep every window there, one a line")
    options = parser.parse_args()
    os.environ.update(no_proxy="*", NO_PROXY="*")
    chosen = [s for s in SETTINGS if not options.names or s.name in options.names]

    if options.list:
        say("\n".join(setting.name for setting in SETTINGS))
        return 0

    if not has_node():
        chosen = [s for s in chosen if s.sdk != JAVASCRIPT]
        say("Node and npm are not here: JavaScript is left out")
    elif any(s.sdk == JAVASCRIPT for s in chosen):
        install()  # once, not by several worlds at a time

    if options.kills:
        chosen = [replace(s, kills=options.kills) for s in chosen]

    started = time.monotonic()
    windows = measure(chosen, options.at_once)
    took_s = time.monotonic() - started

    if options.json:
        options.json.write_text("".join(json.dumps(asdict(w)) + "\n" for w in windows))

    text = page(chosen, windows, took_s)
    share = sum(w.is_inside for w in windows) / max(1, len(windows))
    say(text.split("\n\n", 2)[1])

    if not options.names and not options.kills:
        PAGE.write_text(text)

    return 0 if share >= WANTED else 1


def measure(settings: Sequence[Setting], at_once: int) -> list[Window]:
    """Every window of every setting, so many groups at a time."""
    groups = tuple(setting.name for setting in settings)
    options = ServerOptions(
        hub="forecasts",
        partitions=PARTITIONS,
        groups=groups,
        host=free_host(AMQP_PORT),
        port=AMQP_PORT,
    )

    with Supervisor() as supervisor:
        told = {OPTIONS: options.to_json()}
        _, line = supervisor.start_server("server", python("ehtui.sandbox.server"), told)
        ready = Ready.from_json(line)
        # The longest first, so that none is left alone at the end.
        longest_first = sorted(settings, key=lambda s: -s.kills * (s.expiry_s + 4 * s.interval_s))

        with ThreadPoolExecutor(at_once) as pool:
            found = pool.map(lambda s: list(windows_of(s, ready)), longest_first)
            return [window for windows in found for window in windows]


def windows_of(setting: Setting, ready: Ready) -> Iterator[Window]:
    """Run one world as a process of its own, and tell what it tells."""
    command = [
        sys.executable,
        "-m",
        "tests.forecasts.world",
        setting.to_json(),
        json.dumps(asdict(ready.connections)),
    ]

    pipe = subprocess.PIPE

    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as world:
        assert world.stdout is not None

        for line in world.stdout:
            fields = json.loads(line)
            window = Window(**{**fields, "shown_s": tuple(fields["shown_s"])})
            say(told(window))
            yield window

    if world.returncode:
        say(f"!! {setting.name} broke off: exit code {world.returncode}")


def told(window: Window) -> str:
    """One line of progress."""
    guess = "~" if window.is_guess else " "
    latest = "…" if window.latest_s is None else f"{window.latest_s:.1f}"
    mark = "ok " if window.is_inside else "NO "
    return (
        f"{mark} {window.setting:<22} #{window.kill:<3} P{window.partition} {guess}"
        f"{window.earliest_s:6.1f}–{latest:>6}  taken {window.taken_s:6.1f}  {window.basis}"
        f"{'' if window.is_kept is window.is_inside else '  ehtui says ' + str(window.is_kept)}"
        f"{f'  a round slipped by {window.slipped_s:.1f} s' if window.slipped_s else ''}"
        f"  (load {window.load:.1f})"
    )


def say(text: str) -> None:
    with _SAYING:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
