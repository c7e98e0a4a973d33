"""Listing checkpoint blobs: ehtui's store source beside the SDK's two ways to list them.

The endpoint runs in another process, so that only clients are measured. CPU is of this process;
a stall is the longest time in which a 1 ms heartbeat did not beat: on the loop that lists, and on
the loop of another thread (where the screen is). A first read is that of a new client, on both
sides; between two next reads a tenth of the blobs is written anew. Garbage is looked for as seldom
as in the product, on both sides. Run: `python -m bench.listing`.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from azure.storage.blob.aio import ContainerClient

from bench.table import Row, ms, run, times
from ehtui import lazy
from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.sources.store import StoreSource

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SIZES = (64, 1_000, 10_000)
NAMESPACE, HUB, CONTAINER = "bench.servicebus.windows.net", "hub", "checkpoints"
PARTITIONS = 32
BEAT_S = 0.001
SETTLE_S = 0.01  # some beats before and after: a short call may be over between two
STALL_S = 0.005
SERVER = f"""
import asyncio, sys
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.blobs.state import Access

async def main():
    blobs = BlobEndpoint()

    def put(size, start, step, turn):
        container = f"{CONTAINER}-{{size}}"
        for n in range(start, size, step):
            group, rest = divmod(n, {2 * PARTITIONS})
            role, partition = divmod(rest, {PARTITIONS})
            kind = ("ownership", "checkpoint")[role]
            name = f"{NAMESPACE}/{HUB}/group-{{group:04}}/{{kind}}/{{partition}}"
            metadata = (
                {{"ownerid": "73fda457-3c1e-4a8e-9a53-0d8f4f0c6a11"}},
                {{"offset": str(8591964920 + n), "sequencenumber": str(960180 + n + turn)}},
            )[role]
            blobs.state.put_blob(container, name, b"", Access(1.7e9 + turn), metadata=metadata)

    for size in {SIZES}:
        blobs.create_container(f"{CONTAINER}-{{size}}")
        put(size, 0, 1, 0)

    await blobs.start()
    print(blobs.connection_string, flush=True)

    while line := await asyncio.to_thread(sys.stdin.readline):
        size, turn = map(int, line.split())
        put(size, turn % 10, 10, turn)
        print("done", flush=True)

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


def container_of(size: int) -> str:
    """Its name."""
    return f"{CONTAINER}-{size}"


def nothing() -> None:
    """What happens between two reads of the same blobs."""


async def cost_of(
    call: Callable[[], Awaitable[object]], runs: int, between: Callable[[], None] = nothing
) -> Cost:
    """The least of each cost over some runs, after one to warm up."""
    await call()
    costs = [await one_cost(call, between) for _ in range(runs)]

    return Cost(
        min(c.cpu_s for c in costs),
        min(c.wall_s for c in costs),
        min(c.own_stall_s for c in costs),
        min(c.other_stall_s for c in costs),
    )


async def one_cost(
    call: Callable[[], Awaitable[object]], between: Callable[[], None] = nothing
) -> Cost:
    """CPU and wall time without heartbeats, then the stalls in a run with them."""
    gc.collect()
    between()
    wall, cpu = time.perf_counter(), time.process_time()
    await call()
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall

    between()
    own, other = Heartbeat(), Heartbeat()
    thread = threading.Thread(target=lambda: asyncio.run(other.beat()))
    thread.start()
    beating = asyncio.create_task(own.beat())
    await asyncio.sleep(SETTLE_S)
    own.longest_s = other.longest_s = 0.0  # the thread's own start
    await call()
    await asyncio.sleep(SETTLE_S)
    own.is_over = other.is_over = True
    await beating
    await asyncio.to_thread(thread.join)

    return Cost(cpu_s, wall_s, own.longest_s, other.longest_s)


class Ours:
    """ehtui's source on one container."""

    def __init__(self, connection_string: str, size: int) -> None:
        names = (container_of(size),)
        self._settings = CheckpointStoreSettings(Secret(connection_string), containers=names)
        self._size = size
        self._kept = self._source()

    def _source(self) -> StoreSource:
        return StoreSource(self._settings, namespace=NAMESPACE, hub=HUB)

    async def first(self) -> None:
        """With a new client."""
        source = self._source()
        listing = (await source.read()).listing
        await source.close()
        assert len(listing.ownerships) + len(listing.checkpoints) == self._size

    async def again(self) -> None:
        """With a kept client."""
        await self._kept.read()

    async def close(self) -> None:
        """Let go."""
        await self._kept.close()


class Sdk:
    """The SDK's two ways, on the same container."""

    def __init__(self, connection_string: str, size: int) -> None:
        self._where = (connection_string, container_of(size))
        self._size = size
        self._client = ContainerClient.from_connection_string(*self._where)
        self._store = BlobCheckpointStore.from_connection_string(*self._where)
        self.groups = -(-size // (2 * PARTITIONS))

    async def first(self) -> None:
        """`list_blobs` with a new client."""
        async with ContainerClient.from_connection_string(*self._where) as client:
            await self._listed(client)

    async def again(self) -> None:
        """`list_blobs` with a kept client."""
        await self._listed(self._client)

    async def _listed(self, client: ContainerClient) -> None:
        found = [blob async for blob in client.list_blobs(include=["metadata"]) if blob.metadata]
        assert len(found) == self._size

    async def per_group(self) -> None:
        """As a consumer's checkpoint store lists."""
        for group in range(self.groups):
            where = (NAMESPACE, HUB, f"group-{group:04}")
            await self._store.list_ownership(*where)
            await self._store.list_checkpoints(*where)

    async def close(self) -> None:
        """Let go."""
        await self._client.close()
        await self._store.close()


async def compare(connection_string: str, size: int, change: Callable[[int], None]) -> list[Row]:
    """The rows of one size; `change` writes a tenth of its blobs anew."""
    ours, sdk = Ours(connection_string, size), Sdk(connection_string, size)
    runs = 2 if size > 5_000 else 5
    listed_first, listed = await cost_of(sdk.first, runs), await cost_of(sdk.again, runs)
    per_group = await cost_of(sdk.per_group, runs)
    first = await cost_of(ours.first, runs)
    again = await cost_of(ours.again, runs, lambda: change(size))
    await ours.close()
    await sdk.close()
    what = f"listing {size:,} blobs"

    return [
        cpu_row(f"{what}, first read (CPU)", first, listed_first, "list_blobs, first read", 5),
        *rows_of(what, f"list_* of {sdk.groups} groups", listed, per_group, again),
    ]


def rows_of(what: str, in_groups: str, listed: Cost, per_group: Cost, again: Cost) -> list[Row]:
    """CPU of the next reads, and the stall of the screen's loop."""
    return [
        cpu_row(f"{what}, next reads (CPU)", again, listed, "list_blobs", 5),
        cpu_row(f"{what}, next reads (CPU)", again, per_group, in_groups, None),
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


async def bench(connection_string: str, change: Callable[[int], None]) -> list[Row]:
    """All sizes."""
    return [row for size in SIZES for row in await compare(connection_string, size, change)]


def measure() -> list[Row]:
    """Start the endpoint, compare, stop it."""
    lazy.settle_garbage()
    command = [sys.executable, "-c", SERVER]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        orders, answers = server.stdin, server.stdout
        assert orders
        assert answers
        turns = count(1)

        def change(size: int) -> None:
            print(size, next(turns), file=orders, flush=True)
            answers.readline()

        try:
            return asyncio.run(bench(answers.readline().strip(), change))
        finally:
            server.terminate()


if __name__ == "__main__":
    run(measure)
