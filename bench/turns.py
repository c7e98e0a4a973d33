"""Round trips, counted: what an endpoint answers is held back until both sides have fallen quiet.

Then all of it goes at once, and that is one round trip. So the endpoint's own work, which at 1,024
partitions takes longer than a round trip of 20 ms, counts for none.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

QUIET_S = 0.1  # longer than an endpoint thinks between two pieces of its answer
PIECE_BYTES = 1 << 16


class Turns:
    """A path to one port; `taken` round trips so far."""

    def __init__(self, port: int) -> None:
        self.taken = 0
        self._port = port
        self._pumps: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def path(self) -> AsyncIterator[int]:
        """The port that leads there, until the end of the block."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()

            for task in tuple(self._pumps):
                task.cancel()

            await asyncio.gather(*self._pumps, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to_there = await asyncio.open_connection("127.0.0.1", self._port)
        task = asyncio.create_task(self._pump(reader, writer, there, to_there))
        self._pumps.add(task)
        task.add_done_callback(self._pumps.discard)

        with contextlib.suppress(asyncio.CancelledError, OSError):
            await task

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        to_there: asyncio.StreamWriter,
    ) -> None:
        asked = asyncio.ensure_future(reader.read(PIECE_BYTES))
        answered = asyncio.ensure_future(there.read(PIECE_BYTES))
        held = b""

        try:
            while True:
                done, _ = await asyncio.wait(
                    {asked, answered},
                    timeout=QUIET_S if held else None,
                    return_when=asyncio.FIRST_COMPLETED,
                )

                if not done:
                    self.taken += 1
                    writer.write(held)
                    held = b""

                if asked in done:
                    if not (piece := asked.result()):
                        return

                    to_there.write(piece)
                    asked = asyncio.ensure_future(reader.read(PIECE_BYTES))

                if answered in done:
                    if not (piece := answered.result()):
                        return

                    held += piece
                    answered = asyncio.ensure_future(there.read(PIECE_BYTES))
        finally:
            asked.cancel()
            answered.cancel()
            writer.close()
            to_there.close()
