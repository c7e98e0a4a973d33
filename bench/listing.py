"""Listing checkpoint blobs: ehtui's store source beside the SDK's two ways to list them.

The endpoint runs in another process, so that only clients are measured. CPU is of this process;
a stall is the longest time in which a 1 ms heartbeat did not beat: on the loop that lists, and on
the loop of another thread (where the screen is). Run: `python -m bench.listing`.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from azure.storage.blob.aio import ContainerClient

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.sources.store import StoreSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SIZES = (64, 1_000, 10_000)
NAMESPACE, HUB, CONTAINER = "bench.servicebus.windows.net", "hub", "checkpoints"
PARTITIONS = 32
BEAT_S = 0.001
SERVER = f"""
import asyncio, sys
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.blobs.state import Access

async def main():
    blobs = BlobEndpoint()
    for size in {SIZES}:
        container = f"{CONTAINER}-{{size}}"
        blobs.create_container(container)
        for n in range(size):
            group, rest = divmod(n, {2 * PARTITIONS})
            role, partition = divmod(rest, {PARTITIONS})
            kind = ("ownership", "checkpoint")[role]
            name = f"{NAMESPACE}/{HUB}/group-{{group:04}}/{{kind}}/{{partition}}"
            metadata = (
                {{"ownerid": "73fda457-3c1e-4a8e-9a53-0d8f4f0c6a11"}},
                {{"offset": str(8591964920 + n), "sequencenumber": str(960180 + n)}},
            )[role]
            blobs.state.put_blob(container, name, b"", Access(1.7e9), metadata=metadata)
    await blobs.start()
    print(blobs.connection_string, flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await blobs.stop()

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one listing cost; the best of several runs, so that a busy machine matters less."""

    cpu_s: float
    wall_s: float
    own_stall_s: float
    other_stall_s: float


class Heartbeat:
    """A 1 ms beat on a loop, and the longest pause between two beats."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.is_over = False

    async def beat(self) -> None:
        """Beat until told to stop."""
        last = time.perf_counter()

        while not self.is_over:
            await asyncio.sleep(BEAT_S)
            now = time.perf_counter()
            self.longest_s = max(self.longest_s, now - last - BEAT_S)
            last = now


async def cost_of(call: Callable[[], Awaitable[object]], runs: int) -> Cost:
    """The least of each cost over some runs, after one to warm up."""
    await call()
    costs = [await one_cost(call) for _ in range(runs)]

    return Cost(
        min(c.cpu_s for c in costs),
        min(c.wall_s for c in costs),
        min(c.own_stall_s for c in costs),
        min(c.other_stall_s for c in costs),
    )


async def one_cost(call: Callable[[], Awaitable[object]]) -> Cost:
    """CPU and wall time without heartbeats, then the stalls in a run with them."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    await call()
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall

    own, other = Heartbeat(), Heartbeat()
    thread = threading.Thread(target=lambda: asyncio.run(other.beat()))
    thread.start()
    beating = asyncio.create_task(own.beat())
    await call()
    own.is_over = other.is_over = True
    await beating
    await asyncio.to_thread(thread.join)

    return Cost(cpu_s, wall_s, own.longest_s, other.longest_s)


async def compare(connection_string: str, size: int) -> None:
    """One row a contender."""
    container = f"{CONTAINER}-{size}"
    runs = 3 if size > 5_000 else 7
    settings = CheckpointStoreSettings(Secret(connection_string), containers=(container,))

    async def fresh() -> None:
        source = StoreSource(settings, namespace=NAMESPACE, hub=HUB)
        listing = (await source.read()).listing
        await source.close()
        assert len(listing.ownerships) + len(listing.checkpoints) == size

    source = StoreSource(settings, namespace=NAMESPACE, hub=HUB)

    async def again() -> None:
        await source.read()

    sdk = ContainerClient.from_connection_string(connection_string, container)

    async def list_blobs() -> None:
        count = 0

        async for blob in sdk.list_blobs(include=["metadata"]):
            count += bool(blob.metadata)

        assert count == size

    store = BlobCheckpointStore.from_connection_string(connection_string, container)
    groups = -(-size // (2 * PARTITIONS))

    async def checkpoint_store() -> None:
        for group in range(groups):
            where = (NAMESPACE, HUB, f"group-{group:04}")
            await store.list_ownership(*where)
            await store.list_checkpoints(*where)

    rival = await cost_of(list_blobs, runs)
    print(f"\n{size:,} blobs, {groups} groups")
    show("list_blobs(include=['metadata'])", rival, rival)
    show("BlobCheckpointStore.list_* per group", await cost_of(checkpoint_store, runs), rival)
    show("ehtui, a first read (connects, parses)", await cost_of(fresh, runs), rival)
    show("ehtui, the next reads (nothing changed)", await cost_of(again, runs), rival)

    for client in (source, sdk, store):
        await client.close()


def show(name: str, cost: Cost, rival: Cost) -> None:
    """One line."""
    print(
        f"  {name:<40} cpu {cost.cpu_s * 1e3:8.1f} ms  1/{rival.cpu_s / cost.cpu_s:<5.1f}"
        f" wall {cost.wall_s * 1e3:8.1f} ms  longest stall: own loop {cost.own_stall_s * 1e3:6.1f}"
        f" ms, other thread {cost.other_stall_s * 1e3:5.1f} ms"
    )


async def bench(connection_string: str) -> None:
    """All sizes."""
    for size in SIZES:
        await compare(connection_string, size)


def main() -> None:
    """Start the endpoint, compare, stop it."""
    command = [sys.executable, "-c", SERVER]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout
        asyncio.run(bench(server.stdout.readline().strip()))


if __name__ == "__main__":
    main()
