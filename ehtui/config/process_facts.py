"""What a running process shows of itself and of its working folder. Loads psutil."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil

from ehtui.config.errors import ConfigError
from ehtui.config.process_files import Place, ProcessFiles, place
from ehtui.config.process_memory import variables_of, words_of
from ehtui.config.process_sight import ProcessSight
from ehtui.domain.text import safe, safe_command

if TYPE_CHECKING:
    from collections.abc import Iterator

_FLAG = re.compile(r"^(?:--?|/)(?:D)?(?P<name>[A-Za-z][\w.:-]*)(?:=(?P<value>.*))?$", re.DOTALL)
_ASSIGNMENT = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)=(?P<value>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """A process and every place where its settings may stand, strongest first."""

    pid: int
    command: str  # safe to show
    folder: str | None
    places: tuple[Place, ...]
    notes: tuple[str, ...] = field(default=())


def read_process(pid: int) -> ProcessFacts:
    """Read a process's command line, environment and the files of its folder.

    Files are read with no more rights than the process's own user has, and `${NAME}` in them means
    the process's environment.

    Raises:
        ConfigError: There is no such process, or no right to read its environment.
    """
    try:
        process = psutil.Process(pid)
        argv, environment = _argv_and_environment(process)
    except (psutil.ZombieProcess, ProcessLookupError):
        raise ConfigError(
            f"Process {pid} has ended (its parent has not collected it yet)."
        ) from None
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        raise ConfigError(
            f"There is no process {pid} on this host.",
            "List candidates with: ps -eo pid,user,args | grep -i consumer",
        ) from None
    except (psutil.AccessDenied, PermissionError):
        raise _denied(pid) from None

    folder, files, notes = _of_files(process, argv, environment)

    return ProcessFacts(
        pid=pid,
        command=safe_command(argv) or safe(process.name()),
        folder=folder,
        places=(
            place("its command line", dict(_arguments(argv))),
            place("its environment", environment),
            *files,
        ),
        notes=notes,
    )


def _of_files(
    process: psutil.Process, argv: list[str], environment: dict[str, str]
) -> tuple[str | None, list[Place], tuple[str, ...]]:
    """Its working folder, what files in and around it say, and those that were not read."""
    try:
        sight = ProcessSight(process.pid)
    except (psutil.Error, OSError):
        return None, [], ()

    with sight:
        folder = str(sight.working.path)

        if not process.is_running():  # its number belongs to somebody else by now
            return None, [], ()

        if sight.rights is None:
            return folder, [], ("it changed its user (setuid), so none of its files are read",)

        files = ProcessFiles(sight, argv)
        dotenvs = files.dotenvs(environment)
        known = {
            name: text for place in reversed(dotenvs) for name, text in place.variables.items()
        }
        found = [*dotenvs, *files.settings({**known, **environment})]

    return folder, found, tuple(files.notes)


def _argv_and_environment(process: psutil.Process) -> tuple[list[str], dict[str, str]]:
    if process.status() == psutil.STATUS_ZOMBIE:
        raise psutil.ZombieProcess(process.pid)

    return words_of(process), variables_of(process)


def _denied(pid: int) -> ConfigError:
    try:
        user = psutil.Process(pid).username()
    except psutil.Error:
        user = "another user"

    return ConfigError(
        f"No right to read the environment of process {pid}, which runs as {safe(user)}.",
        f"Run as that user: sudo -u {safe(user)} ehtui --pid {pid}",
    )


def _arguments(argv: list[str]) -> Iterator[tuple[str, str]]:
    """`--name value`, `--name=value`, `-Dname=value`, `NAME=value` and bare values."""
    waiting: str | None = None

    for number, word in enumerate(argv[1:], start=1):
        if assignment := _ASSIGNMENT.match(word):
            yield assignment["name"], assignment["value"]
            # The same word can also be a whole connection string, or a flag's value.
            yield waiting or f"argument {number}", word
            waiting = None
        elif flag := _FLAG.match(word):
            waiting = flag["name"]

            if flag["value"] is not None:
                yield waiting, flag["value"]
                waiting = None
        else:
            yield waiting or f"argument {number}", word
            waiting = None
