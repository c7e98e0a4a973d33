"""The files from which a running process may have its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.config.dotenv_file import parse_dotenv
from ehtui.config.errors import ConfigError
from ehtui.config.expand import expand
from ehtui.config.process_sight import NotReadError, ProcessSight
from ehtui.config.yaml_file import read_texts

if TYPE_CHECKING:
    from ehtui.config.process_sight import Folder

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
class ProcessFiles:
    """A process's working folder and its script's own, as the process sees them.

    In a container its paths mean nothing here, and its user may read less than ehtui's.
    """

    sight: ProcessSight = field(repr=False)
    argv: list[str] = field(repr=False)
    notes: list[str] = field(default_factory=list)  # files that were not read, and why
    _left_bytes: int = _ALL_BYTES

    def dotenvs(self, environment: Mapping[str, str]) -> list[Place]:
        """The nearest `.env` at or above each folder; `environment` is the process's own."""
        return list(self._dotenvs(environment))

    def settings(self, variables: Mapping[str, str]) -> list[Place]:
        """Settings files as flat variables: `eventhub.name`; `variables` are for `${NAME}`."""
        return list(self._settings(variables))

    def _dotenvs(self, environment: Mapping[str, str]) -> Iterator[Place]:
        for start in self._folders():
            for folder in self.sight.upwards(start, _PARENTS):
                shown = str(folder.path / ".env")
                content = self._read(folder, ".env")

                if content is not None:
                    try:
                        found = parse_dotenv(content, Path(shown), shown, environment)
                        yield place(shown, found.variables)
                    except ConfigError as error:
                        self.notes.append(error.summary)

                    break

    def _settings(self, variables: Mapping[str, str]) -> Iterator[Place]:
        for folder in self._folders():
            for name in _SETTINGS_FILES:
                shown = str(folder.path / name)
                content = self._read(folder, name)

                if content is None:
                    continue

                try:
                    yield place(shown, dict(_expanded(read_texts(content, shown), variables)))
                except ConfigError as error:
                    self.notes.append(error.summary)

    def _read(self, folder: Folder, name: str) -> bytes | None:
        try:
            content = self.sight.read(folder, name, min(_FILE_BYTES, self._left_bytes))
        except NotReadError as reason:
            self.notes.append(f"{folder.path / name} is not read: {reason}")
            return None

        self._left_bytes -= len(content or b"")

        return content

    def _folders(self) -> list[Folder]:
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
