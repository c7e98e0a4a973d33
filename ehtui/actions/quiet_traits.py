"""Two traits that a process inherits and hardly anybody sees: its I/O priority and its personality.

ioprio_set(2), personality(2). Loads the standard library only.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

# asm/unistd.h: the C library has no functions for these.
_NUMBERS = {"x86_64": (251, 252), "aarch64": (30, 31), "riscv64": (30, 31)}
_OF_A_PROCESS = 1
_CLASS_SHIFT = 13
_CLASSES = ("none", "realtime", "best-effort", "idle")


def io_priority_of(pid: int) -> int | None:
    """Its class and level as the kernel keeps them; None where that cannot be asked."""
    numbers = _NUMBERS.get(os.uname().machine)

    if numbers is None:
        return None

    found = int(_libc().syscall(numbers[1], _OF_A_PROCESS, pid))

    return found if found >= 0 else None


def set_io_priority(value: int) -> None:
    """Of this process. Raises OSError where this user may not."""
    numbers = _NUMBERS[os.uname().machine]

    if _libc().syscall(numbers[0], _OF_A_PROCESS, 0, value):
        raise OSError(ctypes.get_errno(), "ioprio_set")


def io_priority_words(value: int) -> str:
    """As ionice tells it."""
    kind, level = value >> _CLASS_SHIFT & 7, value & 7
    name = _CLASSES[kind] if kind < len(_CLASSES) else str(kind)

    return f"{name} {level}"


def personality_of(pid: int) -> int | None:
    """As setarch left it; None where it is not for this user to see."""
    with suppress(OSError, ValueError):
        return int(Path(f"/proc/{pid}/personality").read_text(), 16)

    return None


def set_personality(value: int) -> None:
    """Of this process, from its next exec on. Raises OSError."""
    if _libc().personality(ctypes.c_ulong(value)) == -1:
        raise OSError(ctypes.get_errno(), "personality")


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
