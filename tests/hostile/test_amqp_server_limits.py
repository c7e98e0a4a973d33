"""What clients may cost the endpoint, all of them together: each of it has a limit."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from typing_extensions import override

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace, Retention
from ehtui.sandbox.eventhubs.broker import Limits
from ehtui.sandbox.eventhubs.connection import Connection
from ehtui.sandbox.eventhubs.signing_in import JWT_TYPE
from ehtui.wire.amqp.frames import AMQP_HEADER, encode_frame
from ehtui.wire.amqp.messages import Request, encode_request
from ehtui.wire.amqp.performatives import (
    Attach,
    Begin,
    Detach,
    Disposition,
    Flow,
    Open,
    Rejected,
    Source,
    Target,
    Transfer,
)
from tests.hostile.amqp_stage import (
    at_most,
    close_of,
    endpoint,
    is_served,
    namespace,
    no_traceback,
)
from tests.hostile.measuring import MEGABYTE
from tests.sandbox.eventhubs.amqp_client import ENDLESS, connected, signed_in
from tests.sandbox.eventhubs.test_rules import jwt
from tests.waiting import wait_for

__all__ = ["endpoint", "namespace", "no_traceback"]  # fixtures


async def test_half_deliveries_of_everybody_together_have_a_limit(
    endpoint: EventHubsEndpoint,
) -> None:
    endpoint.limits.held_bytes = 2 * MEGABYTE

    with at_most(12 * MEGABYTE):
        async with signed_in(endpoint) as client:
            for _ in range(30):
                link = await client.sender("hub")
                assert isinstance(link, Attach)

                for _ in range(5):
                    client.send(
                        Transfer(link.handle, 0, b"t", 0, False, True, False, bytes(60_000))
                    )

            detach = await client.expect(Detach)
            assert detach.error
            assert detach.error.condition == "amqp:resource-limit-exceeded"

        await wait_for(lambda: endpoint._broker.held_bytes == 0)
        assert await is_served(endpoint)


async def test_replies_that_nobody_takes_have_a_limit(endpoint: EventHubsEndpoint) -> None:
    endpoint.limits.held_bytes = MEGABYTE
    request = encode_request(
        Request("id", "me", {"operation": "READ", "name": "hub", "type": "com.microsoft:eventhub"})
    )

    async with signed_in(endpoint) as client:
        assert isinstance(await client.receiver("$management", credit=0), Attach)
        link = await client.sender("$management")
        assert isinstance(link, Attach)
        rejected = 0

        for _ in range(8000):
            client.transfer(link.handle, request)

        while not rejected:
            disposition = await client.expect(Disposition)
            rejected += isinstance(disposition.state, Rejected)

        assert endpoint._broker.held_bytes <= MEGABYTE

    await wait_for(lambda: endpoint._broker.held_bytes == 0)


class Stuck(asyncio.Transport):
    """Nothing that is written to it goes out."""

    def __init__(self) -> None:
        super().__init__()
        self.unsent = 0
        self.is_read = True

    @override
    def write(self, data: Any) -> None:
        self.unsent += len(data)

    @override
    def get_write_buffer_size(self) -> int:
        return self.unsent

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """As is."""

    @override
    def is_closing(self) -> bool:
        return False

    @override
    def pause_reading(self) -> None:
        self.is_read = False

    @override
    def resume_reading(self) -> None:
        self.is_read = True

    @override
    def abort(self) -> None:
        """Nothing is open."""


async def test_answers_that_nobody_reads_stop_the_reading(
    endpoint: EventHubsEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each flow asks for one in return; the client takes none of them."""
    monkeypatch.setattr("ehtui.sandbox.eventhubs.connection._STOPPED_BYTES", 200_000)
    connection, transport = Connection(endpoint._broker), Stuck()
    connection.connection_made(transport)
    attach = Attach("l", 1, True, source=Source("$cbs"), target=Target("me"))
    greeting = [encode_frame(0, body) for body in (Open("c"), Begin(None, 0, 9, 9), attach)]
    ask = encode_frame(0, Flow(0, ENDLESS, 0, ENDLESS, 1, 0, 10, echo=True))
    connection.data_received(AMQP_HEADER + b"".join(greeting))
    fed = 0

    async with asyncio.timeout(30):
        while transport.is_read or connection._intake.has_more:
            if transport.is_read:
                connection.data_received(ask * 100)
                fed += 100

            await asyncio.sleep(0)

    assert fed > 1000
    assert transport.unsent < 300_000
    connection.connection_lost(None)


async def test_large_events_are_not_all_copied_for_a_client_that_reads_slowly(
    endpoint: EventHubsEndpoint,
) -> None:
    endpoint.namespace.append("hub", "0", [bytes(500_000)] * 60)

    async with signed_in(endpoint) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        handle = client.handle()
        client.send(
            Attach(
                "r", handle, True,
                source=Source("hub/ConsumerGroups/$Default/Partitions/0"), target=Target("me"),
            )
        )  # fmt: skip

        with at_most(8 * MEGABYTE):
            client.grant(handle, 1000)
            await wait_for(lambda: endpoint.statistics().events_out > 0)

            for _ in range(20):
                await asyncio.sleep(0)

            assert endpoint.statistics().events_out < 10

        client.writer.transport.resume_reading()  # type: ignore[attr-defined]

        while endpoint.statistics().events_out < 60:
            assert await client.next()


