"""Real child processes for tests, ended by the handle that started them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from ehtui.domain.world.process import ProcessId

READY = "ready"


@contextmanager
def python_child(code: str = "", *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs `code`, says it is ready and waits until its stdin closes."""
    program = f"{code}\nprint({READY!r}, flush=True)\nimport sys; sys.stdin.read()"
    child = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    try:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == READY
        yield child
    finally:
        child.kill()
        child.communicate()


def identity(child: subprocess.Popen[Any]) -> ProcessId:
    return ProcessId(child.pid, psutil.Process(child.pid).create_time())
