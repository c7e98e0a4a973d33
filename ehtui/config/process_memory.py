"""A process's command line and environment, read no further than any program's go. Loads psutil.

The kernel reads both from the process's own memory, and the process itself says where they begin
and end (prctl(2), PR_SET_MM_MAP): a stranger's command line can be gigabytes long, for everybody.
"""

from __future__ import annotations

import os
from errno import EACCES, ESRCH
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import psutil

from ehtui import system

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# exec gives arguments and environment together at most 6 MiB (MAX_ARG_STRLEN is 128 KiB each).
MOST_BYTES = 6 << 20
COMMAND_BYTES = 1 << 20  # of a command line that is looked at, and not run again
MOST_WORDS = 10_000


def command_bytes(pid: int, most_bytes: int = COMMAND_BYTES) -> bytes:
    """Its command line as the kernel keeps it, cut off behind `most_bytes`.

    Raises:
        OSError: It has ended, or is not for this user.
    """
    if not system.LINUX:
        words = b"".join(os.fsencode(word) + b"\0" for word in _told(pid, psutil.Process.cmdline))
        return words[:most_bytes]

    return _beginning(Path(f"{system.PROC}/{pid}/cmdline"), most_bytes)


def environment_bytes(pid: int, most_bytes: int = MOST_BYTES) -> bytes:
    """Its environment as the kernel keeps it, cut off behind `most_bytes`.

    Raises:
        OSError: It has ended, or is not for this user.
    """
    if not system.LINUX:
        told = _told(pid, psutil.Process.environ).items()
        entries = b"".join(os.fsencode(f"{name}={value}") + b"\0" for name, value in told)
        return entries[:most_bytes]

    return _beginning(Path(f"{system.PROC}/{pid}/environ"), most_bytes)


def words_of(process: psutil.Process) -> list[str]:
    """What `process.cmdline()` tells, of a line of any length: at most 10,000 words.

    Raises:
        psutil.Error: It has ended, or is not for this user.
    """
    if not system.LINUX:
        return process.cmdline()[:MOST_WORDS]

    try:
        data = command_bytes(process.pid)
    except OSError as error:
        raise _as_psutil(process.pid, error) from None

    if not data and process.status() == psutil.STATUS_ZOMBIE:
        raise psutil.ZombieProcess(process.pid)

    return split_words(data)


def split_words(data: bytes) -> list[str]:
    """The words of a command line, also where a title with blanks was written over it."""
    text = os.fsdecode(data)
    separator = "\0" if text.endswith("\0") else " "
    words = text.removesuffix(separator).split(separator, MOST_WORDS)[:MOST_WORDS] if text else []

    if len(words) == 1 and separator == "\0" and " " in words[0]:
        words = words[0].split(" ", MOST_WORDS)[:MOST_WORDS]

    return words


def variables_of(process: psutil.Process) -> dict[str, str]:
    """What `process.environ()` tells, of an environment of any length: at most 10,000 variables.

    Raises:
        psutil.Error: It has ended, or is not for this user.
    """
    if not system.LINUX:
        return dict(islice(process.environ().items(), MOST_WORDS))

    try:
        data = environment_bytes(process.pid)
    except OSError as error:
        raise _as_psutil(process.pid, error) from None

    return split_variables(data)


def split_variables(data: bytes) -> dict[str, str]:
    """The variables of an environment, up to the first that is empty."""
    variables: dict[str, str] = {}

    for entry in data.split(b"\0", MOST_WORDS)[:MOST_WORDS]:
        if not entry:
            break

        name, equals, value = os.fsdecode(entry).partition("=")

        if name and equals:
            variables[name] = value

    return variables


def _told(pid: int, what: Callable[[psutil.Process], T]) -> T:
    try:
        return what(psutil.Process(pid))
    except psutil.AccessDenied as error:
        raise PermissionError(EACCES, "not for this user", str(pid)) from error
    except psutil.Error as error:
        raise ProcessLookupError(ESRCH, "gone", str(pid)) from error


def _beginning(path: Path, most_bytes: int) -> bytes:
    with path.open("rb", buffering=0) as file:
        pieces = []

        while most_bytes > 0 and (piece := file.read(min(most_bytes, 65536))):
            pieces.append(piece)
            most_bytes -= len(piece)

    return b"".join(pieces)


def _as_psutil(pid: int, error: OSError) -> psutil.Error:
    if isinstance(error, PermissionError):
        return psutil.AccessDenied(pid)

    return psutil.NoSuchProcess(pid)
