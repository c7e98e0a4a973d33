"""Microsoft's JavaScript SDK against both endpoints, alone and beside Python in one group."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from azure.eventhub.extensions.checkpointstoreblobaio import BlobCheckpointStore

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from tests.bodies import decode_body
from tests.interop.javascript import TRIED, output_of, running
from tests.sandbox.eventhubs.test_python_sdk import consuming
from tests.waiting import wait_for

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
CONTAINER = "checkpoints"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Both endpoints, and the SDK that programs there have."""

    sdk: str
    namespace: Namespace
    eventhubs: EventHubsEndpoint
    blobs: BlobEndpoint

    def environment(self, identifier: str) -> dict[str, str]:
        return {
            "EVENTHUB": self.eventhubs.connection_string("hub"),
            "STORAGE": self.blobs.connection_string,
            "CONTAINER": CONTAINER,
            "IDENTIFIER": identifier,
        }

    def receivers(self) -> list[str | None]:
        hub = self.namespace.hub("hub")
        return [r["name"] for p in hub.partitions for r in hub.receivers.describe(p.id)]


async def on_standard_port(namespace: Namespace) -> EventHubsEndpoint:
    """An endpoint whose connection string has no port: 5672 on a free loopback address.

    With a port Python and JavaScript would write different names into the store (facts.md §7).
    """
    for last in range(2, 99):
        endpoint = EventHubsEndpoint(namespace, f"127.0.0.{last}", 5672)

        try:
            await endpoint.start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return endpoint

    pytest.fail("no loopback address has port 5672 free")


@pytest.fixture(params=TRIED)
async def sandbox(request: pytest.FixtureRequest) -> AsyncIterator[Sandbox]:
    namespace = Namespace()
    namespace.create_hub("hub", partitions=4)
    sandbox = Sandbox(request.param, namespace, await on_standard_port(namespace), BlobEndpoint())
    await sandbox.blobs.start()
    sandbox.blobs.create_container(CONTAINER)
    yield sandbox
    await sandbox.eventhubs.stop()
    await sandbox.blobs.stop()


async def test_it_publishes_with_idempotent_retries(sandbox: Sandbox) -> None:
    answers = await asyncio.to_thread(
        output_of, "idempotent.mjs", sandbox.sdk, **sandbox.environment("p")
    )
    events = sandbox.namespace.log("hub", "0").read(0, 9)

    assert answers == {"failed": []}
    assert [decode_body(event.rest).decode() for event in events] == [
        f'"{number}{letter}"' for number in range(3) for letter in "ab"
    ]


async def test_it_sends_and_asks_for_properties(sandbox: Sandbox) -> None:
    answers = await asyncio.to_thread(
        output_of, "producer.mjs", sandbox.sdk, **sandbox.environment("p")
    )
    events = sandbox.namespace.log("hub", "0").read(0, 9)

    assert [decode_body(event.rest).decode() for event in events[:2]] == [
        '{"text":"안녕 🚀"}',
        '"two"',
    ]
    assert answers["hub"]["partitionIds"] == ["0", "1", "2", "3"]
    assert answers["hub"]["name"] == "hub"
    assert answers["partition"]["lastEnqueuedSequenceNumber"] == len(events) - 1
    assert answers["partition"]["isEmpty"] is False


async def test_it_consumes_checkpoints_and_goes_on_from_there(sandbox: Sandbox) -> None:
    sandbox.namespace.append("hub", "1", ['"하나"', '"two"'], {"kind": "test"})

    with running("consumer.mjs", sandbox.sdk, **sandbox.environment("js-1")) as program:
        await wait_for(lambda: program.all("received") == ["하나", "two"], timeout_s=30)
        await wait_for(lambda: program.owned() == {"0", "1", "2", "3"}, timeout_s=30)
        assert set(sandbox.receivers()) == {"js-1"}
        assert {line["last"] for line in program.said if "received" in line} == {1}
        await asyncio.to_thread(program.stop)
        assert program.all("stopped") == [True]
        assert program.all("error") == []

    sandbox.namespace.append("hub", "1", ['"three"'])

    with running("consumer.mjs", sandbox.sdk, **sandbox.environment("js-2")) as program:
        await wait_for(lambda: program.all("received") == ["three"], timeout_s=30)


async def test_it_shares_a_group_with_python(sandbox: Sandbox) -> None:
    store = BlobCheckpointStore.from_connection_string(sandbox.blobs.connection_string, CONTAINER)
    timing = {"load_balancing_interval": 0.5, "partition_ownership_expiration_interval": 5}
    text = sandbox.eventhubs.connection_string("hub")

    async with store, consuming(text, None, checkpoint_store=store, **timing) as python:
        await wait_for(lambda: len(python.owned) == 4, timeout_s=30)

        with running("consumer.mjs", sandbox.sdk, **sandbox.environment("js")) as program:
            await wait_for(
                lambda: (
                    len(python.owned) == len(program.owned()) == 2
                    and not python.owned & program.owned()
                ),
                timeout_s=60,
                what="two and two",
            )

            for partition in "0123":
                sandbox.namespace.append("hub", partition, [f'"{partition}"'])

            await wait_for(lambda: len(python.seen) == len(program.all("received")) == 2)
            assert {p for p, _ in python.seen} | set(program.all("received")) == set("0123")
            program.process.kill()
            await wait_for(lambda: len(python.owned) == 4, timeout_s=30, what="takeover")
