"""The real azure-eventhub clients against the endpoint: what users will connect to it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.eventhub import EventData, TransportType
from azure.eventhub import EventHubProducerClient as SyncProducer
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext
from azure.eventhub.exceptions import AuthenticationError, ConnectError, ConnectionLostError
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from typing_extensions import override

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from tests.sandbox.eventhubs.test_rules import jwt
from tests.waiting import wait_for

GROUP = "$Default"


@pytest.fixture
def namespace() -> Namespace:
    """On the real clock: the SDK lives on it."""
    namespace = Namespace()
    namespace.create_hub("hub", partitions=2)
    return namespace


class Consumer:
    """Runs a consumer client until it is stopped, and keeps what it saw."""

    def __init__(self, client: EventHubConsumerClient) -> None:
        self.client = client
        self.seen: list[tuple[str, str]] = []
        self.owned: set[str] = set()
        self.errors: list[Exception] = []
        self.metrics: list[dict[str, Any]] = []

    async def on_event(self, context: PartitionContext, event: EventData | None) -> None:
        assert event is not None
        self.seen.append((context.partition_id, event.body_as_str()))
        self.metrics.append(dict(context.last_enqueued_event_properties or {}))
        await context.update_checkpoint(event)

    async def on_error(self, _: PartitionContext, error: Exception) -> None:
        self.errors.append(error)

    async def on_open(self, context: PartitionContext) -> None:
        self.owned.add(context.partition_id)

    async def on_close(self, context: PartitionContext, _: object) -> None:
        self.owned.discard(context.partition_id)


@asynccontextmanager
async def consuming(
    connection_string: str, receive: dict[str, Any] | None = None, **client: Any
) -> AsyncIterator[Consumer]:
    settings = {"load_balancing_interval": 0.5} | client
    consumer = Consumer(
        EventHubConsumerClient.from_connection_string(connection_string, GROUP, **settings)
    )
    options = {"starting_position": "-1"} | (receive or {})
    task = asyncio.create_task(
        consumer.client.receive(
            consumer.on_event,
            on_error=consumer.on_error,
            on_partition_initialize=consumer.on_open,
            on_partition_close=consumer.on_close,
            **options,
        )
    )

    try:
        yield consumer
    finally:
        await consumer.client.close()
        await asyncio.wait({task}, timeout=5)  # it lets go of its partitions first
        task.cancel()

        with suppress(asyncio.CancelledError):
            await task


async def test_what_is_sent_is_received(endpoint: EventHubsEndpoint) -> None:
    text = endpoint.connection_string("hub")

    async with EventHubProducerClient.from_connection_string(text) as producer:
        await producer.send_batch([EventData("a"), EventData("안녕 🚀")], partition_id="0")
        await producer.send_event(EventData("c"), partition_id="1")
        await producer.send_batch([EventData("d")], partition_key="7")
        hub = await producer.get_eventhub_properties()
        partition = await producer.get_partition_properties("0")

    assert hub["partition_ids"] == ["0", "1"]
    assert partition["last_enqueued_sequence_number"] in (1, 2)
    keyed = "0" if partition["last_enqueued_sequence_number"] == 2 else "1"

    async with consuming(text, {"track_last_enqueued_event_properties": True}) as consumer:
        await wait_for(lambda: len(consumer.seen) == 4)

    assert sorted(consumer.seen) == sorted([("0", "a"), ("0", "안녕 🚀"), ("1", "c"), (keyed, "d")])
    assert not consumer.errors
    assert {m["sequence_number"] for m in consumer.metrics} == {
        log.last_sequence for log in endpoint.namespace.hub("hub").partitions
    }


async def test_the_synchronous_client_too(endpoint: EventHubsEndpoint) -> None:
    def send() -> dict[str, Any]:
        with SyncProducer.from_connection_string(endpoint.connection_string("hub")) as producer:
            producer.send_batch([EventData("a")], partition_id="0")
            return dict(producer.get_partition_properties("0"))

    assert (await asyncio.to_thread(send))["last_enqueued_sequence_number"] == 0


async def test_an_owner_level_steals_and_the_loser_is_told(endpoint: EventHubsEndpoint) -> None:
    text = endpoint.connection_string("hub")
    options = {"partition_id": "0", "owner_level": 0}

    async with consuming(text, options) as loser:
        await wait_for(lambda: bool(endpoint.namespace.hub("hub").receivers.describe("0")))

        async with consuming(text, {**options, "owner_level": 1}):
            await wait_for(lambda: bool(loser.errors))

    assert isinstance(loser.errors[0], ConnectionLostError)
    assert "link:stolen" in str(loser.errors[0])
    assert "with higher epoch of '1' is created" in str(loser.errors[0])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("EntityPath=hub", "EntityPath=nothing"), ConnectError),
        (("SharedAccessKey=", "SharedAccessKey=x"), AuthenticationError),
    ],
)
async def test_wrong_names_and_keys_are_told_apart(
    endpoint: EventHubsEndpoint, change: tuple[str, str], error: type[Exception]
) -> None:
    text = endpoint.connection_string("hub").replace(*change)
    producer = EventHubProducerClient.from_connection_string(text, retry_total=0)

    async with producer:
        with pytest.raises(error):
            await producer.send_batch([EventData("x")])


async def test_tls_is_verified(namespace: Namespace) -> None:
    async with EventHubsEndpoint(namespace, tls=True) as endpoint:
        ca_file = endpoint.ca_file
        assert ca_file
        options: dict[str, Any] = {
            "custom_endpoint_address": f"sb://{endpoint.host}:{endpoint.port}",
            "retry_total": 0,
        }
        text = endpoint.connection_string("hub")
        trusting = EventHubProducerClient.from_connection_string(
            text, connection_verify=str(ca_file), **options
        )

        async with trusting:
            assert (await trusting.get_eventhub_properties())["partition_ids"] == ["0", "1"]

        async with EventHubProducerClient.from_connection_string(text, **options) as suspicious:
            with pytest.raises(ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await suspicious.get_eventhub_properties()

    assert not ca_file.exists()


class EntraCredential(AsyncTokenCredential):
    """Gives web tokens as azure-identity does."""

    @override
    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://eventhubs.azure.net//.default",)
        expires = int(time.time()) + 3600
        return AccessToken(jwt({"exp": expires}), expires)

    @override
    async def close(self) -> None:
        pass

    @override
    async def __aexit__(self, *_: object) -> None:
        pass


async def test_a_token_credential_opens_the_hub_over_tls(namespace: Namespace) -> None:
    async with EventHubsEndpoint(namespace, tls=True) as endpoint:
        producer = EventHubProducerClient(
            endpoint.host,
            "hub",
            credential=EntraCredential(),
            custom_endpoint_address=f"sb://{endpoint.host}:{endpoint.port}",
            connection_verify=str(endpoint.ca_file),
            transport_type=TransportType.Amqp,  # else an endpoint of one's own means WebSockets
        )

        async with producer:
            await producer.send_event(EventData("x"), partition_id="0")

    assert namespace.log("hub", "0").last_sequence == 0


async def test_processors_balance_over_a_checkpoint_store(endpoint: EventHubsEndpoint) -> None:
    blobs = BlobEndpoint()
    await blobs.start()
    blobs.create_container("checkpoints")
    text = endpoint.connection_string("hub")
    timing: dict[str, Any] = {
        "load_balancing_interval": 0.5,
        "partition_ownership_expiration_interval": 5,
    }

    def store() -> BlobCheckpointStore:
        return BlobCheckpointStore.from_connection_string(blobs.connection_string, "checkpoints")

    try:
        async with (
            store() as one,
            store() as two,
            consuming(text, checkpoint_store=one, **timing) as first,
        ):
            await wait_for(lambda: first.owned == {"0", "1"})
            endpoint.namespace.append("hub", None, ["a", "b"])
            await wait_for(lambda: len(first.seen) == 2)

            async with consuming(text, checkpoint_store=two, **timing) as second:
                await wait_for(lambda: len(first.owned) == len(second.owned) == 1)
                endpoint.namespace.append("hub", None, ["c", "d"])
                await wait_for(lambda: len(first.seen) + len(second.seen) == 4)
    finally:
        await blobs.stop()

    assert len(second.seen) == 1
    assert not second.errors
