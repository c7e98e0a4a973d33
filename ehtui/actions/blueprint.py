"""How a process was started: read while it runs, and kept in memory for when it has ended.

A worker that only its parent can start has none (`workers`).
"""

from __future__ import annotations

import os
import re
import stat
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import psutil

from ehtui import system
from ehtui.actions.confinement import Confinement, confinement_of, from_plain
from ehtui.actions.restart_locks import record_path
from ehtui.actions.targets import (
    CannotStartError,
    IdentityChangedError,
    NotKnownError,
    ProcessGoneError,
    ProgramChangedError,
    check_identity,
)
from ehtui.actions.workers import parent_that_starts
from ehtui.config.process_memory import MOST_BYTES, command_bytes, environment_bytes
from ehtui.domain.text import mask_arguments, safe, visible
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import StartObstacle
from ehtui.sources.proc import identity_of, stat_of
from ehtui.sources.restarts import record_at

_DELETED = " (deleted)"
_TERMINALS = frozenset({4, 5, *range(136, 144)})  # Documentation/admin-guide/devices.txt


class Input(Enum):
    """What a process has as its standard input."""

    NOTHING = "nothing"  # closed, or a device such as /dev/null
    FILE = "file"  # it can be read from its beginning again
    PIPE = "pipe"  # it can be taken over, but what was read is gone
    TERMINAL = "terminal"
    OTHER = "other"  # a socket, or not for this user


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One process. Arguments and environment hold secrets: they stay in memory."""

    process: ProcessId
    arguments: tuple[str, ...] = field(repr=False)
    variables: Mapping[str, str] = field(repr=False)
    folder: str
    link: str  # its program file
    file: tuple[int, int] | None
    input: Input
    input_path: str
    confinement: Confinement | None  # None: this system does not tell

    @property
    def command(self) -> tuple[str, ...]:
        """Its words without secrets, safe to show."""
        return tuple(visible(word) for word in mask_arguments(self.arguments))

    @property
    def holds_secrets(self) -> bool:
        """Whether `command` starts something else."""
        return tuple(mask_arguments(self.arguments)) != self.arguments


def blueprint_of(process: ProcessId) -> Blueprint:
    """Read it now.

    Raises:
        CannotStartError: Its words or its environment are not whole any more, its folder is gone.
        ProcessGoneError: It has ended.
        IdentityChangedError: The pid was reused.
        ProgramChangedError: It has exec'd another program.
    """
    check_identity(process)

    try:
        found = _read(process) if system.LINUX else _read_by_psutil(process)
    except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess) as error:
        raise ProcessGoneError from error
    except (PermissionError, psutil.AccessDenied) as error:
        raise CannotStartError(StartObstacle.CLOSED) from error

    check_identity(process)  # all of it is of one process

    return found


def _read(process: ProcessId) -> Blueprint:
    pid = process.pid
    proc = Path(system.PROC, str(pid))
    folder, link = (os.readlink(proc / name) for name in ("cwd", "exe"))  # noqa: PTH115 - " (deleted)"
    program = (proc / "exe").stat()

    if not (proc / "cwd").stat().st_nlink:
        raise CannotStartError(StartObstacle.FOLDER_GONE, safe(folder.removesuffix(_DELETED)))

    kind, path = _input(proc / "fd" / "0")
    arguments, variables = original_argv(pid), original_environment(pid)

    if (parent := parent_that_starts(pid, arguments, variables)) is not None:
        whose = f"process {parent}" if parent else "a process that has ended"
        raise CannotStartError(StartObstacle.WORKER, whose)

    return Blueprint(
        process=process,
        arguments=arguments,
        variables=variables,
        folder=folder,
        link=link,
        file=(program.st_dev, program.st_ino),
        input=kind,
        input_path=path,
        confinement=confinement_of(pid),
    )


def _read_by_psutil(process: ProcessId) -> Blueprint:
    running = psutil.Process(process.pid)
    arguments, variables = original_argv(process.pid), original_environment(process.pid)
    folder = running.cwd()

    if running.username() != psutil.Process().username():  # what it may do is not told
        raise CannotStartError(StartObstacle.RIGHTS, f"those of ehtui, not of {running.username()}")

    if not Path(folder).is_dir():
        raise CannotStartError(StartObstacle.FOLDER_GONE, safe(folder.removesuffix(_DELETED)))

    if (parent := parent_that_starts(process.pid, arguments, variables)) is not None:
        whose = f"process {parent}" if parent else "a process that has ended"
        raise CannotStartError(StartObstacle.WORKER, whose)

    return Blueprint(
        process=process,
        arguments=arguments,
        variables=variables,
        folder=folder,
        link=running.exe(),
        file=identity_of(running.exe()) or NO_FILE,  # gone: nothing else is it
        input=Input.NOTHING,
        input_path=os.devnull,
        confinement=None,
    )


def _input(path: Path) -> tuple[Input, str]:
    try:
        found, name = path.stat(), os.readlink(path)  # noqa: PTH115 - pipe:[1]
    except FileNotFoundError:
        return Input.NOTHING, os.devnull
    except OSError:
        return Input.OTHER, ""

    if stat.S_ISREG(found.st_mode):
        return Input.FILE, name

    if stat.S_ISFIFO(found.st_mode):
        return Input.PIPE, name

    if stat.S_ISCHR(found.st_mode) and sys.platform == "linux":
        is_terminal = os.major(found.st_rdev) in _TERMINALS
        return (Input.TERMINAL, name) if is_terminal else (Input.NOTHING, name)

    return Input.OTHER, name


# Where fields of `stat` stand in `stat_of`: the stack, and both ends of words and variables.
_STACK, _ARGUMENTS, _ENVIRONMENT = 28 - 3, slice(48 - 3, 50 - 3), slice(50 - 3, 52 - 3)
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
    if not system.LINUX:
        return _checked(_argv_by_psutil(pid))

    raw = command_bytes(pid, MOST_BYTES)
    _check_count(raw, StartObstacle.COMMAND_OVERWRITTEN)
    words = tuple(text(word) for word in raw.split(b"\0")[:-1])
    start, end = map(int, stat_of(pid)[_ARGUMENTS])
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


def _argv_by_psutil(pid: int) -> tuple[str, ...]:
    words = tuple(psutil.Process(pid).cmdline())

    if not words or words[-2:] == ("", "") or _is_title(words[0]):
        shown = " ".join(words).strip()[:_SHOWN]
        raise CannotStartError(StartObstacle.COMMAND_OVERWRITTEN, safe(shown))

    return words


def _is_title(word: str) -> bool:
    """Whether it is no program's name: `rag: idle` in one word."""
    return not word or (" " in word and not Path(word).exists())


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
    if not system.LINUX:
        return dict(psutil.Process(pid).environ())

    raw = environment_bytes(pid)
    start, end = map(int, stat_of(pid)[_ENVIRONMENT])
    _check_count(raw, StartObstacle.ENVIRONMENT_OVERWRITTEN)
    entries = raw.split(b"\0")
    is_whole = entries.pop() == b"" and (not start or len(raw) == end - start)

    # A title begins where the environment does, and leaves zeros: empty entries.
    if not is_whole or not all(entries) or not all(b"=" in entry[1:] for entry in entries[:1]):
        raise CannotStartError(StartObstacle.ENVIRONMENT_OVERWRITTEN)

    # What execve(2) was given without a name is in nobody's way: no program can ask for it.
    named = (text(entry) for entry in reversed(entries) if b"=" in entry[1:])

    return {name: value for name, _, value in (each.partition("=") for each in named)}


