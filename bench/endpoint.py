"""An Event Hubs endpoint in a process of its own, so that only the client's CPU is measured."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HUB = "bench"


@dataclass(frozen=True, slots=True)
class Served:
    """A running endpoint, as its client sees it."""

    connection_string: str
    orders: IO[str]
    answers: IO[str]

    def set_round_trip(self, seconds: float) -> None:
        """Change the network between here and there."""
        self.orders.write(f"{seconds}\n")
        self.orders.flush()
        self.answers.readline()


@contextlib.contextmanager
def endpoint(partitions: int) -> Iterator[Served]:
    """Serve a hub on loopback until the end of the block."""
    command = [sys.executable, "-m", "bench.endpoint", str(partitions)]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None

        try:
            yield Served(child.stdout.readline().strip(), child.stdin, child.stdout)
        finally:
            child.terminate()


async def serve(partitions: int) -> None:
    """Serve until the parent is gone, whatever ended it."""
    from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace  # noqa: PLC0415

    namespace = Namespace()
    namespace.create_hub(HUB, partitions)

    async with EventHubsEndpoint(namespace) as server:
        print(server.connection_string(HUB), flush=True)

        while line := await asyncio.to_thread(sys.stdin.readline):
            server.faults.latency_s = float(line)
            print("ok", flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
