"""What happens once it was asked to end: it is started, or is known to be down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from shutil import rmtree
from typing import Any

import psutil
import pytest

from ehtui.actions.launch import Restarted
from ehtui.actions.preparing import Places, prepare_restart
from ehtui.actions.targets import BeingRestartedError, ProcessGoneError
from ehtui.domain.world.restarts import StartObstacle
from tests.hands.consumers import Stage, chosen, lives, venv_in
from tests.shortcuts import only_linux
from tests.waiting import wait_until

# Asked to end, it takes until it may.
SLOW = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: pathlib.Path("asked").touch())
print("runs", os.getpid(), flush=True)
while not (pathlib.Path("asked").exists() and pathlib.Path("may-end").exists()):
    time.sleep(0.02)
os.unlink("asked")
"""
DEAF = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("runs", os.getpid(), flush=True)
time.sleep(60)
"""


def steps(stage: Stage) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stage.places.audit.read_text().splitlines()]


def record(stage: Stage) -> dict[str, Any]:
    (path,) = stage.places.records.glob("*.json")
    told: dict[str, Any] = json.loads(path.read_text())

    return told


class Background:
    """A restart on a thread of its own, and what it tells on the way."""

    def __init__(self, stage: Stage, process: Any, **options: Any) -> None:
        self.told: list[dict[str, Any]] = []
        self.results: list[Restarted | Exception] = []
        self._thread = threading.Thread(
            target=self._run, args=(stage, process, options), daemon=True
        )
        self._thread.start()

    def _run(self, stage: Stage, process: Any, options: dict[str, Any]) -> None:
        try:
            self.results.append(stage.restart(process, tell=self.told.append, **options))
        except Exception as error:
            self.results.append(error)

    def has_told(self, word: str) -> bool:
        return any(word in each for each in self.told)

    def result(self) -> Restarted | Exception:
        self._thread.join(30)

        return self.results[0]


@only_linux("holds a program open without reading it")
def test_a_program_that_is_deleted_meanwhile_was_held(stage: Stage) -> None:
    """Between the look and the start its file goes: what was open is started."""
    program = stage.home / "runner"
    program.write_bytes(Path("/bin/bash").read_bytes())
    program.chmod(0o755)
    process = stage.start(
        "./runner", "-c", "echo runs; exec 3<>/dev/null; while :; do sleep 1; done"
    )
    prepared = stage.prepare(process)
    restarted = prepared.carry_out(tell=lambda told: program.unlink() if "asked" in told else None)
    assert restarted.process is not None
    stage.running.append(restarted.process.pid)

    assert restarted.exit_code is None
    assert restarted.log_path.read_text() == "runs\n"


def test_a_virtual_environment_that_is_deleted_meanwhile(stage: Stage) -> None:
    """Its interpreter alone would be another one: down, rather than something else."""
    venv = venv_in(stage)
    process = stage.start(str(venv / "bin" / "python"), "consumer.py")
    prepared = stage.prepare(process)
    restarted = prepared.carry_out(tell=lambda told: rmtree(venv) if "asked" in told else None)

    assert restarted.process is None
    assert restarted.obstacle is StartObstacle.PROGRAM_GONE


def test_who_cannot_be_started_after_all_is_down(stage: Stage) -> None:
    process = stage.start()
    prepared = stage.prepare(process)
    restarted = prepared.carry_out(
        who={"user": "ops"}, tell=lambda told: stage.script.unlink() if "asked" in told else None
    )

    assert restarted.process is None
    assert (restarted.obstacle, restarted.detail) == (StartObstacle.SCRIPT_GONE, "consumer.py")
    assert not restarted.log_path.exists()
    told = record(stage)
    assert (told["stage"], told["obstacle"]) == ("failed", "script_gone")
    assert told["arguments"] == [sys.executable, "consumer.py", "--group", "test"]
    assert told["folder"] == str(stage.home)
    assert "PATH" in told["variables"]
    assert [step["event"] for step in steps(stage)] == ["restart.ended", "restart.failed"]
    assert steps(stage)[-1]["user"] == "ops"


def test_who_dies_at_once_is_down_and_says_why(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ehtui.actions.launch.EARLY_DEATH_S", 30.0)
    stage.script.write_text(SLOW + "sys.exit('no such hub')")
    process = stage.start()
    (stage.home / "may-end").touch()
    prepared = stage.prepare(process)
    stage.script.write_text("import sys; sys.exit('no such hub')")
    restarted = prepared.carry_out()

    assert restarted.exit_code == 1
    assert restarted.last_lines == ("no such hub",)
    assert (record(stage)["stage"], record(stage)["exit_code"]) == ("failed", 1)


def test_no_value_of_its_environment_is_written_down(stage: Stage) -> None:
    secret = "hunter2-" * 4
    process = stage.start(env={**os.environ, "AZURE_STORAGE_CONNECTION_STRING": secret})
    stage.restart(process)

    assert "AZURE_STORAGE_CONNECTION_STRING" in record(stage)["variables"]
    written = b"".join(path.read_bytes() for path in stage.state.rglob("*") if path.is_file())
    assert b"hunter2" not in written


def test_arguments_with_secrets_are_not_written_down(stage: Stage) -> None:
    secret = "Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=hunter2hunter2"
    process = stage.start(sys.executable, "consumer.py", "--connection-string", secret)
    restarted = stage.restart(process)

    assert "hunter2" in restarted.log_path.read_text()  # it got them
    assert record(stage)["arguments"] is None
    assert "hunter2" not in json.dumps(record(stage))


def test_who_takes_its_time_is_started_once_it_has_ended(stage: Stage) -> None:
    stage.script.write_text(SLOW)
    process = stage.start()
    restart = Background(stage, process)
    wait_until(lambda: restart.has_told("waits_s"), timeout_s=20)
    assert lives(process)
    assert record(stage)["stage"] == "stopping"
    (stage.home / "may-end").touch()
    restarted = restart.result()

    assert isinstance(restarted, Restarted)
    assert restarted.exit_code is None
    assert not lives(process)


def test_who_stays_is_killed_where_the_plan_says_so(stage: Stage) -> None:
    stage.script.write_text(DEAF)
    process = stage.start()
    restarted = stage.restart(process, kill_after_s=0.5)

    assert restarted.process is not None
    assert stage.children[0].wait(10) == -signal.SIGKILL


def test_who_is_stopped_is_let_go_on(stage: Stage) -> None:
    process = stage.start()
    os.kill(process.pid, signal.SIGSTOP)
    wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)
    restarted = stage.restart(process, lets_go_on=True)

    assert restarted.process is not None
    assert stage.was_asked_to_end  # it could close its client


def test_who_is_stopped_meanwhile_is_named(stage: Stage) -> None:
    process = stage.start()
    os.kill(process.pid, signal.SIGSTOP)
    restart = Background(stage, process)
    wait_until(lambda: any(told.get("state") == "T" for told in restart.told), timeout_s=20)
    os.kill(process.pid, signal.SIGCONT)

    assert isinstance(restart.result(), Restarted)


def test_who_ends_by_itself_before_the_signal_is_gone(stage: Stage) -> None:
    process = stage.start()
    prepared = stage.prepare(process)
    stage.children[0].kill()
    stage.children[0].wait()

    with pytest.raises(ProcessGoneError):
        prepared.carry_out()

    assert stage.left_behind == []


# One at a time.


def test_of_two_at_once_one_is_told(stage: Stage) -> None:
    stage.script.write_text(SLOW)
    process = stage.start()
    first = Background(stage, process)
    wait_until(lambda: first.has_told("asked"), timeout_s=20)
    second = Background(stage, process)
    refused = second.result()

    assert isinstance(refused, BeingRestartedError)
    (stage.home / "may-end").touch()
    assert isinstance(first.result(), Restarted)
    assert len(list(stage.places.log.parent.glob("*.log"))) == 1


def test_of_two_confirmations_that_both_looked_one_is_carried_out(stage: Stage) -> None:
    """Both plans are of the same look; only the first to begin has the process."""
    stage.script.write_text(SLOW)
    process = stage.start()
    stage.prepare(process).release()
    stage.prepare(process).release()
    both = [Background(stage, process), Background(stage, process)]
    wait_until(lambda: any(each.has_told("asked") for each in both), timeout_s=20)
    (stage.home / "may-end").touch()
    results = [each.result() for each in both]

    assert sorted(type(result).__name__ for result in results) in [
        ["BeingRestartedError", "Restarted"],
        ["ProcessGoneError", "Restarted"],
    ]
    assert len(list(stage.places.log.parent.glob("*.log"))) == 1


@only_linux("has a lock that all users share")
def test_another_users_ehtui_is_told_as_well(stage: Stage) -> None:
    """Its state folder is another one: the process itself is locked."""
    stage.script.write_text(SLOW)
    process = stage.start()
    first = Background(stage, process)
    wait_until(lambda: first.has_told("asked"), timeout_s=20)
    theirs = stage.folder / "theirs"
    places = Places(theirs / "a.log", theirs / "restarts", theirs / "audit")

    with pytest.raises(BeingRestartedError):
        prepare_restart(process, places)

    (stage.home / "may-end").touch()
    assert isinstance(first.result(), Restarted)


# Without ehtui.

KILLED = """
import os, sys
from pathlib import Path
from ehtui.actions.preparing import Places, prepare_restart
from tests.hands.consumers import chosen
state = Path(sys.argv[2])
places = Places(state / "logs" / "again.log", state / "restarts", state / "audit.jsonl")
prepared = prepare_restart(chosen(int(sys.argv[1])), places)
prepared.carry_out(tell=lambda told: print(told, flush=True))
"""


def test_what_was_begun_goes_on_when_ehtui_is_killed(stage: Stage) -> None:
    """kill -9 between the signal and the start: the consumer is started all the same."""
    stage.script.write_text(SLOW)
    process = stage.start()
    run = [sys.executable, "-c", KILLED, str(process.pid), str(stage.state)]
    ehtui = subprocess.Popen(run, stdout=subprocess.PIPE, text=True)
    assert ehtui.stdout is not None
    assert "asked" in ehtui.stdout.readline()
    ehtui.kill()
    ehtui.communicate()
    assert lives(process)
    (stage.home / "may-end").touch()
    wait_until(lambda: record(stage)["stage"] == "started", timeout_s=20)
    stage.running.append(record(stage)["new_pid"])

    assert lives(chosen(record(stage)["new_pid"]))
    wait_until(lambda: len(steps(stage)) == 2)
    assert [step["event"] for step in steps(stage)] == ["restart.ended", "restart.started"]


def test_a_restart_whose_guardian_is_killed_is_known_to_be_half_done(stage: Stage) -> None:
    stage.script.write_text(SLOW)
    process = stage.start()
    restart = Background(stage, process)
    wait_until(lambda: restart.has_told("asked"), timeout_s=20)
    os.kill(record(stage)["carried_by"][0], signal.SIGKILL)
    result = restart.result()

    assert isinstance(result, Restarted)
    assert result.process is None  # nobody knows how it ended
    assert record(stage)["stage"] == "stopping"
    (stage.home / "may-end").touch()
    stage.children[0].wait(10)


def test_what_is_only_rehearsed_ends_with_ehtui(stage: Stage) -> None:
    process = stage.start()
    code = (
        KILLED.partition("prepared.carry_out")[0] + "print('ready', flush=True); sys.stdin.read()"
    )
    run = [sys.executable, "-c", code, str(process.pid), str(stage.state)]
    ehtui = subprocess.Popen(run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert ehtui.stdout is not None
    assert ehtui.stdout.readline() == "ready\n"
    helpers = psutil.Process(ehtui.pid).children(recursive=True)
    assert helpers
    ehtui.kill()
    ehtui.communicate()
    wait_until(lambda: not any(p.is_running() and p.status() != "zombie" for p in helpers))

    assert lives(process)
    assert not stage.was_asked_to_end
