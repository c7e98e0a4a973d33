"""The words that a process was started with, or the finding that it wrote something over them."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

import psutil

from ehtui.actions.process_control import CannotStartError
from ehtui.config.process_memory import MOST_BYTES, command_bytes, environment_bytes
from ehtui.domain.text import safe
from ehtui.domain.world.restarts import StartObstacle

# proc(5), fields of `stat`, counted from 1.
_STACK, _ARGUMENTS, _ENVIRONMENT = 28, (48, 49), (50, 51)
# mysql and others hide a password so.
_BLANKED = re.compile(r"(?:^|=)(x{4,}|X{4,}|\*{4,})$")
_HANDED = re.compile(r"(?:^|=)(/dev/fd/\d+|/proc/self/fd/\d+)$")
_SHOWN = 60
_MOST_WORDS = 200_000


def original_argv(pid: int) -> tuple[str, ...]:
    """Its command line as it was started with.

    Raises:
        CannotStartError: A title stands there, or an argument that starts nothing any more.
        OSError: It cannot be read.
    """
    if sys.platform != "linux":
        return _checked(tuple(psutil.Process(pid).cmdline()))

    raw = command_bytes(pid, MOST_BYTES)
    _check_count(raw, StartObstacle.COMMAND_OVERWRITTEN)
    words = tuple(text(word) for word in raw.split(b"\0")[:-1])
    start, end = _fields(pid, *_ARGUMENTS)
    count = _argument_count(pid)
    is_whole = raw.endswith(b"\0") and (not start or len(raw) == end - start)

    # What a title leaves of the words after it is zeros: empty words. Where the kernel lets us
    # see how many there were, that decides; else two in a row are no accident.
    if count is not None:
        is_whole = is_whole and len(words) == count
    elif words[-2:] == ("", ""):
        is_whole = False

    if not is_whole or not words[0]:
        shown = raw.rstrip(b"\0").replace(b"\0", b" ")[:_SHOWN]
        raise CannotStartError(StartObstacle.COMMAND_OVERWRITTEN, safe(text(shown)))

    return _checked(words)


def _checked(words: tuple[str, ...]) -> tuple[str, ...]:
    for word in words[1:]:
        if blanked := _BLANKED.search(word):
            raise CannotStartError(StartObstacle.ARGUMENT_BLANKED, safe(blanked[1]))

        if handed := _HANDED.search(word):
            raise CannotStartError(StartObstacle.FILE_HANDED, safe(handed[1]))

    return words


def original_environment(pid: int) -> dict[str, str]:
    """Its environment as it was started with; of two values of a name the first counts.

    Raises:
        CannotStartError: A title that was too long for the command line stands there.
        OSError: It cannot be read.
    """
    if sys.platform != "linux":
        return dict(psutil.Process(pid).environ())

    raw = environment_bytes(pid)
    start, end = _fields(pid, *_ENVIRONMENT)
    _check_count(raw, StartObstacle.ENVIRONMENT_OVERWRITTEN)
    entries = raw.split(b"\0")
    is_whole = entries.pop() == b"" and (not start or len(raw) == end - start)

    if not is_whole or not all(b"=" in entry[1:] for entry in entries):
        raise CannotStartError(StartObstacle.ENVIRONMENT_OVERWRITTEN)

    pairs = (text(entry).partition("=") for entry in reversed(entries))

    return {name: value for name, _, value in pairs}


def _check_count(raw: bytes, obstacle: StartObstacle) -> None:
    """Whoever moved its own words elsewhere can have millions of them."""
    if raw.count(b"\0") > _MOST_WORDS:
        raise CannotStartError(obstacle, "more words than any program is started with")


def _fields(pid: int, *numbers: int) -> list[int]:
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()

    return [int(fields[number - 3]) for number in numbers]


def _argument_count(pid: int) -> int | None:
    """How many words exec counted: it left that at the stack's beginning. None: not for us."""
    (stack,) = _fields(pid, _STACK)
    word = struct.Struct("@Q")

    if not stack or struct.calcsize("@P") != word.size:
        return None

    try:
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(stack)
            (count,) = word.unpack(memory.read(word.size))
    except (OSError, struct.error):
        return None

    return int(count)


def text(raw: bytes) -> str:
    """What a command line or a path holds; whatever is no text in it comes back when encoded."""
    return raw.decode("utf-8", "surrogateescape")
