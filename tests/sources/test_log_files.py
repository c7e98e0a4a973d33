"""Which files a process's log may be in: real processes, real namespaces."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePath

import pytest

from ehtui import system
from ehtui.domain.world.process import ProcessId
from ehtui.sources.log_files import (
    is_elsewhere,
    is_named_like_a_log,
    logs_of,
    writers_of,
    written_files,
)
from ehtui.sources.logs import LogSource
from ehtui.sources.proc import identity_of
from ehtui.sources.process_facts import inner_pids, started_at
from tests.children import READY
from tests.shortcuts import only_linux
from tests.sources.log_processes import process
from tests.waiting import wait_until

linux = only_linux("shows what a process has open")
WAIT = f"print({READY!r}, flush=True); import sys; sys.stdin.read()"


@contextmanager
def running(
    command: Sequence[str], *, stderr: int | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A program that says it is ready and ends when its input does."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if stderr is None else stderr,
        text=True,
        cwd=cwd,
    )

    try:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == READY
        yield child
    finally:
        child.kill()
        child.communicate()


@contextmanager
def python(
    code: str, *, stderr: Path | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[str]]:
    with ExitStack() as stack:
        output = stack.enter_context(stderr.open("a")).fileno() if stderr is not None else None
        command = [sys.executable, "-c", f"{code}\n{WAIT}"]
        yield stack.enter_context(running(command, stderr=output, cwd=cwd))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/srv/consumer.log", True),
        ("/srv/consumer.log.1", True),
        ("/srv/consumer.log.2026-01-20", True),
        ("/srv/consumer.out", True),
        ("/srv/logs/consumer", True),
        ("/srv/consumer.jsonl", True),
        ("/srv/consumer.log.1.gz", False),
        ("/srv/catalogue", False),
        ("/srv/data.db", False),
        ("/srv/log", False),
    ],
)
def test_what_is_named_like_a_log(path: str, *, expected: bool) -> None:
    assert is_named_like_a_log(PurePath(path)) is expected


def test_the_empty_output_does_not_win_over_the_log_that_is_open(tmp_path: Path) -> None:
    log, output = tmp_path / "consumer.log", tmp_path / "started-1.log"

    with python(f"f = open({str(log)!r}, 'a')", stderr=output) as child:
        assert logs_of(child.pid)[-1] in {str(log), str(output)}  # both empty
        log.write_text("x\n")
        assert logs_of(child.pid) == (str(log), str(output))


def test_an_output_that_is_written_comes_after_its_own_log(tmp_path: Path) -> None:
    log, output = tmp_path / "consumer.log", tmp_path / "started-1.log"
    code = f"import sys; f = open({str(log)!r}, 'a'); print('x', file=f, flush=True)"

    with python(f"{code}; print('y', file=sys.stderr)", stderr=output) as child:
        assert logs_of(child.pid) == (str(log), str(output))


def test_a_file_that_is_only_read_or_is_no_log_is_none(tmp_path: Path) -> None:
    (tmp_path / "old.log").touch()
    code = f"r = open({str(tmp_path / 'old.log')!r}); w = open({str(tmp_path / 'data.db')!r}, 'w')"

    with python(code) as child:
        assert logs_of(child.pid) == ()
        names = {PurePath(f.path).name for f in written_files(child.pid)}
        assert "data.db" in names
        assert "old.log" not in names


def test_one_log_that_was_named_does_not_stand_for_the_others(tmp_path: Path) -> None:
    """consumers.NAME.log is the log of whoever writes it, not of all that the name matches."""
    named, own = tmp_path / "rag.log", tmp_path / "other.log"
    named.write_text("x\n")

    with python(f"f = open({str(named)!r}, 'a')") as first, python("") as mute:
        assert logs_of(first.pid, str(named)) == (str(named),)
        assert logs_of(mute.pid, str(named)) == (str(named),)  # a supervisor may write it

    with python(f"f = open({str(own)!r}, 'a')") as other:
        assert logs_of(other.pid, str(named)) == (str(own),)


@linux
def test_a_log_that_was_removed_is_read_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "consumer.log"

    with python(f"f = open({str(log)!r}, 'a'); print('x', file=f, flush=True)", cwd=tmp_path) as a:
        assert logs_of(a.pid) == (str(log),)
        log.rename(tmp_path / "consumer.log.1")
        assert logs_of(a.pid) == (str(tmp_path / "consumer.log.1"),)


@linux
def test_what_is_piped_through_tee_is_in_the_file_that_tee_writes(tmp_path: Path) -> None:
    log = tmp_path / "carried.log"
    script = f"{sys.executable} -u -c 'import sys; print(1); sys.stdin.read()' | tee {log} >&2"

    with running(["sh", "-c", f"echo {READY}; {script}"]) as shell:
        children = Path(f"/proc/{shell.pid}/task/{shell.pid}/children")
        wait_until(lambda: log.exists() and bool(log.read_text()))
        pids = [int(pid) for pid in children.read_text(encoding="utf-8").split()]
        found = {pid: logs_of(pid) for pid in pids}

    assert sorted(found.values()) == [(str(log),), (str(log),)]


@linux
def test_whoever_has_a_file_open_may_write_it(tmp_path: Path) -> None:
    log = tmp_path / "shared.log"

    with (
        python(f"f = open({str(log)!r}, 'a')") as one,
        python(f"f = open({str(log)!r}, 'a')") as two,
        python(f"f = open({str(log)!r})") as reader,
    ):
        assert writers_of(str(log)) == {one.pid, two.pid}
        assert reader.pid not in writers_of(str(log))

    assert writers_of(str(tmp_path / "missing.log")) == frozenset()


# Another mount namespace


def may_unshare() -> bool:
    if not system.LINUX or shutil.which("unshare") is None:
        return False

    return (
        subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0
    )


namespaces = pytest.mark.skipif(not may_unshare(), reason="needs the right to unshare mounts")
NINE = "EventProcessor 'nine' is being started"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process whose /…/app is another folder than ours, and the log that it writes there."""
    app, inside = tmp_path / "app", tmp_path / "inside"
    app.mkdir()
    inside.mkdir()
    (app / "a.log").write_text("EventProcessor 'of the host' is being started\n")
    log = app / "a.log"
    code = f"f = open({str(log)!r}, 'a'); print({NINE!r}, file=f, flush=True)"
    script = f'mount --bind {inside} {app} && exec {sys.executable} -c "$1"'

    with running(["unshare", "-m", "sh", "-c", script, "sh", f"{code}\n{WAIT}"]) as child:
        assert (inside / "a.log").exists()
        yield child, log


