"""One refresh of a hub: the kept, pipelined link against the SDK's calls, looped and gathered.

`python -m bench.refresh [--quick]`. What would take minutes is measured on a part and scaled;
such a figure carries `~`. Ratios are of one run against one endpoint. Round trips are what the
network adds: the difference to the same refresh without latency, so that the endpoint's own work
is left out. Where it grants credit for fewer requests than there are partitions, more are needed.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.eventhub.aio import EventHubConsumerClient

from bench.endpoint import Served, endpoint
from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.sources.hub import HubSource
from ehtui.wire.limiter import Limiter

SIZES = (4, 32, 100, 1024)
ROUND_TRIP_S = 0.02
LOOP_AT_MOST = 12  # calls of the loop that are really made; each is as slow as the next
GATHER_AT_MOST = 128
REPEATS = 15
SWEEP_AT_MOST_S = 12.0

Refresh = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall clock and of this process's CPU for one refresh."""

    wall_s: float
    cpu_s: float
    is_scaled: bool = False

    def scaled(self, factor: float) -> Cost:
        """The cost of so much more of the same."""
        return Cost(self.wall_s * factor, self.cpu_s * factor, is_scaled=factor != 1)


async def measured(refresh: Refresh, repeats: int = 1) -> Cost:
    """The median refresh."""
    walls, cpus = [], []

    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        await refresh()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)

    return Cost(statistics.median(walls), statistics.median(cpus))


async def looped(text: str, count: int) -> Cost:
    """Microsoft's samples: one call after the other."""
    calls = min(count, LOOP_AT_MOST)

    async with EventHubConsumerClient.from_connection_string(text, "$Default") as client:

        async def refresh() -> None:
            for number in range(calls):
                await client.get_partition_properties(str(number))

        return (await measured(refresh)).scaled(count / calls)


async def gathered(text: str, count: int) -> Cost:
    """All calls at once: a connection for each."""
    calls = min(count, GATHER_AT_MOST)

    async with EventHubConsumerClient.from_connection_string(text, "$Default") as client:

        async def refresh() -> None:
            await asyncio.gather(*(client.get_partition_properties(str(n)) for n in range(calls)))

        return (await measured(refresh)).scaled(count / calls)


async def kept(served: Served, count: int) -> tuple[Cost, Cost]:
    """ehtui, on one connection: without latency, and with."""
    settings = EventHubSettings(connection_string=Secret(served.connection_string))
    source = HubSource(settings, limiter=Limiter(None))

    async def refresh() -> None:
        update = await source.read()
        assert len(update.samples) == count

    await refresh()
    near = await measured(refresh, REPEATS)
    served.set_round_trip(ROUND_TRIP_S)
    far = await measured(refresh, REPEATS)
    await source.close()
    served.set_round_trip(0.0)
    return near, far


async def limited(text: str, count: int) -> tuple[int, float]:
    """With the limiter on: partitions sampled, and how long that took, polling every 5 s."""
    source = HubSource(EventHubSettings(connection_string=Secret(text)), limiter=Limiter())
    seen: set[str] = set()
    began = time.perf_counter()

    while len(seen) < count and time.perf_counter() - began < SWEEP_AT_MOST_S:
        seen |= {sample.partition for sample in (await source.read()).samples}

    took_s = time.perf_counter() - began
    await source.close()
    return len(seen), took_s


def milliseconds(cost: Cost) -> str:
    """Wall clock and CPU, in ms."""
    mark = "~" if cost.is_scaled else ""
    return f"{mark}{cost.wall_s * 1000:,.1f} ({mark}{cost.cpu_s * 1000:,.1f})"


def row(count: int, round_trip_s: float, ours: Cost, trips: str, loop: Cost, gather: Cost) -> str:
    """One line of the table."""
    return (
        f"| {count:,} | {round_trip_s * 1000:.0f} ms | {milliseconds(ours)} | {trips} "
        f"| {milliseconds(loop)} | {milliseconds(gather)} | {loop.wall_s / ours.wall_s:,.0f}x "
        f"| {gather.wall_s / ours.wall_s:,.0f}x | {gather.cpu_s / ours.cpu_s:,.0f}x |"
    )


async def compare(count: int) -> None:
    """The rows of one size."""
    with endpoint(count) as served:
        text = served.connection_string
        near, far = await kept(served, count)
        loop, gather = await looped(text, count), await gathered(text, count)
        print(row(count, 0, near, "–", loop, gather), flush=True)
        served.set_round_trip(ROUND_TRIP_S)
        loop, gather = await looped(text, count), await gathered(text, count)
        trips = f"{(far.wall_s - near.wall_s) / ROUND_TRIP_S:.2f}"
        print(row(count, ROUND_TRIP_S, far, trips, loop, gather), flush=True)


async def main() -> None:
    """Print both tables."""
    sizes = SIZES[:3] if "--quick" in sys.argv else SIZES
    print("Milliseconds of wall clock (and of the client's CPU) for one refresh.\n")
    print(
        "| partitions | latency | ehtui | round trips | SDK, looped | SDK, gathered "
        "| faster than looped | than gathered | less CPU than gathered |"
    )
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|")

    for count in sizes:
        await compare(count)

    print("\nWith the limiter on (16 reads a second, 33 at once):\n")

    for count in sizes:
        with endpoint(count) as served:
            seen, took_s = await limited(served.connection_string, count)
            print(f"{count:,} partitions: {seen:,} sampled in {took_s:.1f} s", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
