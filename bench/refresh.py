"""One refresh of a hub: the kept, pipelined link against the SDK's calls, looped and gathered.

`python -m bench.refresh`. What would take minutes is measured on a part and scaled; such a figure
carries `~`. Round trips are counted on a path that lets answers through only when both sides have
fallen quiet (`bench/turns.py`), so that the endpoint's own work is left out. Where it grants credit
for fewer requests than there are partitions, more pairs of links are needed. A monitor polls every
five seconds, so that between two of our refreshes there is a short pause, in which what is still on
its way arrives.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.eventhub.aio import EventHubConsumerClient

from bench.endpoint import Served, endpoint
from bench.table import Row, ms, run, times
from bench.turns import QUIET_S, Turns
from ehtui.config.connection_string import parse_event_hub
from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.sources.hub import HubSource
from ehtui.wire.reading import BURST, RATE_PER_S, Limiter

SIZES = (4, 32, 100, 1024)
ROUND_TRIP_S = 0.02
LOOP_AT_MOST = 6  # calls of the loop that are really made; each is as slow as the next
GATHER_AT_MOST = 128
REPEATS = 15
PAUSE_S = 0.05
AIM_AT, AIMED = (32, 100), "20 ms"
MOST_TRIPS = {4: 1.5, 32: 1.5, 100: 1.5, 1024: 4}  # by partitions
COUNTED, UNCOUNTED = 3, 2  # refreshes; the first connect, and attach further pairs of links
LIMITED_SIZES, LIMITER_SLACK = (32, 1024), 1.1
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


async def measured(refresh: Refresh, repeats: int = 1, pause_s: float = 0.0) -> Cost:
    """The median refresh."""
    walls, cpus = [], []

    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        await refresh()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        await asyncio.sleep(pause_s)

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
    near = await measured(refresh, REPEATS, PAUSE_S)
    served.set_round_trip(ROUND_TRIP_S)
    far = await measured(refresh, REPEATS, PAUSE_S)
    await source.close()
    served.set_round_trip(0.0)
    return near, far


async def round_trips(served: Served, count: int) -> float:
    """The median refresh's, on a link that has polled before."""
    address = parse_event_hub(served.connection_string)
    turns, counts = Turns(address.port), []

    async with turns.path() as port:
        settings = EventHubSettings(
            connection_string=Secret(served.connection_string), endpoint=f"127.0.0.1:{port}"
        )
        source = HubSource(settings, limiter=Limiter(None))

        for _ in range(UNCOUNTED + COUNTED):
            before = turns.taken
            assert len((await source.read()).samples) == count
            counts.append(turns.taken - before)
            await asyncio.sleep(4 * QUIET_S)  # credit that is asked for while it is quiet arrives

        await source.close()

    return statistics.median(counts[UNCOUNTED:])


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


def words(cost: Cost) -> str:
    """Wall clock; scaled figures say so."""
    return f"{'~' if cost.is_scaled else ''}{ms(cost.wall_s)}"


def rows_of(count: int, latency: str, ours: Cost, loop: Cost, gather: Cost) -> list[Row]:
    """Beside the loop and beside gathered calls."""
    faster, than_gathered = loop.wall_s / ours.wall_s, gather.wall_s / ours.wall_s
    cheaper = gather.cpu_s / ours.cpu_s
    what = f"refresh of {count:,} partitions, {latency}"
    has_aim = count in AIM_AT and latency == AIMED

    return [
        Row(
            what,
            words(ours),
            f"{words(loop)} · SDK, one by one",
            times(faster, "faster"),
            *(("≥ 100x", faster >= 100) if has_aim else ()),
        ),
        Row(
            what,
            words(ours),
            f"{words(gather)} · SDK, gathered",
            times(than_gathered, "faster"),
            *(("≥ 20x", than_gathered >= 20) if has_aim else ()),
        ),
        Row(
            f"{what} (CPU)",
            ms(ours.cpu_s),
            f"{'~' if gather.is_scaled else ''}{ms(gather.cpu_s)} · SDK, gathered",
            times(cheaper, "less"),
            *(("≥ 50x", cheaper >= 50) if has_aim else ()),
        ),
    ]


async def compare(count: int) -> list[Row]:
    """The rows of one size."""
    with endpoint(count) as served:
        text = served.connection_string
        near, far = await kept(served, count)
        trips = await round_trips(served, count)
        loop, gather = await looped(text, count), await gathered(text, count)
        rows = rows_of(count, "no latency", near, loop, gather)
        served.set_round_trip(ROUND_TRIP_S)
        loop, gather = await looped(text, count), await gathered(text, count)
        rows += rows_of(count, AIMED, far, loop, gather)

    most, theirs = MOST_TRIPS[count], 8 * count
    ours = Row(
        f"round trips for {count:,} partitions",
        f"{trips:g}",
        f"{theirs:,} · SDK (8 a call)",
        times(theirs / trips, "fewer"),
        f"≤ {most:g}",
        trips <= most,
    )

    return [*rows, ours]


async def sweep(count: int) -> Row:
    """How long a whole picture takes where the service's limits are kept."""
    with endpoint(count) as served:
        seen, took_s = await limited(served.connection_string, count)

    needed_s = max(0.0, seen - BURST) / RATE_PER_S

    return Row(
        f"with the limiter on: {seen:,} of {count:,} partitions",
        f"{took_s:.1f} s",
        f"{needed_s:.1f} s · {RATE_PER_S:g} reads a second, used up after the first {BURST}",
        times(took_s / needed_s) if needed_s else "–",
        f"≤ {LIMITER_SLACK}x and 1 s",
        took_s <= LIMITER_SLACK * needed_s + 1.0,
    )


async def all_rows() -> list[Row]:
    """All sizes."""
    rows = [row for count in SIZES for row in await compare(count)]

    return [*rows, *[await sweep(count) for count in LIMITED_SIZES]]


def measure() -> list[Row]:
    """Wall clock, CPU and round trips, then with the limiter on."""
    return asyncio.run(all_rows())


if __name__ == "__main__":
    run(measure)