@namespaces
def test_a_log_of_another_mount_namespace_is_read_there(
    elsewhere: tuple[subprocess.Popen[str], Path],
) -> None:
    child, log = elsewhere
    assert is_elsewhere(child.pid)
    (path,) = logs_of(child.pid)

    assert path == f"/proc/{child.pid}/root{log}"
    assert Path(path).read_text(encoding="utf-8") == f"{NINE}\n"
    assert identity_of(path) != identity_of(str(log))

    sample = process(child.pid, *logs_of(child.pid), started_at=started_at(child.pid))
    read = LogSource(lambda: (sample,)).scan()
    assert [link.owner for link in read.links] == ["nine"]


@namespaces
def test_a_log_that_was_named_is_the_one_of_that_name_in_there(
    elsewhere: tuple[subprocess.Popen[str], Path],
) -> None:
    child, log = elsewhere

    assert logs_of(child.pid, str(log)) == (f"/proc/{child.pid}/root{log}",)


def test_this_process_is_not_elsewhere() -> None:
    assert not is_elsewhere(os.getpid())
    assert inner_pids(os.getpid()) == frozenset()


@namespaces
def test_the_number_that_a_process_has_in_its_container() -> None:
    command = ["unshare", "--pid", "--fork", sys.executable, "-c", WAIT]

    with running(command) as outer:
        (child,) = (
            Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text(encoding="utf-8").split()
        )
        found = ProcessId(int(child), started_at(int(child)))

        assert inner_pids(found.pid) == {1}
