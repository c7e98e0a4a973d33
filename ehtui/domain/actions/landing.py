"""Where events that were sent came to stand: the service tells a sender nothing of that.

What is known is a bracket: the last sequence number before they were sent, and after they were all
accepted. Where exactly as many came in between as were sent, they are these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping


class Landing(Value, frozen=True):
    """Events of one send in one partition, as far as that is known."""

    partition: str | None
    count: int = 1
    first: int | None = None  # sequence number, or the least that it can be
    last: int | None = None  # the same of the last, or the most that it can be
    is_bracket: bool = False  # they are somewhere in between, among others
    enqueued_at: float | None = None  # of the last, server time; None: nobody read it

    @property
    def sequence(self) -> str | None:
        """As `ehtui.action/1` spells it: `920`, `920-924`; `~915-931` where others are among it."""
        if self.first is None or self.last is None:
            return None

        span = str(self.first) if self.first == self.last else f"{self.first}-{self.last}"
        return f"~{span}" if self.is_bracket else span


class Accepted(Value, frozen=True):
    """What the hub has accepted of one send."""

    by_partition: Mapping[str, int]  # of events whose partition ehtui chose
    by_service: int = 0  # of those whose partition it did not
    is_one_key: bool = False  # they all have the same key, and so one partition

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.by_partition.values()) + self.by_service


def landed(
    accepted: Accepted, before: Mapping[str, int], after: Mapping[str, int]
) -> tuple[Landing, ...]:
    """Where they are, by the last sequence numbers before they were sent and afterwards."""
    places = [
        _between(partition, count, before.get(partition), after.get(partition))
        for partition, count in accepted.by_partition.items()
        if count
    ]

    if accepted.by_service:
        places.append(_chosen(accepted, before, after))

    return tuple(places)


def _between(partition: str | None, count: int, before: int | None, after: int | None) -> Landing:
    if before is None or after is None or after - before < count:
        return Landing(partition, count)

    return Landing(partition, count, before + 1, after, is_bracket=after - before > count)


def _chosen(accepted: Accepted, before: Mapping[str, int], after: Mapping[str, int]) -> Landing:
    """Events with one key, where only one partition grew enough; else nobody can tell."""
    count = accepted.by_service
    is_whole = before.keys() == after.keys()
    room = [name for name in before.keys() & after.keys() if after[name] - before[name] >= count]

    if not (accepted.is_one_key or count == 1) or not is_whole or len(room) != 1:
        return Landing(None, count)

    return _between(room[0], count, before[room[0]], after[room[0]])
