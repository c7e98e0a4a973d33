"""A hub and its checkpoint store in a process of their own, as full and as busy as wanted.

Each second a tenth of the partitions gets an event that every group checkpoints, and leases are
renewed every 30 s, as the Python SDK does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.sandbox.blobs import BlobEndpoint
    from ehtui.sandbox.eventhubs import Namespace

HUB, CONTAINER, GROUP = "bench", "checkpoints", "$Default"
OWNERS = 16
BACKLOG = 25
CHANGED_EACH_S = 0.1
RENEWED_EVERY_S = 30


def group_names(count: int) -> list[str]:
    """`$Default` and some more."""
    return [GROUP, *(f"group-{number}" for number in range(1, count))]


def owner_of(group: int, partition: int) -> str:
    """An owner's id, as the SDK makes them: a uuid."""
    return f"{group:04x}{partition % OWNERS:04x}-3c1e-4a8e-9a53-0d8f4f0c6a11"


@contextlib.contextmanager
def world(partitions: int, groups: int = 1) -> Iterator[dict[str, str]]:
    """Serve it until the end of the block; yields the environment of its clients."""
    command = [sys.executable, "-m", "bench.world", str(partitions), str(groups)]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None

        try:
            yield json.loads(child.stdout.readline())
        finally:
            child.terminate()


class World:
    """What the two endpoints hold, and how it moves."""

    def __init__(self, namespace: Namespace, blobs: BlobEndpoint, prefix: str, groups: int) -> None:
        self._namespace, self._blobs, self._prefix = namespace, blobs, prefix
        self._partitions = len(namespace.hub(HUB).partitions)
        self._groups = group_names(groups)
        self._turn = 0

    def begin(self) -> None:
        """Every partition has some events, an owner and a checkpoint in every group."""
        for number in range(self._partitions):
            self._namespace.append(HUB, str(number), [b"event"] * BACKLOG)
            self._checkpoint(number)

            for group in range(len(self._groups)):
                self._renew(group, number, RENEWED_EVERY_S - self._due_in_s(group, number))

    def move(self) -> None:
        """One second: some events and their checkpoints, some owners' renewals."""
        some = max(1, round(self._partitions * CHANGED_EACH_S))

        for step in range(some):
            number = (self._turn * some + step) % self._partitions
            self._namespace.append(HUB, str(number), [b"event"])
            self._checkpoint(number)

        for number in range(self._partitions):
            for group in range(len(self._groups)):
                if self._due_in_s(group, number) == 0:
                    self._renew(group, number)

        self._turn += 1

    def _checkpoint(self, number: int) -> None:
        log = self._namespace.log(HUB, str(number))
        metadata = {"offset": str(log.last_offset), "sequencenumber": str(log.last_sequence)}

        for group in self._groups:
            self._put(group, "checkpoint", number, metadata)

    def _due_in_s(self, group: int, number: int) -> int:
        return (number % OWNERS * 7 + group * 5 - self._turn) % RENEWED_EVERY_S

    def _renew(self, group: int, number: int, ago_s: int = 0) -> None:
        metadata = {"ownerid": owner_of(group, number)}
        self._put(self._groups[group], "ownership", number, metadata, ago_s)

    def _put(
        self, group: str, kind: str, number: int, metadata: dict[str, str], ago_s: int = 0
    ) -> None:
        from ehtui.sandbox.blobs.state import Access  # noqa: PLC0415 - the server's side only

        name = f"{self._prefix}/{HUB}/{group.lower()}/{kind}/{number}"
        access = Access(time.time() - ago_s)
        self._blobs.state.put_blob(CONTAINER, name, b"", access, metadata=metadata)


async def serve(partitions: int, groups: int) -> None:
    """Serve and move until the parent is gone."""
    from ehtui.sandbox.blobs import BlobEndpoint  # noqa: PLC0415
    from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace  # noqa: PLC0415
    from ehtui.sandbox.options import Connections  # noqa: PLC0415

    namespace, blobs = Namespace(), BlobEndpoint()
    namespace.create_hub(HUB, partitions, group_names(groups))
    blobs.create_container(CONTAINER)

    async with EventHubsEndpoint(namespace) as hub:
        await blobs.start()
        text = hub.connection_string(HUB)
        prefix = text.partition("sb://")[2].partition(";")[0].rstrip("/")
        there = World(namespace, blobs, prefix, groups)
        there.begin()
        print(
            json.dumps(
                Connections(text, HUB, GROUP, blobs.connection_string, CONTAINER).environment
            ),
            flush=True,
        )
        parent = asyncio.create_task(asyncio.to_thread(sys.stdin.read))

        move_at = time.monotonic()

        while not parent.done():
            move_at += 1.0
            await asyncio.sleep(max(0.0, move_at - time.monotonic()))
            there.move()

        await blobs.stop()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
