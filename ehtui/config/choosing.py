"""Which hubs are meant, of all that a file's profiles have."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError, SeveralHubsError
from ehtui.config.found import PROFILE_VARIABLE, Chosen, ConfiguredHub, Found
from ehtui.config.profiles import ProfilePart
from ehtui.domain.hubs import key_of
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


Meant = tuple[str, Chosen | ConfigError]  # a profile's name, and a hub of it


def the_one(found: Found) -> Chosen:
    """The hub that is meant, where it can be only one.

    Raises:
        ConfigError: There is no such profile or hub, its profile cannot be used, or several could
            be meant.
    """
    meant = _meant(found)

    if len(meant) > 1:
        raise SeveralHubsError(
            f"Several hubs are configured: {', '.join(_shown(*each) for each in meant)}.",
            "Choose one with --profile NAME and --hub NAME, or look at all with 'ehtui hubs'.",
        )

    _, chosen = meant[0]

    if isinstance(chosen, ConfigError):
        raise chosen

    return chosen


def every_one(found: Found) -> list[ConfiguredHub]:
    """All hubs that are meant, in the order of the file, each with its settings.

    Raises:
        ConfigError: There is no such profile or hub.
    """
    by_profile: dict[str, list[Chosen | ConfigError]] = {}

    for name, chosen in _meant(found):
        by_profile.setdefault(name, []).append(chosen)

    return [hub for name, each in by_profile.items() for hub in _of_profile(found, name, each)]


def _of_profile(
    found: Found, name: str, meant: Sequence[Chosen | ConfigError]
) -> Sequence[ConfiguredHub]:
    """Its hubs, each with a key of its own; one that says what is wrong where two have the same."""
    hubs: dict[str, tuple[ConfiguredHub, str]] = {}  # with their places, by key

    for chosen in meant:
        if isinstance(chosen, ConfigError):
            return [_unusable(name, chosen)]

        hub, place = _settled(found, chosen), chosen.hub.place if chosen.hub else name
        before = hubs.setdefault(hub.key.lower(), (hub, place))

        # Of those that have no name, the first says already what is wrong.
        if before[0] is not hub and hub.hub:
            return [_unusable(name, _there_twice(hub.hub, before[1], place))]

    return [hub for hub, _ in hubs.values()]


def _unusable(profile: str, error: ConfigError) -> ConfiguredHub:
    return ConfiguredHub(profile, profile, "", None, is_production=False, found=error)


def _there_twice(hub: str, before: str, place: str) -> ConfigError:
    """Whoever chose one of them by its name would get the other."""
    return ConfigError(
        f"{place} and {before} both name '{safe(hub)}'.",
        "Keep one of them; hubs of one name on two namespaces belong into two profiles.",
    )


def _meant(found: Found) -> list[Meant]:
    """A profile that cannot be used counts as one hub; never empty."""
    profiles, wanted = _chosen_profiles(found), found.flags.values.get("eventhub.name")
    meant: list[Meant] = []

    for name, profile in profiles.items():
        if isinstance(profile, ConfigError):
            meant.append((name, profile))
        else:
            meant += [(name, each) for each in _hubs_of(profile, wanted)]

    if not profiles:
        return [("", Chosen())]

    if not meant:
        raise _no_such_hub(found, wanted or "")

    # Who lists it has it; another profile could be asked for it all the same, by its name.
    listed = [m for m in meant if isinstance(m[1], Chosen) and m[1].hub_name is not None]
    return listed if wanted and listed else meant


def chosen_name(found: Found) -> str | None:
    """The profile that a flag or the environment names."""
    return found.flags.profile or found.environment.get(PROFILE_VARIABLE) or None


def profile_of(found: Found) -> str:
    """How the choice was made, for sentences."""
    return "--profile" if found.flags.profile else f"{PROFILE_VARIABLE} in the environment"


def is_named_nearby(found: Found) -> bool:
    """Whether flags, the environment or `.env` name a hub and the way to it, as they always could.

    What is nearer wins, and a profile stands in the file.
    """
    near = found.named_nearby()
    secret = near.get("eventhub.connection_string")
    has_way = secret is not None or "eventhub.namespace" in near
    is_whole = secret is not None and "entitypath=" in secret.value.lower()
    return has_way and ("eventhub.name" in near or is_whole)


def _chosen_profiles(found: Found) -> Mapping[str, ProfilePart | ConfigError]:
    """None: no profile is meant."""
    name, profiles = chosen_name(found), found.profiles

    if found.flags.pid is not None:
        if found.flags.profile:
            raise ConfigError(
                "--pid takes everything from that process: --profile does not go with it.",
                "Leave one of them out.",
            )

        return {}

    if name is None:
        is_one = not found.flags.every_profile and is_named_nearby(found)
        return {} if is_one else profiles

    if name in profiles:
        return {name: profiles[name]}

    near = difflib.get_close_matches(name, profiles, n=1, cutoff=0.5)
    hint = f"; did you mean '{safe(near[0])}'?" if near else "."
    known = ", ".join(profiles)
    raise ConfigError(
        f"{profile_of(found)}: there is no profile '{safe(name)}'{hint}",
        f"Profiles in {found.file.shown if found.file else 'the file'}: {known or 'none'}.",
    )


def _hubs_of(profile: ProfilePart, wanted: str | None) -> list[Chosen]:
    if not profile.hubs:
        return [Chosen(profile)]

    return [
        Chosen(profile, hub)
        for hub in profile.hubs
        if wanted is None or (hub.name or "").lower() == wanted.lower()
    ]


def _no_such_hub(found: Found, wanted: str) -> ConfigError:
    profiles = [p for p in _chosen_profiles(found).values() if isinstance(p, ProfilePart)]
    known = [key_of(p.name, hub.name or "…") for p in profiles for hub in p.hubs]
    return ConfigError(
        f"--hub: no profile that is meant has the hub '{safe(wanted)}'.",
        f"They have {safe(', '.join(known))}.",
    )


def _settled(found: Found, chosen: Chosen) -> ConfiguredHub:
    profile = chosen.profile
    name = profile.name if profile else ""
    colour = profile.colour if profile else None
    is_production = profile.production if profile else False
    hub = chosen.hub_name or ""

    try:
        resolved = found.settled(chosen)
    except ConfigError as error:
        key = key_of(name, hub) if name and hub else name or hub
        return ConfiguredHub(key, name, hub, colour, is_production, error)

    hub = resolved.settings.eventhub.name or hub
    key = key_of(name, hub) if name and hub else name or hub
    is_production = resolved.settings.eventhub.production
    return ConfiguredHub(key, name, hub, colour, is_production, resolved)


def _shown(name: str, chosen: Chosen | ConfigError) -> str:
    hub = chosen.hub_name if isinstance(chosen, Chosen) else None
    return safe(key_of(name, hub) if hub else name)
