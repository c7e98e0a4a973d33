"""How many events a second the sandbox takes and gives, with the real SDK on the other side.

    python bench/sandbox_throughput.py [EVENTS] [BODY_BYTES]

The endpoint runs in a process of its own, the client in this one. Opening connections is not
counted. The CPU columns say what an event costs on each side, however busy the machine is.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTITIONS = 4
BATCH = 500
TARGET_PER_S = 5000


@dataclass(frozen=True, slots=True)
class Load:
    """How much is moved."""

    connection_string: str
    per_partition: int
    body: bytes

    @property
    def events(self) -> int:
        """Over all partitions."""
        return self.per_partition * PARTITIONS


def main() -> None:
    """Serve, or measure against a child that serves."""
    if sys.argv[1:] == ["--serve"]:
        asyncio.run(serve())
        return

    given = [int(value) for value in sys.argv[1:3]]
    events, body_bytes = given + [50_000, 500][len(given) :]
    print(f"{events:,} events of {body_bytes} bytes, load average {os.getloadavg()[0]:.1f}")
    print(f"{'':<12}{'events/s':>10}{'SDK µs':>10}{'sandbox µs':>12}   (CPU for an event)")

    with served() as (server, connection_string):
        load = Load(connection_string, events // PARTITIONS, b"x" * body_bytes)
        asyncio.run(measure(load, server))


async def serve() -> None:
    """Be the endpoint until the parent goes."""
    namespace = Namespace()
    namespace.create_hub("hub", PARTITIONS)

    async with EventHubsEndpoint(namespace) as endpoint:
        print(endpoint.connection_string("hub"), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


@contextmanager
def served() -> Iterator[tuple[psutil.Process, str]]:
    """The endpoint's process and connection string."""
    command = [sys.executable, __file__, "--serve"]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        assert server.stdin

        try:
            yield psutil.Process(server.pid), server.stdout.readline().strip()
        finally:
            server.stdin.close()


async def measure(load: Load, server: psutil.Process) -> None:
    """In, out, both at once; one line each."""
    for name, work in (
        ("in", [send(load)]),
        ("out", [receive(load, "-1")]),
        ("in and out", [receive(load, "@latest"), send(load)]),
    ):
        before = time.process_time(), cpu_s(server)
        seconds = await asyncio.gather(*work)
        sdk_us = (time.process_time() - before[0]) * 1e6 / load.events
        sandbox_us = (cpu_s(server) - before[1]) * 1e6 / load.events
        rate = load.events / max(seconds)
        verdict = "ok" if rate >= TARGET_PER_S else f"below {TARGET_PER_S:,}"
        print(f"{name:<12}{rate:>10,.0f}{sdk_us:>10.0f}{sandbox_us:>12.1f}   {verdict}")


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def send(load: Load) -> float:
    """Send everything; the seconds that took, opening not counted."""
    async with EventHubProducerClient.from_connection_string(load.connection_string) as producer:
        for partition in range(PARTITIONS):
            await producer.send_batch([], partition_id=str(partition))

        started = time.perf_counter()
        await asyncio.gather(
            *(send_to(producer, str(partition), load) for partition in range(PARTITIONS))
        )
        return time.perf_counter() - started


async def send_to(producer: EventHubProducerClient, partition: str, load: Load) -> None:
    """One partition's share."""
    for start in range(0, load.per_partition, BATCH):
        batch = await producer.create_batch(partition_id=partition)

        for _ in range(min(BATCH, load.per_partition - start)):
            batch.add(EventData(load.body))

        await producer.send_batch(batch)


async def receive(load: Load, position: str) -> float:
    """Receive everything; the seconds from the first batch to the last."""
    consumer = EventHubConsumerClient.from_connection_string(load.connection_string, "$Default")
    moments: list[float] = []
    received, done = 0, asyncio.Event()

    async def on_batch(_: Any, batch: list[EventData]) -> None:
        nonlocal received
        received += len(batch)
        moments.append(time.perf_counter())

        if received >= load.events:
            done.set()

    task = asyncio.create_task(
        consumer.receive_batch(on_batch, starting_position=position, prefetch=3000)
    )
    await done.wait()
    await consumer.close()
    task.cancel()

    with suppress(asyncio.CancelledError):
        await task

    return moments[-1] - moments[0]


if __name__ == "__main__":
    main()
