"""The files of a process of this very user, by their paths: where no folder can be held open.

Whoever ehtui runs for may read them anyway, so that nobody else's rights are in question. That is
all there is on Windows; elsewhere `process_sight` looks, for processes of others too.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Self

import psutil

from ehtui import system
from ehtui.config.process_sight import NotReadError
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator


class NamedFolder(Value, frozen=True):
    """A folder by its path."""

    path: Path

    @property
    def identity(self) -> tuple[int, int]:
        """What it is, whatever it is called."""
        found = self.path.stat()
        return found.st_dev, found.st_ino


class OwnSight:
    """What a process of this user sees; `is_open` is False for one of somebody else's.

    Raises OSError or psutil.Error where the process has ended, or tells this user nothing.
    """

    def __init__(self, pid: int) -> None:
        process = psutil.Process(pid)
        self.working = NamedFolder(Path(process.cwd()))
        self.is_open = process.username() == psutil.Process().username()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open."""

    def upwards(self, folder: NamedFolder, most: int) -> Iterator[NamedFolder]:
        """The folder, and up to `most` above it."""
        yield folder
        yield from map(NamedFolder, list(folder.path.parents)[:most])

    def folder_of(self, path: str) -> NamedFolder | None:
        """The folder of the regular file that the process calls `path`; None: there is none."""
        try:
            found = self.working.path / path
            return NamedFolder(found.parent) if found.is_file() else None
        except (OSError, ValueError):
            return None

    def read(self, folder: NamedFolder, name: str, most_bytes: int) -> bytes | None:
        """A file's content; None where there is none.

        Raises:
            NotReadError: It is not a regular file, too large, outside of its folder, or closed.
        """
        path = folder.path / name

        try:
            if not path.resolve().is_relative_to(folder.path.resolve()):
                raise NotReadError("a link leads out of its folder")

            if not stat.S_ISREG(path.stat().st_mode):
                raise NotReadError("it is not a regular file")

            with os.fdopen(os.open(path, os.O_RDONLY | system.QUIETLY), "rb") as file:
                content = file.read(most_bytes + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise NotReadError(f"cannot be opened: {error.strerror}") from None

        if len(content) > most_bytes:
            raise NotReadError(f"it is larger than {most_bytes >> 10} kB")

        return content
