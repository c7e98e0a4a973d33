"""Files that outlive ehtui: where they are, how a line or a record is written whole.

Standard library only.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import stat
import sys
from errno import EINVAL
from pathlib import Path
from typing import Any

from ehtui import system
from ehtui.actions.file_locks import lock, unlock


def state_folder() -> Path:
    """`$XDG_STATE_HOME/ehtui`, by default under `~/.local/state`; on Windows `%LOCALAPPDATA%`.

    On macOS as on Linux: that is where tools of the terminal have their files.
    """
    state = os.environ.get("XDG_STATE_HOME")

    if not state and sys.platform == "win32":
        state = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")

    return Path(state or Path.home() / ".local" / "state") / "ehtui"


def default_audit_path() -> Path:
    """The audit log of this user."""
    return state_folder() / "audit.jsonl"


def default_log_folder() -> Path:
    """Output of the consumers that this user started."""
    return state_folder() / "logs"


def default_records_folder() -> Path:
    """Records of restarts that have not come to their end."""
    return state_folder() / "restarts"


# Not held up by a FIFO that somebody put there.
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | system.QUIETLY


def open_records(path: Path) -> int:
    """The file, open for `append_line`, readable by its owner only; its folder is made.

    Raises:
        OSError: It cannot be opened, or is not a regular file.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, _FLAGS, 0o600)

    status = os.fstat(descriptor)

    if stat.S_ISREG(status.st_mode):
        if sys.platform != "win32" and status.st_mode & 0o077 and status.st_uid == os.geteuid():
            os.fchmod(descriptor, 0o600)  # made by somebody else, or copied

        return descriptor

    os.close(descriptor)
    raise OSError(EINVAL, "is not a regular file", str(path))


def append_line(descriptor: int, line: bytes) -> None:
    """Append one line and its end. A half line of somebody who failed is ended first.

    Raises:
        OSError: It could not be written whole, and nothing of it stands in the file.
    """
    lock(descriptor)

    try:
        end = os.fstat(descriptor).st_size
        is_whole = end == 0 or _byte_at(descriptor, end - 1) == b"\n"
        rest = memoryview((b"" if is_whole else b"\n") + line + b"\n")

        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]

            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, end)
            raise
    finally:
        unlock(descriptor)


def _byte_at(descriptor: int, place: int) -> bytes:
    os.lseek(descriptor, place, os.SEEK_SET)

    return os.read(descriptor, 1)


SCHEMA = "ehtui.restart/1"
_BLOCK = 4096
_LONGEST_DETAIL = 600


def write_record(descriptor: int, record: dict[str, Any]) -> None:
    """Put it into the file, over what stood there.

    Raises:
        OSError: The disk is full, at the first time; later there is room.
    """
    detail = record.get("detail")
    told = {"schema": SCHEMA, **record, "detail": detail and detail[:_LONGEST_DETAIL]}
    text = json.dumps(told).encode()
    size = os.fstat(descriptor).st_size

    if size == 0:
        size = (len(text) + 2 * _LONGEST_DETAIL) // _BLOCK * _BLOCK + _BLOCK

    padded = text.ljust(size - 1) + b"\n"
    os.lseek(descriptor, 0, os.SEEK_SET)
    written = os.write(descriptor, padded)

    if written < len(padded):
        os.write(descriptor, padded[written:])  # says why not

    os.fsync(descriptor)


def who() -> dict[str, object]:
    """Who acts, and where."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # no name for this uid
        user = str(system.user_id())

    return {"user": user, "host": socket.gethostname(), "ehtui_pid": os.getpid()}
