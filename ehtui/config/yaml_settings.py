"""What one YAML file says. Loads PyYAML: imported only where there is a file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field

from ehtui.config.errors import ConfigError
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.own_files import DotenvFile, NamedFiles
from ehtui.config.profiles import ProfilePart, has_profiles, read_profiles
from ehtui.config.section_reader import SectionReader
from ehtui.config.settings import (
    SECTIONS,
    TOP_LEVEL,
    EventHubSettings,
    PollSettings,
    Settings,
    default_test_events,
)
from ehtui.config.yaml_file import YamlFile, read_yaml
from ehtui.config.yaml_sections import (
    LAYERED,
    consumers_in,
    dotenvs_in,
    layered_values,
    lease_in,
    origin_of,
    production_in,
    test_events_in,
    ui_in,
)
from ehtui.domain.text import safe


class FileSettings(Struct, frozen=True):
    """A file's part of the settings."""

    path: Path
    shown: str
    values: Mapping[str, Value]  # what flags and the environment can overrule
    settings: Settings  # what only a file can say
    origins: Mapping[str, Origin]  # of that
    ignored: tuple[str, ...]  # sections of somebody else
    dotenvs: tuple[DotenvFile, ...]  # that the file names
    files: Mapping[Path, str] = field(default_factory=dict)  # that ${file:…} names
    # By name; a profile that cannot be used is there with what is wrong with it.
    profiles: Mapping[str, ProfilePart | ConfigError] = field(default_factory=dict)


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

        if _own_sections(files[-1]):
            return _settings_of(files[-1], variables, is_overruled=is_overruled)

    return _settings_of(files[0], variables) if files else None


def _own_sections(file: YamlFile) -> set[str]:
    """Those that are ehtui's: other programs have profiles, too."""
    own = TOP_LEVEL if has_profiles(file) else [name for name in TOP_LEVEL if name != "profiles"]
    return file.sections.keys() & set(own)


def _settings_of(
    file: YamlFile, variables: Mapping[str, str], *, is_overruled: bool = False
) -> FileSettings:
    files = NamedFiles(file.path.parent)
    dotenvs = dotenvs_in(SectionReader(file, variables, files=files))
    known: dict[str, str] = {}

    for dotenv in reversed(dotenvs):
        known |= dotenv.variables

    own, unused = _own_sections(file), tuple(LAYERED) if is_overruled else ()
    reader = SectionReader(file, {**known, **variables}, unused, files)
    reader.check_repeated(own)
    settings = Settings(
        eventhub=EventHubSettings(production=production_in(reader) or False),
        lease=lease_in(reader),
        consumers=consumers_in(reader),
        test_events=test_events_in(reader) or default_test_events(),
        poll=reader.section("poll", PollSettings),
        ui=ui_in(reader),
    )

    return FileSettings(
        path=file.path,
        shown=file.shown,
        values=_values(reader),
        settings=settings,
        origins={
            key: Origin(Layer.YAML, key, file.where(key))
            for key in file.lines
            if not key.startswith((*LAYERED, "profiles")) or key == "eventhub.production"
        },
        ignored=tuple(_with_hint(safe(name)) for name in file.sections if name not in own),
        dotenvs=dotenvs,
        profiles=read_profiles(reader, settings) if "profiles" in own else {},
        files=files.read,
    )


def _values(reader: SectionReader) -> dict[str, Value]:
    values = layered_values(reader, Layer.YAML)
    read_only = reader.flag("read_only")

    if read_only is not None:
        values["read_only"] = Value(str(read_only), origin_of(reader, "read_only", Layer.YAML))

    return values


def _with_hint(name: str) -> str:
    plain = re.sub(r"[^a-z]", "_", name.lower())
    near = difflib.get_close_matches(plain, SECTIONS, n=1, cutoff=0.75)
    return f"{name} (did you mean '{near[0]}'?)" if near else name
