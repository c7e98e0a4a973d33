"""Which events are read for their age, and that no more than a few are asked for at a time."""

from __future__ import annotations

import asyncio

from typing_extensions import override

from ehtui.domain.world.events import AtSequence, Event, EventLookup, Position
from ehtui.monitor.exact import AT_ONCE, read_unread, unread_positions
from tests.domain.build import World


class Lookup(EventLookup):
    """Has every event but those of the partition "1"."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Position]] = []
        self.now = self.most = 0

    @override
    async def read_at(self, partition: str, position: Position, within_s: float) -> Event | None:
        self.now += 1
        self.most = max(self.most, self.now)
        self.asked.append((partition, position))
        await asyncio.sleep(0)
        self.now -= 1
        assert isinstance(position, AtSequence)
        found = Event(partition, position.sequence + 2, "9", 1000.0 + position.sequence, b"")
        return None if partition == "1" else found

    @override
    async def read_before(self, partition: str, at: float, within_s: float) -> Event | None:
        raise NotImplementedError


def test_where_something_is_unread() -> None:
    world = World(3)
    world.produce(20)
    world.consumer("a", "0", "1", "2", per_s=0)
    world.checkpoint("0", 5)
    world.look()
    world.play(20)
    world.checkpoint("1", world.streams["1"].last)
    world.look()

    assert unread_positions(world.snapshot) == {("0", 6)}
    assert unread_positions(world.snapshot, "another") == set()


async def test_each_is_read_once_and_few_at_a_time() -> None:
    lookup = Lookup()
    wanted = {(str(partition), 10 * partition) for partition in range(40)}
    seen = await read_unread(lookup, wanted, at=50.0)

    assert len(lookup.asked) == 40
    assert lookup.most == AT_ONCE
    assert {each.partition for each in seen} == {str(n) for n in range(40)} - {"1"}
    assert (seen[0].at, seen[0].unread_from, seen[0].sequence) == (50.0, 0, 2)
    assert seen[0].enqueued_at == 1000.0
