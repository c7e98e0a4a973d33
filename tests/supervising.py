"""Real processes that play a supervisor's part, ended by who started them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

from tests.waiting import wait_until

# Keeps one program running, notes its pid beside the configuration, ends it when it is ended.
_DAEMON = """#!{python}
import os, pathlib, signal, subprocess, sys

folder = pathlib.Path(sys.argv[2]).parent
variables = dict(os.environ, SUPERVISOR_ENABLED="1", SUPERVISOR_GROUP_NAME="rag")
variables |= {{"SUPERVISOR_PROCESS_NAME": "rag_00", "SUPERVISOR_SERVER_URL": "unix:///s.sock"}}
child = None

def end(*_):
    child.kill()
    os._exit(0)

signal.signal(signal.SIGTERM, end)

while True:
    child = subprocess.Popen({program!r}, env=variables, start_new_session=True)
    (folder / "new").write_text(str(child.pid))
    (folder / "new").rename(folder / "pid")
    child.wait()
"""
# Ends the program and waits for its successor.
_CLIENT = """#!{python}
import os, pathlib, signal, sys, time

_, flag, configuration, verb, name = sys.argv
pid = pathlib.Path(configuration).parent / "pid"

if (flag, verb, name) != ("-c", "restart", "rag:rag_00"):
    sys.exit(f"{{name}}: ERROR (no such process)")

before = pid.read_text()
os.kill(int(before), signal.SIGTERM)
print(f"\\x1b[32m{{name}}: stopped\\x1b[0m", flush=True)

while pid.read_text() == before:
    time.sleep(0.01)

print(f"{{name}}: started")
"""


def install(folder: Path, name: str, text: str) -> Path:
    """An executable of that name."""
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)

    return path


@contextmanager
def supervisord(folder: Path, *program: str) -> Iterator[int]:
    """A supervisor that runs `program`, with its client beside it; gives the program's pid."""
    install(folder, "supervisorctl", _CLIENT.format(python=sys.executable))
    daemon = install(folder, "supervisord", _DAEMON.format(python=sys.executable, program=program))
    (folder / "supervisord.conf").touch()
    process = subprocess.Popen([daemon, "-c", "supervisord.conf"], cwd=folder)

    try:
        wait_until((folder / "pid").exists, what="supervised")
        yield running(folder)
    finally:
        process.terminate()
        process.wait()


def running(folder: Path) -> int:
    """Whom that supervisor runs now."""
    return int((folder / "pid").read_text())


@contextmanager
def under(
    *titles: str, variables: Mapping[str, str] | None = None, **options: Any
) -> Iterator[psutil.Process]:
    """A process below parents with these titles, outermost first: shells, whatever they look like.

    A shell starts its child with `&`, so that the child ignores SIGINT.
    """
    script = "sleep 60 & wait"

    for title in reversed(titles[1:]):
        script = f"(exec -a '{title}' bash -c '{script}') & wait"

    parent = subprocess.Popen(
        [titles[0], "-c", script],
        executable="/bin/bash",
        env={**os.environ, **(variables or {})},
        **options,
    )
    line: list[psutil.Process] = []

    def stands() -> bool:
        with suppress(psutil.NoSuchProcess):  # a shell that has just become another program
            line[:] = psutil.Process(parent.pid).children(recursive=True)
            return bool(line) and line[-1].name() == "sleep"

        return False

    try:
        wait_until(stands, what="a process to be supervised")
        yield line[-1]
    finally:
        for process in line:
            with suppress(psutil.NoSuchProcess):
                process.kill()

        parent.wait()
