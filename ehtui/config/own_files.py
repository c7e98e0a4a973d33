"""Files that the user names or keeps in the working folder: read whole, within a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

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
            f"{shown} is larger than {MOST_BYTES >> 20} MB: that is no configuration.",
            "Check the path.",
        )

    return content
