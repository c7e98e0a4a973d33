"""Whoever else starts a consumer again: said beforehand, and never two afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from msgspec.structs import replace

from ehtui.actions.launch import Restarted
from ehtui.domain.world.process import Obstacle, ProcessId
from ehtui.domain.world.restarts import Loss, LossKind
from ehtui.sources.restarts import keeper_of, time_limit_of
from ehtui.sources.supervisors import supervisor_of
from tests.hands.consumers import Stage, chosen
from tests.waiting import wait_until

CONSUMER = f"{sys.executable} consumer.py --group test"
MANAGER = """
import subprocess, sys, time
while True:
    subprocess.run([sys.executable, "consumer.py", "--group", "test"])
    time.sleep(float(sys.argv[1]))
"""


@pytest.fixture
def kept(stage: Stage) -> Iterator[Kept]:
    kept = Kept(stage)

    try:
        yield kept
    finally:
        kept.end()


class Kept:
    """A parent in a session of its own, and whoever it runs."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.parents: list[subprocess.Popen[bytes]] = []

    def start(self, *words: str) -> ProcessId:
        """Run the parent; the consumer that it starts."""
        with (self.stage.folder / "kept.log").open("wb") as out:
            parent = subprocess.Popen(
                words,
                cwd=self.stage.home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                start_new_session=True,
            )

        self.parents.append(parent)
        wait_until(lambda: bool(self.consumers()), timeout_s=20, what="the consumer runs")
        log = self.stage.folder / "kept.log"
        wait_until(lambda: b"\n" in log.read_bytes(), timeout_s=20)

        return self.consumers()[0]

    def consumers(self) -> list[ProcessId]:
        """All that run now, whoever started them."""
        found = []

        for process in psutil.process_iter(["cmdline", "cwd", "status"]):
            words = process.info["cmdline"] or []

            is_one = words[1:2] == ["consumer.py"] and process.info["cwd"] == str(self.stage.home)

            if is_one and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(chosen(process.pid))

        return found

    def restart(
        self, process: ProcessId, *, look_s: float | None = None, watch_s: float = 120.0
    ) -> Restarted:
        """With shorter waits than a person's plan has."""
        prepared = self.stage.prepare(process)
        keeper = prepared.rehearsal.keeper

        if keeper is not None and look_s is not None:
            waits = replace(keeper, look_s=look_s, watch_s=watch_s)
            prepared.rehearsal = replace(prepared.rehearsal, keeper=waits)

        return prepared.carry_out()

    def end(self) -> None:
        for parent in self.parents:
            parent.kill()
            parent.wait()

        for process in self.consumers():
            psutil.Process(process.pid).kill()


SHELL_LOOPS = [
    ("/bin/sh", "-c", f"while true; do {CONSUMER}; done"),
    ("/bin/bash", "-c", f"until false; do {CONSUMER}; sleep 1; done"),
    ("nohup", "/bin/sh", "-c", f"while :; do timeout 1h {CONSUMER}; done"),
]


@pytest.mark.parametrize("words", SHELL_LOOPS)
def test_a_loop_starts_it_again_and_ehtui_does_not(kept: Kept, words: tuple[str, ...]) -> None:
    process = kept.start(*words)
    keeper = keeper_of(process)
    assert keeper is not None
    assert keeper.is_loop
    assert keeper.pid == kept.parents[0].pid
    restarted = kept.restart(process)

    assert restarted.is_by_keeper
    assert restarted.process is not None
    assert [c.pid for c in kept.consumers()] == [restarted.process.pid]
    assert psutil.Process(restarted.process.pid).ppid() != 1
    assert not list(kept.stage.places.log.parent.glob("*.log"))


def test_a_loop_in_a_file_is_read(kept: Kept) -> None:
    script = kept.stage.home / "run.sh"
    script.write_text(f"#!/bin/sh\nwhile true; do\n  {CONSUMER}\n  sleep 7\ndone\n")
    script.chmod(0o755)
    keeper = keeper_of(kept.start("/bin/sh", "run.sh"))

    assert keeper is not None
    assert keeper.is_loop
    assert keeper.look_s == 9.0
    assert "run.sh" in keeper.command


def test_a_loop_with_a_long_pause_is_watched_for_as_long(kept: Kept) -> None:
    """Nobody waits so long for it: the one that ehtui starts goes again when it comes."""
    keeper = keeper_of(kept.start("/bin/sh", "-c", f"while {CONSUMER}; do sleep 10m; done"))

    assert keeper is not None
    assert (keeper.look_s, keeper.watch_s) == (60.0, 602.0)


def test_a_program_that_starts_workers_again_is_waited_for(kept: Kept) -> None:
    (kept.stage.home / "manager.py").write_text(MANAGER)
    process = kept.start(sys.executable, "manager.py", "0.5")
    keeper = keeper_of(process)
    assert keeper is not None
    assert not keeper.is_loop
    restarted = kept.restart(process)

    assert restarted.is_by_keeper
    assert len(kept.consumers()) == 1


