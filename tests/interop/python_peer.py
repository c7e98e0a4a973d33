"""What a user's program does with azure-eventhub, of whatever version: sends, asks, consumes.

    python python_peer.py sync|aio BODY COUNT

Runs alone, in a venv of its own, and prints one line of JSON. The environment says where; it has a
CA_FILE where it is to speak TLS.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from azure.eventhub import (
    EventData,
    EventHubConsumerClient,
    EventHubProducerClient,
    TransportType,
    aio,
)
from azure.eventhub import __version__ as version

WITHIN_S = 40.0
TEXT, HUB = os.environ["EVENTHUB_CONNECTION_STRING"], os.environ["EVENTHUB_NAME"]
STORE = (os.environ["AZURE_STORAGE_CONNECTION_STRING"], os.environ["CHECKPOINT_CONTAINER"])
BALANCING: dict[str, Any] = {
    "load_balancing_interval": 0.5,
    "partition_ownership_expiration_interval": 4,
}
OPTIONS: dict[str, Any] = {"eventhub_name": HUB, "retry_total": 0}

if "CA_FILE" in os.environ:
    OPTIONS["transport_type"] = TransportType.Amqp
    OPTIONS["connection_verify"] = os.environ["CA_FILE"]


class Seen:
    """The events of this run, by partition, until all have come."""

    def __init__(self, body: str, count: int, done: Callable[[], None]) -> None:
        self.bodies: dict[str, list[str]] = {}
        self.errors: list[str] = []
        self._wanted = (body, count)
        self._done = done

    def take(self, partition: str, event: Any) -> None:
        body, count = self._wanted

        if (text := event.body_as_str()).startswith(body):
            self.bodies.setdefault(partition, []).append(text.removeprefix(body))

        if sum(map(len, self.bodies.values())) >= count:
            self._done()


def fill(batch: Any, body: str) -> None:
    """Two events, the second with properties and in other alphabets."""
    event = EventData(f"{body} 안녕 🚀")
    event.properties = {"kind": "interop", b"n": 7}
    batch.add(EventData(f"{body} one"))
    batch.add(event)


def synchronous(body: str, count: int) -> dict[str, Any]:
    from azure.eventhub.extensions.checkpointstoreblob import (  # type: ignore[import-not-found]  # noqa: PLC0415
        BlobCheckpointStore,
    )

    with EventHubProducerClient.from_connection_string(TEXT, **OPTIONS) as producer:
        hub = producer.get_eventhub_properties()

        for partition in hub["partition_ids"]:
            batch = producer.create_batch(partition_id=partition)
            fill(batch, body)
            producer.send_batch(batch)

        producer.send_batch([EventData(f"{body} keyed")], partition_key="7")
        partition = producer.get_partition_properties("0")

    done = threading.Event()
    seen = Seen(body, count, done.set)
    consumer = EventHubConsumerClient.from_connection_string(
        TEXT,
        os.environ["EVENTHUB_CONSUMER_GROUP"],
        checkpoint_store=BlobCheckpointStore.from_connection_string(*STORE),
        **BALANCING,
        **OPTIONS,
    )

    def on_event(context: Any, event: Any) -> None:
        context.update_checkpoint(event)
        seen.take(context.partition_id, event)

    def on_error(_: Any, error: Exception) -> None:
        seen.errors.append(f"{type(error).__name__}: {error}")

    receiving = threading.Thread(
        target=consumer.receive,
        args=(on_event,),
        kwargs={"starting_position": "-1", "on_error": on_error},
    )
    receiving.start()
    is_whole = done.wait(WITHIN_S)
    consumer.close()
    receiving.join(10)
    return told(hub, partition, seen, is_whole=is_whole)


async def asynchronous(body: str, count: int) -> dict[str, Any]:
    from azure.eventhub.extensions.checkpointstoreblobaio import (  # noqa: PLC0415
        BlobCheckpointStore,
    )

    async with aio.EventHubProducerClient.from_connection_string(TEXT, **OPTIONS) as producer:
        hub = await producer.get_eventhub_properties()

        for partition in hub["partition_ids"]:
            batch = await producer.create_batch(partition_id=partition)
            fill(batch, body)
            await producer.send_batch(batch)

        await producer.send_batch([EventData(f"{body} keyed")], partition_key="7")
        partition = await producer.get_partition_properties("0")

    done = asyncio.Event()
    seen = Seen(body, count, done.set)
    store = BlobCheckpointStore.from_connection_string(*STORE)
    consumer = aio.EventHubConsumerClient.from_connection_string(
        TEXT,
        os.environ["EVENTHUB_CONSUMER_GROUP"],
        checkpoint_store=store,
        **BALANCING,
        **OPTIONS,
    )

    async def on_event(context: Any, event: Any) -> None:
        await context.update_checkpoint(event)
        seen.take(context.partition_id, event)

    async def on_error(_: Any, error: Exception) -> None:
        seen.errors.append(f"{type(error).__name__}: {error}")

    async with store, consumer:
        receiving = asyncio.ensure_future(
            consumer.receive(on_event, starting_position="-1", on_error=on_error)
        )

        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(done.wait(), WITHIN_S)

        is_whole = done.is_set()
        await consumer.close()
        await asyncio.wait({receiving}, timeout=10)

    return told(hub, partition, seen, is_whole=is_whole)


def told(hub: Any, partition: Any, seen: Seen, *, is_whole: bool) -> dict[str, Any]:
    return {
        "version": version,
        "partitions": hub["partition_ids"],
        "last": partition["last_enqueued_sequence_number"],
        "is_empty": partition["is_empty"],
        "seen": seen.bodies,
        "errors": seen.errors,
        "is_whole": is_whole,
    }


def main() -> None:
    kind, body, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    found = synchronous(body, count) if kind == "sync" else asyncio.run(asynchronous(body, count))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
