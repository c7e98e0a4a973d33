"""What clients do with checkpoints that ehtui wrote: real processors, real stores, counted.

Readers begin at `@latest` where they find no checkpoint: what they get, a checkpoint gave them.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient, PartitionContext
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore
from azure.storage.blob.aio import ContainerClient

Delivered = dict[str, list[int]]  # sequence numbers by partition, in the order of delivery
PARTITIONS = ("0", "1")
PER_PARTITION = 12
LIMIT_S = 40.0


@dataclass
class Place:
    """A hub, a store, and a folder for ehtui's own files."""

    eventhub: str
    hub: str
    storage: str
    container: str
    state: Path
    peek_group: str = "peek"
    environment: dict[str, str] = field(default_factory=dict)

    async def ehtui(self, *words: str) -> tuple[int, str, str]:
        """Run a command as people do: exit code, output, complaints."""
        environment = (
            os.environ
            | self.environment
            | {
                "EVENTHUB_CONNECTION_STRING": self.eventhub,
                "EVENTHUB_NAME": self.hub,
                "AZURE_STORAGE_CONNECTION_STRING": self.storage,
                "CHECKPOINT_CONTAINER": self.container,
                "XDG_STATE_HOME": str(self.state),
                "NO_COLOR": "1",
            }
        )
        environment.pop("EVENTHUB_CONSUMER_GROUP", None)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ehtui", "checkpoint", *words),
            env=environment,
            cwd=self.state,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()

        return process.returncode or 0, out.decode(), err.decode()

    async def json(self, *words: str) -> dict[str, Any]:
        """What a command tells as JSON."""
        _, out, err = await self.ehtui(*words, "--json")
        assert out, err
        document: dict[str, Any] = json.loads(out)

        return document

    async def send(self, count: int = PER_PARTITION) -> None:
        """So many events to each partition."""
        client = EventHubProducerClient.from_connection_string(
            self.eventhub, eventhub_name=self.hub
        )

        async with client:
            for partition in PARTITIONS:
                batch = await client.create_batch(partition_id=partition)

                for number in range(count):
                    batch.add(EventData(str(number)))

                await client.send_batch(batch)

    async def last(self) -> dict[str, int]:
        """The last sequence number of each partition."""
        client = EventHubConsumerClient.from_connection_string(
            self.eventhub, "$Default", eventhub_name=self.hub
        )

        async with client:
            found = [await client.get_partition_properties(p) for p in PARTITIONS]

        return {str(each["id"]): int(each["last_enqueued_sequence_number"] or -1) for each in found}

    async def metadata(self, group: str) -> dict[str, dict[str, str]]:
        """What stands in the checkpoint blobs of a group."""
        client = ContainerClient.from_connection_string(self.storage, self.container)

        async with client:
            blobs = [blob async for blob in client.list_blobs(include=["metadata"])]

        return {
            blob.name.rpartition("/")[2]: dict(blob.metadata)
            for blob in blobs
            if f"/{group.lower()}/checkpoint/" in blob.name.lower()
        }

    @asynccontextmanager
    async def consumer(
        self, group: str, starting_position: str = "@latest"
    ) -> AsyncIterator[Delivered]:
        """A processor of the Python SDK with its own checkpoint store, checkpoint by event."""
        got: Delivered = defaultdict(list)
        store = BlobCheckpointStore.from_connection_string(self.storage, self.container)
        client = EventHubConsumerClient.from_connection_string(
            self.eventhub,
            group,
            eventhub_name=self.hub,
            checkpoint_store=store,
            load_balancing_interval=0.5,
            partition_ownership_expiration_interval=6,
        )

        async def on_event(context: PartitionContext, event: EventData | None) -> None:
            if event is not None and event.sequence_number is not None:
                await context.update_checkpoint(event)
                got[context.partition_id].append(event.sequence_number)

        async with store, client:
            task = asyncio.create_task(
                client.receive(on_event, starting_position=starting_position)
            )

            try:
                yield got
            finally:
                await client.close()
                await task


