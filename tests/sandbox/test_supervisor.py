"""Real processes, and each way in which their parent can go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from ehtui.sandbox.children import LIFELINE
from ehtui.sandbox.supervisor import ChildFailedError, Supervisor, python
from tests.shortcuts import only_linux
from tests.waiting import wait_until

WORKER = python("tests.sandbox.worker")
PARENT = """
import sys, time
from ehtui.sandbox.children import LIFELINE
from ehtui.sandbox.supervisor import Supervisor, python

supervisor = Supervisor()
children = [supervisor.start(f"worker-{n}", python("tests.sandbox.worker"), {}) for n in range(2)]
print(supervisor.folder, *(child.pid for child in children), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as running:
        yield running


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_until_ready(log: Path) -> None:
    wait_until(
        lambda: "ready" in log.read_text(encoding="utf-8"), what=f"{log.name} says it is ready"
    )


def test_a_worker_is_asked_first_and_ends(supervisor: Supervisor) -> None:
    child = supervisor.start("worker", WORKER, {})
    wait_until_ready(child.log_path)
    log = child.log_path.open()

    with log:
        supervisor.stop()
        assert "asked to end" in log.read()

    assert not is_running(child.pid)
    assert not supervisor.folder.exists()


def test_a_worker_that_does_not_listen_is_killed(supervisor: Supervisor) -> None:
    child = supervisor.start("deaf", [*WORKER, "--deaf"], {})
    wait_until_ready(child.log_path)
    supervisor.stop(grace_s=0.1)

    assert not is_running(child.pid)


def test_a_stopped_worker_ends_too(supervisor: Supervisor) -> None:
    child = supervisor.start("stopped", WORKER, {})
    wait_until_ready(child.log_path)
    os.kill(child.pid, signal.SIGSTOP)
    supervisor.stop()

    assert not is_running(child.pid)


def test_a_worker_that_somebody_restarted_ends_too(supervisor: Supervisor) -> None:
    child = supervisor.start("worker", WORKER, {})
    wait_until_ready(child.log_path)
    running = psutil.Process(child.pid)
    restarted = subprocess.Popen(
        running.cmdline(),
        env=running.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert restarted.stdout is not None

    with restarted.stdout as said:
        assert said.readline() == b"ready\n"
        supervisor.stop()

    assert restarted.wait(5) == 0


def test_a_restarted_worker_ends_with_a_parent_that_was_killed() -> None:
    with start_parent() as (parent, _, pids):
        running = psutil.Process(pids[0])
        restarted = subprocess.Popen(
            running.cmdline(),
            env=running.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        parent.kill()

        assert restarted.wait(5) == 0


def test_a_worker_started_on_a_thread_outlives_the_thread(supervisor: Supervisor) -> None:
    started: list[int] = []
    thread = threading.Thread(
        target=lambda: started.append(supervisor.start("worker", WORKER, {}).pid)
    )
    thread.start()
    thread.join()
    wait_until_ready(supervisor.folder / "worker.log")

    assert is_running(started[0])


def test_a_server_says_when_it_is_ready(supervisor: Supervisor) -> None:
    child, line = supervisor.start_server("server", WORKER, {})

    assert line == "ready"
    assert supervisor.is_running(child.pid)


def test_a_server_that_fails_tells_why(supervisor: Supervisor) -> None:
    with pytest.raises(ChildFailedError, match="No module named"):
        supervisor.start_server("server", python("ehtui.sandbox.no_such_module"), {})


@contextmanager
def start_parent() -> Iterator[tuple[subprocess.Popen[bytes], Path, list[int]]]:
    """A supervisor in a process of its own, with two workers that are ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None

    try:
        folder, *pids = process.stdout.readline().decode().split()

        for number in range(2):
            wait_until_ready(Path(folder) / f"worker-{number}.log")

        yield process, Path(folder), [int(pid) for pid in pids]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_is_left_of_a_parent_that_a_signal_ends(number: signal.Signals) -> None:
    with start_parent() as (parent, folder, pids):
        parent.send_signal(number)
        parent.wait(30)

        wait_until(lambda: not any(map(is_running, pids)), what=f"workers end after {number.name}")
        assert not folder.exists()


def test_nothing_is_left_of_a_parent_that_just_exits() -> None:
    with start_parent() as (parent, _, pids):
        assert parent.stdin is not None
        parent.stdin.close()
        parent.stdin = None
        parent.wait(30)

        wait_until(lambda: not any(map(is_running, pids)), what="workers end after an exit")


@pytest.mark.skipif(sys.platform != "linux", reason="it ends when it is continued")
@only_linux("wakes it then")
def test_even_a_stopped_worker_ends_with_a_parent_that_was_killed() -> None:
    with start_parent() as (parent, _, pids):
        os.kill(pids[0], signal.SIGSTOP)
        parent.kill()
        parent.wait(30)

        wait_until(lambda: not any(map(is_running, pids)), what="a stopped worker ends")


def test_a_worker_whose_lifeline_is_missing_ends_and_touches_no_other_folder(
    tmp_path: Path,
) -> None:
    keep = tmp_path / "keep"
    keep.touch()
    worker = subprocess.run(
        WORKER,
        env={**os.environ, LIFELINE: str(tmp_path / "missing")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=20,
        check=False,
    )

    assert worker.returncode == 0
    assert keep.exists()
