"""`$PAGER` for long text on a terminal: a real terminal, and a pager that says that it was one."""

from __future__ import annotations

import io
import os
import pty
import shutil
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path

import pytest
from typing_extensions import override

from ehtui.cli.paging import pager_for

ROOT = Path(__file__).parents[2]
PAGER = "sed -u s/^/paged:/"
LONG = ("explain",)


def run(argv: tuple[str, ...], folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """What a terminal of that size shows of a command."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
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


TALL, LOW = "line\n" * 100, "line\n" * 3


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


def look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 24 lines of 80 cells."""
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((80, 24)))
    monkeypatch.setenv("TERM", "xterm")


@pytest.mark.parametrize(
    ("text", "environment", "command"),
    [
        (TALL, {"PAGER": PAGER}, PAGER.split()),
        (LOW, {"PAGER": PAGER}, ()),
        ("x" * 80 * 24 + "\n", {"PAGER": PAGER}, PAGER.split()),  # one line, which fills it
        ("회의" * 20 + "\n", {"PAGER": PAGER}, ()),
        (f"\x1b[36m{'x' * 79}\x1b[0m\n" * 22, {"PAGER": PAGER}, ()),  # colours take no cells
        (TALL, {"PAGER": "cat"}, ()),
        (TALL, {"PAGER": ""}, ()),
        (TALL, {"PAGER": "no-such-pager -x"}, ()),
        (TALL, {"PAGER": "'never closed"}, ()),
    ],
    ids=[*("long", "short", "one line", "wide", "coloured", "cat", "none", "missing", "odd")],
)
def test_who_shows_it(
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    environment: Mapping[str, str],
    command: Sequence[str],
) -> None:
    look_at(monkeypatch)

    assert list(pager_for(text, environment)) == list(command)


def test_a_dumb_terminal_has_no_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    look_at(monkeypatch)
    assert pager_for(TALL, {"PAGER": PAGER})
    monkeypatch.setenv("TERM", "dumb")

    assert not pager_for(TALL, {"PAGER": PAGER})


def test_a_long_text_is_printed_where_no_pager_is_wanted(tmp_path: Path) -> None:
    code, told = run((*LONG, "--no-pager"), tmp_path, {"PAGER": PAGER})

    assert code == 0
    assert "paged:" not in told


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
