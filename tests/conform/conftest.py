from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.conform.store import Store
from ehtui.conform.world import World
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.wire.credentials import access_of
from ehtui.wire.storage import parse_connection_string


@pytest.fixture
async def endpoint() -> AsyncIterator[EventHubsEndpoint]:
    namespace = Namespace("ns.test")
    namespace.create_hub("hub", partitions=2, groups=["own"])

    async with EventHubsEndpoint(namespace) as endpoint:
        yield endpoint


@pytest.fixture
async def blobs() -> AsyncIterator[BlobEndpoint]:
    endpoint = BlobEndpoint()
    await endpoint.start()
    endpoint.create_container("checkpoints")
    yield endpoint
    await endpoint.stop()


@pytest.fixture
async def world(endpoint: EventHubsEndpoint, blobs: BlobEndpoint) -> AsyncIterator[World]:
    settings = EventHubSettings(connection_string=Secret(endpoint.connection_string("hub")))
    address = parse_connection_string(Secret(blobs.connection_string))
    world = World(access_of(settings), "own", may_send=True)
    world.store = Store(address, "checkpoints", "ehtui-conform-test/")
    await world.look_around()
    yield world
    await world.store.close()
