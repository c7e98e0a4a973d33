"""Every place in which a running process may have its settings."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePath
from typing import Generic, Protocol, TypeVar

import psutil

from ehtui.config.errors import ConfigError
from ehtui.config.own_files import expand, parse_dotenv
from ehtui.config.own_sight import OwnSight
from ehtui.config.process_memory import variables_of, words_of
from ehtui.config.process_sight import NotReadError, ProcessSight
from ehtui.config.yaml_file import read_texts
from ehtui.domain.text import safe, safe_command


class SeenFolder(Protocol):
    """A folder that a process sees."""

    @property
    def path(self) -> PurePath:
        """As the process has it."""

    @property
    def identity(self) -> tuple[int, int]:
        """What it is, whatever it is called."""


F = TypeVar("F", bound=SeenFolder)


class Sight(Protocol[F]):
    """How files of a process are reached: its own folder, and others from there."""

    @property
    def working(self) -> F:
        """The folder that it works in."""

    def upwards(self, folder: F, most: int) -> Iterator[F]:
        """The folder, and up to `most` above it."""

    def folder_of(self, path: str) -> F | None:
        """The folder of the regular file that the process calls `path`."""

    def read(self, folder: F, name: str, most_bytes: int) -> bytes | None:
        """A file's content; None where there is none, NotReadError where it is not read."""


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
# PyYAML takes a second for 64 kB of brackets.
_FILE_BYTES, _ALL_BYTES = 128 * 1024, 256 * 1024
_LONGEST_NAME, _LONGEST_TEXT, _MOST_VARIABLES = 256, 16 * 1024, 2000


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that sets variables; `name` completes "found NAME in …"."""

    name: str
    variables: Mapping[str, str] = field(repr=False)  # secrets among them


def place(name: str, variables: Mapping[str, str]) -> Place:
    """A place with what can be a setting: whatever is longer, or more, is looked at by nobody."""
    fitting = (
        (key, text)
        for key, text in variables.items()
        if len(key) <= _LONGEST_NAME and len(text) <= _LONGEST_TEXT
    )
    return Place(name, dict(islice(fitting, _MOST_VARIABLES)))


@dataclass(slots=True)
class ProcessFiles(Generic[F]):
    """A process's working folder and its script's own, as the process sees them.

    In a container its paths mean nothing here, and its user may read less than ehtui's.
    """

    sight: Sight[F] = field(repr=False)
    argv: list[str] = field(repr=False)
    notes: list[str] = field(default_factory=list)  # files that were not read, and why
    _left_bytes: int = _ALL_BYTES

    def dotenvs(self, environment: Mapping[str, str]) -> list[Place]:
        """The nearest `.env` at or above each folder; `environment` is the process's own."""
        places = []

        for start in self._folders():
            for folder in self.sight.upwards(start, _PARENTS):
                shown = str(folder.path / ".env")
                content = self._read(folder, ".env")

                if content is not None:
                    try:
                        found = parse_dotenv(content, Path(shown), shown, environment)
                        places.append(place(shown, found.variables))
                    except ConfigError as error:
                        self.notes.append(error.summary)

                    break

        return places

    def settings(self, variables: Mapping[str, str]) -> list[Place]:
        """Settings files as flat variables: `eventhub.name`; `variables` are for `${NAME}`."""
        places = []

        for folder in self._folders():
            for name in _SETTINGS_FILES:
                shown = str(folder.path / name)
                content = self._read(folder, name)

                if content is None:
                    continue

                try:
                    texts = _expanded(read_texts(content, shown), variables)
                    places.append(place(shown, dict(texts)))
                except ConfigError as error:
                    self.notes.append(error.summary)

        return places

    def _read(self, folder: F, name: str) -> bytes | None:
        try:
            content = self.sight.read(folder, name, min(_FILE_BYTES, self._left_bytes))
        except NotReadError as reason:
            self.notes.append(f"{folder.path / name} is not read: {reason}")
            return None

        self._left_bytes -= len(content or b"")
        return content

    def _folders(self) -> list[F]:
        # Not the first word: beside an interpreter stands whatever project it was installed for.
        words = [word for word in self.argv[1:4] if not word.startswith("-") and "." in word]
        folders = [self.sight.working, *filter(None, map(self.sight.folder_of, words))]
        return list({folder.identity: folder for folder in reversed(folders)}.values())[::-1]


def _expanded(texts: Mapping[str, str], variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, text in texts.items():
        try:
            yield key, expand(text, variables, must_exist=False)
        except ConfigError:  # it stands for more than any setting
            continue


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
        sight = OwnSight(process.pid) if sys.platform == "win32" else ProcessSight(process.pid)
    except (psutil.Error, OSError):
        return None, [], ()

    with sight:
        folder = str(sight.working.path)

        if not process.is_running():  # its number belongs to somebody else by now
            return None, [], ()

        if isinstance(sight, ProcessSight):
            if sight.rights is None:
                return folder, [], ("it changed its user (setuid), so none of its files are read",)

            return folder, *_found(ProcessFiles(sight, argv), environment)

        if not sight.is_open:
            return folder, [], ("it is another user's, so none of its files are read",)

        return folder, *_found(ProcessFiles(sight, argv), environment)


def _found(
    files: ProcessFiles[F], environment: Mapping[str, str]
) -> tuple[list[Place], tuple[str, ...]]:
    """What they say, and those that were not read."""
    dotenvs = files.dotenvs(environment)
    known = {name: text for place in reversed(dotenvs) for name, text in place.variables.items()}
    found = [*dotenvs, *files.settings({**known, **environment})]

    return found, tuple(files.notes)


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
