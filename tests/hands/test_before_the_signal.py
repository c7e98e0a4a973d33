"""What a start takes is opened and tried before anything is stopped; what is missing refuses it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from ehtui.actions.targets import CannotStartError
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import StartObstacle
from ehtui.views.actions.costs import rehearsal_notes
from tests.hands.consumers import (
    NOBODY,
    Stage,
    as_user,
    everybodys_python,
    lives,
    run_by,
    venv_in,
    words_of,
)
from tests.hands.disks import fill, small_disk
from tests.shortcuts import only_linux
from tests.waiting import wait_until

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")


def refusal(stage: Stage, process: ProcessId) -> CannotStartError:
    """Why it is not restarted; it lives on, nobody asked it to end, and nothing is left behind."""
    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert lives(process)
    assert not stage.was_asked_to_end
    assert stage.left_behind == []

    return caught.value


def test_everything_is_given_back(stage: Stage) -> None:
    process = stage.start(env={**os.environ, "SECRET": "시크릿"})
    restarted = stage.restart(process)
    told = restarted.log_path.read_text()

    assert not lives(process)
    assert restarted.process is not None
    assert restarted.exit_code is None
    assert '"words": ["--group", "test"]' in told
    assert "\\uc2dc\\ud06c\\ub9bf" in told
    assert words_of(restarted.process.pid) == [sys.executable, "consumer.py", "--group", "test"]
    assert os.getsid(restarted.process.pid) == restarted.process.pid
    assert restarted.log_path.stat().st_mode & 0o777 == 0o600


def test_whoever_looks_leaves_no_trace(stage: Stage) -> None:
    process = stage.start()
    prepared = stage.prepare(process)
    assert prepared.rehearsal.command == (sys.executable, "consumer.py", "--group", "test")
    assert prepared.rehearsal.folder == str(stage.home)
    assert prepared.rehearsal.losses == ()
    prepared.release()

    assert lives(process)
    assert stage.left_behind == []


def test_a_deleted_folder(stage: Stage) -> None:
    process = stage.start()
    shutil.rmtree(stage.home)

    assert refusal(stage, process).obstacle is StartObstacle.FOLDER_GONE


def test_a_folder_of_the_same_name_is_not_the_folder(stage: Stage) -> None:
    """It is held by what the process has open: another one took its path meanwhile."""
    process = stage.start()
    stage.home.rename(stage.folder / "elsewhere")
    stage.home.mkdir()
    restarted = stage.restart(process)

    assert restarted.process is not None
    assert Path(f"/proc/{restarted.process.pid}/cwd").readlink() == stage.folder / "elsewhere"


@needs_root
@only_linux("tells whoever restarts it what another user may")
def test_a_folder_that_its_user_may_not_enter_any_more(stage: Stage) -> None:
    process = stage.start(everybodys_python(), "consumer.py", **run_by(NOBODY))
    stage.home.chmod(0o700)

    assert refusal(stage, process).obstacle is StartObstacle.FOLDER_CLOSED


@pytest.mark.parametrize("first_word", ["./sleeper", "sleeper"])
def test_a_program_that_is_gone(stage: Stage, first_word: str) -> None:
    shutil.copy("/bin/bash", stage.home / "sleeper")
    path = f"{stage.home}:{os.environ['PATH']}"
    program = "echo runs; while :; do read -t 1 <> <(:); done"
    process = stage.start(first_word, "-c", program, env={**os.environ, "PATH": path})
    (stage.home / "sleeper").unlink()
    found = refusal(stage, process)

    assert found.obstacle is StartObstacle.PROGRAM_GONE
    assert found.detail == first_word


def test_another_program_of_that_name(stage: Stage) -> None:
    """Its PATH leads to another file than the one that runs: that would be something else."""
    shutil.copy("/bin/bash", stage.home / "sleeper")
    other = stage.folder / "other"
    other.mkdir()
    shutil.copy("/bin/cat", other / "sleeper")
    program = "echo runs; while :; do read -t 1 <> <(:); done"
    variables = {**os.environ, "PATH": f"{other}:{stage.home}"}
    process = stage.start(
        "sleeper", "-c", program, executable=stage.home / "sleeper", env=variables
    )
    (stage.home / "sleeper").unlink()

    assert refusal(stage, process).obstacle is StartObstacle.PROGRAM_GONE


@only_linux("tells a program from a newer one at its path")
def test_a_program_that_was_replaced_is_started_and_said(stage: Stage) -> None:
    """As by an upgrade."""
    shutil.copy("/bin/bash", stage.home / "sleeper")
    process = stage.start("./sleeper", "-c", "echo runs; while :; do read -t 1 <> <(:); done")
    (stage.home / "new").write_bytes(Path("/bin/bash").read_bytes())
    (stage.home / "new").chmod(0o755)
    (stage.home / "new").rename(stage.home / "sleeper")
    prepared = stage.prepare(process)
    prepared.release()

    assert prepared.rehearsal.is_new_program


def test_a_script_that_is_gone(stage: Stage) -> None:
    process = stage.start()
    stage.script.unlink()
    found = refusal(stage, process)

    assert (found.obstacle, found.detail) == (StartObstacle.SCRIPT_GONE, "consumer.py")


@needs_root
@only_linux("tells whoever restarts it what another user may")
def test_a_script_that_its_user_may_not_read_any_more(stage: Stage) -> None:
    process = stage.start(everybodys_python(), "consumer.py", **run_by(NOBODY))
    stage.script.chmod(0o600)

    assert refusal(stage, process).obstacle is StartObstacle.SCRIPT_GONE


def test_a_module_that_is_gone(stage: Stage) -> None:
    stage.script.rename(stage.home / "app_of_ours.py")
    python = str(venv_in(stage) / "bin" / "python")
    process = stage.start(python, "-um", "app_of_ours", "--group", "test")
    stage.prepare(process).release()
    (stage.home / "app_of_ours.py").unlink()
    found = refusal(stage, process)

    assert (found.obstacle, found.detail) == (StartObstacle.MODULE_GONE, "app_of_ours")


def delete(venv: Path) -> None:
    shutil.rmtree(venv)


def delete_note(venv: Path) -> None:
    (venv / "pyvenv.cfg").unlink()


def lose_base(venv: Path) -> None:
    (venv / "pyvenv.cfg").write_text("home = /nowhere/bin\n")


@pytest.mark.parametrize(
    ("lose", "obstacle"),
    [
        (delete, StartObstacle.PROGRAM_GONE),
        (delete_note, StartObstacle.VENV_GONE),
        (lose_base, StartObstacle.VENV_GONE),
    ],
)
def test_a_virtual_environment_that_is_gone(
    stage: Stage, lose: Callable[[Path], None], obstacle: StartObstacle
) -> None:
    """The interpreter below it is still there, and would run the script without its packages."""
    venv = venv_in(stage)
    variables = {**os.environ, "VIRTUAL_ENV": str(venv)}
    process = stage.start(str(venv / "bin" / "python"), "consumer.py", env=variables)
    stage.prepare(process).release()
    lose(venv)

    assert refusal(stage, process).obstacle is obstacle


@only_linux("opens the standard input of others")
def test_a_program_that_came_through_standard_input_is_read_again(stage: Stage) -> None:
    with stage.script.open("rb") as script:
        process = stage.start(sys.executable, "-", "--group", "test", stdin=script)

    stage.script.unlink()  # the process has it open
    restarted = stage.restart(process)

    assert restarted.exit_code is None
    assert '"words": ["--group", "test"]' in restarted.log_path.read_text()


def test_a_program_that_came_through_a_pipe_is_gone(stage: Stage) -> None:
    reader, writer = os.pipe()
    os.write(writer, stage.script.read_bytes())
    os.close(writer)
    process = stage.start(sys.executable, "-", stdin=reader)
    os.close(reader)

    assert refusal(stage, process).obstacle is StartObstacle.INPUT_CONSUMED


@only_linux("opens the standard input of others")
def test_a_pipe_that_it_listens_to_is_taken_over(stage: Stage) -> None:
    stage.script.write_text("import sys; print('runs', flush=True); print(sys.stdin.readline())")
    reader, writer = os.pipe()
    process = stage.start(stdin=reader)
    os.close(reader)
    restarted = stage.restart(process)
    assert restarted.exit_code is None
    os.write(writer, b"heard\n")
    os.close(writer)

    assert restarted.process is not None
    while lives(restarted.process):
        pass
    assert "heard" in restarted.log_path.read_text()


def test_what_a_shell_handed_over_once(stage: Stage) -> None:
    command = f"exec {sys.executable} consumer.py --config <(echo x)"
    process = stage.start("/bin/bash", "-c", command)
    found = refusal(stage, process)

    assert found.obstacle is StartObstacle.FILE_HANDED
    assert found.detail.startswith("/dev/fd/")


def test_who_went_to_another_folder_is_started_where_it_began(stage: Stage) -> None:
    """As daemons do: its words are told from the folder that the shell was in."""
    stage.script.write_text("import os; os.chdir('/')\n" + stage.script.read_text())
    command = f"cd {stage.home} && exec {sys.executable} consumer.py --group test"
    process = stage.start("/bin/bash", "-c", command, cwd="/")
    wait_until(lambda: os.readlink(f"/proc/{process.pid}/cwd") == "/")  # noqa: PTH115
    prepared = stage.prepare(process)
    assert prepared.rehearsal.folder == str(stage.home)
    restarted = prepared.carry_out()

    assert restarted.process is not None
    assert restarted.exit_code is None
    stage.running.append(restarted.process.pid)


def test_its_children_are_counted(stage: Stage) -> None:
    """They may outlive it, and then go on beside the new one."""
    stage.script.write_text("import os\nif os.fork(): pass\n" + stage.script.read_text())
    process = stage.start()
    (child,) = psutil.Process(process.pid).children()
    prepared = stage.prepare(process)
    prepared.release()
    child.kill()

    assert prepared.rehearsal.children == 1
    told = " ".join(rehearsal_notes(prepared.rehearsal))
    assert "It has 1 child process: any that do not end with it keep running" in told


@needs_root
@only_linux("lets a process close itself")
def test_a_process_that_closed_itself_to_its_own_user(stage: Stage) -> None:
    """As one with file capabilities: what starts it is not for its user to read."""
    closed = "import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"
    stage.script.write_text(closed + stage.script.read_text())
    process = stage.start(everybodys_python(), "consumer.py", **run_by(NOBODY))
    stage.state.mkdir(mode=0o777)
    stage.state.chmod(0o777)

    with as_user(NOBODY):
        found = refusal(stage, process)

    assert found.obstacle is StartObstacle.CLOSED


# Where its output, its record and its audit go.


def test_a_state_folder_that_is_a_file(stage: Stage) -> None:
    process = stage.start()
    stage.state.write_text("")

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert caught.value.obstacle is StartObstacle.RECORD_UNWRITABLE
    assert lives(process)
    assert not stage.was_asked_to_end


def test_a_log_folder_that_is_a_file(stage: Stage) -> None:
    process = stage.start()
    stage.state.mkdir()
    (stage.state / "logs").write_text("")

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert caught.value.obstacle is StartObstacle.LOG_UNWRITABLE
    assert not stage.was_asked_to_end
    assert stage.left_behind == ["logs"]


def test_an_audit_log_that_cannot_be_written(stage: Stage) -> None:
    process = stage.start()
    stage.places.audit.parent.mkdir(parents=True)
    stage.places.audit.symlink_to("/dev/full")

    with pytest.raises(CannotStartError) as caught:
        stage.restart(process)

    assert caught.value.obstacle is StartObstacle.RECORD_UNWRITABLE
    assert not stage.was_asked_to_end


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("ro", "Read-only"),
        (
            "size=8k",
            "No space",
        ),  # the record takes one of two pages, the log has none to be sure of
        ("size=1m,nr_inodes=2", "No space"),
        ("size=1m,nr_inodes=4", "No space"),
    ],
)
def test_a_disk_without_room(stage: Stage, options: str, word: str) -> None:
    process = stage.start()

    with small_disk(stage.state, options):
        with pytest.raises(CannotStartError) as caught:
            stage.restart(process)

        assert word in caught.value.detail
        assert lives(process)
        assert not stage.was_asked_to_end


def test_a_disk_that_is_full(stage: Stage) -> None:
    process = stage.start()

    with small_disk(stage.state, "size=1m"):
        fill(stage.state)

        with pytest.raises(CannotStartError) as caught:
            stage.restart(process)

        assert "No space" in caught.value.detail
        assert not stage.was_asked_to_end


@needs_root
def test_a_state_folder_that_is_not_ours(stage: Stage) -> None:
    """As an ordinary user: root may write everywhere."""
    process = stage.start(everybodys_python(), "consumer.py", **run_by(NOBODY))
    stage.state.mkdir(mode=0o755)

    with as_user(NOBODY):
        found = refusal(stage, process)

    assert found.obstacle is StartObstacle.RECORD_UNWRITABLE
    assert "Permission denied" in found.detail
