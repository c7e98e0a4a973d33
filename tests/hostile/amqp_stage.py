"""An endpoint that is attacked, what that may cost, and whether others are still served."""

from __future__ import annotations

import logging
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.wire.amqp.performatives import Accepted, Close
from tests.sandbox.eventhubs.amqp_client import AmqpClient, signed_in

ATTACK = bytes.fromhex("0000001702000000005310a00a01d00000000408000000")


@pytest.fixture
def namespace() -> Namespace:
    namespace = Namespace("ns.test")
    namespace.create_hub("hub", partitions=2)
    return namespace


@pytest.fixture
async def endpoint(namespace: Namespace) -> AsyncIterator[EventHubsEndpoint]:
    async with EventHubsEndpoint(namespace) as endpoint:
        yield endpoint


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that a client sends is a fault of the endpoint's."""
    yield
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@contextmanager
def at_most(bytes_: int) -> Iterator[None]:
    tracemalloc.start()

    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < bytes_
    finally:
        tracemalloc.stop()


async def is_served(endpoint: EventHubsEndpoint) -> bool:
    async with signed_in(endpoint) as client:
        return (await client.publish("hub/Partitions/0", "x")).state == Accepted()


async def close_of(client: AmqpClient) -> str:
    close = await client.expect(Close)
    assert close.error
    return close.error.condition
