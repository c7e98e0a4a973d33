"""What something costs in memory, without letting it take any."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MEGABYTE = 1 << 20
_KILOBYTE = 1024


def peak_bytes(work: Callable[[], object]) -> int:
    """The most that `work` held at once, as Python's allocator counted it."""
    tracemalloc.start()

    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def resident_bytes(pid: int) -> int:
    """What a process holds of the machine's memory by now."""
    return _status_bytes(pid, "VmRSS")


def peak_resident_bytes(pid: int) -> int:
    """The most that a process ever held."""
    return _status_bytes(pid, "VmHWM")


def _status_bytes(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))

    return int(line.split()[1]) * _KILOBYTE


@contextmanager
def confined(
    module: str,
    *arguments: str,
    memory_bytes: int = 1 << 30,
    variables: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """`python -m module arguments`, which the kernel gives no more than so much address space.

    So a fault that this guards against ends that child and not the machine.
    """
    code = (
        "import resource, runpy, sys; "
        f"resource.setrlimit(resource.RLIMIT_AS, ({memory_bytes}, {memory_bytes})); "
        "sys.argv = sys.argv[1:]; runpy.run_module(sys.argv[0], run_name='__main__')"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, module, *arguments],
        env={**os.environ, **(variables or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    try:
        yield child
    finally:
        child.kill()
        child.communicate()
