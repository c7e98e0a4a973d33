"""What was read, and the settings of one hub: the nearest place that says a value wins.

Flags over a consumer's own process over a profile over environment over `.env` over YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ehtui.config.errors import ConfigError
from ehtui.config.network_settings import OWN_KEYS, network_values
from ehtui.config.origins import (
    Layer,
    Origin,
    Provenance,
    Value,
    Values,
    merged,
    values_of,
)
from ehtui.config.own_files import (
    is_open_to_others,
    is_there,
    named_path,
    read_dotenv,
    yaml_places,
)
from ehtui.config.settings import Settings
from ehtui.config.settling import settled

if TYPE_CHECKING:
    from pathlib import Path

    from ehtui.config.own_files import DotenvFile
    from ehtui.config.process_settings import ProcessFindings
    from ehtui.config.profiles import HubPart, ProfilePart
    from ehtui.config.yaml_settings import FileSettings

# Keys among those layers that say nothing of which hub or store.
_OF_EHTUI = ("read_only", "ui.lang", *OWN_KEYS)
PROFILE_VARIABLE = "EHTUI_PROFILE"


class Flags(Struct, frozen=True):
    """What the command line says of the settings."""

    config: str | None = None
    env_file: str | None = None
    pid: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)  # "eventhub.name" → text
    names: Mapping[str, str] = field(default_factory=dict)  # "eventhub.name" → "--hub"
    profile: str | None = None
    every_profile: bool = False  # also where the environment names a hub by itself


class Resolved(Struct, frozen=True):
    """The settings, where each came from, and what was left aside."""

    settings: Settings
    origins: Mapping[str, Origin] = field(default_factory=dict)  # key → where; absent: a default
    ignored_sections: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    read: tuple[str, ...] = ()  # files, as the user would write them, and what of a process


class ConfiguredHub(Struct, frozen=True):
    """A hub of a profile: its settings, or why it has none."""

    key: str
    profile: str
    hub: str  # "" where its name is not known
    colour: str | None
    is_production: bool
    found: Resolved | ConfigError


class Chosen:
    """A hub that is meant: of a profile's list, the one of a profile, or the one without any."""

    # No structs, this and the next one: ruff would have their types loaded, and with them PyYAML.
    __slots__ = ("hub", "profile")

    def __init__(self, profile: ProfilePart | None = None, hub: HubPart | None = None) -> None:
        self.profile = profile
        self.hub = hub

    @property
    def hub_name(self) -> str | None:
        """Its name, where the list says it."""
        return self.hub.name if self.hub else None


class Found:
    """What was read: the command line, the environment, `.env` and the file."""

    __slots__ = ("environment", "file", "flags", "local")

    def __init__(
        self,
        flags: Flags,
        environment: Mapping[str, str],
        local: DotenvFile | None,
        file: FileSettings | None,
    ) -> None:
        self.flags = flags
        self.environment = environment
        self.local = local
        self.file = file

    @classmethod
    def read(cls, flags: Flags, environment: Mapping[str, str], folder: Path) -> Found:
        """Read the files that there are.

        Raises:
            ConfigError: A file cannot be read, or what stands in it cannot be used.
        """
        local = _local_dotenv(flags, folder, environment)
        return cls(flags, environment, local, _file(flags, folder, environment, local))

    @property
    def names_profile(self) -> bool:
        """Whether a flag or the environment names a profile."""
        return bool(self.flags.profile or self.environment.get(PROFILE_VARIABLE))

    @property
    def profiles(self) -> Mapping[str, ProfilePart | ConfigError]:
        """By name; none where the file has none."""
        return self.file.profiles if self.file else {}

    def settled(
        self, chosen: Chosen, look_into: Callable[[int], ProcessFindings] | None = None
    ) -> Resolved:
        """All settings of one hub, each from what is nearest.

        Raises:
            ConfigError: A value cannot be used.
        """
        told, pid, profile, file = Provenance(), self.flags.pid, chosen.profile, self.file
        findings = look_into(pid) if pid is not None and look_into is not None else None
        own, dotenvs = self._own_layers(profile), self._dotenvs(profile)
        of_hub = [chosen.hub.values] if chosen.hub else []
        values = merged(self._flagged(chosen), *of_hub, *_beside_process(findings, own, told))

        if findings is None:
            places = [(dotenv.shown, dotenv.variables) for dotenv in dotenvs]
            near = len(profile.dotenvs) if profile else 0
            places.insert(near, ("the environment", self.environment))
            values |= _by_convention(places, values, told)

        settings = settled(values, file, told, pid, profile)
        told.notes += _notes_on(dotenvs, file)
        of_profile = profile.origins if profile else {}

        return Resolved(
            settings=settings,
            origins={**(file.origins if file else {}), **of_profile, **told.origins},
            ignored_sections=file.ignored if file else (),
            notes=tuple(told.notes),
            read=(
                *([file.shown] if file else ()),
                *(dotenv.shown for dotenv in dotenvs),
                *(findings.read if findings else ()),
            ),
        )

    def named_nearby(self) -> Mapping[str, Value]:
        """What flags, the environment and `.env` say, whatever the file says."""
        variables = _of_variables(self.environment, "the environment", Layer.ENVIRONMENT)
        local = self.local
        near = _of_variables(local.variables, local.shown, Layer.DOTENV) if local else {}
        return merged(self._flagged(Chosen()), variables, near)

    def _dotenvs(self, profile: ProfilePart | None) -> tuple[DotenvFile, ...]:
        """The nearest first."""
        return (
            *(profile.dotenvs if profile else ()),
            *([self.local] if self.local else ()),
            *(self.file.dotenvs if self.file else ()),
        )

    def _own_layers(self, profile: ProfilePart | None) -> list[Mapping[str, Value]]:
        """Everything but flags and a process, the nearest first."""
        layers: list[Mapping[str, Value]] = []

        if profile is not None:
            layers.append(profile.values)
            layers += [
                _of_variables(dotenv.variables, dotenv.shown, Layer.PROFILE_DOTENV)
                for dotenv in profile.dotenvs
            ]
            layers += [{"read_only": profile.read_only}] if profile.read_only else []

        layers.append(_of_variables(self.environment, "the environment", Layer.ENVIRONMENT))
        layers += [
            _of_variables(dotenv.variables, dotenv.shown, Layer.DOTENV)
            for dotenv in self._dotenvs(None)
        ]
        layers += [self.file.values] if self.file else []
        return layers

    def _flagged(self, chosen: Chosen) -> dict[str, Value]:
        """What flags say; `--hub` has chosen a hub of a list, and says nothing more."""
        names = self.flags.names
        return {
            key: Value(text, Origin(Layer.FLAG, names[key]))
            for key, text in self.flags.values.items()
            if key != "eventhub.name" or chosen.hub_name is None
        }


def _notes_on(dotenvs: tuple[DotenvFile, ...], file: FileSettings | None) -> list[str]:
    """What is odd about files that were read."""
    notes = [f"{d.shown} line {n} cannot be understood" for d in dotenvs for n in d.unread]
    secret = {d.path: d.shown for d in dotenvs if d.has_secrets}
    secret |= file.files if file else {}
    notes += [
        f"{shown} holds a secret and can be read by other users of this host: chmod 600 {shown}"
        for path, shown in secret.items()
        if is_open_to_others(path)
    ]
    return notes


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
