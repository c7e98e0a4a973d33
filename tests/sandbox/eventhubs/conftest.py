from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace


class Clock:
    """Time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def namespace(clock: Clock) -> Namespace:
    namespace = Namespace("ns.test", clock=clock)
    namespace.create_hub("hub", partitions=2, groups=["other"])
    return namespace


@pytest.fixture
async def endpoint(namespace: Namespace) -> AsyncIterator[EventHubsEndpoint]:
    async with EventHubsEndpoint(namespace) as endpoint:
        yield endpoint
