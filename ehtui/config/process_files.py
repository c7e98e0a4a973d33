"""The files from which a running process may have its settings."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ehtui.config.dotenv_file import read_dotenv
from ehtui.config.errors import ConfigError
from ehtui.config.expand import expand
from ehtui.config.yaml_file import read_yaml

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
_DEEPEST = 6  # nobody looks for a hub further down, and an alias may hold itself
_PARENTS = 3  # python-dotenv looks upwards for .env; further up is somebody else's


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere that sets variables; `name` completes "found NAME in …"."""

    name: str
    variables: Mapping[str, str] = field(repr=False)  # secrets among them


@dataclass(slots=True)
class ProcessFiles:
    """A process's working folder and its script's own, seen as the process sees them.

    In a container its paths mean nothing here: on Linux they are followed through /proc.
    """

    pid: int
    folder: str
    argv: list[str] = field(repr=False)
    notes: list[str] = field(default_factory=list)  # files that could not be read, and why

    def dotenvs(self, environment: Mapping[str, str]) -> list[Place]:
        """The nearest `.env` at or above each folder."""
        return list(self._dotenvs(environment))

    def settings(self, variables: Mapping[str, str]) -> list[Place]:
        """Settings files as flat variables: `eventhub.name`; `variables` are for `${NAME}`."""
        return list(self._settings(variables))

    def _dotenvs(self, environment: Mapping[str, str]) -> Iterator[Place]:
        for start in self._folders():
            for candidate in (start, *list(start.parents)[:_PARENTS]):
                path = candidate / ".env"
                seen = self._seen(path)

                if _is_file(seen):
                    try:
                        yield Place(str(path), read_dotenv(seen, str(path), environment).variables)
                    except ConfigError as error:
                        self.notes.append(error.summary)

                    break

    def _settings(self, variables: Mapping[str, str]) -> Iterator[Place]:
        for path in (start / name for start in self._folders() for name in _SETTINGS_FILES):
            seen = self._seen(path)

            if not _is_file(seen):
                continue

            try:
                sections = read_yaml(seen, str(path)).sections
            except ConfigError as error:
                self.notes.append(error.summary)
                continue

            texts = dict(_flattened(sections, ""))
            yield Place(
                str(path),
                {key: expand(text, variables, must_exist=False) for key, text in texts.items()},
            )

    def _folders(self) -> list[Path]:
        base = Path(self.folder)
        # Not the first word: beside an interpreter stands whatever project it was installed for.
        words = [word for word in self.argv[1:4] if not word.startswith("-") and "." in word]
        scripts = [base / word for word in words if _is_file(self._seen(base / word))]

        return list(dict.fromkeys([base, *(script.parent for script in scripts)]))

    def _seen(self, path: Path) -> Path:
        """Where this process can read what the other calls `path`."""
        if not sys.platform.startswith("linux"):
            return path

        proc = Path("/proc") / str(self.pid)

        if path.is_relative_to(self.folder):
            return proc / "cwd" / path.relative_to(self.folder)

        for up, parent in enumerate(Path(self.folder).parents, start=1):
            if path.parent == parent:
                return proc.joinpath("cwd", *[".."] * up, path.name)

        return proc / "root" / path.relative_to("/")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _flattened(value: object, prefix: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and depth < _DEEPEST:
        for name, part in value.items():
            yield from _flattened(part, f"{prefix}.{name}" if prefix else str(name), depth + 1)
    elif isinstance(value, str):
        yield prefix, value
