"""What one YAML file says. Loads PyYAML and msgspec: imported only where there is a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.config import build
from ehtui.config.dotenv_file import DotenvFile, read_dotenv
from ehtui.config.errors import ConfigError
from ehtui.config.section_names import TOP_LEVEL
from ehtui.config.settings import Settings
from ehtui.config.ui import ui_settings
from ehtui.config.validate import env_files, ignored_sections, validate
from ehtui.config.values import Layer, Value
from ehtui.config.yaml_file import YamlFile, read_yaml

if TYPE_CHECKING:
    from ehtui.config.sections import Document

_OVERLAID = ("eventhub", "checkpoint_store")


@dataclass(frozen=True, slots=True)
class FileSettings:
    """A file's part of the settings."""

    shown: str
    values: Mapping[str, Value]  # what flags and the environment can overrule
    settings: Settings  # what only a file can say
    production: bool
    origins: Mapping[str, str]  # key → "config.yaml line 4"
    ignored: tuple[str, ...]  # sections of somebody else
    dotenvs: tuple[DotenvFile, ...]  # that the file names


def read_file_settings(
    places: list[tuple[Path, str]], variables: Mapping[str, str], *, is_overruled: bool = False
) -> FileSettings | None:
    """Read the first file that has a section of ehtui's; `variables` are for `${NAME}`.

    Where hub and store are `is_overruled` by --pid, their variables may be missing.

    A `./config.yaml` without one is another program's and passed over. If there is nothing else,
    its sections are still named as ignored.

    Raises:
        ConfigError: A file cannot be read or parsed, or a key cannot be used.
    """
    files = []

    for path, shown in places:
        files.append(read_yaml(path, shown))

        if any(name in files[-1].sections for name in TOP_LEVEL):
            return _settings_of(files[-1], variables, is_overruled=is_overruled)

    return _settings_of(files[0], variables) if files else None


def _settings_of(
    file: YamlFile, variables: Mapping[str, str], *, is_overruled: bool = False
) -> FileSettings:
    dotenvs = tuple(_dotenv(name, file, variables) for name in env_files(file, variables))
    known: dict[str, str] = {}

    for dotenv in reversed(dotenvs):
        known |= dotenv.variables

    unused = _OVERLAID if is_overruled else ()
    document = validate(file, {**known, **variables}, unused)
    folder = file.path.parent.resolve()

    return FileSettings(
        shown=file.shown,
        values=_values(file, document),
        settings=Settings(
            lease=build.lease_settings(document.lease, document.lease_groups),
            consumers=build.consumer_settings(document.consumers, folder),
            test_events=build.test_event_settings(document.test_events),
            poll=build.poll_settings(document.poll),
            ui=ui_settings(document.ui),
        ),
        production=bool(document.eventhub.production),
        origins={key: file.where(key) for key in file.lines if _is_file_only(key)},
        ignored=ignored_sections(file),
        dotenvs=dotenvs,
    )


def _dotenv(name: str, file: YamlFile, variables: Mapping[str, str]) -> DotenvFile:
    path = file.path.parent / Path(name).expanduser()

    if not path.is_file():
        raise ConfigError(
            f"env_file ({file.where('env_file')}) does not exist: {path}.",
            "Paths in a file are relative to that file.",
        )

    return read_dotenv(path, name, variables)


def _values(file: YamlFile, document: Document) -> dict[str, Value]:
    found: dict[str, object] = {
        f"{name}.{key}": getattr(getattr(document, name), key)
        for name in _OVERLAID
        for key in getattr(document, name).__struct_fields__
        if key != "production"
    }
    found["read_only"] = document.read_only

    return {
        key: Value(_as_text(value), f"{key} ({file.where(key)})", Layer.YAML)
        for key, value in found.items()
        if value is not None
    }


def _as_text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(str(part) for part in value)

    return str(value)


def _is_file_only(key: str) -> bool:
    return not key.startswith(_OVERLAID) or key == "eventhub.production"
