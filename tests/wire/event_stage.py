"""A hub with a peek group on a real AMQP endpoint, and a reader of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.world.events import (
    Event,
    EventQuery,
    EventStream,
    Position,
)
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace, errors
from ehtui.sandbox.eventhubs.events import new_event
from ehtui.sandbox.eventhubs.namespace import Receiver
from ehtui.wire.event_reader import EventReader
from ehtui.wire.reading import Limiter

GROUP = "ehtui-peek"
START = 1_800_000_000.0


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class Stage:
    """A hub with a peek group, and a reader of it."""

    def __init__(self, endpoint: EventHubsEndpoint, namespace: Namespace, clock: Clock) -> None:
        self.endpoint = endpoint
        self.namespace = namespace
        self.clock = clock
        self.reader = self.reader_of(GROUP)

    def reader_of(self, group: str | None) -> EventReader:
        text = Secret(self.endpoint.connection_string("hub"))
        settings = EventHubSettings(connection_string=text, peek_group=group)
        return EventReader(settings, clock=self.clock, limiter=Limiter(rate_per_s=None))

    def append(self, partition: str, *bodies: bytes, at: float | None = None) -> None:
        log = self.namespace.hub("hub").partition(partition)
        assert log is not None
        log.append([new_event(body) for body in bodies], self.clock.now if at is None else at)
        log.notify()

    def admit(self, level: int | None, name: str = "app", partition: str = "0") -> Receiver:
        """A reader of somebody else in the peek group."""
        receiver = Receiver(GROUP, partition, name, level, "tracker", lambda _: None)
        self.namespace.hub("hub").receivers.admit(receiver)
        return receiver

    @property
    def receivers(self) -> list[dict[str, Any]]:
        """Of both partitions, as the endpoint sees them."""
        hub = self.namespace.hub("hub")
        return hub.receivers.describe("0") + hub.receivers.describe("1")

    def detach_all(self) -> None:
        """End every receiver's link for being idle; its connection stays."""
        told = {"link": "x", "entity": "Consumer", "span": "00:30:00"}

        for groups in tuple(self.namespace.hub("hub").receivers._all.values()):
            for receiver in [each for group in groups.values() for each in group]:
                receiver.disconnect(errors.link_idle("tracker", **told))

    @property
    def connections(self) -> int:
        return self.endpoint.statistics().connections_opened

    async def read(self, at: Mapping[str, Position], until_at: float | None = None) -> list[Event]:
        """Everything from there on that is there now."""
        stream = await self.reader.open(EventQuery(at, until_at=until_at))

        try:
            return await drained(stream)
        finally:
            await stream.close()


async def drained(stream: EventStream) -> list[Event]:
    events: list[Event] = []

    while not stream.is_at_end:
        events += await stream.next_batch(5.0)

    return events


async def taken(stream: EventStream, count: int) -> list[Event]:
    events: list[Event] = []

    async with asyncio.timeout(20.0):
        while len(events) < count:
            events += await stream.next_batch(1.0)

    return events


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    clock = Clock()
    namespace = Namespace("ns.test", clock=clock)
    namespace.create_hub("hub", partitions=2, groups=[GROUP])

    async with EventHubsEndpoint(namespace) as endpoint:
        stage = Stage(endpoint, namespace, clock)

        try:
            yield stage
        finally:
            await stage.reader.close()


def bodies(events: list[Event]) -> list[bytes]:
    return [event.body for event in events]