async def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait for something that real clients do in their own time."""
    try:
        async with asyncio.timeout(LIMIT_S):
            while not is_so():
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not within {LIMIT_S:g} s: {what}") from None


def has_all(got: Delivered, last: dict[str, int]) -> bool:
    """Whether the last event of each partition was delivered."""
    return all(got[partition][-1:] == [number] for partition, number in last.items())


async def read_all(place: Place, group: str) -> dict[str, int]:
    """A group that has read everything, whose consumer has ended cleanly."""
    last = await place.last()

    async with place.consumer(group, "-1") as got:
        await until(lambda: has_all(got, last), "it reads everything")

    return last


async def moved(place: Place, *words: str) -> None:
    """Run a command that does all that it is asked for."""
    code, out, err = await place.ehtui(*words, "--yes")
    assert code == 0, (out, err)


async def prove_replay(place: Place, group: str) -> None:
    """Reset to earliest while nobody runs: everything is delivered once more, in order, once."""
    last = await read_all(place, group)
    await moved(place, "apply", "-g", group, "--to-earliest")

    async with place.consumer(group) as got:
        await until(lambda: has_all(got, last), "it replays everything")

    assert got == {p: list(range(last[p] + 1)) for p in PARTITIONS}, dict(got)


async def prove_shift(place: Place, group: str) -> None:
    """Back by three, on one partition: those three are delivered, and nothing else."""
    last = await read_all(place, group)
    words = ("--shift-by=-3", "--peek-group", place.peek_group, "--partitions", "1")
    await moved(place, "apply", "-g", group, *words)

    async with place.consumer(group) as got:
        await until(lambda: has_all(got, {"1": last["1"]}), "it replays three")

    assert got == {"1": [last["1"] - 2, last["1"] - 1, last["1"]]}, dict(got)


async def prove_undo(place: Place, group: str) -> None:
    """What was reset by mistake is as it was: nothing is delivered twice."""
    last = await read_all(place, group)
    before = await place.metadata(group)
    await moved(place, "apply", "-g", group, "--to-earliest")
    assert {each["offset"] for each in (await place.metadata(group)).values()} == {"-1"}

    await moved(place, "undo", "-g", group)
    assert await place.metadata(group) == before

    await place.send(1)

    async with place.consumer(group) as got:
        await until(lambda: has_all(got, {p: last[p] + 1 for p in last}), "it reads on")

    assert got == {p: [last[p] + 1] for p in PARTITIONS}, dict(got)


async def prove_copy(place: Place, source: str, target: str) -> None:
    """A group that never ran starts where another stands."""
    last = await read_all(place, source)
    await moved(place, "copy", "--from", source, "--to", target)
    await place.send(2)

    async with place.consumer(target, "-1") as got:
        await until(lambda: has_all(got, {p: last[p] + 2 for p in last}), "it starts there")

    assert got == {p: [last[p] + 1, last[p] + 2] for p in PARTITIONS}, dict(got)


async def prove_live(place: Place, group: str) -> None:
    """Under a live owner it is refused; forced it says that it stood, until the owner goes on."""
    last = await place.last()

    async with place.consumer(group, "-1") as got:
        await until(lambda: has_all(got, last), "it reads everything")
        before = await place.metadata(group)
        told = await place.json("apply", "-g", group, "--to-earliest", "--yes")

        assert told["refused"] == "group_active"
        assert {p for owner in told["owners"] for p in owner["partitions"]} == set(PARTITIONS)
        assert await place.metadata(group) == before

        forced = ("--to-earliest", "--force", "--recheck", "1s", "--partitions", "0", "--yes")
        told = await place.json("apply", "-g", group, *forced)
        assert [c["state"] for c in told["outcome"]["changes"]] == ["written"]
        assert (await place.metadata(group))["0"]["offset"] == "-1"

        # It never looks at its checkpoint: the next event puts it where it was.
        await place.send(1)
        await until(lambda: has_all(got, {p: last[p] + 1 for p in PARTITIONS}), "it reads on")
        assert got == {p: list(range(last[p] + 2)) for p in PARTITIONS}, dict(got)

    assert (await place.metadata(group))["0"]["sequencenumber"] == str(last["0"] + 1)


async def prove_overwritten(place: Place, group: str) -> None:
    """Forced under an owner that goes on at once: the report says who won."""
    last = await place.last()

    async with place.consumer(group, "-1") as got:
        await until(lambda: has_all(got, last), "it reads everything")
        forced = ("--to-earliest", "--force", "--recheck", "30s", "--partitions", "0", "--yes")
        task = asyncio.create_task(place.json("apply", "-g", group, *forced))

        while not task.done():
            if (await place.metadata(group))["0"]["offset"] == "-1":
                await place.send(1)

            await asyncio.sleep(0.05)

    [change] = (await task)["outcome"]["changes"]
    assert change["state"] == "overwritten"
    assert change["found"]["sequence"] > last["0"]
