from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.actions.sending import Destination, Outgoing
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.wire.sender import HubSender

BODY = json.dumps({"type": "MINUTES_FINALIZED", "title": "회의록 😀"}).encode()


@asynccontextmanager
async def sending(hub: str = "orders") -> AsyncIterator[tuple[HubSender, EventHubsEndpoint]]:
    namespace = Namespace()
    namespace.create_hub("orders", 4)

    async with EventHubsEndpoint(namespace) as endpoint:
        settings = EventHubSettings(connection_string=Secret(endpoint.connection_string(hub)))
        sender = HubSender(settings, send_s=5.0)

        try:
            yield sender, endpoint
        finally:
            await sender.close()


async def send(
    sender: HubSender,
    body: bytes,
    partition: str | None,
    key: str | None,
    properties: Mapping[str, str] | None = None,
    count: int = 1,
) -> list[int]:
    """Send it `count` times; what was accepted, batch by batch."""
    accepted: list[int] = []
    event = Outgoing(body, tuple((properties or {}).items()))
    await sender.send([event] * count, Destination(partition, key), accepted.append)

    return accepted


def counts(endpoint: EventHubsEndpoint) -> list[int]:
    return [log.last_sequence + 1 for log in endpoint.namespace.hub("orders").partitions]


def last_event(endpoint: EventHubsEndpoint, partition: str) -> bytes:
    stored = endpoint.namespace.log("orders", partition).last
    assert stored is not None
    return stored.header + stored.rest


async def test_sends_to_a_partition() -> None:
    async with sending() as (sender, endpoint):
        await send(sender, BODY, "2", None, properties={"origin": "ehtui"}, count=3)
        assert counts(endpoint) == [0, 0, 3, 0]

    stored = last_event(endpoint, "2")
    assert BODY in stored
    assert b"application/json" in stored
    assert b"origin" in stored


async def test_sends_by_key_always_to_the_same_partition() -> None:
    async with sending() as (sender, endpoint):
        for _ in range(3):
            await send(sender, b"plain", None, "room 1")

        assert sorted(counts(endpoint)) == [0, 0, 0, 3]

    stored = last_event(endpoint, str(counts(endpoint).index(3)))
    assert b"room 1" in stored
    assert b"application/json" not in stored


async def test_sends_wherever_the_service_chooses() -> None:
    async with sending() as (sender, endpoint):
        await send(sender, BODY, None, None, count=4)
        assert sum(counts(endpoint)) == 4


async def test_many_events_go_in_as_many_batches_as_they_need() -> None:
    async with sending() as (sender, endpoint):
        body = b"x" * 300_000
        await send(sender, body, "0", None, count=7)
        assert counts(endpoint) == [7, 0, 0, 0]


async def test_an_event_that_is_too_large_is_told() -> None:
    async with sending() as (sender, endpoint):
        with pytest.raises(ProblemError, match="more than the 1,0"):
            await send(sender, b"x" * 2_000_000, "0", None)

        assert counts(endpoint) == [0, 0, 0, 0]


async def test_a_hub_that_does_not_exist_is_told() -> None:
    async with sending("nowhere") as (sender, _):
        with pytest.raises(ProblemError) as caught:
            await send(sender, BODY, None, None)

    assert caught.value.problem.kind in {ProblemKind.NOT_FOUND, ProblemKind.UNAUTHORISED}
    assert "no such event hub" in caught.value.problem.summary


async def test_a_frozen_endpoint_times_out_and_the_next_send_connects_afresh() -> None:
    async with sending() as (sender, endpoint):
        await send(sender, BODY, "0", None)
        sender._send_s = 0.5
        endpoint.faults.is_frozen = True
        began = time.monotonic()

        with pytest.raises(ProblemError) as caught:
            await send(sender, BODY, "0", None)

        assert caught.value.problem.kind is ProblemKind.TIMEOUT
        assert time.monotonic() - began < 3.0
        endpoint.faults.is_frozen = False
        sender._send_s = 5.0
        await send(sender, BODY, "0", None)
        assert counts(endpoint)[0] >= 2


async def test_a_dropped_connection_does_not_lose_the_next_event() -> None:
    async with sending() as (sender, endpoint):
        await send(sender, BODY, "0", None)
        endpoint.drop_connections()
        await send(sender, BODY, "0", None)
        assert counts(endpoint)[0] == 2


async def test_settings_without_a_hub_are_refused() -> None:
    sender = HubSender(EventHubSettings())

    with pytest.raises(ProblemError, match="Neither"):
        await send(sender, BODY, None, None)

    await sender.close()
