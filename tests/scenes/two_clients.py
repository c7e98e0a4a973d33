"""One process with a client in each of two groups, as `python -m tests.scenes.two_clients LOG G G`.

Its log names the owner ids only: which group each reads is told by the store's records.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from ehtui.sandbox.options import Connections


async def on_event(context: PartitionContext, event: EventData | None) -> None:
    if event is not None:
        await context.update_checkpoint(event)


async def consume(connections: Connections, group: str) -> None:
    store = BlobCheckpointStore.from_connection_string(connections.storage, connections.container)
    client = EventHubConsumerClient.from_connection_string(
        connections.eventhub,
        consumer_group=group,
        eventhub_name=connections.hub,
        checkpoint_store=store,
        load_balancing_interval=0.5,
        partition_ownership_expiration_interval=4,
    )

    async with store, client:
        await client.receive(on_event, max_wait_time=1, starting_position="-1")


async def main() -> None:
    _, log, *groups = sys.argv
    logging.basicConfig(filename=log, level=logging.INFO)
    connections = Connections.from_environment(os.environ)
    await asyncio.gather(*(consume(connections, group) for group in groups))


if __name__ == "__main__":
    asyncio.run(main())
