from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
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


def counts(endpoint: EventHubsEndpoint) -> list[int]:
    return [log.last_sequence + 1 for log in endpoint.namespace.hub("orders").partitions]


def last_event(endpoint: EventHubsEndpoint, partition: str) -> bytes:
    stored = endpoint.namespace.log("orders", partition).last
    assert stored is not None
    return stored.header + stored.rest


async def test_sends_to_a_partition() -> None:
    async with sending() as (sender, endpoint):
        await sender.send(
            body=BODY, partition="2", key=None, properties={"origin": "ehtui"}, count=3
        )
        assert counts(endpoint) == [0, 0, 3, 0]

    stored = last_event(endpoint, "2")
    assert BODY in stored
    assert b"application/json" in stored
    assert b"origin" in stored


async def test_sends_by_key_always_to_the_same_partition() -> None:
    async with sending() as (sender, endpoint):
        for _ in range(3):
            await sender.send(body=b"plain", partition=None, key="room 1", properties={})

        assert sorted(counts(endpoint)) == [0, 0, 0, 3]

    stored = last_event(endpoint, str(counts(endpoint).index(3)))
    assert b"room 1" in stored
    assert b"application/json" not in stored


async def test_sends_wherever_the_service_chooses() -> None:
    async with sending() as (sender, endpoint):
        await sender.send(body=BODY, partition=None, key=None, properties={}, count=4)
        assert sum(counts(endpoint)) == 4


async def test_many_events_go_in_as_many_batches_as_they_need() -> None:
    async with sending() as (sender, endpoint):
        body = b"x" * 300_000
        await sender.send(body=body, partition="0", key=None, properties={}, count=7)
        assert counts(endpoint) == [7, 0, 0, 0]


async def test_an_event_that_is_too_large_is_told() -> None:
    async with sending() as (sender, endpoint):
        with pytest.raises(ProblemError, match="larger than the 1,0"):
            await sender.send(body=b"x" * 2_000_000, partition="0", key=None, properties={})

        assert counts(endpoint) == [0, 0, 0, 0]


async def test_a_hub_that_does_not_exist_is_told() -> None:
    async with sending("nowhere") as (sender, _):
        with pytest.raises(ProblemError) as caught:
            await sender.send(body=BODY, partition=None, key=None, properties={})

    assert caught.value.problem.kind in {ProblemKind.NOT_FOUND, ProblemKind.UNAUTHORISED}
    assert "no such event hub" in caught.value.problem.summary


async def test_a_frozen_endpoint_times_out_and_the_next_send_connects_afresh() -> None:
    async with sending() as (sender, endpoint):
        await sender.send(body=BODY, partition="0", key=None, properties={})
        sender._send_s = 0.5
        endpoint.faults.is_frozen = True
        began = time.monotonic()

        with pytest.raises(ProblemError) as caught:
            await sender.send(body=BODY, partition="0", key=None, properties={})

        assert caught.value.problem.kind is ProblemKind.TIMEOUT
        assert time.monotonic() - began < 3.0
        endpoint.faults.is_frozen = False
        sender._send_s = 5.0
        await sender.send(body=BODY, partition="0", key=None, properties={})
        assert counts(endpoint)[0] >= 2


async def test_a_dropped_connection_does_not_lose_the_next_event() -> None:
    async with sending() as (sender, endpoint):
        await sender.send(body=BODY, partition="0", key=None, properties={})
        endpoint.drop_connections()
        await sender.send(body=BODY, partition="0", key=None, properties={})
        assert counts(endpoint)[0] == 2


async def test_settings_without_a_hub_are_refused() -> None:
    sender = HubSender(EventHubSettings())

    with pytest.raises(ProblemError, match="Neither"):
        await sender.send(body=BODY, partition=None, key=None, properties={})

    await sender.close()
