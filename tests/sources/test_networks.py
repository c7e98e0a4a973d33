"""A hub read over every way that leads there: the same figures, whatever carries them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings, TransportChoice
from ehtui.domain.world.hub import PartitionSample
from ehtui.domain.world.route import Carrier
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace
from ehtui.sources.hub import HubSource, open_public_reader
from ehtui.wire.credentials import access_of
from ehtui.wire.reading import Limiter
from tests.wire.proxying import ConnectProxy

KEY = AccessKey("watcher", "b25seS1saXN0ZW4=", frozenset({"Listen"}))


@dataclass(frozen=True)
class Net:
    """How a test goes there."""

    transport: TransportChoice = "amqp"
    tls: bool = False
    proxy: ConnectProxy | None = None
    only_websockets: bool = False


NETS: dict[str, Callable[[], Net]] = {
    "tcp": Net,
    "tls": lambda: Net(tls=True),
    "websocket": lambda: Net("websocket"),
    "websocket-tls": lambda: Net("websocket", tls=True),
    "proxy": lambda: Net("websocket", tls=True, proxy=ConnectProxy()),
    "proxy-password": lambda: Net("websocket", tls=True, proxy=ConnectProxy(wants_password=True)),
    "proxy-amqp": lambda: Net("amqp", tls=True, proxy=ConnectProxy()),
    "auto": lambda: Net("auto", tls=True, only_websockets=True),
}


@asynccontextmanager
async def hub_behind(net: Net) -> AsyncIterator[EventHubSettings]:
    namespace = Namespace(keys=[KEY])
    namespace.create_hub("orders", PARTITIONS)

    for number in range(PARTITIONS):
        namespace.append("orders", str(number), [b"x"] * (number))

    endpoint = EventHubsEndpoint(namespace, tls=net.tls, only_websockets=net.only_websockets)

    async with endpoint:
        settings = EventHubSettings(
            connection_string=Secret(endpoint.connection_string("orders", KEY.name)),
            transport=net.transport,
            ca_file=(str(endpoint.ca_file),) if net.tls else (),
        )

        if net.proxy is None:
            yield settings
            return

        async with net.proxy.serving() as proxy:
            yield replace(settings, proxy=Secret(proxy.url))


PARTITIONS = 4  # tests/monitor/test_equal_to_the_sdk.py has hubs of all sizes


@pytest.mark.filterwarnings("ignore:ssl=None is deprecated")  # azure-eventhub, without TLS
@pytest.mark.filterwarnings(
    "ignore:(BasicAuth|The .proxy_auth. parameter) is deprecated"
)  # with a proxy
@pytest.mark.parametrize("name", NETS)
async def test_the_figures_are_those_of_the_sdk(name: str) -> None:
    net = NETS[name]()

    async with hub_behind(net) as settings:
        source = HubSource(settings, limiter=Limiter(None))
        found = await source.read()
        await source.close()

        # The SDK cannot reach AMQP's own port through a proxy, and goes there without.
        plain = replace(settings, proxy=None) if name == "proxy-amqp" else settings
        slow = open_public_reader(access_of(plain), time.time)
        told = await slow.read(found.hub.partition_ids, describe=True)
        await slow.close()

    assert len(found.samples) == PARTITIONS
    assert told.hub == replace(found.hub, georeplication_factor=None)
    assert [timeless(s) for s in found.samples] == [timeless(s) for s in told.samples]
    assert found.route is not None
    is_over_websocket = net.transport == "websocket" or net.only_websockets
    assert (found.route.carrier is Carrier.WEBSOCKET) == is_over_websocket
    assert found.route.is_chosen == (net.transport == "auto")
    assert bool(found.route.proxy) == bool(net.proxy)

    if net.proxy is not None:
        assert net.proxy.asked


def timeless(sample: PartitionSample) -> PartitionSample:
    return replace(sample, sampled_at=0, asked_at=0)
