"""Flags over a consumer's own process over environment over `.env` over YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.config.errors import ConfigError
from ehtui.config.network_settings import (
    OWN_KEYS,
    hub_with_network,
    network_values,
    store_with_network,
)
from ehtui.config.origins import (
    ENVIRONMENT_NAMES,
    Layer,
    Origin,
    Provenance,
    Value,
    Values,
    checkpoint_store,
    event_hub,
    merged,
    values_of,
)
from ehtui.config.own_files import is_there, named_path, read_dotenv, yaml_places
from ehtui.config.settings import Language, Settings, UiSettings

if TYPE_CHECKING:
    from pathlib import Path

    from ehtui.config.own_files import DotenvFile
    from ehtui.config.process_settings import ProcessFindings
    from ehtui.config.yaml_settings import FileSettings

# Keys among those layers that say nothing of which hub or store.
_OF_EHTUI = ("read_only", "ui.lang", *OWN_KEYS)
_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says of the settings."""

    config: str | None = None
    env_file: str | None = None
    pid: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)  # "eventhub.name" → text
    names: Mapping[str, str] = field(default_factory=dict)  # "eventhub.name" → "--hub"


@dataclass(frozen=True, slots=True)
class Resolved:
    """The settings, where each came from, and what was left aside."""

    settings: Settings
    origins: Mapping[str, Origin] = field(default_factory=dict)  # key → where; absent: a default
    ignored_sections: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    read: tuple[str, ...] = ()  # files, as the user would write them, and what of a process


def resolve(
    flags: Flags,
    *,
    environment: Mapping[str, str],
    folder: Path,
    look_into: Callable[[int], ProcessFindings],
) -> Resolved:
    """Find and check all settings; `look_into` reads another process for `--pid`.

    Raises:
        ConfigError: A file, key or value cannot be used.
    """
    told = Provenance()
    local = _local_dotenv(flags, folder, environment)
    file = _file(flags, folder, environment, local)
    dotenvs = (*([local] if local else ()), *(file.dotenvs if file else ()))
    findings = look_into(flags.pid) if flags.pid is not None else None

    own = [
        _of_variables(environment, "the environment", Layer.ENVIRONMENT),
        *(_of_variables(dotenv.variables, dotenv.shown, Layer.DOTENV) for dotenv in dotenvs),
        *([file.values] if file else []),
    ]
    flagged = {
        key: Value(text, Origin(Layer.FLAG, flags.names[key])) for key, text in flags.values.items()
    }
    values = merged(flagged, *_beside_process(findings, own, told))

    if findings is None:
        places = [("the environment", environment)]
        places += [(dotenv.shown, dotenv.variables) for dotenv in dotenvs]
        values |= _by_convention(places, values, told)

    settings = _settings(values, file, told, flags.pid)

    for dotenv in dotenvs:
        told.notes += [f"{dotenv.shown} line {n} cannot be understood" for n in dotenv.unread]

    return Resolved(
        settings=settings,
        origins={**(file.origins if file else {}), **told.origins},
        ignored_sections=file.ignored if file else (),
        notes=tuple(told.notes),
        read=(
            *([file.shown] if file else ()),
            *(dotenv.shown for dotenv in dotenvs),
            *(findings.read if findings else ()),
        ),
    )


def _of_variables(variables: Mapping[str, str], place: str, layer: Layer) -> dict[str, Value]:
    return values_of(variables, place, layer) | network_values(variables, place, layer)


def _by_convention(
    places: list[tuple[str, Mapping[str, str]]], values: Values, told: Provenance
) -> Values:
    """What Azure Functions and .NET Aspire call hub and store, where nothing else says it."""
    # Patterns of names: only where somebody may have meant them.
    from ehtui.config.known_names import conventional  # noqa: PLC0415

    found, notes = conventional(places, values)
    told.notes += notes
    return found


def _local_dotenv(flags: Flags, folder: Path, environment: Mapping[str, str]) -> DotenvFile | None:
    if (given := flags.env_file) is not None:
        return read_dotenv(named_path(given, folder, f"--env-file {given}"), given, environment)

    path = folder / ".env"
    return read_dotenv(path, ".env", environment) if is_there(path) else None


