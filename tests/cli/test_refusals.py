"""The real command refuses with its reason, and touches nobody."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.children import python_child
from tests.supervising import running, supervisord
from tests.waiting import wait_until

NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
# Nobody listens there: hub and store are unknown, the processes of this host are not.
HUB = (
    "Endpoint=sb://127.0.0.1:9;SharedAccessKeyName=k;SharedAccessKey=a2V5;EntityPath=meetings;"
    "UseDevelopmentEmulator=true"
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for everybody, with a configuration that knows consumers by a marker."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "ehtui.yaml").write_text(
            f"eventhub:\n  connection_string: {HUB}\n"
            f"consumers:\n  rag:\n    match: {marker(folder)}\n"
        )
        yield folder


def marker(folder: Path) -> str:
    return f"consumer-of-{folder.name}"


def run(folder: Path, *argv: str, **variables: str) -> tuple[int, str, str]:
    done = subprocess.run(
        argv,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )

    return done.returncode, done.stdout, done.stderr


def ehtui(folder: Path, *argv: str, prefix: tuple[str, ...] = ()) -> tuple[int, str, str]:
    return run(folder, *prefix, sys.executable, "-m", "ehtui", *argv)


@pytest.fixture
def consumer(folder: Path) -> Iterator[subprocess.Popen[str]]:
    with python_child("", marker(folder)) as child:
        yield child


def test_read_only_signals_nobody(folder: Path, consumer: subprocess.Popen[str]) -> None:
    code, _, err = ehtui(folder, "signal", str(consumer.pid), "--yes", "--read-only")

    assert (code, err) == (1, "ehtui: Read-only: nothing is sent, signalled or started.\n")
    assert consumer.poll() is None


def test_somebody_elses_consumer_is_not_signalled(
    folder: Path, consumer: subprocess.Popen[str]
) -> None:
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        pytest.skip("only root may look at it as somebody else")

    if run(folder, *AS_NOBODY, sys.executable, "-c", "import ehtui.cli.main")[0]:
        pytest.skip("this Python is not for everybody to run")

    for command in ("signal", "restart"):
        code, _, err = ehtui(folder, command, str(consumer.pid), "--yes", prefix=AS_NOBODY)

        assert (code, err) == (1, f"ehtui: {consumer.pid} belongs to another user (root).\n")

    assert consumer.poll() is None


def test_what_ehtui_runs_in_is_not_signalled(folder: Path) -> None:
    code, _, err = ehtui(folder, "signal", str(os.getpid()), "--yes")

    assert (code, err) == (64, f"ehtui: {os.getpid()} is ehtui itself, or what it runs in.\n")


def test_init_is_not_signalled(folder: Path) -> None:
    code, _, err = ehtui(folder, "signal", "1", "--yes")

    assert (code, err) == (64, "ehtui: 1 is the init process: it is never signalled.\n")


def test_ehtui_itself_chosen_by_number_is_not_signalled(folder: Path) -> None:
    """A shell becomes ehtui, so that it knows its number; its environment names the hub."""
    command = f"exec {sys.executable} -m ehtui signal $$ --pid $$ --yes"
    code, _, err = run(folder, "sh", "-c", command, EVENTHUB_CONNECTION_STRING=HUB)

    assert code == 1
    assert err.endswith("is ehtui itself, or what it runs in.\n")


def test_one_that_vanished_is_no_target(folder: Path) -> None:
    with python_child("", marker(folder)) as child:
        pass

    code, _, err = ehtui(folder, "signal", str(child.pid), "--yes")

    assert code == 64
    assert f"There is no consumer '{child.pid}' on this host" in err


def test_a_supervised_consumer_is_restarted_by_its_supervisor(folder: Path) -> None:
    program = (sys.executable, "-c", "import signal; signal.pause()", marker(folder))

    with supervisord(folder, *program) as before:
        wait_until(
            lambda: marker(folder) in Path(f"/proc/{before}/cmdline").read_text(encoding="utf-8")
        )
        restart = f"{folder}/supervisorctl -c {folder}/supervisord.conf restart rag:rag_00"

        code, out, err = ehtui(folder, "restart", str(before), "--dry-run")
        assert (code, err) == (0, "")
        assert f"\n  {restart}\n" in out
        assert out.endswith(f"Dry run, nothing was done: {restart}.\n")
        assert running(folder) == before

        code, out, err = ehtui(folder, "restart", str(before), "--yes", "--read-only")
        assert (code, running(folder)) == (1, before)

        code, out, err = ehtui(folder, "restart", str(before), "--yes", "--json")
        told = json.loads(out)
        assert (code, err) == (0, "")
        assert told["plan"]["supervisor"]["command"] == restart.split()
        assert told["outcome"]["details"] == [
            ["exit_code", "0"],
            ["line", "rag:rag_00: stopped"],
            ["line", "rag:rag_00: started"],
        ]
        assert running(folder) != before
