"""`.env` files."""

from __future__ import annotations

import io
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv.parser import parse_stream

from ehtui.config.errors import ConfigError
from ehtui.config.expand import expand
from ehtui.config.own_files import read_own_file


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
    return parse_dotenv(read_own_file(path, shown), path, shown, environment)


def parse_dotenv(
    content: bytes, path: Path, shown: str, environment: Mapping[str, str]
) -> DotenvFile:
    """The same for what was read already.

    Raises:
        ConfigError: It is no text.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{shown} is not UTF-8 text.", "Save it as UTF-8.") from None

    variables: dict[str, str] = {}
    known = ChainMap(dict(environment), variables)
    unread: list[int] = []

    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            unread.append(binding.original.line)
        elif binding.key is not None and binding.value is not None:
            try:
                variables[binding.key] = expand(binding.value, known, must_exist=False)
            except ConfigError:  # it stands for more than any setting
                unread.append(binding.original.line)

    return DotenvFile(path, shown, variables, tuple(unread))
