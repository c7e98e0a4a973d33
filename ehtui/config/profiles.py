"""Profiles of a YAML file: what each says of itself and of its hubs, over the file's own sections.

A profile that cannot be used is kept beside the others with what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import asdict, replace

from ehtui.config.errors import ConfigError
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.own_files import DotenvFile
from ehtui.config.section_reader import SectionReader
from ehtui.config.settings import (
    HubEntry,
    LeaseSettings,
    PollSettings,
    ProfileSettings,
    Section,
    Settings,
)
from ehtui.config.yaml_sections import (
    LAYERED,
    as_text,
    consumers_in,
    dotenvs_in,
    layered_values,
    lease_in,
    origin_of,
    production_in,
    test_events_in,
)
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from ehtui.config.yaml_file import YamlFile

S = TypeVar("S", bound=Section)

_KEYS = frozenset(ProfileSettings.__struct_fields__)
_OTHERS_HAVE = frozenset({"name", "env_file", "consumers", "production", "lease", "poll"})
_LONGEST_NAME = 60
_COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "magenta", "grey")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
# What of a hub's entry is which key of the settings.
_OF_ENTRY = {
    "name": "eventhub.name",
    "connection_string": "eventhub.connection_string",
    "consumer_group": "eventhub.consumer_group",
    "groups": "eventhub.groups",
    "peek_group": "eventhub.peek_group",
    "containers": "checkpoint_store.containers",
}


class HubPart(Struct, frozen=True):
    """What a profile's list says of one hub."""

    name: str | None
    place: str  # where it says so: its key, file and line
    values: Mapping[str, Value]


class ProfilePart(Struct, frozen=True):
    """A profile's part of the settings."""

    name: str
    colour: str | None
    production: bool
    read_only: Value | None
    values: Mapping[str, Value]  # of hub and store
    settings: Settings  # what only a file can say, over the top level's
    origins: Mapping[str, Origin]  # of that
    dotenvs: tuple[DotenvFile, ...]
    hubs: tuple[HubPart, ...]  # none: the one that its sections or the environment name


def has_profiles(file: YamlFile) -> bool:
    """Whether `profiles` is a section of ehtui's: a ./config.yaml may be another program's."""
    given = file.sections.get("profiles")

    if file.path.name != "config.yaml" or given is None:
        return given is not None

    profiles = given.values() if isinstance(given, dict) else ()
    return any(isinstance(each, dict) and each.keys() & (_KEYS - _OTHERS_HAVE) for each in profiles)


def read_profiles(reader: SectionReader, base: Settings) -> dict[str, ProfilePart | ConfigError]:
    """Every profile by its name, over the file's own sections as `base` has them.

    Raises:
        ConfigError: `profiles` is no mapping, or one of the names cannot be one.
    """
    found: dict[str, ProfilePart | ConfigError] = {}
    given = reader.file.sections.get("profiles")

    if not isinstance(given, dict):
        raise ConfigError(
            f"{reader.named_key('profiles')} should be names with keys, each a profile.",
            "For example: profiles: {prod: {hubs: [orders]}}.",
        )

    for key, part in given.items():
        name = _name(key, reader)

        try:
            found[name] = _profile(name, part, reader, base)
        except ConfigError as error:
            found[name] = error

    return found


def _name(key: object, reader: SectionReader) -> str:
    name = str(key).strip()

    if not name or len(name) > _LONGEST_NAME or "/" in name or not name.isprintable():
        raise ConfigError(
            f"{reader.named_key(f'profiles.{key}')} cannot be a profile's name.",
            f"Names have up to {_LONGEST_NAME} characters and no '/'.",
        )

    return name


def _profile(name: str, part: object, whole: SectionReader, base: Settings) -> ProfilePart:
    under = f"profiles.{name}"
    given = _checked(part, under, whole)
    first = _reader(whole, under, given, whole.variables)
    dotenvs = dotenvs_in(first)
    variables: dict[str, str] = dict(whole.variables)

    # What a profile's own files say is nearer than what all of them share.
    for dotenv in reversed(dotenvs):
        variables |= dotenv.variables

    reader = _reader(whole, under, given, variables)
    flag, production = reader.flag("production"), production_in(reader)
    is_production = flag if flag is not None else production

    return ProfilePart(
        name=name,
        colour=_colour(reader),
        production=base.eventhub.production if is_production is None else is_production,
        read_only=_read_only(reader, is_production=is_production),
        values=layered_values(reader, Layer.PROFILE),
        settings=_merged(base, reader),
        origins=_origins(reader, given),
        dotenvs=dotenvs,
        hubs=_hubs(reader),
    )