async def test_what_a_frozen_network_holds_back_has_a_limit(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        endpoint.faults.is_frozen = True

        with at_most(40 * MEGABYTE):
            for _ in range(400):
                client.writer.write(bytes(100_000))

                try:
                    await asyncio.wait_for(client.writer.drain(), 0.05)
                except TimeoutError:
                    break
            else:
                pytest.fail("it went on reading")

        endpoint.faults.is_frozen = False


async def test_connections_sessions_links_and_claims_have_limits(
    endpoint: EventHubsEndpoint,
) -> None:
    endpoint.limits.connections = 3
    endpoint.limits.sessions = 5
    endpoint.limits.links = 4
    endpoint.limits.claims = 10

    async with connected(endpoint), connected(endpoint), signed_in(endpoint) as client:
        async with connected(endpoint) as one_too_many:
            assert await one_too_many.closed()

        assert isinstance(await client.sender("hub"), Attach)
        assert isinstance(await client.sender("hub"), Attach)
        refused = await client.sender("hub")
        assert isinstance(refused, Detach)
        assert refused.error
        assert refused.error.condition == "amqp:resource-limit-exceeded"

        for channel in range(1, 6):
            client.send(Begin(None, 0, 10, 10), channel)

        assert await close_of(client) == "amqp:resource-limit-exceeded"

    await wait_for(lambda: endpoint.statistics().connections_open == 0)
    endpoint.limits.links = Limits().links
    assert await is_served(endpoint)


async def test_tokens_for_a_thousand_paths_are_not_all_kept(endpoint: EventHubsEndpoint) -> None:
    endpoint.limits.claims = 50

    async with signed_in(endpoint) as client:
        assert isinstance(await client.receiver("$cbs", credit=2000), Attach)
        link = await client.sender("$cbs")
        assert isinstance(link, Attach)

        for number in range(300):
            given = {"operation": "put-token", "type": JWT_TYPE, "name": f"hub/publishers/{number}"}
            request = Request("i", None, given, jwt({"exp": 4_000_000_000}))
            client.transfer(link.handle, encode_request(request))

        await wait_for(lambda: endpoint.statistics().tokens_put == 301)
        assert endpoint._broker.claims == 50

    await wait_for(lambda: endpoint._broker.claims == 0)


async def test_a_thousand_requests_in_one_piece_leave_the_others_their_turn(
    endpoint: EventHubsEndpoint,
) -> None:
    """The description of a large hub costs a millisecond."""
    endpoint.namespace.set_partition_count("hub", 1024)
    request = encode_request(
        Request("id", "me", {"operation": "READ", "name": "hub", "type": "com.microsoft:eventhub"})
    )

    async with signed_in(endpoint) as client:
        assert isinstance(await client.receiver("$management", credit=ENDLESS), Attach)
        link = await client.sender("$management")
        assert isinstance(link, Attach)
        before = endpoint.statistics().management_reads
        connection = next(iter(endpoint._broker.connections))
        assert isinstance(connection, Connection)
        frame = encode_frame(0, Transfer(link.handle, 1, b"t", 0, True, False, False, request))
        connection.data_received(frame * 1000)

        assert endpoint.statistics().management_reads - before < 1000
        await wait_for(lambda: endpoint.statistics().management_reads - before == 1000)


async def test_retention_has_a_limit_in_bytes(endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.set_retention("hub", Retention(max_bytes=MEGABYTE))

    with at_most(10 * MEGABYTE):
        for _ in range(40):
            endpoint.namespace.append("hub", "0", [bytes(100_000)] * 5)

    log = endpoint.namespace.log("hub", "0")
    assert log.last_sequence == 199
    assert 0 < log.last_sequence - log.begin_sequence < 12


async def test_all_partitions_together_have_one_too() -> None:
    namespace = Namespace("ns.test", max_retained_bytes=4 * MEGABYTE)

    with at_most(12 * MEGABYTE):
        for name in ("a", "b", "c"):
            namespace.create_hub(name, partitions=8)

            for _ in range(400):
                namespace.append(name, None, [bytes(20_000)] * 4)

    kept = [log.retained_bytes for hub in namespace.hubs for log in hub.partitions]
    assert 2 * MEGABYTE < sum(kept) <= 4 * MEGABYTE
    assert all(not log.is_empty for hub in namespace.hubs for log in hub.partitions)
    namespace.delete_hub("c")
    assert namespace.retained_bytes < sum(kept)


async def test_an_event_without_a_byte_is_not_free() -> None:
    namespace = Namespace("ns.test", max_retained_bytes=2 * MEGABYTE)
    namespace.create_hub("hub", partitions=1, retention=Retention(max_events=None))

    with at_most(12 * MEGABYTE):
        for _ in range(20):
            namespace.append("hub", "0", [b""] * 1000)
