"""Workers that only their parent can start: a command line that is not their own, or not enough."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui import system
from ehtui.config.process_memory import MOST_BYTES, command_bytes
from ehtui.sources.proc import FLAGS, FORKED, PARENT, is_forked, parent_of, stat_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What its parent hands it, open, and once: multiprocessing's spawn and forkserver, billiard's and
# loky's; child_process.fork and cluster of Node; sockets of whoever activated it (sd_listen_fds).
_HANDED_WORDS = re.compile(
    r"--multiprocessing-fork|--billiard-fork|(.*\.)?loky\.backend\.\w+"
    r"|from (multiprocessing|billiard)\.\w+ import .*",
    re.DOTALL,
)
_HANDED_VARIABLES = ("NODE_CHANNEL_FD",)


def parent_that_starts(
    pid: int, arguments: Sequence[str], variables: Mapping[str, str]
) -> int | None:
    """Whose worker it is, 0 where that one has ended; None where its own command starts it.

    One that went on alone (a daemon) forked itself: its command does that again.

    Raises:
        OSError: It cannot be read.
    """
    parent = parent_of(pid) or 0

    if is_forked(pid) if system.LINUX else _says_the_same(pid, parent):
        return _forked_by(pid, parent)

    is_handed = any(map(_HANDED_WORDS.fullmatch, arguments)) or any(
        name in variables for name in _HANDED_VARIABLES
    )
    is_activated = variables.get("LISTEN_PID") == str(pid)

    if not (is_handed or is_activated):
        return None

    return parent if parent > 1 or is_activated else 0


def _says_the_same(pid: int, parent: int) -> bool:
    """Whether its parent runs the same words: where nobody tells what was forked, that one was."""
    with suppress(OSError):
        words = command_bytes(pid, MOST_BYTES)
        return parent > 1 and bool(words) and words == command_bytes(parent, MOST_BYTES)

    return False


def _forked_by(pid: int, parent: int) -> int | None:
    """Who runs the program that it was forked from; None where nobody does any more."""
    found = None

    if not system.LINUX:
        return parent

    with suppress(OSError):
        while parent > 1 and _is_same_program(pid, parent):
            found = parent
            fields = stat_of(parent)

            if not int(fields[FLAGS]) & FORKED:
                break

            parent = int(fields[PARENT])

    return found


def _is_same_program(pid: int, parent: int) -> bool:
    """By its file; of another user's process only the words can be read."""
    try:
        return os.path.samestat(
            *(Path(f"{system.PROC}/{each}/exe").stat() for each in (pid, parent))
        )
    except PermissionError:
        return command_bytes(pid, MOST_BYTES) == command_bytes(parent, MOST_BYTES)
