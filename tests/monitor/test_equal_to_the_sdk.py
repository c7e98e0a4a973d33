"""What the monitor shows of a hub is what Microsoft's SDK answers, field by field.

Hubs of four sizes, over every way that leads to them; one endpoint a way has all four. The SDK
opens a connection for each partition that it is asked about: of the largest hub it is asked about
some, and about all of them under `make interop`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
from azure.eventhub.aio import EventHubConsumerClient
from msgspec.structs import replace

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings, TransportChoice
from ehtui.domain.policy import Policy
from ehtui.domain.reduce import start
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.hub import PartitionSample
from ehtui.domain.world.route import Carrier, Route
from ehtui.monitor import Monitor, Scheduled, wait_for_first
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace
from ehtui.sources.hub import TIMEOUT_S, HubSource
from ehtui.wire.credentials import access_of
from ehtui.wire.public_calls import open_consumer
from ehtui.wire.reading import Limiter
from tests.interop import is_whole
from tests.wire.proxying import ConnectProxy

pytestmark = [
    pytest.mark.timeout(300 if is_whole else 60),
    pytest.mark.asyncio(loop_scope="module"),
    # azure-eventhub, without TLS and with a proxy
    pytest.mark.filterwarnings("ignore:ssl=None is deprecated"),
    pytest.mark.filterwarnings("ignore:(BasicAuth|The .proxy_auth. parameter) is deprecated"),
]
SIZES = (1, 4, 32, 200)
MANY = 50  # partitions; of a larger hub the SDK is asked about each of SOME
SOME = 17
AT_ONCE = 8
WATCHER = AccessKey("watcher", "b25seS1saXN0ZW4=", frozenset({"Listen"}))


@dataclass(frozen=True)
class Way:
    """How a hub is reached."""

    transport: TransportChoice
    tls: bool
    has_proxy: bool = False


WAYS = {
    "tcp": Way("amqp", tls=False),
    "tls": Way("amqp", tls=True),
    "websockets": Way("websocket", tls=True),
    "proxy": Way("websocket", tls=True, has_proxy=True),
}


@dataclass
class Reached:
    """An endpoint with a hub of each size, and how to get there."""

    way: Way
    settings: EventHubSettings  # but for the hub's name
    proxy: ConnectProxy | None


def hub_of(size: int) -> str:
    return f"hub-of-{size}"


def written() -> Namespace:
    """Partitions that were never written, that were, that lost their begin, or everything."""
    namespace = Namespace(keys=[WATCHER])

    for size in SIZES:
        namespace.create_hub(hub_of(size), size)

        for number in range(size):
            where = (hub_of(size), str(number))
            count = number % 5
            namespace.append(*where, [b"x" * number] * count)
            namespace.trim(*where, {3: 1, 4: 4}.get(count, 0))

    return namespace


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=WAYS)
async def reached(request: pytest.FixtureRequest) -> AsyncIterator[Reached]:
    way = WAYS[request.param]

    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(EventHubsEndpoint(written(), tls=way.tls))
        proxy = ConnectProxy(wants_password=True) if way.has_proxy else None
        settings = EventHubSettings(
            connection_string=Secret(endpoint.connection_string(key_name=WATCHER.name)),
            transport=way.transport,
            ca_file=(str(endpoint.ca_file),) if way.tls else (),
        )

        if proxy is not None:
            await stack.enter_async_context(proxy.serving())
            settings = replace(settings, proxy=Secret(proxy.url))

        yield Reached(way, settings, proxy)


@pytest.mark.parametrize("size", SIZES)
async def test_the_monitor_tells_what_the_sdk_does(reached: Reached, size: int) -> None:
    settings = replace(reached.settings, name=hub_of(size))
    shown = await watched(settings)
    assert shown.hub is not None
    assert shown.hub.created_at is not None
    assert [p.id for p in shown.partitions] == [str(number) for number in range(size)]
    asked = [p for n, p in enumerate(shown.partitions) if size < MANY or is_whole or n % SOME == 0]

    async with open_consumer(access_of(settings)) as client:
        assert {
            "eventhub_name": shown.hub.name,
            "created_at": shown.hub.created_at,
            "partition_ids": list(shown.hub.partition_ids),
        } == plain(await client.get_eventhub_properties())

        told = await answers(client, [partition.id for partition in asked])

    assert [fields(hub_of(size), partition.sample) for partition in asked] == told
    check_way(reached, shown.sources[0].route)


async def watched(settings: EventHubSettings) -> Snapshot:
    """The picture after one round."""

    async def open_sources() -> Sequence[Scheduled]:
        return [Scheduled(HubSource(settings, limiter=Limiter(None)), 60.0, TIMEOUT_S)]

    first = start(Policy(has_store=False), time.time(), ["hub"]).snapshot
    monitor = Monitor(open_sources, first)
    monitor.start()

    try:
        return await asyncio.to_thread(wait_for_first, monitor, ["hub"], 20.0)
    finally:
        await asyncio.to_thread(monitor.stop)


async def answers(client: EventHubConsumerClient, partitions: Sequence[str]) -> list[Any]:
    """What the SDK says of each, a few at a time."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def answer(partition: str) -> Any:
        async with turns:
            return plain(await client.get_partition_properties(partition))

    return await asyncio.gather(*map(answer, partitions))


def plain(answer: Any) -> dict[str, Any]:
    """The SDK's answer, its moments as ours are; year 1 is never."""
    return {
        name: moment(value) if isinstance(value, datetime) else value
        for name, value in answer.items()
    }


def moment(at: datetime) -> float | None:
    return None if at.year == 1 else at.timestamp()


def fields(hub: str, sample: PartitionSample | None) -> dict[str, Any]:
    """What is shown, by the SDK's names."""
    assert sample is not None
    return {
        "eventhub_name": hub,
        "id": sample.partition,
        "beginning_sequence_number": sample.begin_sequence,
        "last_enqueued_sequence_number": sample.last_sequence,
        "last_enqueued_offset": sample.last_offset,
        "last_enqueued_time_utc": sample.last_enqueued_at,
        "is_empty": sample.is_empty,
    }


def check_way(reached: Reached, route: Route | None) -> None:
    """It was read over the way that is meant."""
    assert route is not None
    is_over_websockets = route.carrier is Carrier.WEBSOCKET
    assert is_over_websockets == (reached.way.transport == "websocket")
    assert route.uses_tls == reached.way.tls
    assert bool(route.proxy) == bool(reached.proxy and reached.proxy.asked)
