"""What only time brings, and what a test can break on purpose."""

from __future__ import annotations

import time

import pytest

from ehtui.sandbox.eventhubs import EventHubsEndpoint
from ehtui.wire.amqp.messages import Request
from ehtui.wire.amqp.performatives import Attach, Close, Detach, Disposition, Rejected
from tests.sandbox.eventhubs.amqp_client import connected, signed_in
from tests.sandbox.eventhubs.conftest import Clock
from tests.sandbox.eventhubs.test_links import PARTITION, ends
from tests.waiting import wait_for

READ = Request("1", None, {"operation": "READ", "name": "hub", "type": "com.microsoft:eventhub"})


async def test_the_idle_time_out_is_announced_and_kept(
    endpoint: EventHubsEndpoint, clock: Clock
) -> None:
    async with connected(endpoint) as client:
        await client.sasl()
        assert (await client.open()).idle_timeout_ms == 240_000
        await client.put_token("sb://x/hub", "nonsense")
        clock.now += 241
        close = await client.expect(Close)

    assert close.error
    assert close.error.condition == "amqp:connection:forced"
    assert "inactive for more than the allowed 240000 milliseconds" in str(close.error)


async def test_a_client_with_an_idle_time_out_gets_empty_frames(
    endpoint: EventHubsEndpoint, clock: Clock
) -> None:
    async with connected(endpoint) as client:
        await client.sasl()
        await client.open(idle_timeout_ms=60_000)
        written = endpoint.statistics().bytes_out
        clock.now += 31
        await wait_for(lambda: endpoint.statistics().bytes_out > written)
        clock.now += 31
        await client.expect(Close)

    assert client.empty_frames == 2


async def test_a_connection_without_links_is_closed(
    endpoint: EventHubsEndpoint, clock: Clock
) -> None:
    async with connected(endpoint) as client:
        await client.sasl()
        await client.open()
        clock.now += 61
        assert "60000 milliseconds" in str((await client.expect(Close)).error)


async def test_an_idle_sender_is_detached_and_a_waiting_receiver_is_not(
    endpoint: EventHubsEndpoint, clock: Clock
) -> None:
    endpoint.timeouts.silence_s = 1e6

    async with signed_in(endpoint) as client:
        await client.receiver(PARTITION)
        sender = await client.sender("hub")
        clock.now += 1801
        detach = await client.expect(Detach)

        assert detach.handle == sender.handle
        assert detach.error
        assert detach.error.condition == "amqp:link:detach-forced"
        assert "AmqpEventHubPublisher.IdleTimerExpired: Idle timeout: 00:30:00" in str(detach.error)
        endpoint.namespace.append("hub", "0", ["still here"])
        assert await client.bodies(1) == ["still here"]


async def test_latency_costs_each_round_trip(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        endpoint.faults.latency_s = 0.1
        started = time.monotonic()
        await client.sender("hub")

        assert 0.1 <= time.monotonic() - started < 0.2


async def test_a_frozen_network_delivers_later_and_loses_nothing(
    endpoint: EventHubsEndpoint,
) -> None:
    async with signed_in(endpoint) as client:
        await client.receiver(PARTITION)
        await wait_for(lambda: len(endpoint.namespace.hub("hub").receivers.describe("0")) == 1)
        endpoint.faults.is_frozen = True
        before = endpoint.statistics().bytes_out
        endpoint.namespace.append("hub", "0", ["late"])
        await wait_for(lambda: endpoint.statistics().frames_out > 0)
        assert endpoint.statistics().bytes_out == before
        endpoint.faults.is_frozen = False
        assert await client.bodies(1) == ["late"]


async def test_refused_and_dropped_connections(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        assert endpoint.drop_connections() == 1
        assert await client.closed()

    endpoint.faults.refuses = True

    async with connected(endpoint) as client:
        with pytest.raises((ConnectionError, AssertionError)):
            await client.sasl()

    await wait_for(lambda: endpoint.statistics().connections_open == 0)
    assert endpoint.statistics().connections_opened == 2


async def test_a_busy_namespace_throttles_everything_but_tokens(
    endpoint: EventHubsEndpoint,
) -> None:
    async with signed_in(endpoint) as client:
        assert isinstance(await client.sender("hub"), Attach)
        endpoint.faults.is_busy = True
        refused = await client.sender("hub")
        assert isinstance(refused, Detach)
        assert refused.error
        assert refused.error.condition == "com.microsoft:server-busy"
        assert (await client.request("$management", READ)).properties["status-code"] == 503

    assert ends(endpoint.namespace) == [-1, -1]


async def test_a_busy_namespace_rejects_sends(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await client.sender("hub")
        assert isinstance(link, Attach)
        endpoint.faults.is_busy = True
        client.transfer(link.handle, b"\x00\x53\x75\xa0\x01x")
        state = (await client.expect(Disposition)).state

    assert isinstance(state, Rejected)
    assert "com.microsoft:server-busy" in str(state)


async def test_statuses_on_demand(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        endpoint.faults.management_status = 500
        assert (await client.request("$management", READ)).properties["status-code"] == 500
        endpoint.faults.cbs_status = 403
        assert (await client.put_token("sb://x/hub", "x")).properties["status-code"] == 403
