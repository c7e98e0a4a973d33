"""Files whose place is somebody else's to fill: none of them keeps ehtui waiting."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PosixPath

import psutil
import pytest
from typing_extensions import override

from ehtui.actions.finding import is_module_there
from ehtui.domain.world.process import ProcessId
from ehtui.sources.log_text.follow import LogFollower
from ehtui.sources.restarts import keeper_of
from tests.hostile.measuring import MEGABYTE, peak_bytes
from tests.waiting import wait_until

WAIT_S = 10.0


def in_time(work: Callable[[], object], pipe: Path) -> None:
    """Do it on a thread; one that waits at the pipe is let go, and has failed."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(WAIT_S)
    waits = thread.is_alive()

    if waits:
        os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
        thread.join(WAIT_S)

    assert not waits


def test_a_script_that_was_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """`sh <(…)`: what it ran is gone, and to open the pipe again would wait for a writer."""
    pipe = tmp_path / "loop.sh"
    os.mkfifo(pipe)

    with subprocess.Popen(["sh", pipe.name], cwd=tmp_path) as shell:
        try:
            pipe.write_text("sleep 60\nexit\n")
            wait_until(lambda: bool(psutil.Process(shell.pid).children()))
            (child,) = psutil.Process(shell.pid).children()
            found = ProcessId(child.pid, child.create_time())
            in_time(lambda: keeper_of(found), pipe)
            child.kill()
        finally:
            shell.kill()


class Changing(PosixPath):
    """A place where another file stands as soon as somebody has looked."""

    @override
    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        seen = super().stat(follow_symlinks=follow_symlinks)
        self.unlink()
        os.mkfifo(self)

        return seen


def test_a_log_that_becomes_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    log = Changing(tmp_path / "a.log")
    log.write_text("a line\n")
    lines: list[object] = []

    def read() -> None:
        with suppress(OSError):
            lines.extend(LogFollower(log).read())

    in_time(read, log)
    assert not lines


def test_a_log_that_is_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """Who writes to it would take ehtui for its reader."""
    pipe = tmp_path / "a.log"
    os.mkfifo(pipe)

    with pytest.raises(OSError, match="not a regular file"):
        LogFollower(pipe).read()


def pipe_at(place: Path) -> None:
    os.mkfifo(place)


def bytes_at(place: Path) -> None:
    place.write_bytes(b"\xff\xfe" * 100)


def sparse_at(place: Path) -> None:
    with place.open("wb") as file:
        file.truncate(3 << 30)


@pytest.mark.parametrize("put", [pipe_at, bytes_at, sparse_at])
def test_notes_of_a_virtual_environment_are_what_they_are(
    tmp_path: Path, put: Callable[[Path], None]
) -> None:
    """Restarting a consumer looks into the environment that it ran in."""
    program = tmp_path / "bin" / "python"
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    packages.mkdir(parents=True)
    put(packages / "a.pth")
    note = tmp_path / "pyvenv.cfg"
    put(note)
    found: list[bool] = []

    def look() -> None:
        found.append(is_module_there("nothing", program, tmp_path, {}))

    assert peak_bytes(lambda: in_time(look, note)) < 16 * MEGABYTE
    assert found, "it was looked through"
