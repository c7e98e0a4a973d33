"""The values that were chosen become the tree of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.config.errors import ConfigError
from ehtui.config.network_settings import hub_with_network, store_with_network
from ehtui.config.origins import Layer, Origin, checkpoint_store, event_hub
from ehtui.config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.config.origins import Provenance, Value, Values
    from ehtui.config.profiles import ProfilePart
    from ehtui.config.settings import Language, UiSettings
    from ehtui.config.yaml_settings import FileSettings

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def settled(
    values: Values,
    file: FileSettings | None,
    told: Provenance,
    pid: int | None,
    profile: ProfilePart | None,
) -> Settings:
    """The tree, of the values that were chosen and of what only a file can say.

    Raises:
        ConfigError: A value cannot be used.
    """
    base = profile.settings if profile else file.settings if file else Settings()
    production = profile.production if profile else base.eventhub.production
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
        profile=profile.name if profile else None,
        colour=profile.colour if profile else None,
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
