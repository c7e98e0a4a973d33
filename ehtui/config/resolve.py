"""All settings of one hub, in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError
from ehtui.config.found import Chosen, Found
from ehtui.config.origins import ENVIRONMENT_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ehtui.config.found import Flags, Resolved
    from ehtui.config.process_settings import ProcessFindings
    from ehtui.config.settings import Settings


def resolve(
    flags: Flags,
    *,
    environment: Mapping[str, str],
    folder: Path,
    look_into: Callable[[int], ProcessFindings],
) -> Resolved:
    """Find and check all settings of one hub; `look_into` reads another process for `--pid`.

    Raises:
        ConfigError: A file, key or value cannot be used, or several hubs could be meant.
    """
    found = Found.read(flags, environment, folder)

    if not found.profiles and not found.names_profile:
        return found.settled(Chosen(), look_into)

    # Only where there are any.
    from ehtui.config.choosing import the_one  # noqa: PLC0415

    return found.settled(the_one(found), look_into)


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
