"""A real network path with a round trip of its own: a proxy whose bytes arrive later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from ehtui.sandbox.eventhubs.network import DelayLine


@asynccontextmanager
async def far_away(port: int, round_trip_s: float) -> AsyncIterator[int]:
    """A port that leads to `port` of this host, half a round trip away, each way."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await asyncio.sleep(round_trip_s)  # what the handshake of TCP would take
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)

        try:
            with suppress(asyncio.CancelledError):
                await asyncio.gather(
                    _pump(reader, upstream_writer, round_trip_s / 2),
                    _pump(upstream_reader, writer, round_trip_s / 2),
                )
        finally:
            for each in (writer, upstream_writer):
                each.close()

            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)

    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()

        for task in tuple(tasks):
            task.cancel()

            with suppress(asyncio.CancelledError, OSError):
                await task

        await server.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay_s: float) -> None:
    line = DelayLine(writer.write)

    with suppress(OSError):
        while data := await reader.read(1 << 16):
            line.push(data, delay_s)

    await asyncio.sleep(delay_s)

    with suppress(OSError):
        writer.close()
