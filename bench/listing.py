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

from bench.table import Row, ms, run, times
from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.sources.store import StoreSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SIZES = (64, 1_000, 10_000)
NAMESPACE, HUB, CONTAINER = "bench.servicebus.windows.net", "hub", "checkpoints"
PARTITIONS = 32
BEAT_S = 0.001
STALL_S = 0.005
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


async def compare(connection_string: str, size: int) -> list[Row]:
    """The rows of one size."""
    container = f"{CONTAINER}-{size}"
    runs = 2 if size > 5_000 else 5
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

    listed = await cost_of(list_blobs, runs)
    per_group = await cost_of(checkpoint_store, runs)
    first, next_ones = await cost_of(fresh, runs), await cost_of(again, runs)

    for client in (source, sdk, store):
        await client.close()

    return rows_of(size, groups, listed, per_group, first, next_ones)


def rows_of(
    size: int, groups: int, listed: Cost, per_group: Cost, first: Cost, again: Cost
) -> list[Row]:
    """CPU of a first and of the next reads, and the stall of the screen's loop."""
    what = f"listing {size:,} blobs"

    return [
        cpu_row(f"{what}, first read (CPU)", first, listed, "list_blobs", 5),
        cpu_row(f"{what}, next reads (CPU)", again, listed, "list_blobs", 5),
        cpu_row(f"{what}, next reads (CPU)", again, per_group, f"list_* of {groups} groups", None),
        Row(
            f"{what}: longest stall of the screen's loop",
            ms(again.other_stall_s),
            f"{ms(listed.other_stall_s)} · list_blobs",
            times(listed.other_stall_s / again.other_stall_s, "shorter"),
            f"≤ {ms(STALL_S)}",
            again.other_stall_s <= STALL_S,
        ),
    ]


def cpu_row(what: str, ours: Cost, theirs: Cost, name: str, aim: int | None) -> Row:
    """How much less CPU."""
    ratio = theirs.cpu_s / ours.cpu_s
    aimed = () if aim is None else (f"≥ {aim}x", ratio >= aim)

    return Row(what, ms(ours.cpu_s), f"{ms(theirs.cpu_s)} · {name}", times(ratio, "less"), *aimed)


async def bench(connection_string: str) -> list[Row]:
    """All sizes."""
    return [row for size in SIZES for row in await compare(connection_string, size)]


def measure() -> list[Row]:
    """Start the endpoint, compare, stop it."""
    command = [sys.executable, "-c", SERVER]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout

        try:
            return asyncio.run(bench(server.stdout.readline().strip()))
        finally:
            server.terminate()


if __name__ == "__main__":
    run(measure)
