"""A consumer as people write them: the real SDK client with the real checkpoint store.

`python -m ehtui.sandbox.consumer --name alpha` takes its connection from the environment. With
`--poison` and `--no-checkpoint` it has the faults that people's consumers have.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from azure.eventhub import EventData, LoadBalancingStrategy
from azure.eventhub.aio import EventHubConsumerClient
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from ehtui.sandbox.children import asked_to_end, end_with_sandbox
from ehtui.sandbox.meetings import POISON
from ehtui.sandbox.options import Connections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from azure.eventhub.aio import PartitionContext

LOG = logging.getLogger("consumer")
LOG_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
CLOSE_WITHIN_S = 5.0


@dataclass(slots=True)
class Work:
    """What is done with events: it takes time, and is written down as a checkpoint now and then."""

    per_event_s: float
    checkpoint_every_s: float | None  # None: never
    at_poison: Callable[[], Awaitable[None]] | None = None
    _done_at: dict[str, float] = field(default_factory=dict)  # by partition
    _pending: dict[str, EventData] = field(default_factory=dict)

    async def on_batch(self, context: PartitionContext, events: Sequence[EventData]) -> None:
        """Work through a batch; an empty one only brings the checkpoint up to date."""
        for event in events:
            body = json.loads(event.body_as_str())
            LOG.debug("%s on partition %s", body.get("eventType"), context.partition_id)
            await asyncio.sleep(self.per_event_s)

            if self.at_poison is not None and body.get("eventType") == POISON:
                LOG.error("partition %s: %s", context.partition_id, body)
                await self.at_poison()

        if events:
            self._pending[context.partition_id] = events[-1]

        await self._checkpoint(context)

    async def _checkpoint(self, context: PartitionContext) -> None:
        if self.checkpoint_every_s is None:
            return

        partition, now = context.partition_id, time.monotonic()
        is_due = now - self._done_at.get(partition, 0.0) >= self.checkpoint_every_s

        if is_due and (event := self._pending.pop(partition, None)):
            self._done_at[partition] = now
            await context.update_checkpoint(event)


async def _raise() -> None:
    raise ValueError("this event cannot be handled")


async def _die() -> None:
    from psutil import Process  # noqa: PLC0415 - for one event in a thousand

    Process().kill()  # as the kernel does when memory is short


async def _hang() -> None:
    await asyncio.Event().wait()  # for an answer that never comes


AT_POISON = {"raise": _raise, "die": _die, "hang": _hang}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ehtui.sandbox.consumer", description=__doc__)
    parser.add_argument("--name", required=True, help="tells consumers of one host apart")
    parser.add_argument("--group", help="instead of EVENTHUB_CONSUMER_GROUP")
    parser.add_argument("--interval", type=float, default=30.0, help="balancing interval, s")
    parser.add_argument("--expiry", type=float, help="lease expiry, s (default: 6 intervals)")
    parser.add_argument(
        "--strategy",
        choices=[strategy.value for strategy in LoadBalancingStrategy],
        default=LoadBalancingStrategy.GREEDY.value,
        help="takes all that is free at once, or one partition a round (default: %(default)s)",
    )
    parser.add_argument("--work", type=float, default=0.0, help="work per event, s")
    parser.add_argument("--checkpoint", type=float, default=1.0, help="checkpoint cadence, s")
    parser.add_argument("--no-checkpoint", action="store_true", help="never write one")
    parser.add_argument("--poison", choices=AT_POISON, help="what such an event makes it do")
    parser.add_argument("--batch", type=int, default=20, help="events taken at once")
    parser.add_argument("--log", help="log file (default: standard error)")
    parser.add_argument("--silent", action="store_true", help="log nothing, as many people do")
    parser.add_argument("--account", help="file for pid and owner id, beside the log")

    return parser.parse_args(arguments)


async def consume(options: argparse.Namespace, connections: Connections) -> None:
    """Receive until SIGTERM or SIGINT, then close: that releases what is owned."""
    store = BlobCheckpointStore.from_connection_string(connections.storage, connections.container)
    client = EventHubConsumerClient.from_connection_string(
        connections.eventhub,
        consumer_group=options.group or connections.group,
        eventhub_name=connections.hub,
        checkpoint_store=store,
        load_balancing_interval=options.interval,
        partition_ownership_expiration_interval=options.expiry,
        load_balancing_strategy=LoadBalancingStrategy(options.strategy),
        user_agent=f"{options.name}/{os.getpid()}",  # the sandbox's log of deliveries names it
    )
    work = Work(
        options.work,
        None if options.no_checkpoint else options.checkpoint,
        AT_POISON.get(options.poison),
    )
    end = asked_to_end()

    async with store, client:
        receiving = asyncio.create_task(
            client.receive_batch(
                work.on_batch,
                max_batch_size=options.batch,
                max_wait_time=options.checkpoint,
                starting_position="-1",
            )
        )
        ending = asyncio.create_task(end.wait())
        await asyncio.wait({receiving, ending}, return_when=asyncio.FIRST_COMPLETED)
        LOG.info("consumer %s is closing", options.name)
        await client.close()
        await asyncio.wait_for(receiving, CLOSE_WITHIN_S)


def _give_account(path: str) -> None:
    """Write down who this is, for whoever has to know it without the log."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(process)d %(message)s"))
    handler.addFilter(lambda record: "is being started" in record.getMessage())
    logger = logging.getLogger("azure.eventhub")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)


def main() -> None:
    """Run the consumer."""
    end_with_sandbox()
    options = parse()

    if not options.silent:
        logging.basicConfig(filename=options.log, level=logging.INFO, format=LOG_FORMAT)

    if options.account:
        _give_account(options.account)

    # It would write down every request to the store.
    logging.getLogger("azure.core.pipeline.policies").setLevel(logging.WARNING)
    LOG.info("consumer %s starts as process %d", options.name, os.getpid())
    asyncio.run(consume(options, Connections.from_environment(os.environ)))


if __name__ == "__main__":
    main()
