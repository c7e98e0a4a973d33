"""How a process was started and confined, read while it lives, so that it can be started again."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import psutil

from ehtui.actions.confinement import Confinement, confinement_of
from ehtui.actions.original_words import original_argv, original_environment
from ehtui.actions.process_control import CannotStartError
from ehtui.actions.signals import ProcessGoneError, check_identity
from ehtui.actions.workers import parent_that_starts
from ehtui.domain.text import mask_arguments, safe, visible
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.restarts import StartObstacle

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
        found = _read(process) if sys.platform == "linux" else _read_by_psutil(process)
    except (FileNotFoundError, ProcessLookupError, psutil.NoSuchProcess) as error:
        raise ProcessGoneError from error
    except (PermissionError, psutil.AccessDenied) as error:
        raise CannotStartError(StartObstacle.CLOSED) from error

    check_identity(process)  # all of it is of one process

    return found


def _read(process: ProcessId) -> Blueprint:
    pid = process.pid
    proc = Path("/proc") / str(pid)
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

    return Blueprint(
        process=process,
        arguments=original_argv(process.pid),
        variables=original_environment(process.pid),
        folder=running.cwd(),
        link=running.exe(),
        file=None,
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

    if stat.S_ISCHR(found.st_mode):
        is_terminal = os.major(found.st_rdev) in _TERMINALS
        return (Input.TERMINAL, name) if is_terminal else (Input.NOTHING, name)

    return Input.OTHER, name
