"""When which partition must be judged again: kept by the second, so that waiting costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.domain.memory import Seat

# Second of server time → partitions. Some have since been put off: their seats know.
Agenda = Mapping[int, frozenset[str]]


def due(agenda: Agenda, seats: Mapping[str, Seat], clock: float) -> set[str]:
    """Partitions whose verdict changes with time alone, and whose time has come."""
    return {
        pid
        for second in [second for second in agenda if second <= clock]
        for pid in agenda[second]
        if (seat := seats.get(pid)) is not None and seat.due_at <= clock
    }


def planned(agenda: Agenda, judged: Mapping[str, Seat], clock: float) -> Agenda:
    """`agenda` after all that was due by `clock` has been judged."""
    added: dict[int, list[str]] = {}

    for pid, seat in judged.items():
        if seat.due_at != inf:
            added.setdefault(int(seat.due_at), []).append(pid)

    now = int(clock)
    kept = {second: pids for second, pids in agenda.items() if second >= now}

    for second, pids in added.items():
        kept[second] = kept.get(second, frozenset()).union(pids)

    return kept
