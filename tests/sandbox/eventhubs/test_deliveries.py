"""The log of deliveries: who was sent what, and what a change of readers cost."""

from __future__ import annotations

from typing import Any

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.sandbox.eventhubs.deliveries import MOST_RANGES, MOST_READINGS, Deliveries, Reading
from ehtui.wire.amqp.performatives import Attach, Transfer
from ehtui.wire.amqp.values import Long
from tests.sandbox.eventhubs.amqp_client import AmqpClient, signed_in

PARTITION = "hub/ConsumerGroups/$Default/Partitions/0"
LEVEL, NAME = "com.microsoft:epoch", "com.microsoft:receiver-name"


def after(sequence: int) -> str:
    return f"amqp.annotation.x-opt-sequence-number > '{sequence}'"


async def read(client: AmqpClient, selector: str, events: int, level: int = 0) -> Attach:
    """Attach with a level, and take exactly so many events."""
    properties = {LEVEL: Long(level), NAME: f"reader-{level}"}
    link = await client.receiver(PARTITION, selector, credit=events, properties=properties)
    assert isinstance(link, Attach)

    for _ in range(events):
        await client.expect(Transfer)

    return link


def readings(namespace: Namespace) -> list[Reading]:
    return list(namespace.deliveries.of("HUB", "$default", "0"))


async def test_the_next_reader_is_told_what_it_gets_again(
    endpoint: EventHubsEndpoint, namespace: Namespace
) -> None:
    namespace.append("hub", "0", ["x"] * 50)

    async with signed_in(endpoint) as client:
        await read(client, after(-1), 30)
        await read(client, after(9), 25, level=1)

    first, second = readings(namespace)

    assert (first.start, first.reached, first.read_again) == (0, None, 0)
    assert (first.ranges, first.events) == ([[0, 29]], 30)
    assert first.ended_at is not None
    assert (second.start, second.reached) == (10, 29)
    assert (second.read_again, second.skipped, second.lost) == (20, 0, 0)
    assert second.ranges == [[10, 34]]
    assert (second.name, second.level, second.client) == ("reader-1", 1, "test")


async def test_it_tells_what_nobody_was_sent_and_what_is_gone(
    endpoint: EventHubsEndpoint, namespace: Namespace
) -> None:
    namespace.append("hub", "0", ["x"] * 50)

    async with signed_in(endpoint) as client:
        await read(client, after(-1), 5)
        namespace.trim("hub", "0", 20)
        await read(client, after(29), 3)
        await read(client, after(7), 2)

    _, ahead, behind = readings(namespace)

    assert (ahead.read_again, ahead.skipped, ahead.lost) == (0, 10, 15)
    assert behind.start == 20  # the first that is left
    assert (behind.read_again, behind.skipped, behind.lost) == (13, 0, 0)


async def test_groups_and_hubs_of_one_name_are_told_apart(
    endpoint: EventHubsEndpoint, namespace: Namespace
) -> None:
    namespace.append("hub", "0", ["x"] * 9)

    async with signed_in(endpoint) as client:
        await read(client, after(-1), 9)
        await client.receiver(PARTITION.replace("$Default", "other"), after(3), credit=1)
        await client.expect(Transfer)

    namespace.create_hub("hub", partitions=2)
    namespace.append("hub", "0", ["y"] * 3)

    async with signed_in(endpoint) as client:
        await read(client, after(0), 1)

    (other,) = namespace.deliveries.of("hub", "OTHER")
    old, new = readings(namespace)

    assert (other.reached, other.read_again) == (None, 0)
    assert old.reached is None
    assert (new.reached, new.skipped, new.ranges) == (None, 1, [[1, 1]])
    assert list(namespace.deliveries.of("another")) == []


def reading(deliveries: Deliveries, **facts: Any) -> Reading:
    known = {"hub": "h", "hub_created_at": 1.0, "group": "g", "partition": "0", "client": "c"}
    known |= {"name": None, "level": None, "at": 1.0, "start": 0, "begin": 0, "everybody": {}}
    return deliveries.begun(**{**known, **facts})


def test_memory_is_bounded() -> None:
    deliveries = Deliveries()
    kept = reading(deliveries)

    for n in range(2 * MOST_RANGES):
        kept.sent(n * 2)

    assert len(kept.ranges) == MOST_RANGES
    assert kept.ranges[-1][1] == 4 * MOST_RANGES - 2
    assert kept.events == 2 * MOST_RANGES

    for _ in range(MOST_READINGS + 5):
        reading(deliveries)

    left = list(deliveries.of("h"))
    assert len(left) == MOST_READINGS
    assert left[-1].number == MOST_READINGS + 6
