"""Files that the user names or keeps in the working folder: YAML's places, `.env`, `${NAME}`."""

from __future__ import annotations

import io
import os
import re
import stat
import sys
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ehtui.config.errors import ConfigError
from ehtui.domain.text import mask_secrets

MOST_BYTES = 1 << 20  # a configuration has some kilobytes


def read_own_file(path: Path, shown: str) -> bytes:
    """A file's content; `shown` is its path as the user would write it. A pipe will do, too.

    Raises:
        ConfigError: It cannot be read, or has no end within reason.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror}.") from None

    if len(content) > MOST_BYTES:
        raise ConfigError(
            f"{shown} is larger than {MOST_BYTES >> 20} MB: that is not a configuration file.",
            "Check the path.",
        )

    return content


def named_path(given: str, folder: Path, name: str, advice: str = "Check the path.") -> Path:
    """Where a path leads that the user wrote, `~` and all; `name` is how to call it.

    Raises:
        ConfigError: There is nothing, or nothing that can be reached.
    """
    try:
        path = folder / Path(given).expanduser()
        path.stat()
    except (FileNotFoundError, NotADirectoryError, RuntimeError, ValueError):  # no such home, NUL
        raise ConfigError(f"{name} does not exist.", advice) from None
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}.", advice) from None

    return path


def is_there(path: Path) -> bool:
    """Whether a file stands where nobody named one: what cannot be reached does not count."""
    try:
        return path.is_file()
    except OSError:
        return False


def yaml_places(
    given: str | None, folder: Path, environment: Mapping[str, str]
) -> list[tuple[Path, str]]:
    """The files to try, each with the path as the user would write it; all of them exist.

    That is the one named by `--config`, else ./ehtui.yaml, ./config.yaml, the XDG folder's.

    Raises:
        ConfigError: The named file does not exist.
    """
    if given is not None:
        return [(named_path(given, folder, f"--config {given}"), given)]

    return [place for place in _usual_places(folder, environment) if is_there(place[0])]


def candidate_places(given: str | None, folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Where a file would be read from if there were one."""
    if given is not None:
        return [folder / given]

    return [path for path, _ in _usual_places(folder, environment)]


def _usual_places(folder: Path, environment: Mapping[str, str]) -> list[tuple[Path, str]]:
    places = [(folder / name, name) for name in ("ehtui.yaml", "config.yaml")]
    home = environment.get("HOME")
    base = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else None)

    if base is None and sys.platform == "win32":
        base = environment.get("APPDATA")

    if base:
        path = Path(base) / "ehtui" / "config.yaml"
        places.append((path, str(path)))

    return places


LONGEST = 64 * 1024  # of a text with variables: a few lines of them can stand for gigabytes
_VARIABLE = re.compile(
    r"\$(?P<escaped>\$)?\{(?:env:(?P<env>[A-Za-z_]\w*)|file:(?P<file>[^}]+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*))(?::-(?P<else>[^}]*))?\}",
    re.ASCII,
)


class NamedFiles:
    """Files that a configuration names by `${file:PATH}`, relative to the folder that it is in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.read: dict[Path, str] = {}  # those that were read, and how they are called

    def text_of(self, given: str, key: str) -> str:
        """What stands in a file, without the line's end behind it.

        Raises:
            ConfigError: It cannot be read, or is no text; `key` names who wants it.
        """
        shown, advice = f"{key} needs {given.strip()}, which", "Check the path and its rights."
        path = named_path(given.strip(), self._folder, shown, advice)
        self.read[path] = given.strip()

        try:
            return read_own_file(path, given.strip()).decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            raise ConfigError(f"{shown} is not UTF-8 text.", "Save it as UTF-8.") from None


def expand(
    text: str,
    variables: Mapping[str, str],
    *,
    key: str = "",
    must_exist: bool = True,
    files: NamedFiles | None = None,
) -> str:
    """Replace `${NAME}` and `${NAME:-else}`; `$${NAME}` stays `${NAME}`.

    With `files`, `${env:NAME}` is the same, and `${file:PATH}` is what stands in a file; without,
    both stay as they are, for whoever wrote them may mean something else.

    Raises:
        ConfigError: A variable that must exist is not set, or all of them together are too long;
            `key` names the setting.
    """
    length = 0

    def value_of(match: re.Match[str]) -> str:
        nonlocal length
        is_named = match["name"] is None

        if is_named and files is None:
            return match[0]

        if match["escaped"]:
            return match[0][1:]

        if match["file"] is not None and files is not None:
            value: str | None = files.text_of(match["file"], key) if must_exist else ""
        else:
            name = match["name"] or match["env"]
            value = variables.get(name) or match["else"]

            if value is None and must_exist:
                raise _unset(name, key)

        length += len(value or "")

        if length > LONGEST:
            raise ConfigError(f"{key or 'A text'} is longer than any setting, with its variables.")

        return value or ""

    return _VARIABLE.sub(value_of, text)


def _unset(name: str, key: str) -> ConfigError:
    return ConfigError(
        f"{key} needs ${{{name}}}, which is not set.",
        f"Set {name} in the environment or in .env, or write ${{{name}:-default}}.",
    )


def expand_all(
    value: object,
    variables: Mapping[str, str],
    *,
    key: str,
    named: Callable[[str], str] = str,
    must_exist: bool = True,
    files: NamedFiles | None = None,
) -> object:
    """The same in every text of a value made of mappings and lists; `named` tells of a key."""

    def expanded(part: object, key: str) -> object:
        if isinstance(part, str):
            return expand(part, variables, key=named(key), must_exist=must_exist, files=files)

        if isinstance(part, dict):
            return {name: expanded(each, f"{key}.{name}") for name, each in part.items()}

        if isinstance(part, list):
            return [expanded(each, f"{key}[{number}]") for number, each in enumerate(part)]

        return part

    return expanded(value, key)


def is_open_to_others(path: Path) -> bool:
    """Whether other users of this host can read a file; False where that cannot be told."""
    if os.name != "posix":
        return False

    try:
        real = path.resolve()
        is_readable = bool(real.stat().st_mode & stat.S_IROTH)
        return is_readable and all(p.stat().st_mode & stat.S_IXOTH for p in real.parents)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class DotenvFile:
    """What a `.env` file sets, and the lines that could not be understood."""

    path: Path
    shown: str
    variables: Mapping[str, str] = field(repr=False)  # secrets among them
    unread: tuple[int, ...] = ()

    @property
    def has_secrets(self) -> bool:
        """Whether a key or a signature stands in it."""
        return any(mask_secrets(value) != value for value in self.variables.values())


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

    from dotenv.parser import parse_stream  # noqa: PLC0415 - only where there is a file

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
