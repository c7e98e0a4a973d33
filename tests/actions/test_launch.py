"""Starting real processes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil
import pytest

from ehtui.actions.launch import Launch, Launched, start, watch
from ehtui.actions.targets import send_signal
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


DAEMON = """
import os, sys, time
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
sys.argv[1] == "dies" and sys.exit("no such hub")
print("works", flush=True)
time.sleep(60)
"""


# One worker: each would find the other's daemon, which was started alike at the same moment.
@pytest.mark.xdist_group("daemons")
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
@pytest.mark.parametrize("is_script", [False, True])
def test_a_daemon_that_forks_itself_away_is_who_was_started(
    tmp_path: Path, *, is_script: bool
) -> None:
    script = tmp_path / "consumer.py"
    script.write_text(f"#!{sys.executable}\n{DAEMON}")
    script.chmod(0o755)
    words = (str(script),) if is_script else (sys.executable, "consumer.py")
    launch = Launch((*words, "lives"), str(tmp_path), os.environ, tmp_path / "c.log")
    begun = start(launch)
    launched = watch(begun, 2.0)

    try:
        assert launched.exit_code is None
        assert launched.process.pid != begun.process.pid
        assert psutil.Process(launched.process.pid).cwd() == str(tmp_path)
    finally:
        send_signal(launched.process, "KILL")


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_daemon_that_dies_at_once_shows_its_last_lines(tmp_path: Path) -> None:
    words = (sys.executable, "-c", DAEMON, "dies")
    launched = started(Launch(words, str(tmp_path), os.environ, tmp_path / "c.log"), 10)

    assert launched.exit_code == 0
    assert launched.last_lines == ("no such hub",)
