"""A consumer with the synchronous SDK and its own checkpoint store.

Arguments: the store's folder and, if wanted, a file that tells what came.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import azure.eventhub.extensions
from azure.eventhub import EventData, EventHubConsumerClient, PartitionContext

# The store is installed beside, and a package looks into its own folder only.
azure.eventhub.extensions.__path__.append(f"{sys.argv[1]}/azure/eventhub/extensions")


def open_client() -> EventHubConsumerClient:
    from azure.eventhub.extensions.checkpointstoreblob import (  # type: ignore[import-not-found]  # noqa: PLC0415
        BlobCheckpointStore,
    )

    store: Any = BlobCheckpointStore.from_connection_string(
        os.environ["AZURE_STORAGE_CONNECTION_STRING"], os.environ["CHECKPOINT_CONTAINER"]
    )

    return EventHubConsumerClient.from_connection_string(
        os.environ["EVENTHUB_CONNECTION_STRING"],
        os.environ["EVENTHUB_CONSUMER_GROUP"],
        eventhub_name=os.environ["EVENTHUB_NAME"],
        checkpoint_store=store,
        load_balancing_interval=0.5,
        partition_ownership_expiration_interval=4,
    )


def on_event(context: PartitionContext, event: EventData | None) -> None:
    context.update_checkpoint(event)

    if event is not None and len(sys.argv) > 2:
        with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
            file.write(f"{context.partition_id} {event.sequence_number}\n")


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    client = open_client()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=client.close).start())
    client.receive(on_event, starting_position="-1")


if __name__ == "__main__":
    main()
