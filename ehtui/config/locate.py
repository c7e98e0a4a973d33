"""Where a YAML file may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


def yaml_places(
    given: str | None, folder: Path, environment: Mapping[str, str]
) -> list[tuple[Path, str]]:
    """The files to try, each with the path as the user would write it; all of them exist.

    That is the one named by `--config`, else ./ehtui.yaml, ./config.yaml, the XDG folder's.

    Raises:
        ConfigError: The named file does not exist.
    """
    if given is not None:
        path = folder / Path(given).expanduser()

        if not path.exists():
            raise ConfigError(f"--config {given} does not exist.", "Check the path.")

        return [(path, given)]

    places = [(folder / name, name) for name in ("ehtui.yaml", "config.yaml")]
    home = environment.get("HOME")
    base = environment.get("XDG_CONFIG_HOME") or (f"{home}/.config" if home else None)

    if base:
        path = Path(base) / "ehtui" / "config.yaml"
        places.append((path, str(path)))

    return [place for place in places if place[0].is_file()]
