"""`${NAME}` in texts of a configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 64 * 1024  # of a text with variables: a few lines of them can stand for gigabytes
_VARIABLE = re.compile(
    r"\$(?P<escaped>\$)?\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<else>[^}]*))?\}"
)


def expand(
    text: str, variables: Mapping[str, str], *, key: str = "", must_exist: bool = True
) -> str:
    """Replace `${NAME}` and `${NAME:-else}`; `$${NAME}` stays `${NAME}`.

    Raises:
        ConfigError: A variable that must exist is not set, or all of them together are too long;
            `key` names the setting.
    """
    length = 0

    def value_of(match: re.Match[str]) -> str:
        nonlocal length

        if match["escaped"]:
            return match[0][1:]

        value = variables.get(match["name"]) or match["else"]

        if value is None and must_exist:
            raise ConfigError(
                f"{key} needs ${{{match['name']}}}, which is not set.",
                f"Set {match['name']} in the environment or in .env, or write "
                f"${{{match['name']}:-default}}.",
            )

        length += len(value or "")

        if length > LONGEST:
            raise ConfigError(f"{key or 'A text'} is longer than any setting, with its variables.")

        return value or ""

    return _VARIABLE.sub(value_of, text)


def expand_all(
    value: object, variables: Mapping[str, str], *, key: str, must_exist: bool = True
) -> object:
    """The same in every text of a value made of mappings and lists."""
    if isinstance(value, str):
        return expand(value, variables, key=key, must_exist=must_exist)

    if isinstance(value, dict):
        return {
            name: expand_all(part, variables, key=f"{key}.{name}", must_exist=must_exist)
            for name, part in value.items()
        }

    if isinstance(value, list):
        return [
            expand_all(part, variables, key=f"{key}[{number}]", must_exist=must_exist)
            for number, part in enumerate(value)
        ]

    return value
