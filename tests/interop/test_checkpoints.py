"""Checkpoints that ehtui moved, as their own clients take them: Python, JavaScript, synchronous.

The hub is the sandbox's, the store Azurite.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from ehtui.sandbox.options import ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from tests import checkpoint_proofs as proofs
from tests.checkpoint_proofs import PARTITIONS, Place, moved, read_all, until
from tests.interop import azurite, javascript
from tests.interop.test_sync_consumer import store_folder

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
__all__ = ["store_folder"]  # a fixture

GROUPS = (
    *("$Default", "peek", "replay", "shift", "undo", "live", "forced", "source", "target"),
    "sync",
)
CONTAINER = "checkpoints"


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    with azurite.running() as connection_string:
        client = ContainerClient.from_connection_string(connection_string, CONTAINER)

        with client:
            client.create_container()

        yield connection_string


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(ServerOptions(partitions=2, groups=GROUPS), consumers=0, traffic=0) as running:
        yield running


@pytest.fixture
async def place(sandbox: Sandbox, account: str, tmp_path: Path) -> Place:
    connections = sandbox.ready.connections
    place = Place(connections.eventhub, connections.hub, account, CONTAINER, tmp_path)

    if (await place.last())["0"] < 0:
        await place.send()

    return place


async def test_python_replays(place: Place) -> None:
    await proofs.prove_replay(place, "replay")


async def test_python_is_shifted(place: Place) -> None:
    await proofs.prove_shift(place, "shift")


async def test_python_is_undone(place: Place) -> None:
    await proofs.prove_undo(place, "undo")


async def test_python_is_copied(place: Place) -> None:
    await proofs.prove_copy(place, "source", "target")


async def test_python_alive_is_refused(place: Place) -> None:
    await proofs.prove_live(place, "live")


async def test_python_alive_writes_over_it(place: Place) -> None:
    await proofs.prove_overwritten(place, "forced")


async def test_javascript_replays_and_is_shifted(place: Place) -> None:
    await prove_javascript(place)


async def test_javascript_on_the_sandbox_alone(sandbox: Sandbox, place: Place) -> None:
    connections = sandbox.ready.connections
    own = replace(place, storage=connections.storage, container=connections.container)
    await prove_javascript(own)


async def prove_javascript(place: Place) -> None:
    """It begins at the earliest event where it finds nothing: so it is shifted too."""
    last = await place.last()
    environment = {
        "EVENTHUB": place.eventhub,
        "STORAGE": place.storage,
        "CONTAINER": place.container,
        "IDENTIFIER": "js-1",
    }

    async def deliveries(until_last: dict[str, int]) -> dict[str, list[int]]:
        with javascript.running("consumer.mjs", **environment) as program:
            got: dict[str, list[int]] = {}

            def read() -> bool:
                program.all("")
                got.clear()

                for line in program.said:
                    if "received" in line:
                        got.setdefault(line["partition"], []).append(line["sequence"])

                return all(got.get(p, [])[-1:] == [n] for p, n in until_last.items())

            await until(read, "it reads to the end")
            await asyncio.to_thread(program.stop)
            read()

            return got

    every = {p: list(range(last[p] + 1)) for p in PARTITIONS}
    assert await deliveries(last) == every

    await moved(place, "apply", "-g", "$Default", "--to-earliest")
    assert await deliveries(last) == every

    shift = ("--shift-by=-2", "--peek-group", "peek", "--partitions", "0")
    await moved(place, "apply", "-g", "$Default", *shift)
    assert await deliveries({"0": last["0"]}) == {"0": [last["0"] - 1, last["0"]]}


async def test_the_synchronous_consumer_replays(place: Place, store_folder: Path) -> None:
    """Its own store, and the number of deliveries by the sandbox's own log of them."""
    last = await read_all(place, "sync")
    await moved(place, "apply", "-g", "sync", "--to-earliest")
    environment = {
        **os.environ,
        "EVENTHUB_CONNECTION_STRING": place.eventhub,
        "EVENTHUB_NAME": place.hub,
        "EVENTHUB_CONSUMER_GROUP": "sync",
        "AZURE_STORAGE_CONNECTION_STRING": place.storage,
        "CHECKPOINT_CONTAINER": place.container,
    }
    counted = place.state / "counted"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.interop.sync_consumer", str(store_folder), str(counted)),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def read() -> dict[str, list[int]]:
        got: dict[str, list[int]] = {}

        for line in counted.read_text().splitlines() if counted.exists() else ():
            partition, _, number = line.partition(" ")
            got.setdefault(partition, []).append(int(number))

        return got

    try:
        await until(
            lambda: all(read().get(p, [])[-1:] == [n] for p, n in last.items()), "it replays"
        )
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()

    assert read() == {p: list(range(last[p] + 1)) for p in PARTITIONS}
