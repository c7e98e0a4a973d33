"""`$PAGER` for long text on a terminal: a real terminal, and a pager that says that it was one."""

from __future__ import annotations

import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from fcntl import ioctl
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGER = "sed -u s/^/paged:/"
LONG, SHORT = ("explain",), ("explain", "overdue")


def run(
    argv: tuple[str, ...], folder: Path, variables: Mapping[str, str], *, rows: int = 24
) -> tuple[int, str]:
    """What a terminal of that size shows of a command."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    bare = {k: v for k, v in os.environ.items() if k not in {"PAGER", "COLUMNS", "LINES", "LESS"}}
    child = subprocess.Popen(
        [sys.executable, "-m", "ehtui", *argv],
        cwd=ROOT,
        env=bare | {"HOME": str(folder), "TERM": "xterm"} | dict(variables),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    told = bytearray()

    try:
        while piece := os.read(master, 65536):
            told += piece
    except OSError:  # the terminal's other end is closed: it has ended
        pass
    finally:
        os.close(master)

    return child.wait(timeout=30), told.decode().replace("\r\n", "\n")


def test_a_long_text_goes_through_the_pager(tmp_path: Path) -> None:
    code, told = run(LONG, tmp_path, {"PAGER": PAGER, "NO_COLOR": "1"})

    assert code == 0
    assert all(line.startswith("paged:") for line in told.splitlines())
    assert len(told.splitlines()) > 100


@pytest.mark.parametrize(
    ("argv", "variables"),
    [
        (SHORT, {"PAGER": PAGER}),
        ((*LONG, "--no-pager"), {"PAGER": PAGER}),
        (LONG, {"PAGER": "cat"}),
        (LONG, {"PAGER": ""}),
        (LONG, {"PAGER": "no-such-pager -x"}),
        (LONG, {"PAGER": "'never closed"}),
        (LONG, {"PAGER": PAGER, "TERM": "dumb"}),
    ],
)
def test_it_is_printed_where_no_pager_is_wanted(
    tmp_path: Path, argv: tuple[str, ...], variables: Mapping[str, str]
) -> None:
    code, told = run(argv, tmp_path, variables)

    assert code == 0
    assert told
    assert "paged:" not in told


def test_few_lines_on_a_low_terminal_are_long(tmp_path: Path) -> None:
    assert "paged:" in run(SHORT, tmp_path, {"PAGER": PAGER}, rows=4)[1]


def test_a_pager_that_is_left_early_is_no_fault(tmp_path: Path) -> None:
    code, told = run(LONG, tmp_path, {"PAGER": "head -n 2", "NO_COLOR": "1"})

    assert (code, len(told.splitlines())) == (0, 2)


def test_a_pipe_gets_it_all(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "ehtui", *LONG],
        cwd=ROOT,
        env=os.environ | {"PAGER": PAGER, "HOME": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
    )

    assert "paged:" not in said.stdout
