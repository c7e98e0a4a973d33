"""`.env` files."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import parse_stream

from ehtui.config.errors import ConfigError
from ehtui.config.expand import expand


@dataclass(frozen=True, slots=True)
class DotenvFile:
    """What a `.env` file sets, and the lines that could not be understood."""

    path: Path
    shown: str
    variables: Mapping[str, str] = field(repr=False)  # secrets among them
    unread: tuple[int, ...] = ()


def read_dotenv(path: Path, shown: str, environment: Mapping[str, str]) -> DotenvFile:
    """Read a `.env` file as python-dotenv does; `environment` wins inside `${NAME}`.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{shown} is not UTF-8 text.", "Save it as UTF-8.") from None

    variables: dict[str, str] = {}
    unread: list[int] = []

    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            unread.append(binding.original.line)
        elif binding.key is not None and binding.value is not None:
            known = {**variables, **environment}
            variables[binding.key] = expand(binding.value, known, must_exist=False)

    return DotenvFile(path, shown, variables, tuple(unread))
