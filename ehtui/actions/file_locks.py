"""Locks on open files, one holder at a time: flock(2), and on Windows a byte that no file reaches.

A lock goes with the file's descriptor. Standard library only.
"""

from __future__ import annotations

import os
import sys
import time

if sys.platform == "win32":
    import msvcrt

    _PLACE = 1 << 40  # locks of Windows keep others from reading, too: here is nothing to be read
    _POLL_S = 0.02

    def lock(descriptor: int) -> None:
        """Wait for the lock, however long that takes."""
        while True:
            try:
                try_lock(descriptor)
            except BlockingIOError:
                time.sleep(_POLL_S)
            else:
                return

    def try_lock(descriptor: int, *, is_shared: bool = False) -> None:  # noqa: ARG001 - none are
        """Take the lock, or raise BlockingIOError where somebody else has it."""
        os.lseek(descriptor, _PLACE, os.SEEK_SET)

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(error.errno, "is locked") from error

    def unlock(descriptor: int) -> None:
        """Let somebody else have it."""
        os.lseek(descriptor, _PLACE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def lock(descriptor: int) -> None:
        """Wait for the lock, however long that takes."""
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def try_lock(descriptor: int, *, is_shared: bool = False) -> None:
        """Take the lock, or raise BlockingIOError where somebody else has it."""
        fcntl.flock(descriptor, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)

    def unlock(descriptor: int) -> None:
        """Let somebody else have it."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)
