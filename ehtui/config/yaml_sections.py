"""Sections of a YAML file, top-level or of a profile, as parts of the tree of settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.config.addresses import group_of
from ehtui.config.errors import ConfigError
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.own_files import DotenvFile, named_path, read_dotenv
from ehtui.config.settings import (
    CheckpointStoreSettings,
    ConsumerSettings,
    EventHubSettings,
    LeaseSettings,
    LeaseTimes,
    Section,
    TestEventSettings,
    UiSettings,
)
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.config.section_reader import SectionReader

# Their keys can be overruled one by one.
LAYERED: Mapping[str, type[Section]] = {
    "eventhub": EventHubSettings,
    "checkpoint_store": CheckpointStoreSettings,
}
_PATHS = {"eventhub.ca_file", "eventhub.trace_wire", "checkpoint_store.ca_file"}


def dotenvs_in(reader: SectionReader) -> tuple[DotenvFile, ...]:
    """The files that `env_file` names, relative to the file's folder.

    Raises:
        ConfigError: One of them cannot be read.
    """
    return tuple(_dotenv(name, reader) for name in reader.texts("env_file"))


def _dotenv(name: str, reader: SectionReader) -> DotenvFile:
    called = f"{reader.named_key(reader.key('env_file'))}, {name},"
    folder = reader.file.path.parent
    path = named_path(name, folder, called, "Paths in a file are relative to that file.")
    return read_dotenv(path, name, reader.variables)


def layered_values(reader: SectionReader, layer: Layer) -> dict[str, Value]:
    """The keys that can be overruled one by one, as texts. `production` is none of them.

    Raises:
        ConfigError: A key is unknown, or of a wrong type.
    """
    given: dict[str, object] = {}

    for name, kind in LAYERED.items():
        reader.section(name, kind)
        part = reader.part(name)
        given |= {f"{name}.{key}": value for key, value in part.items() if key != "production"}

    folder = reader.file.path.parent.resolve()

    for key in _PATHS & given.keys():
        given[key] = _paths(given[key], folder, reader.key(key))

    return {
        key: Value(as_text(value), origin_of(reader, key, layer))
        for key, value in given.items()
        if value is not None
    }


def origin_of(reader: SectionReader, key: str, layer: Layer) -> Origin:
    """Where a key of the reader's stands."""
    whole = reader.key(key)
    return Origin(layer, whole, reader.file.where(whole))


def production_in(reader: SectionReader) -> bool | None:
    """What `eventhub.production` says; None: nothing."""
    section = reader.section("eventhub", EventHubSettings)
    return section.production if reader.part("eventhub").get("production") is not None else None


def as_text(value: object) -> str:
    """One or several values, as the text that a variable would have."""
    return ",".join(value) if isinstance(value, list | tuple) else str(value)


def lease_in(reader: SectionReader) -> LeaseSettings:
    """Lease timing; each group's under its name.

    Raises:
        ConfigError: A value cannot be used.
    """
    lease = reader.section("lease", LeaseSettings)
    groups = reader.named("lease.groups", LeaseTimes)
    key = reader.key("lease")
    _check_times(lease, key)

    for name, times in groups.items():
        _check_times(times, f"{key}.groups.{name}")

    checked = {group_of(name, f"{key}.groups.{name}"): times for name, times in groups.items()}
    return replace(lease, groups=checked)


def _check_times(times: LeaseTimes, key: str) -> None:
    expires, renewed = times.expires_after_s, times.renewed_every_s

    if expires is not None and renewed is not None and expires <= renewed:
        raise ConfigError(
            f"{key}.expires_after_s ({expires:g}) should be more than "
            f"renewed_every_s ({renewed:g}).",
            "Python's defaults are 180 and 30 seconds.",
        )


def consumers_in(reader: SectionReader) -> dict[str, ConsumerSettings]:
    """Named consumers; their paths are relative to the folder that the file is in.

    Raises:
        ConfigError: A value cannot be used.
    """
    consumers = reader.named("consumers", ConsumerSettings)
    folder, whole = reader.file.path.parent.resolve(), reader.key("consumers")

    for name, consumer in consumers.items():
        _check_consumer(consumer, f"{whole}.{name}")

    return {
        name: replace(
            consumer,
            cwd=_path(consumer.cwd, folder, f"{whole}.{name}.cwd"),
            env_file=_path(consumer.env_file, folder, f"{whole}.{name}.env_file"),
            log=_path(consumer.log, folder, f"{whole}.{name}.log"),
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

    named = (part.strip() for part in as_text(given).split(","))
    return ",".join(found for name in named if name and (found := _path(name, folder, key)))


def _path(given: str | None, folder: Path, key: str) -> str | None:
    if given is None:
        return None

    try:
        return str(folder / Path(given).expanduser())
    except RuntimeError:
        raise ConfigError(f"{safe(key)}: there is no user of that name: {safe(given)}.") from None


def test_events_in(reader: SectionReader) -> dict[str, TestEventSettings]:
    """Named test events; their files are relative to the folder that the file is in.

    Raises:
        ConfigError: A value cannot be used.
    """
    events = reader.named("test_events", TestEventSettings)
    folder, whole = reader.file.path.parent.resolve(), reader.key("test_events")

    for name, given in reader.part("test_events").items():
        has = [key for key in ("body", "file") if given and given.get(key) is not None]

        if not has:
            raise ConfigError(
                f"{whole}.{name} has no body.",
                "Put the event under 'body:', as YAML or as text, or name its 'file:'.",
            )

        if len(has) > 1:
            raise ConfigError(f"{whole}.{name} has a body and a file.", "Leave one of them out.")

    return {
        name: replace(event, file=_path(event.file, folder, f"{whole}.{name}.file"))
        for name, event in events.items()
    }


def ui_in(reader: SectionReader) -> UiSettings:
    """How the screen looks.

    Raises:
        ConfigError: A value cannot be used.
    """
    ui = reader.section("ui", UiSettings)
    group = ui.start_group
    return ui if group is None else replace(ui, start_group=group_of(group, "ui.start_group"))
