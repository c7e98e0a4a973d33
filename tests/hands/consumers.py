"""Real processes that play consumers, in a folder of their own; each ends with its test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from ehtui.actions.launch import Prepared, Restarted
from ehtui.actions.preparing import Places, prepare_restart
from ehtui.domain.text import safe
from ehtui.domain.world.process import ProcessId
from ehtui.sources.process_facts import program_of, started_at
from tests.waiting import wait_until

NOBODY = 65534
# Says who and how it is, and notes in its folder that it was asked to end.
CONSUMER = """
import json, os, pathlib, signal, sys, time

def end(*_):
    pathlib.Path("asked").touch()
    os._exit(0)

signal.signal(signal.SIGTERM, end)
told = {"pid": os.getpid(), "words": sys.argv[1:], "secret": os.environ.get("SECRET")}
print(json.dumps(told), flush=True)

while True:
    time.sleep(60)
"""


@dataclass
class Stage:
    """A folder with a program in it, whoever runs that, and where a restart writes."""

    folder: Path
    running: list[int] = field(default_factory=list)
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.home.mkdir()
        self.state = self.folder / "state"
        self.script = self.home / "consumer.py"
        self.script.write_text(CONSUMER)
        self.places = Places(
            self.state / "logs" / "again.log",
            self.state / "restarts",
            self.state / "audit.jsonl",
        )

    def start(self, *words: str, **options: Any) -> ProcessId:
        """Run it, and wait until it says that it runs; without words, the program as usual."""
        log = self.folder / f"first-{len(self.children)}.log"
        usual: dict[str, Any] = {"cwd": self.home, "stdin": subprocess.DEVNULL}

        with log.open("wb") as out:
            child = subprocess.Popen(
                words or (sys.executable, "consumer.py", "--group", "test"),
                stdout=out,
                **usual | options,
            )

        self.children.append(child)
        wait_until(lambda: b"\n" in log.read_bytes(), timeout_s=20, what="the consumer runs")

        return chosen(child.pid)

    def prepare(self, process: ProcessId) -> Prepared:
        return prepare_restart(process, self.places)

    def restart(self, process: ProcessId, **options: Any) -> Restarted:
        restarted = self.prepare(process).carry_out(**options)

        if restarted.process is not None:
            self.running.append(restarted.process.pid)

        return restarted

    @property
    def was_asked_to_end(self) -> bool:
        return (self.home / "asked").exists()

    @property
    def left_behind(self) -> list[str]:
        """Files that a restart makes before it stops anything."""
        files = [path for path in self.state.rglob("*") if path.is_file()]

        return sorted(path.name for path in files if path != self.places.audit)

    def end(self) -> None:
        for pid in self.running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

        for child in self.children:
            child.kill()
            child.wait()


def chosen(pid: int) -> ProcessId:
    """As the list of consumers has it."""
    return ProcessId(pid, started_at(pid), program_of(pid))


def lives(process: ProcessId) -> bool:
    with suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE

    return False


def plain_python() -> str:
    """The one below the virtual environment: no `.pth` file there runs code."""
    return str(Path(sys.executable).resolve())


def venv_in(stage: Stage) -> Path:
    venv = stage.folder / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(plain_python())
    home = Path(plain_python()).parent
    (venv / "pyvenv.cfg").write_text(f"home = {home}\nversion = 3\n")

    return venv


@contextmanager
def stage_in(folder: Path) -> Iterator[Stage]:
    stage = Stage(folder)

    try:
        yield stage
    finally:
        stage.end()


def run_by(user: int) -> Mapping[str, Any]:
    """Options of a child of somebody else's."""
    return {"user": user, "group": user, "extra_groups": []}


def words_of(pid: int) -> Sequence[str]:
    raw = Path(f"/proc/{pid}/cmdline").read_bytes()

    return [safe(word.decode()) for word in raw.split(b"\0")[:-1]]


def everybodys_python() -> str:
    """A Python that every user may run."""
    for path in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        with suppress(OSError):
            run = [path, "-c", "import json"]
            if subprocess.run(run, check=False, **run_by(NOBODY)).returncode == 0:
                return path

    pytest.skip("no Python here that every user may run")


@contextmanager
def as_user(user: int) -> Iterator[None]:
    """This process with somebody else's rights, for a while."""
    groups = os.getgroups()
    os.setgroups([])
    os.setresgid(user, user, 0)
    os.setresuid(user, user, 0)

    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
        os.setgroups(groups)
