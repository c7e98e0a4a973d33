"""A producer: sends the meeting service's events with the real SDK client.

`python -m ehtui.sandbox.producer` takes its connection from the environment.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import time
from typing import TYPE_CHECKING

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient

from ehtui.sandbox.children import asked_to_end, end_with_sandbox
from ehtui.sandbox.consumer import LOG_FORMAT
from ehtui.sandbox.meetings import SHAPES, Meetings, Traffic
from ehtui.sandbox.options import Connections

if TYPE_CHECKING:
    from collections.abc import Sequence

TURN_S = 0.5
LOG = logging.getLogger("producer")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ehtui.sandbox.producer", description=__doc__)
    parser.add_argument("--rate", type=float, default=1.0, help="factor on all rates")
    parser.add_argument("--shape", choices=SHAPES, default="uneven", help="over partitions")
    parser.add_argument("--log", help="log file (default: standard error)")

    return parser.parse_args(arguments)


async def produce(options: argparse.Namespace, connections: Connections) -> None:
    """Send until SIGTERM or SIGINT; trouble is logged and waited out."""
    client = EventHubProducerClient.from_connection_string(
        connections.eventhub, eventhub_name=connections.hub
    )
    end = asked_to_end()

    async with client:
        story = Story(client, options.rate, options.shape)

        while not end.is_set():
            try:
                await story.tell()
            except Exception:  # the hub may be away for a while: that is part of a demo
                LOG.exception("could not send")

            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(end.wait(), TURN_S)


class Story:
    """Sends what is due on every partition."""

    def __init__(self, client: EventHubProducerClient, factor: float, shape: str) -> None:
        self._client = client
        self._factor = factor
        self._shape = SHAPES[shape]
        self._meetings = Meetings()
        self._started_at = self._told_until = time.monotonic()
        self._traffic: dict[str, Traffic] = {}  # by partition
        self._owed: dict[str, float] = {}  # events due and not sent, by partition

    async def tell(self) -> None:
        """Send the events of the time since the last call."""
        now = time.monotonic()
        passed_s, self._told_until = now - self._told_until, now

        if not self._traffic:  # asking opens a connection
            partitions = sorted(await self._client.get_partition_ids(), key=int)
            self._traffic = dict(zip(partitions, self._shape(len(partitions)), strict=True))

        for partition, traffic in self._traffic.items():
            due = traffic.rate(now - self._started_at) * self._factor * passed_s
            owed = self._owed.get(partition, 0.0) + due
            self._owed[partition] = owed % 1.0

            if owed >= 1.0:
                await self._send(partition, int(owed))

    async def _send(self, partition: str, count: int) -> None:
        batch = await self._client.create_batch(partition_id=partition)

        for _ in range(count):
            event = EventData(self._meetings.next_event())
            event.content_type = "application/json"
            batch.add(event)

        await self._client.send_batch(batch)


def main() -> None:
    """Run the producer."""
    end_with_sandbox()
    options = parse()
    logging.basicConfig(filename=options.log, level=logging.INFO, format=LOG_FORMAT)
    asyncio.run(produce(options, Connections.from_environment(os.environ)))


if __name__ == "__main__":
    main()
