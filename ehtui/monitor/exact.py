"""How old the next event of a group is, from the event itself: read where somebody asks for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ehtui.domain.updates import UnreadSeen
from ehtui.domain.world.events import AtSequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.events import EventLookup

READ_S = 10.0
AT_ONCE = 8


def unread_positions(snapshot: Snapshot, group: str | None = None) -> set[tuple[str, int]]:
    """Partitions and the sequence numbers behind checkpoints, where there is something to read."""
    found = set()

    for each in snapshot.groups:
        for partition in each.partitions if group in {None, each.name} else ():
            checkpoint = partition.checkpoint
            has_unread = bool(partition.lag) and not partition.lag_reason

            if has_unread and checkpoint is not None and checkpoint.sequence is not None:
                found.add((partition.id, checkpoint.sequence + 1))

    return found


async def read_unread(
    lookup: EventLookup, positions: Iterable[tuple[str, int]], at: float
) -> list[UnreadSeen]:
    """Read the event at each of these; `at` is local time.

    Raises:
        ProblemError: Events cannot be read.
    """
    turns = asyncio.Semaphore(AT_ONCE)

    async def read(partition: str, sequence: int) -> UnreadSeen | None:
        async with turns:
            event = await lookup.read_at(partition, AtSequence(sequence), READ_S)

        if event is None:
            return None

        return UnreadSeen(at, partition, sequence, event.sequence, event.enqueued_at)

    seen = await asyncio.gather(*(read(*each) for each in sorted(positions)))
    return [each for each in seen if each is not None]
