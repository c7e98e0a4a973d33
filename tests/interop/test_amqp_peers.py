"""Two AMQP libraries that know nothing of Event Hubs, at either end.

rhea and python-qpid-proton as clients of the sandbox, and as a service that the kept link reads.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.sandbox.eventhubs.namespace import ROOT_KEY
from ehtui.wire.kept_link import KeptLink
from tests.interop.javascript import install
from tests.interop.venvs import python_with
from tests.wire.hubs import access_to

pytestmark = [pytest.mark.timeout(900)]  # the first run installs them
HERE = Path(__file__).parent
PROTON = "0.40.0"
LARGE = 200_000


def rhea(part: str) -> tuple[list[str], Path]:
    return ["node", f"rhea_{part}.mjs"], install()


def proton(part: str) -> tuple[list[str], Path]:
    name = f"python-qpid-proton-{PROTON}"
    python = python_with(name, f"python-qpid-proton=={PROTON}")
    return [str(python), str(HERE / f"proton_{part}.py")], HERE


PEERS = [pytest.param(rhea, marks=pytest.mark.interop), proton]


@pytest.fixture
async def endpoint() -> AsyncIterator[EventHubsEndpoint]:
    namespace = Namespace()
    namespace.create_hub("hub", partitions=2)

    async with EventHubsEndpoint(namespace) as endpoint:
        yield endpoint


@pytest.mark.parametrize("peer", PEERS)
async def test_it_sends_reads_and_asks_as_a_client(peer: Any, endpoint: EventHubsEndpoint) -> None:
    command, folder = await asyncio.to_thread(peer, "client")
    environment = {
        "HOST": endpoint.host,
        "PORT": str(endpoint.port),
        "KEY_NAME": ROOT_KEY,
        "KEY": endpoint.namespace.keys[ROOT_KEY].value,
        "HUB": "hub",
    }
    done = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)

    assert [event["sequence"] for event in found["events"]] == [0, 1, 2]
    assert [event["size"] for event in found["events"]] == [3, len("둘".encode()), LARGE]
    assert found["last"] == [{"size": LARGE, "sequence": 2}]
    assert found["hub"]["id"] == found["one"]["id"] == 7
    assert found["hub"]["status"] == found["one"]["status"] == 200
    assert found["hub"]["body"]["partition_ids"] == ["0", "1"]
    assert found["one"]["body"]["last_enqueued_sequence_number"] == 2
    assert found["refused"] == "amqp:not-found"


@contextmanager
def serving(command: list[str], folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    try:
        yield process
    finally:
        process.kill()
        process.wait(10)

        for pipe in (process.stdin, process.stdout):
            assert pipe
            pipe.close()


@pytest.mark.parametrize("peer", PEERS)
async def test_the_kept_link_reads_it_as_a_service(peer: Any) -> None:
    command, folder = await asyncio.to_thread(peer, "server")

    with serving(command, folder) as process:
        assert process.stdin
        assert process.stdout
        first = await asyncio.to_thread(process.stdout.readline)
        link = KeptLink(access_to(json.loads(first)["port"]))
        readings = [await link.read(["0", "1"], describe=True) for _ in range(3)]
        await link.close()
        process.stdin.close()
        said = [json.loads(line) for line in process.stdout]

    for reading in readings:
        assert reading.hub is not None
        assert reading.hub.created_at == 1_700_000_000.0
        assert reading.hub.partition_ids == ("0", "1")
        assert reading.refused == ()
        assert [s.last_sequence for s in reading.samples] == [40, 41]
        assert {s.begin_sequence for s in reading.samples} == {3}
        assert {s.last_enqueued_at for s in reading.samples} == {1_700_000_001.5}

    assert [line["node"] for line in said] == ["$cbs"] + ["$management"] * 9
    assert {line["operation"] for line in said} == {"put-token", "READ"}
