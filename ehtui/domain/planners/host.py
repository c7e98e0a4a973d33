"""What a planner must know of this host and session; passed in, so that planning stays pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Host:
    """Who acts, and which processes must never be touched."""

    own_pid: int
    ancestors: frozenset[int] = frozenset()
    user: str | None = None
    is_root: bool = False