def _checked(part: object, under: str, whole: SectionReader) -> Mapping[str, object]:
    if not isinstance(part, dict):
        if part is None:
            return {}

        raise ConfigError(f"{whole.named_key(under)} should be keys with values.")

    for key in part:
        if key in {"ui", "lang"}:
            raise ConfigError(
                f"{whole.named_key(f'{under}.{key}')} is for all profiles: put it at the top level."
            )

        if key not in _KEYS:
            raise ConfigError(
                f"{whole.named_key(f'{under}.{safe(str(key))}')} is not a key of a profile.",
                f"Known keys there: {', '.join(ProfileSettings.__struct_fields__)}.",
            )

    return part


def _reader(
    whole: SectionReader, under: str, given: Mapping[str, object], variables: Mapping[str, str]
) -> SectionReader:
    return SectionReader(whole.file, variables, whole.unused, whole.files, under, given)


def _colour(reader: SectionReader) -> str | None:
    given = next(iter(reader.texts("colour")), None)

    if given is None:
        return None

    colour = given.strip().lower()

    if colour in _COLOURS or _HEX.fullmatch(colour):
        return colour

    raise ConfigError(
        f"{reader.named_key(reader.key('colour'))} is no colour: '{safe(given)}'.",
        f"One of {', '.join(_COLOURS)}, or '#ff8800' (quote it).",
    )


def _read_only(reader: SectionReader, *, is_production: bool | None) -> Value | None:
    """What it says of acting: production goes over a `read_only: false` that is for all profiles.

    The environment still goes over both, as over the rest of the file.
    """
    given = reader.flag("read_only")

    if given is None and not is_production:
        return None

    key = "read_only" if given is not None else "production"
    is_read_only = True if given is None else given
    return Value("true" if is_read_only else "false", origin_of(reader, key, Layer.YAML))


def _merged(base: Settings, reader: SectionReader) -> Settings:
    """The top level's sections, with what the profile says over it."""
    return replace(
        base,
        lease=_lease(base.lease, reader),
        consumers={**base.consumers, **consumers_in(reader)},
        test_events={**base.test_events, **test_events_in(reader)},
        poll=_over(base.poll, reader.section("poll", PollSettings), reader.part("poll")),
    )


def _lease(base: LeaseSettings, reader: SectionReader) -> LeaseSettings:
    own = lease_in(reader)
    merged = _over(base, own, {k: v for k, v in reader.part("lease").items() if k != "groups"})
    mine = {name.lower() for name in own.groups}
    kept = {name: times for name, times in base.groups.items() if name.lower() not in mine}
    return replace(merged, groups={**kept, **own.groups})


def _over(base: S, own: S, given: Mapping[str, object]) -> S:
    """`base` with those values of `own` that were given."""
    values = asdict(own)
    return replace(base, **{key: values[key] for key, v in given.items() if v is not None})


def _origins(reader: SectionReader, given: Mapping[str, object]) -> dict[str, Origin]:
    """Of keys that nothing can overrule, as the settings name them."""
    prefix = f"{reader.under}."
    keys = [key.removeprefix(prefix) for key in reader.file.lines if key.startswith(prefix)]
    origins = {
        key: origin_of(reader, key, Layer.PROFILE)
        for key in keys
        if not key.startswith((*LAYERED, "hubs", "env_file", "read_only", "production"))
    }
    origins["profile"] = Origin(Layer.PROFILE, reader.under, reader.file.where(reader.under))
    production = "production" if given.get("production") is not None else "eventhub.production"

    if production in keys:
        origins["eventhub.production"] = origin_of(reader, production, Layer.PROFILE)

    return origins


def _hubs(reader: SectionReader) -> tuple[HubPart, ...]:
    parts: list[HubPart] = []
    seen: set[str] = set()

    for number, entry in enumerate(reader.entries("hubs", HubEntry)):
        key = f"hubs[{number}]"
        named = reader.named_key(reader.key(key))

        if entry.name is None and entry.connection_string is None:
            raise ConfigError(f"{named} has no name.", "Give it 'name:'.")

        if entry.name is not None and entry.name.lower() in seen:
            raise ConfigError(f"{named} is there twice: '{safe(entry.name)}'.", "Keep one of them.")

        seen.add((entry.name or "").lower())
        parts.append(HubPart(entry.name, named, _entry_values(reader, key, entry)))

    return tuple(parts)


def _entry_values(reader: SectionReader, key: str, entry: HubEntry) -> dict[str, Value]:
    given = {name: getattr(entry, name) for name in _OF_ENTRY}
    given["connection_string"] = entry.connection_string and entry.connection_string.reveal()
    return {
        _OF_ENTRY[name]: Value(as_text(value), origin_of(reader, f"{key}.{name}", Layer.PROFILE))
        for name, value in given.items()
        if value
    }