def test_one_that_comes_late_is_the_one_that_stays(kept: Kept) -> None:
    """Its parent takes longer than anybody would wait: then ehtui's own goes again."""
    (kept.stage.home / "manager.py").write_text(MANAGER)
    process = kept.start(sys.executable, "manager.py", "6")
    restarted = kept.restart(process, look_s=0.5)
    assert not restarted.is_by_keeper
    assert restarted.process is not None
    own = restarted.process

    def its_parents() -> list[ProcessId]:
        return [c for c in kept.consumers() if c != own]

    wait_until(lambda: bool(its_parents()), timeout_s=20, what="its parent starts one")
    wait_until(lambda: own not in kept.consumers(), timeout_s=20, what="ehtui's own ends")
    assert len(kept.consumers()) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("/bin/sh", "-c", f"{CONSUMER}; true"),
        ("timeout", "1h", *CONSUMER.split(" ")),
    ],
)
def test_a_parent_that_ends_along_keeps_nobody_waiting(kept: Kept, words: tuple[str, ...]) -> None:
    process = kept.start(*words)
    began = time.monotonic()
    restarted = kept.restart(process, look_s=60.0)

    assert not restarted.is_by_keeper
    assert restarted.process is not None
    assert time.monotonic() - began < 30
    assert kept.consumers() == [restarted.process]


def test_a_parent_that_stays_and_starts_none_is_looked_at_first(kept: Kept) -> None:
    code = f"{CONSUMER}; sleep 1000"
    process = kept.start("/bin/sh", "-c", code)
    restarted = kept.restart(process, look_s=1.0, watch_s=1.0)

    assert not restarted.is_by_keeper
    assert [restarted.process] == kept.consumers()


def test_the_time_limit_that_is_lost_is_said(kept: Kept) -> None:
    process = kept.start("timeout", "--signal=INT", "90m", *CONSUMER.split(" "))
    prepared = kept.stage.prepare(process)
    prepared.release()

    assert time_limit_of(process) == "timeout 90m"
    assert Loss(LossKind.TIME_LIMIT, "timeout 90m") in prepared.rehearsal.losses


def test_whoever_was_orphaned_has_no_keeper(kept: Kept) -> None:
    process = kept.start("/bin/sh", "-c", f"nohup {CONSUMER} & sleep 1")
    kept.parents[0].wait(20)

    assert keeper_of(process) is None
    assert kept.restart(process).process is not None


# Terminals.


@pytest.mark.skipif(shutil.which("tmux") is None, reason="needs tmux")
@pytest.mark.parametrize(
    ("line", "is_kept"),
    [
        (f"while true; do {CONSUMER}; done", True),
        (f"{CONSUMER} &", False),
        (f"(while true; do {CONSUMER}; done) &", True),
        (CONSUMER, True),  # nobody can tell that no loop was typed
    ],
)
def test_what_was_typed_into_a_terminal(kept: Kept, line: str, *, is_kept: bool) -> None:
    socket = f"hands-{os.getpid()}"
    shell = ["bash", "--norc", "--noprofile", "-i"]
    run: list[str] = ["tmux", "-L", socket, "-f", "/dev/null", "new-session", "-d"]
    subprocess.run([*run, *shell], check=True, cwd=kept.stage.home)

    try:
        subprocess.run(["tmux", "-L", socket, "send-keys", line, "Enter"], check=True)
        wait_until(lambda: bool(kept.consumers()), timeout_s=20)
        (process,) = kept.consumers()
        wait_until(lambda: (keeper_of(process) is not None) == is_kept, timeout_s=20)
        restarted = kept.restart(process)

        assert restarted.process is not None
        assert len(kept.consumers()) == 1
    finally:
        subprocess.run(["tmux", "-L", socket, "kill-server"], check=False)


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("watchmedo", "auto-restart"),
        ("nodemon", "consumer.py"),
        ("watchexec", "-r"),
        ("air", ""),
        ("reflex", ""),
        ("entr", "-r"),
        ("node", "--watch"),
        ("tini", "--"),
        ("dumb-init", "--"),
    ],
)
def test_a_watcher_is_a_supervisor(kept: Kept, name: str, option: str) -> None:
    """It starts it again when a file changes, or ends with it: it is restarted there."""
    watcher = kept.stage.home / name
    watcher.write_text('#!/bin/sh\nshift\n"$@"\ntrue\n')
    watcher.chmod(0o755)
    process = kept.start(str(watcher), option, *CONSUMER.split(" "))
    found = supervisor_of(psutil.Process(process.pid), {os.getpid()})

    assert found is not None
    assert (found.name, found.obstacle) == (name, Obstacle.NO_COMMAND)
