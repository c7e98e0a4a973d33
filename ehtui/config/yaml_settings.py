"""What one YAML file says. Loads PyYAML: imported only where there is a file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from ehtui.config.addresses import group_of
from ehtui.config.errors import ConfigError
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.own_files import DotenvFile, named_path, read_dotenv
from ehtui.config.section_reader import SectionReader
from ehtui.config.settings import (
    SECTIONS,
    TOP_LEVEL,
    CheckpointStoreSettings,
    ConsumerSettings,
    EventHubSettings,
    LeaseSettings,
    LeaseTimes,
    PollSettings,
    Section,
    Settings,
    TestEventSettings,
    UiSettings,
    default_test_events,
)
from ehtui.config.yaml_file import YamlFile, read_yaml
from ehtui.domain.text import safe

# Their keys can be overruled one by one.
_LAYERED: Mapping[str, type[Section]] = {
    "eventhub": EventHubSettings,
    "checkpoint_store": CheckpointStoreSettings,
}
_PATHS = {"eventhub.ca_file", "eventhub.trace_wire", "checkpoint_store.ca_file"}


@dataclass(frozen=True, slots=True)
class FileSettings:
    """A file's part of the settings."""

    shown: str
    values: Mapping[str, Value]  # what flags and the environment can overrule
    settings: Settings  # what only a file can say
    origins: Mapping[str, Origin]  # of that
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
    names = SectionReader(file, variables).texts("env_file")
    dotenvs = tuple(_dotenv(name, file, variables) for name in names)
    known: dict[str, str] = {}

    for dotenv in reversed(dotenvs):
        known |= dotenv.variables

    unused = tuple(_LAYERED) if is_overruled else ()
    reader = SectionReader(file, {**known, **variables}, unused)
    reader.check_repeated()
    values, production = _values(reader, file)

    return FileSettings(
        shown=file.shown,
        values=values,
        settings=Settings(
            eventhub=EventHubSettings(production=production),
            lease=_lease(reader),
            consumers=_consumers(reader, file.path.parent.resolve()),
            test_events=_test_events(reader, file.path.parent.resolve()),
            poll=reader.section("poll", PollSettings),
            ui=_ui(reader),
        ),
        origins={
            key: Origin(Layer.YAML, key, file.where(key))
            for key in file.lines
            if not key.startswith(tuple(_LAYERED)) or key == "eventhub.production"
        },
        ignored=tuple(_with_hint(safe(name)) for name in file.sections if name not in TOP_LEVEL),
        dotenvs=dotenvs,
    )


def _dotenv(name: str, file: YamlFile, variables: Mapping[str, str]) -> DotenvFile:
    called = f"env_file ({file.where('env_file')}), {name},"
    path = named_path(name, file.path.parent, called, "Paths in a file are relative to that file.")
    return read_dotenv(path, name, variables)


def _values(reader: SectionReader, file: YamlFile) -> tuple[dict[str, Value], bool]:
    """The keys that can be overruled, as texts; and whether it is production."""
    given: dict[str, object] = {}
    production = False

    for name, kind in _LAYERED.items():
        section, part = reader.section(name, kind), reader.part(name)
        production = getattr(section, "production", production)
        given |= {f"{name}.{key}": value for key, value in part.items() if key != "production"}

    folder = file.path.parent.resolve()

    for key in _PATHS & given.keys():
        given[key] = _paths(given[key], folder, key)

    given["read_only"] = reader.flag("read_only")
    values = {
        key: Value(_as_text(value), Origin(Layer.YAML, key, file.where(key)))
        for key, value in given.items()
        if value is not None
    }
    return values, production


def _as_text(value: object) -> str:
    return ",".join(value) if isinstance(value, list) else str(value)


def _lease(reader: SectionReader) -> LeaseSettings:
    lease = reader.section("lease", LeaseSettings)
    groups = reader.named("lease.groups", LeaseTimes)
    _check_times(lease, "lease")

    for name, times in groups.items():
        _check_times(times, f"lease.groups.{name}")

    checked = {group_of(name, f"lease.groups.{name}"): times for name, times in groups.items()}
    return replace(lease, groups=checked)


def _check_times(times: LeaseTimes, key: str) -> None:
    expires, renewed = times.expires_after_s, times.renewed_every_s

    if expires is not None and renewed is not None and expires <= renewed:
        raise ConfigError(
            f"{key}.expires_after_s ({expires:g}) should be more than "
            f"renewed_every_s ({renewed:g}).",
            "Python's defaults are 180 and 30 seconds.",
        )


def _consumers(reader: SectionReader, folder: Path) -> dict[str, ConsumerSettings]:
    """Named consumers; their paths are relative to `folder`, where the file is."""
    consumers = reader.named("consumers", ConsumerSettings)

    for name, consumer in consumers.items():
        _check_consumer(consumer, f"consumers.{name}")

    return {
        name: replace(
            consumer,
            cwd=_path(consumer.cwd, folder, f"consumers.{name}.cwd"),
            env_file=_path(consumer.env_file, folder, f"consumers.{name}.env_file"),
            log=_path(consumer.log, folder, f"consumers.{name}.log"),
        )
        for name, consumer in consumers.items()
    }


def _check_consumer(consumer: ConsumerSettings, key: str) -> None:
    if not consumer.match and not consumer.command:
        raise ConfigError(
            f"{key} says neither how to find the program nor how to start it.",
            "Give it 'match:' (a regular expression for its command line) or 'command:'.",
        )

    if not consumer.match:
        return

    import regex  # noqa: PLC0415 - half of what the command line takes to start

    try:
        regex.compile(consumer.match)
    except (regex.error, OverflowError, RecursionError) as error:
        raise ConfigError(f"{key}.match is not a regular expression: {error}.") from None


def _paths(given: object, folder: Path, key: str) -> str | None:
    """One or several, as a text that separates them by commas."""
    if given is None:
        return None

    named = (part.strip() for part in _as_text(given).split(","))
    return ",".join(found for name in named if name and (found := _path(name, folder, key)))


def _path(given: str | None, folder: Path, key: str) -> str | None:
    if given is None:
        return None

    try:
        return str(folder / Path(given).expanduser())
    except RuntimeError:
        raise ConfigError(f"{safe(key)}: there is no user of that name: {safe(given)}.") from None


def _test_events(reader: SectionReader, folder: Path) -> Mapping[str, TestEventSettings]:
    """Named test events; their files are relative to `folder`."""
    events = reader.named("test_events", TestEventSettings)

    for name, given in reader.part("test_events").items():
        has = [key for key in ("body", "file") if given and given.get(key) is not None]

        if not has:
            raise ConfigError(
                f"test_events.{name} has no body.",
                "Put the event under 'body:', as YAML or as text, or name its 'file:'.",
            )

        if len(has) > 1:
            raise ConfigError(
                f"test_events.{name} has a body and a file.", "Leave one of them out."
            )

    named = {
        name: replace(event, file=_path(event.file, folder, f"test_events.{name}.file"))
        for name, event in events.items()
    }

    return named or default_test_events()


def _ui(reader: SectionReader) -> UiSettings:
    ui = reader.section("ui", UiSettings)
    group = ui.start_group
    return ui if group is None else replace(ui, start_group=group_of(group, "ui.start_group"))


def _with_hint(name: str) -> str:
    plain = re.sub(r"[^a-z]", "_", name.lower())
    near = difflib.get_close_matches(plain, SECTIONS, n=1, cutoff=0.75)
    return f"{name} (did you mean '{near[0]}'?)" if near else name
