"""Starting and restarting real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ehtui.actions.launch import Launch, Launched, capture, start, wait_for_exit, watch
from ehtui.actions.signals import IdentityChangedError, send_signal
from ehtui.domain.process import ProcessId
from tests.children import identity, python_child
from tests.waiting import wait_until


def python(code: str, log: Path, **environment: str) -> Launch:
    return Launch((sys.executable, "-c", code), str(log.parent), {**os.environ, **environment}, log)


def started(launch: Launch, watch_s: float) -> Launched:
    return watch(start(launch), watch_s)


def test_a_started_program_runs_in_its_own_session_and_writes_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "c.log"
    log.parent.mkdir()
    code = "import os; print(os.environ['NAME'], flush=True); import time; time.sleep(60)"
    launched = started(python(code, log, NAME="알파"), 0.2)

    try:
        assert launched.exit_code is None
        assert os.getsid(launched.process.pid) == launched.process.pid != os.getsid(0)
        wait_until(lambda: log.read_text() == "알파\n")
        assert log.stat().st_mode & 0o777 == 0o600
    finally:
        send_signal(launched.process, "KILL")
        wait_until(lambda: not psutil.pid_exists(launched.process.pid), what="reaped")


def test_one_that_dies_at_once_shows_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "c.log"
    log.write_text("of an earlier run\n")
    code = "import sys; print('AccountKey=hunter2;'); sys.exit('no such hub')"
    launched = started(python(code, log), 10)

    assert launched.exit_code == 1
    assert launched.log_path == tmp_path / "c-2.log"
    assert log.read_text() == "of an earlier run\n"
    assert set(launched.last_lines) == {"AccountKey=***;", "no such hub"}


def test_two_starts_in_one_second_write_into_a_log_each(tmp_path: Path) -> None:
    launch = python("import os; print(os.getpid())", tmp_path / "c.log")
    first, second = started(launch, 10), started(launch, 10)

    for launched in (first, second):
        assert launched.log_path.read_text() == f"{launched.process.pid}\n"

    assert first.log_path != second.log_path


def test_a_program_that_is_not_there_leaves_no_log(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        start(Launch((str(tmp_path / "nowhere"),), None, {}, tmp_path / "c.log"))

    assert list(tmp_path.iterdir()) == []


def test_a_process_can_be_captured_and_started_again(tmp_path: Path) -> None:
    code = "import os; os.chdir('/')"

    with python_child(code, "마커") as child:
        launch = capture(identity(child), tmp_path / "again.log")
        assert launch.user is None

    assert launch.argv[1] == "-c"
    assert launch.argv[2].startswith(code)
    assert launch.argv[-1] == "마커"
    assert launch.cwd == "/"
    assert launch.environment["PATH"] == os.environ["PATH"]
    assert "PATH" not in repr(launch)


def test_a_reused_pid_is_not_captured(tmp_path: Path) -> None:
    with python_child() as child, pytest.raises(IdentityChangedError):
        capture(ProcessId(child.pid, 1.0), tmp_path / "x.log")


def test_what_cannot_be_started_again_is_not_captured(tmp_path: Path) -> None:
    """As with setproctitle: the command line is a sentence, not a program."""
    code = (
        "import ctypes, os\n"
        "text = b'worker: busy'\n"
        "libc = ctypes.CDLL(None)\n"
        "start, end = (int(open('/proc/self/stat').read().rpartition(')')[2].split()[n - 3])"
        " for n in (48, 49))\n"
        "ctypes.memset(start, 0, end - start)\n"
        "ctypes.memmove(start, text, len(text))"
    )

    with python_child(code) as child, pytest.raises(FileNotFoundError, match="worker: busy"):
        capture(identity(child), tmp_path / "x.log")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start programs as somebody else")
def test_somebody_elses_program_is_started_again_as_theirs(tmp_path: Path) -> None:
    nobody = 65534
    child = subprocess.Popen(["/bin/sleep", "60"], cwd="/", user=nobody, group=nobody)

    try:
        launch = capture(identity(child), tmp_path / "again.log")
    finally:
        child.kill()
        child.wait()

    again = started(launch, 0.0)

    try:
        assert psutil.Process(again.process.pid).uids().effective == nobody
        assert psutil.Process(again.process.pid).gids().effective == nobody
    finally:
        send_signal(again.process, "KILL")
        wait_until(lambda: not psutil.pid_exists(again.process.pid), what="reaped")


def test_waiting_ends_with_the_process() -> None:
    with python_child() as child:
        process = identity(child)
        assert not wait_for_exit(process, 0.0)

        child.kill()
        assert wait_for_exit(process, 10.0)
        assert psutil.pid_exists(child.pid)  # a zombie of ours: ended all the same


def test_a_host_that_does_not_answer_is_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: ProcessId) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("ehtui.actions.launch.check_identity", fail)

    with pytest.raises(OSError, match="Too many open files"):
        wait_for_exit(ProcessId(1, 1.0), 0.0)