def _file(
    flags: Flags, folder: Path, environment: Mapping[str, str], dotenv: DotenvFile | None
) -> FileSettings | None:
    places = yaml_places(flags.config, folder, environment)

    if not places:
        return None

    # PyYAML and msgspec: only where there is a file.
    from ehtui.config.yaml_settings import read_file_settings  # noqa: PLC0415

    known = {**(dotenv.variables if dotenv else {}), **environment}
    return read_file_settings(places, known, is_overruled=flags.pid is not None)


def _beside_process(
    findings: ProcessFindings | None, own: list[Mapping[str, Value]], told: Provenance
) -> list[Values]:
    """What a process says of hub and store, and nothing that is configured for them here.

    Mixing a stranger's credentials with this folder's names would show what nobody uses, and this
    folder's credentials with a stranger's names would send them there.
    """
    if findings is None:
        return list(own)

    told.notes += findings.notes
    unused = {key for layer in own for key in layer if not key.startswith(_OF_EHTUI)}

    if unused - findings.values.keys():
        names = ", ".join(sorted(unused - findings.values.keys()))
        told.notes.append(
            f"not used beside --pid, which takes everything from the process: {names}"
        )

    kept = [{k: v for k, v in layer.items() if k.startswith(_OF_EHTUI)} for layer in own]

    return [findings.values, *kept]


def _settings(
    values: Values, file: FileSettings | None, told: Provenance, pid: int | None
) -> Settings:
    base = file.settings if file else Settings()
    production = base.eventhub.production
    read_only = values.get("read_only")

    if read_only:
        told.origins["read_only"] = read_only.origin
    elif production:
        told.origins["read_only"] = Origin(Layer.CONVENTION, "follows eventhub.production")

    found = replace(
        base,
        eventhub=hub_with_network(event_hub(values, told, production=production), values, told),
        checkpoint_store=store_with_network(checkpoint_store(values, told), values, told),
        read_only=_yes_or_no(read_only) if read_only else production,
        ui=_with_language(base.ui, values.get("ui.lang"), told),
        pid=pid,
    )

    if pid is None:
        return found

    from ehtui.config.process_settings import own_identity_notes  # noqa: PLC0415 - only with --pid

    told.notes += own_identity_notes(found, values)

    # Which group is shown first is the process's to say.
    return replace(found, ui=replace(found.ui, start_group=None))


def _with_language(ui: UiSettings, chosen: Value | None, told: Provenance) -> UiSettings:
    """The file's `ui`, in the language that a flag or a variable names."""
    if chosen is None:
        return ui

    told.origins["ui.lang"] = chosen.origin
    return replace(ui, lang=language(chosen.value, chosen.origin.named))


def language(name: str, named: str) -> Language:
    """A language by its code; `named` is where that was said.

    Raises:
        ConfigError: There is no such language.
    """
    found: Mapping[str, Language] = {"en": "en", "ko": "ko"}
    code = name.strip().lower()

    if code not in found:
        raise ConfigError(f"{named} should be one of {', '.join(found)}, not '{name}'.")

    return found[code]


def _yes_or_no(value: Value) -> bool:
    word = value.value.strip().lower()

    if word in _TRUE | _FALSE:
        return word in _TRUE

    raise ConfigError(f"{value.origin.named} should be true or false, not '{value.value}'.")


def require_hub(settings: Settings) -> None:
    """Stop where there is no hub to look at.

    Raises:
        ConfigError: Nothing is configured, or the hub's name is missing.
    """
    hub = settings.eventhub

    if not hub.connection_string and not hub.namespace:
        raise ConfigError(
            "No event hub is configured: neither EVENTHUB_CONNECTION_STRING nor "
            "EVENTHUB_NAMESPACE is set in the environment, .env or a YAML file.",
            "Try 'ehtui demo' (needs no Azure account), or 'ehtui --pid PID' to take the settings "
            "of a running consumer; 'ehtui config' shows what was found.",
        )

    if not hub.name:
        raise ConfigError(
            "The name of the event hub is missing: EVENTHUB_NAME is not set, and there is no "
            "EntityPath in a connection string.",
            f"Set {ENVIRONMENT_NAMES['eventhub.name']}, or pass --hub NAME.",
        )
