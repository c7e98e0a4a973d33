"""A consumer that was stopped and could not be started: said at once, and by every later look."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ehtui.actions.blueprint import Input, blueprint_of
from ehtui.actions.preparing import prepare_again
from ehtui.actions.process_control import LocalControl, refusal_of
from ehtui.actions.targets import BeingRestartedError, CannotStartError, NotKnownError
from ehtui.cli.flags import ExitCode
from ehtui.domain.evidence import facts
from ehtui.domain.policy import Policy
from ehtui.domain.reduce import reduce, start
from ehtui.domain.world.restarts import Loss, LossKind, StartObstacle
from ehtui.sources.processes import ProcessSource
from ehtui.sources.restarts import read_restarts
from ehtui.views.findings import advice, sentence
from ehtui.views.outcomes import refusal_sentence
from ehtui.views.phrasing import Phrasing
from ehtui.views.status import FailOn, exit_code
from tests.hands.consumers import NOBODY, Stage, everybodys_python, run_by
from tests.hands.test_after_the_signal import SLOW
from tests.shortcuts import only_linux
from tests.waiting import wait_until


def test_the_command_says_so_and_its_exit_code_too(stage: Stage) -> None:
    stage.script.write_text(SLOW)
    secret = "Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=hunter2hunter2"
    process = stage.start(sys.executable, "consumer.py", "--connection-string", secret)
    arguments = [str(process.pid), str(stage.folder / "again.log"), str(stage.places.audit)]
    stage.state.mkdir()
    restart = subprocess.Popen(
        [sys.executable, "-m", "tests.cli.restarting", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: stage.was_asked_to_end, timeout_s=30)
    stage.script.unlink()
    (stage.home / "may-end").touch()
    out, err = restart.communicate(timeout=60)

    assert restart.returncode == ExitCode.DOWN
    assert f"{process.pid} is down: nothing runs in its place. By hand:" in out
    assert "its script consumer.py is missing" in out
    assert "hunter2" not in out + err

    source = ProcessSource(restarts_in=stage.places.records)
    seen = reduce(start(Policy(), 0.0, ("processes",)), source.scan()).snapshot
    (down,) = seen.findings
    say = Phrasing(seen)

    assert down.id == "consumer.down"
    assert exit_code(seen, FailOn.CRITICAL) == 2
    assert sentence(down, say) == (
        f"{process.pid} is down: it was stopped and could not be started again: its script "
        "consumer.py is missing, or its user may not read it"
    )
    by_hand = next(line for line in advice(down, say) if line.startswith("By hand"))
    assert f"cd {stage.home} && {sys.executable} consumer.py --connection-string" in by_hand
    assert "hunter2" not in f"{facts(down.evidence)} {advice(down, say)}"


def test_a_record_that_somebody_else_wrote_is_none(stage: Stage) -> None:
    """Root's ehtui would start what it says."""
    process = stage.start()
    prepared = stage.prepare(process)
    stage.script.unlink()
    assert prepared.carry_out().obstacle is StartObstacle.SCRIPT_GONE
    stage.script.write_text("")
    (path,) = stage.places.records.glob("*.json")
    hands = LocalControl(records=stage.places.records, audit=stage.places.audit)
    wait_until(lambda: len(read_restarts(stage.places.records)) == 1)
    path.chmod(0o666)

    assert read_restarts(stage.places.records) == ()

    with pytest.raises(NotKnownError):
        hands.prepare_again(process, str(stage.places.log), {})

    if os.geteuid() == 0:
        path.chmod(0o600)
        os.chown(path, NOBODY, NOBODY)
        assert read_restarts(stage.places.records) == ()

    path.unlink()
    path.symlink_to("/etc/hostname")
    assert read_restarts(stage.places.records) == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start programs as somebody else")
@only_linux("tells whoever restarts it what another user may")
def test_root_opens_nothing_by_the_paths_of_others(stage: Stage) -> None:
    """Between the end and the start its user may lay anything there."""
    stage.home.chmod(0o755)
    (stage.home / "events").write_text("x")

    with (stage.home / "events").open() as events:
        process = stage.start(everybodys_python(), "consumer.py", stdin=events, **run_by(NOBODY))

    blueprint = blueprint_of(process)
    assert blueprint.input is Input.FILE
    stage.children[0].kill()
    stage.children[0].wait()
    (stage.home / "events").unlink()
    (stage.home / "events").symlink_to("/etc/shadow")
    prepared = prepare_again(blueprint, stage.places)
    prepared.release()
    assert Loss(LossKind.INPUT, "other") in prepared.rehearsal.losses

    closed = stage.folder / "closed"
    closed.mkdir(mode=0o700)
    (closed / "open").mkdir(mode=0o755)
    there = replace(blueprint, folder=str(closed / "open"))

    with pytest.raises(CannotStartError) as caught:
        prepare_again(there, stage.places)

    assert caught.value.obstacle is StartObstacle.FOLDER_CLOSED


def test_a_folder_is_gone_by_its_path(stage: Stage) -> None:
    process = stage.start()
    blueprint = replace(blueprint_of(process), folder=str(Path("/nowhere")))

    with pytest.raises(CannotStartError) as caught:
        prepare_again(blueprint, stage.places)

    assert caught.value.obstacle is StartObstacle.FOLDER_GONE


def test_who_comes_second_is_told_who_runs_in_its_place(stage: Stage) -> None:
    """Their plan was made while it still ran."""
    process = stage.start()
    hands = LocalControl(records=stage.places.records, audit=stage.places.audit)
    restarted = stage.restart(process)
    stage.children[0].wait()
    assert restarted.process is not None

    with pytest.raises(BeingRestartedError) as caught:
        hands.prepare_restart(process, str(stage.places.log), {})

    assert refusal_sentence(refusal_of(caught.value, str(process.pid))) == (
        f"{process.pid} is already being restarted ({restarted.process.pid} runs in its place)."
    )
