"""Which of several hubs somebody looked at last: remembered from one session to the next."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from ehtui.actions.state_files import state_folder

if TYPE_CHECKING:
    from pathlib import Path

_MOST_BYTES = 1000


def last_hub_path() -> Path:
    """Where it is remembered; readable by its owner alone."""
    return state_folder() / "last-hub"


def read_last_hub() -> str | None:
    """The hub's key; None where nobody looked yet, or it cannot be read."""
    try:
        with last_hub_path().open("rb") as file:
            text = file.read(_MOST_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError):
        return None

    return text or None


def write_last_hub(key: str) -> None:
    """Remember it. It is only a convenience: what cannot be written is forgotten."""
    path = last_hub_path()
    fresh = path.with_name(f"{path.name}.{os.getpid()}")

    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{key}\n")

        fresh.replace(path)
