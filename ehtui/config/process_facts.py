"""What a running process shows of itself and of its working folder. Loads psutil."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ehtui.config.dotenv_file import read_dotenv
from ehtui.config.errors import ConfigError
from ehtui.config.expand import expand
from ehtui.config.yaml_file import read_yaml
from ehtui.domain.text import safe

_SETTINGS_FILES = (
    "ehtui.yaml",
    "config.yaml",
    "config.yml",
    "config/config.yaml",
    "application.yaml",
    "application.yml",
    "local.settings.json",
    "appsettings.json",
)
_PARENTS = 3  # python-dotenv looks upwards for .env; further up is somebody else's
_FLAG = re.compile(r"^(?:--?|/)(?:D)?(?P<name>[A-Za-z][\w.:-]*)(?:=(?P<value>.*))?$", re.DOTALL)
_ASSIGNMENT = re.compile(r"^(?P<name>[A-Za-z_][\w.]*)=(?P<value>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that sets variables; `name` completes "found NAME in …"."""

    name: str
    variables: Mapping[str, str]


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

    folder = _folder(process)
    notes: list[str] = []
    dotenvs = list(_dotenvs(folder, argv, environment, notes))
    known = {name: text for place in reversed(dotenvs) for name, text in place.variables.items()}
    files = list(_files(folder, argv, {**known, **environment}, notes))

    return ProcessFacts(
        pid=pid,
        command=safe(" ".join(argv)) or process.name(),
        folder=folder,
        places=(
            Place("its command line", dict(_arguments(argv))),
            Place("its environment", environment),
            *dotenvs,
            *files,
        ),
        notes=tuple(notes),
    )


def _argv_and_environment(process: psutil.Process) -> tuple[list[str], dict[str, str]]:
    if process.status() == psutil.STATUS_ZOMBIE:
        raise psutil.ZombieProcess(process.pid)

    return process.cmdline(), process.environ()


def _denied(pid: int) -> ConfigError:
    try:
        user = psutil.Process(pid).username()
    except psutil.Error:
        user = "another user"

    return ConfigError(
        f"No right to read the environment of process {pid}, which runs as {safe(user)}.",
        f"Run as that user: sudo -u {safe(user)} ehtui --pid {pid}",
    )


def _folder(process: psutil.Process) -> str | None:
    try:
        return process.cwd()
    except (psutil.Error, OSError):
        return None


def _folders(folder: str | None, argv: list[str]) -> list[Path]:
    """The working folder and the script's own."""
    if folder is None:
        return []

    base = Path(folder)
    scripts = [base / word for word in argv[:4] if not word.startswith("-") and "." in word]

    return list(dict.fromkeys([base, *(s.parent.resolve() for s in scripts if s.is_file())]))


def _dotenvs(
    folder: str | None, argv: list[str], environment: Mapping[str, str], notes: list[str]
) -> Iterator[Place]:
    for start in _folders(folder, argv):
        for candidate in (start, *list(start.parents)[:_PARENTS]):
            path = candidate / ".env"

            if _is_file(path):
                try:
                    yield Place(str(path), read_dotenv(path, str(path), environment).variables)
                except ConfigError as error:
                    notes.append(error.summary)

                break


def _files(
    folder: str | None, argv: list[str], variables: Mapping[str, str], notes: list[str]
) -> Iterator[Place]:
    for start in _folders(folder, argv):
        for name in _SETTINGS_FILES:
            path = start / name

            if not _is_file(path):
                continue

            try:
                sections = read_yaml(path, str(path)).sections
            except ConfigError as error:
                notes.append(error.summary)
                continue

            texts = dict(_flattened(sections, ""))
            yield Place(
                str(path),
                {key: expand(text, variables, must_exist=False) for key, text in texts.items()},
            )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _flattened(value: object, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _flattened(part, f"{prefix}.{name}" if prefix else str(name))
    elif isinstance(value, str):
        yield prefix, value


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
