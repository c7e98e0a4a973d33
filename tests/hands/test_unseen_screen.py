"""The screen where standard error goes somewhere else: keys never act on what nobody sees."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
SHOWN = """
import sys
from ehtui.tui import run
from ehtui.tui.options import UiOptions
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import healthy
code = run(FakeBackend(healthy()), UiOptions())
sys.stderr and print("afterwards", file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")
@pytest.mark.parametrize("closing", ["", "2>&-"])
def test_it_is_drawn_on_standard_output(tmp_path: Path, closing: str) -> None:
    ours, theirs = pty.openpty()
    errors = tmp_path / "errors"

    with errors.open("wb") as file:
        child = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$0" -c "$1" {closing}', sys.executable, SHOWN],
            cwd=ROOT,
            env=os.environ | {"TERM": "xterm-256color", "LINES": "36", "COLUMNS": "120"},
            stdin=theirs,
            stdout=theirs,
            stderr=file,
            start_new_session=True,
        )

    os.close(theirs)
    os.set_blocking(ours, False)
    drawn = b""

    def has_drawn(words: bytes) -> bool:
        nonlocal drawn

        with suppress(OSError):  # nothing yet, or the other end has closed
            drawn += os.read(ours, 65536)

        return words in drawn

    try:
        wait_until(lambda: has_drawn(b"Partitions"), timeout_s=20, what="the screen")
        os.write(ours, b"q")
        wait_until(lambda: (has_drawn(b""), child.poll() is not None)[1], timeout_s=20)
    finally:
        child.kill()
        child.wait()
        os.close(ours)

    assert child.returncode == 0
    assert errors.read_text() == ("" if closing else "afterwards\n")
