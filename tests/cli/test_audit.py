"""`ehtui audit`: a table, a document, what failed, what comes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ehtui.actions.audit import AuditLog
from ehtui.cli.main import run
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from tests.actions.recording import signal_plan


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AuditLog:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    log = AuditLog(tmp_path / "ehtui" / "audit.jsonl", "hub: key k")
    now = time.time()

    for ago, pid, state in ((7200, 11, OutcomeState.DONE), (60, 12, OutcomeState.FAILED)):
        plan = signal_plan(pid)
        log.begin(plan, now - ago).end(Outcome(plan, state, now - ago + 1.5, error=None))

    return log


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["audit", *arguments]) == 0

    return capsys.readouterr().out


@pytest.mark.usefixtures("log")
def test_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    heading, first, second = told(capsys).splitlines()

    assert heading.split() == ["WHEN", "WHO", "WHAT", "END", "TOOK", "IDENTITY"]
    assert "SIGTERM to 11" in first
    assert "1.5s" in first or "2s" in first or "1s" in first
    assert "hub: key k" in first
    assert "failed" in second


@pytest.mark.usefixtures("log")
def test_only_what_failed_only_the_last_hour(capsys: pytest.CaptureFixture[str]) -> None:
    assert "SIGTERM to 11" not in told(capsys, "--failed")
    assert "SIGTERM to 11" not in told(capsys, "--since", "1h")
    assert "SIGTERM to 12" in told(capsys, "--since", "1h", "--failed")
    assert told(capsys, "--since", "1s") == "Nothing is noted.\n"


@pytest.mark.usefixtures("log")
def test_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(told(capsys, "--json"))

    assert document["schema"] == "ehtui.audit/1"
    assert [each["state"] for each in document["actions"]] == ["done", "failed"]
    assert document["actions"][0]["duration_s"] == 1.5


def test_what_comes_is_followed(log: AuditLog) -> None:
    command = [sys.executable, "-m", "ehtui", "audit", "--follow", "--json", "--since", "10m"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        assert json.loads(follower.stdout.readline())["state"] == "failed"
        plan = signal_plan(13)
        step = log.begin(plan, time.time())
        line = json.loads(follower.stdout.readline())
        assert (line["plan"]["kind"], line["state"]) == ("signal", None)
        step.end(Outcome(plan, OutcomeState.DONE, time.time()))
        assert json.loads(follower.stdout.readline())["state"] == "done"
        follower.terminate()


def test_one_that_cannot_be_read_says_so(log: AuditLog, capsys: pytest.CaptureFixture[str]) -> None:
    log.path.unlink()
    log.path.mkdir()

    assert run(["audit"]) == 1
    assert "can't be read" in capsys.readouterr().err
