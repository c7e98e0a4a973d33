"""Forked processes: a worker is no program of its own, a daemon goes on in a fork of itself."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from ehtui.actions.targets import CannotStartError
from ehtui.actions.workers import parent_that_starts
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import StartObstacle
from ehtui.views.actions.costs import obstacle_words
from tests.hands.consumers import CONSUMER, Stage, chosen, lives
from tests.waiting import wait_until

# `work` is the consumer; what a module of its own is for is that a spawned worker imports it.
WORK = CONSUMER.replace("print(json.dumps(told), flush=True)", 'print("works", flush=True)')
MASTERS = {
    "fork": """
import multiprocessing, runpy
if __name__ == "__main__":
    worker = multiprocessing.get_context("{}").Process(target=runpy.run_path, args=("work.py",))
    worker.start()
    worker.join()
""",
    "os.fork": """
import os, runpy
if not os.fork():
    runpy.run_path("work.py")
os.wait()
""",
}
METHODS = {
    "fork": MASTERS["fork"].format("fork"),
    "spawn": MASTERS["fork"].format("spawn"),
    "forkserver": MASTERS["fork"].format("forkserver"),
    "prefork": MASTERS["os.fork"],
}
NODE = """
if (process.send) { console.log("works"); setInterval(() => {}, 1e6); }
else require("child_process").fork(__filename);
"""
DAEMON = """
import os, runpy, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    time.sleep(float(sys.argv[1]))
    os._exit(0)
runpy.run_path("work.py")
"""


@pytest.fixture
def group(stage: Stage) -> Iterator[Group]:
    group = Group(stage)

    try:
        yield group
    finally:
        group.end()


class Group:
    """Everything that was started in the folder of a stage."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        (stage.home / "work.py").write_text(WORK)

    def processes(self) -> list[psutil.Process]:
        found = []

        for process in psutil.process_iter(["cwd", "status"]):
            is_here = process.info["cwd"] == str(self.stage.home)

            if is_here and process.info["status"] != psutil.STATUS_ZOMBIE:
                found.append(process)

        return found

    def worker(self) -> ProcessId:
        """The last one that was started."""
        return chosen(max(self.processes(), key=psutil.Process.create_time).pid)

    def end(self) -> None:
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()


def is_left_alone(stage: Stage, worker: ProcessId) -> str:
    """Its restart is refused, and nothing was done; in which words."""
    with pytest.raises(CannotStartError) as caught:
        stage.restart(worker)

    assert caught.value.obstacle is StartObstacle.WORKER
    assert lives(worker)
    assert not stage.was_asked_to_end

    return obstacle_words(caught.value.obstacle, caught.value.detail)


@pytest.mark.parametrize("method", METHODS)
def test_a_worker_is_started_by_its_parent_only(stage: Stage, group: Group, method: str) -> None:
    """Its command line starts its parent's whole program once more, or nothing."""
    stage.script.write_text(METHODS[method])
    stage.start()
    worker = group.worker()
    parent = psutil.Process(worker.pid).ppid()

    assert f"worker of process {parent}" in is_left_alone(stage, worker)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node")
def test_a_worker_of_node_needs_the_channel_to_its_parent(stage: Stage, group: Group) -> None:
    (stage.home / "master.js").write_text(NODE)
    stage.start("node", "master.js")

    is_left_alone(stage, group.worker())


def test_the_parent_of_workers_is_no_worker(stage: Stage, group: Group) -> None:
    stage.script.write_text(METHODS["prefork"])
    parent = stage.start()
    stage.prepare(parent).release()

    wait_until(lambda: len(group.processes()) == 2, what="the rehearsal's own process has ended")


def test_whom_somebody_activated_with_sockets_is_a_worker() -> None:
    variables = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}

    assert parent_that_starts(os.getpid(), ["consumer"], variables) == os.getppid()
    assert parent_that_starts(os.getpid(), ["consumer"], {"LISTEN_PID": "1"}) is None


@pytest.mark.parametrize("lingers_s", ["0", "0.5"])
def test_a_daemon_that_forks_itself_away_is_one_afterwards(
    stage: Stage, group: Group, lingers_s: str
) -> None:
    """The process that ehtui starts ends at once, with 0: its fork is the consumer."""
    stage.script.write_text(DAEMON)
    stage.start(sys.executable, "consumer.py", lingers_s)
    wait_until(lambda: len(group.processes()) == 1, timeout_s=20, what="the daemon alone")
    old = group.worker()
    restarted = stage.restart(old)

    assert restarted.exit_code is None
    assert not lives(old)
    assert [each.pid for each in group.processes()] == [restarted.process and restarted.process.pid]


def test_a_daemon_that_dies_at_once_is_down(stage: Stage, group: Group) -> None:
    stage.script.write_text(DAEMON)
    stage.start(sys.executable, "consumer.py", "0")
    wait_until(lambda: len(group.processes()) == 1, timeout_s=20, what="the daemon alone")
    (stage.home / "work.py").write_text("import sys; sys.exit('no such hub')")
    restarted = stage.restart(group.worker())

    assert restarted.exit_code is not None
    assert restarted.last_lines == ("no such hub",)
    assert group.processes() == []


def test_a_worker_whose_parent_has_ended_goes_on_as_a_daemon(stage: Stage, group: Group) -> None:
    """Nobody else runs that program any more: its command starts it, with its workers."""
    stage.script.write_text(METHODS["prefork"])
    parent = stage.start()
    worker = group.worker()
    os.kill(parent.pid, signal.SIGKILL)
    stage.children[0].wait()
    stage.prepare(worker).release()
