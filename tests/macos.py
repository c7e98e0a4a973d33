"""What psutil documents of macOS, played at one joint: psutil itself.

Nobody but root is told of all connections; of others' processes neither words, environment, folder,
open files nor connections; of nobody what is in memory. https://psutil.readthedocs.io/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import psutil
import pytest

from ehtui import system

WITHHELD: tuple[str, ...] = ("cmdline", "environ", "cwd", "open_files", "net_connections", "exe")
WITHHELD += ("num_threads", "cpu_percent", "memory_percent")


def be_macos(monkeypatch: pytest.MonkeyPatch, *, is_anothers: Callable[[int], bool]) -> None:
    """Until the test ends; `is_anothers` says whose processes are not this user's."""
    monkeypatch.setattr(system, "LINUX", False)
    monkeypatch.setattr(system, "PROC", "/no/proc")
    monkeypatch.setattr(psutil, "net_connections", _for_root)
    monkeypatch.setattr(psutil.Process, "memory_maps", _for_root)

    for name in WITHHELD:
        monkeypatch.setattr(psutil.Process, name, _of_ones_own(name, is_anothers))


def _for_root(*_: object, **__: object) -> NoReturn:
    raise psutil.AccessDenied


def _of_ones_own(name: str, is_anothers: Callable[[int], bool]) -> Callable[..., object]:
    read = getattr(psutil.Process, name)

    def told(process: psutil.Process, *arguments: object, **options: object) -> object:
        if is_anothers(process.pid):
            raise psutil.AccessDenied(process.pid)

        return read(process, *arguments, **options)

    return told
