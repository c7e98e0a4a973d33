"""Whether the files that settings came from have changed, or one that is nearer has come up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.config.errors import ConfigError
from ehtui.config.found import Chosen, ConfiguredHub, Found, Resolved
from ehtui.config.own_files import candidate_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from ehtui.config.found import Flags

Stamp = tuple[int, int, int] | None  # of a file that is there: its inode, size and time


class Configuration:
    """The hubs that are meant, and the files that say so. Methods read files, so they block.

    `adjusted` is what flags say that are no settings of a file.
    """

    def __init__(
        self,
        flags: Flags,
        environment: Mapping[str, str],
        folder: Path,
        adjusted: Callable[[Resolved], Resolved] = lambda resolved: resolved,
    ) -> None:
        self._adjusted = adjusted
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
            hubs = [self._with_flags(each) for each in hubs_of(found)]
            named = _files_of(found)
            self._stamps = {**_stamps(named), **stamps}
        except ConfigError:
            self._stamps = {**_stamps(self._stamps), **stamps}
            raise

        return hubs

    def stamps(self) -> Mapping[Path, Stamp]:
        """Which files those are now, by what tells one version of a file from another."""
        return _stamps(self._stamps)

    @property
    def read_stamps(self) -> Mapping[Path, Stamp]:
        """The same as they were when they were read; empty where nothing was."""
        return self._stamps

    def _with_flags(self, hub: ConfiguredHub) -> ConfiguredHub:
        found = hub.found
        return hub if isinstance(found, ConfigError) else replace(hub, found=self._adjusted(found))

    def _places(self) -> list[Path]:
        flags, folder = self._flags, self._folder
        dotenv = folder / (flags.env_file or ".env")
        return [dotenv, *candidate_places(flags.config, folder, self._environment)]


def hubs_of(found: Found) -> list[ConfiguredHub]:
    """Every hub that is meant.

    Raises:
        ConfigError: There is no such profile or hub, or its settings cannot be used.
    """
    if found.profiles or found.names_profile:
        # PyYAML comes with it.
        from ehtui.config.choosing import every_one  # noqa: PLC0415

        return every_one(found)

    resolved = found.settled(Chosen())
    hub = resolved.settings.eventhub
    return [ConfiguredHub(hub.name or "", "", hub.name or "", None, hub.production, resolved)]


def _files_of(found: Found) -> list[Path]:
    file = found.file

    if file is None:
        return []

    profiles = [part for part in file.profiles.values() if not isinstance(part, ConfigError)]
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
