"""Following a text file as it grows: through rotation, truncation, gigabytes and bad bytes."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from errno import EINVAL
from pathlib import Path
from typing import BinaryIO

HEAD_BYTES = 256 * 1024  # where a consumer says at start who it is
TAIL_BYTES = 1024 * 1024
READ_BYTES = 1024 * 1024  # at most so much a turn: a flood must not stall the others
LINE_BYTES = 8 * 1024  # an endless line is cut here
# A file that was emptied and grew back (copytruncate) has other text before the place reached:
# so much holds a record with its time, almost always.
SEEN_BYTES = 256


@dataclass(slots=True)
class LogFollower:
    """Lines appended to one file since the read before.

    The first read takes its head, where a consumer says who it is, and its tail; or the tail alone.
    """

    path: Path
    reads_head: bool = True
    _inode: int | None = None
    _offset: int = 0
    _seen: bytes = b""  # what stood right before the offset
    _partial: bytes = b""
    _skips_line: bool = False

    def read(self) -> list[str]:
        """New complete lines; raises OSError while the file is missing or may not be read."""
        with self._opened() as file:
            status = os.fstat(file.fileno())

            if status.st_ino != self._inode or not self._goes_on(file):
                is_first = self._inode is None
                self._inode, self._offset, self._seen = status.st_ino, 0, b""
                self._partial, self._skips_line = b"", False

                if is_first and status.st_size > HEAD_BYTES + TAIL_BYTES:
                    head = file.read(HEAD_BYTES) if self.reads_head else b""
                    file.seek(status.st_size - TAIL_BYTES)
                    tail = file.read(TAIL_BYTES)
                    self._offset, self._seen = status.st_size, tail[-SEEN_BYTES:]
                    # The first line of the tail began somewhere before it.
                    return self._split(head + b"\n" * bool(head)) + self._split(
                        tail.partition(b"\n")[2]
                    )

            file.seek(self._offset)
            chunk = file.read(HEAD_BYTES + TAIL_BYTES if self._offset == 0 else READ_BYTES)
            self._offset += len(chunk)
            self._seen = (self._seen + chunk)[-SEEN_BYTES:]

        return self._split(chunk)

    def _goes_on(self, file: BinaryIO) -> bool:
        """Whether it still holds what was read last; a shorter file does not.

        Who writes without appending leaves a hole when it is emptied, and goes on after that.
        """
        size = len(self._seen)
        file.seek(self._offset - size)
        before, self._seen = self._seen, file.read(size)

        return self._seen in {before, bytes(size)}

    def _opened(self) -> BinaryIO:
        """The file, where it is one: from a pipe or terminal it would take what is for others."""
        if not stat.S_ISREG(self.path.stat().st_mode):
            raise OSError(EINVAL, "not a regular file", str(self.path))

        return self.path.open("rb")

    def _split(self, chunk: bytes) -> list[str]:
        *lines, rest = chunk.split(b"\n")

        if lines:
            lines[0] = self._partial + lines[0]
            self._partial = b""

            if self._skips_line:
                lines.pop(0)
                self._skips_line = False

        self._partial += rest

        if len(self._partial) > LINE_BYTES:
            if not self._skips_line:
                lines.append(self._partial[:LINE_BYTES])

            self._partial, self._skips_line = b"", True

        return [line[:LINE_BYTES].decode("utf-8", "replace").rstrip("\r") for line in lines]
