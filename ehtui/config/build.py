"""The sections that only a file can hold become settings."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.config.defaults import default_test_events
from ehtui.config.endpoints import group_of
from ehtui.config.errors import ConfigError
from ehtui.config.settings import (
    ConsumerSettings,
    LeaseSettings,
    PollSettings,
    TestEventSettings,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.config.sections import (
        ConsumerSection,
        GroupLeaseSection,
        LeaseSection,
        PollSection,
        TestEventSection,
    )


def lease_settings(section: LeaseSection, groups: Mapping[str, GroupLeaseSection]) -> LeaseSettings:
    """Lease timing, and that of single groups.

    Raises:
        ConfigError: A lease that expires before it is renewed.
    """
    parts: dict[str, GroupLeaseSection | LeaseSection] = {"lease": section}
    parts |= {f"lease.groups.{name}": part for name, part in groups.items()}

    for key, part in parts.items():
        expires, renewed = part.expires_after_s, part.renewed_every_s

        if expires is not None and renewed is not None and expires <= renewed:
            raise ConfigError(
                f"{key}.expires_after_s ({expires:g}) should be more than "
                f"renewed_every_s ({renewed:g}).",
                "Python's defaults are 180 and 30 seconds.",
            )

    return LeaseSettings(
        section.expires_after_s,
        section.renewed_every_s,
        {
            group_of(name, f"lease.groups.{name}"): LeaseSettings(
                part.expires_after_s, part.renewed_every_s
            )
            for name, part in groups.items()
        },
    )


def consumer_settings(
    sections: Mapping[str, ConsumerSection], folder: Path
) -> dict[str, ConsumerSettings]:
    """Named consumers; their paths are relative to `folder`, where the file is.

    Raises:
        ConfigError: A pattern is no regular expression, or an entry names no program.
    """
    return {name: _consumer(name, part, folder) for name, part in sections.items()}


def _consumer(name: str, section: ConsumerSection, folder: Path) -> ConsumerSettings:
    key = f"consumers.{name}"

    if not section.match and not section.command:
        raise ConfigError(
            f"{key} says neither how to find the program nor how to start it.",
            "Give it 'match:' (a regular expression for its command line) or 'command:'.",
        )

    if section.match:
        try:
            re.compile(section.match)
        except re.error as error:
            raise ConfigError(f"{key}.match is not a regular expression: {error}.") from None

    return ConsumerSettings(
        match=section.match,
        command=_command(section.command, key),
        cwd=_path(section.cwd, folder),
        env_file=_path(section.env_file, folder),
        log=_path(section.log, folder),
    )


def _command(given: str | list[str] | None, key: str) -> tuple[str, ...]:
    if not isinstance(given, str):
        return tuple(given or ())

    try:
        return tuple(shlex.split(given))
    except ValueError as error:
        raise ConfigError(f"{key}.command cannot be split into words: {error}.") from None


def _path(given: str | None, folder: Path) -> str | None:
    return None if given is None else str(folder / Path(given).expanduser())


def test_event_settings(
    sections: Mapping[str, TestEventSection],
) -> dict[str, TestEventSettings]:
    """Test events: a text is sent as it stands, anything else as JSON."""
    return {
        name: TestEventSettings(
            body=_body(part.body, f"test_events.{name}"),
            properties={key: _text(value) for key, value in (part.properties or {}).items()},
        )
        for name, part in sections.items()
    } or default_test_events()


def _body(body: object, key: str) -> str:
    if body is None:
        raise ConfigError(f"{key} has no body.", "Put the event under 'body:', as YAML or as text.")

    if isinstance(body, str):
        return body

    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key}.body cannot be written as JSON: {error}.", "Quote it.") from None


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def poll_settings(section: PollSection) -> PollSettings:
    """Seconds between reads."""
    default = PollSettings()

    return PollSettings(
        section.hub_s or default.hub_s,
        section.store_s or default.store_s,
        section.processes_s or default.processes_s,
    )
