"""Appends records to a file that several processes write: a record is a whole line, or nothing."""

from __future__ import annotations

import fcntl
import os
import stat
from errno import EINVAL
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Not held up by a FIFO that somebody put there.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_records(path: Path) -> int:
    """The file, open for `append_line`, readable by its owner only; its folder is made.

    Raises:
        OSError: It cannot be opened, or is no regular file.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, _FLAGS, 0o600)

    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor

    os.close(descriptor)
    raise OSError(EINVAL, "is no regular file", str(path))


def append_line(descriptor: int, line: bytes) -> None:
    """Append one line and its end. A half line of somebody who failed is ended first.

    Raises:
        OSError: It could not be written whole, and nothing of it stands in the file.
    """
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    try:
        end = os.fstat(descriptor).st_size
        is_whole = end == 0 or os.pread(descriptor, 1, end - 1) == b"\n"
        rest = memoryview((b"" if is_whole else b"\n") + line + b"\n")

        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]

            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
