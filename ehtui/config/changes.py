"""Whether the files that settings came from have changed, or one that is nearer has come up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.config.choosing import every_one
from ehtui.config.errors import ConfigError
from ehtui.config.found import Found
from ehtui.config.own_files import candidate_places
from ehtui.config.profiles import ProfilePart

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ehtui.config.choosing import ConfiguredHub
    from ehtui.config.found import Flags

Stamp = tuple[int, int, int] | None  # of a file that is there: its inode, size and time


class Configuration:
    """The hubs that are meant, and the files that say so. Methods read files, so they block."""

    def __init__(self, flags: Flags, environment: Mapping[str, str], folder: Path) -> None:
        self._flags = flags
        self._environment = environment
        self._folder = folder
        self._stamps: dict[Path, Stamp] = {}

    def read(self) -> list[ConfiguredHub]:
        """Every hub that is meant, as the files are now.

        Raises:
            ConfigError: They cannot be used at all.
        """
        places = self._places()
        # Before they are read: what changes meanwhile is read again.
        stamps = _stamps(places)

        try:
            found = Found.read(self._flags, self._environment, self._folder)
            hubs = every_one(found)
            named = _files_of(found)
            self._stamps = {**_stamps(named), **stamps}
        except ConfigError:
            self._stamps = {**_stamps(self._stamps), **stamps}
            raise

        return hubs

    def has_changed(self) -> bool:
        """Whether any of those files is another one than when it was read."""
        return _stamps(self._stamps) != self._stamps

    def _places(self) -> list[Path]:
        flags, folder = self._flags, self._folder
        dotenv = folder / (flags.env_file or ".env")
        return [dotenv, *candidate_places(flags.config, folder, self._environment)]


def _files_of(found: Found) -> list[Path]:
    file = found.file

    if file is None:
        return []

    profiles = [part for part in file.profiles.values() if isinstance(part, ProfilePart)]
    dotenvs = [*file.dotenvs, *(dotenv for part in profiles for dotenv in part.dotenvs)]
    return [file.path, *file.files, *(dotenv.path for dotenv in dotenvs)]


def _stamps(paths: Iterable[Path]) -> dict[Path, Stamp]:
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> Stamp:
    try:
        found = path.expanduser().stat()
    except (OSError, RuntimeError):
        return None

    return found.st_ino, found.st_size, found.st_mtime_ns