def _check_count(raw: bytes, obstacle: StartObstacle) -> None:
    """Whoever moved its own words elsewhere can have millions of them."""
    if raw.count(b"\0") > _MOST_WORDS:
        raise CannotStartError(obstacle, "more words than any program is started with")


def _argument_count(pid: int) -> int | None:
    """How many words exec counted: it left that at the stack's beginning. None: not for us."""
    stack = int(stat_of(pid)[_STACK])
    word = struct.Struct("@Q")

    if not stack or struct.calcsize("@P") != word.size:
        return None

    try:
        with Path(f"{system.PROC}/{pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(stack)
            (count,) = word.unpack(memory.read(word.size))
    except (OSError, struct.error):
        return None

    return int(count)


def text(raw: bytes) -> str:
    """What a command line or a path holds; whatever is no text in it comes back when encoded."""
    return raw.decode("utf-8", "surrogateescape")


NO_FILE = (0, 0)
MOST = 256  # the oldest go first
_NOT_SEEN = (ProcessGoneError, IdentityChangedError, ProgramChangedError, OSError)


class Remembered:
    """Blueprints by process, or why there is none."""

    def __init__(self) -> None:
        self._known: dict[ProcessId, Blueprint | CannotStartError] = {}

    def learn(self, process: ProcessId) -> None:
        """Read it while it lives. Blocking, for milliseconds."""
        try:
            self._known[process] = blueprint_of(process)
        except CannotStartError as error:
            self._known[process] = error
        except _NOT_SEEN:
            return

        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def knows(self, process: ProcessId) -> bool:
        """Whether it was read."""
        return process in self._known

    def blueprint(self, process: ProcessId, records: Path) -> Blueprint:
        """What is known of it, or what the record of its restart tells with ehtui's environment.

        Raises:
            CannotStartError: It was not whole, or the record has masks where secrets were.
            NotKnownError: There is neither.
        """
        known = self._known.get(process)

        if isinstance(known, CannotStartError):
            raise known

        return known or _of_record(process, record_path(records, process))


def _of_record(process: ProcessId, path: Path) -> Blueprint:
    told = record_at(path)

    if not told or (told["confinement"] is None and system.LINUX):
        raise NotKnownError

    if told["arguments"] is None:
        raise CannotStartError(StartObstacle.SECRETS_GONE)

    return Blueprint(
        process=process,
        arguments=tuple(told["arguments"]),
        variables={name: os.environ[name] for name in told["variables"] if name in os.environ},
        folder=told["folder"],
        link=told["program"],
        file=None,
        input=Input(told["input"]),
        input_path=told["input_path"],
        confinement=told["confinement"] and from_plain(told["confinement"]),
    )
