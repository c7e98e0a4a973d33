"""Files at places that are somebody else's to fill: opened only where they are files, at once."""

from __future__ import annotations

import os
import stat
from errno import EINVAL
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 64 * 1024
_AT_ONCE = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


def open_regular(path: Path) -> BinaryIO:
    """Open a file, if it is one.

    Looked at before it is opened: from a pipe or terminal it would take what is for others. And
    afterwards: what has been put there meanwhile is not waited for.

    Raises:
        OSError: It is no regular file, or cannot be opened.
    """
    if stat.S_ISREG(path.stat().st_mode):
        descriptor = os.open(path, _AT_ONCE)

        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.fdopen(descriptor, "rb")

        os.close(descriptor)

    raise OSError(EINVAL, "not a regular file", str(path))


def beginning_of(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """The text of a small file, as far as that; what is no UTF-8 in it is replaced.

    Raises:
        OSError: It is no regular file, or cannot be read.
    """
    with open_regular(path) as file:
        return file.read(most_bytes).decode(errors="replace")
