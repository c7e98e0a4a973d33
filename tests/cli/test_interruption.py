"""A restart that is interrupted between the signal and the start: real processes, real signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.waiting import wait_until

# Asked to end, it says so, and ends when it may. Started again, it says who it is.
CONSUMER = """
import os, pathlib, signal, sys, time
folder = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: (folder / "asked").touch())
print(os.getpid(), flush=True)
while not ((folder / "asked").exists() and (folder / "may-end").exists()):
    time.sleep(0.02)
"""


@dataclass
class Stage:
    """A restart that waits for the end of its consumer."""

    folder: Path
    consumer: subprocess.Popen[str]
    restart: subprocess.Popen[str]

    @property
    def again(self) -> int | None:
        """Who was started again."""
        log = self.folder / "again.log"
        text = log.read_text() if log.exists() else ""

        return int(text) if text.endswith("\n") else None

    def let_end(self) -> None:
        """The consumer ends; whoever comes after it stays."""
        (self.folder / "may-end").touch()
        self.consumer.wait(10)
        (self.folder / "asked").unlink()

    def audited(self) -> dict[str, Any]:
        lines = (self.folder / "audit").read_text().splitlines()
        told: dict[str, Any] = json.loads(lines[-1])

        return told


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    consumer = subprocess.Popen(
        [sys.executable, "-c", CONSUMER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert consumer.stdout is not None
    assert consumer.stdout.readline()
    arguments = [str(consumer.pid), str(tmp_path / "again.log"), str(tmp_path / "audit")]
    restart = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.restarting", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stage = Stage(tmp_path, consumer, restart)

    try:
        wait_until((tmp_path / "asked").exists, timeout_s=30, what="the consumer is asked to end")
        yield stage
    finally:
        for process in (restart, consumer):
            process.kill()
            process.communicate()

        if stage.again is not None and psutil.pid_exists(stage.again):
            os.kill(stage.again, signal.SIGKILL)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_who_interrupts_once_gets_the_promised_start(
    stage: Stage, number: signal.Signals, code: int
) -> None:
    stage.restart.send_signal(number)
    assert stage.restart.stderr is not None
    assert "Ctrl-C stops waiting" in stage.restart.stderr.readline()
    stage.let_end()
    out, _ = stage.restart.communicate(timeout=30)

    assert stage.restart.returncode == code
    assert f"Restarted {stage.consumer.pid} as {stage.again}" in out
    assert stage.audited()["state"] == "done"
    assert stage.again is not None
    assert psutil.pid_exists(stage.again)


def test_who_interrupts_twice_leaves_it_to_go_on(stage: Stage) -> None:
    """A consumer that was asked to end to be restarted is started, whoever waits for that."""
    stage.restart.send_signal(signal.SIGINT)
    assert stage.restart.stderr is not None
    stage.restart.stderr.readline()
    stage.restart.send_signal(signal.SIGINT)
    out, err = stage.restart.communicate(timeout=30)
    told = f"The restart of {stage.consumer.pid} continues without ehtui"

    assert stage.restart.returncode == 130
    assert told in out
    assert "Traceback" not in err
    assert stage.audited()["state"] == "left"
    assert stage.again is None

    stage.let_end()
    wait_until(lambda: stage.again is not None, what="started all the same")
    wait_until(lambda: stage.audited()["event"] == "restart.started")
    assert stage.audited()["new_pid"] == stage.again
