"""Sending, reading and asking, frame by frame: what the real clients depend on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace, Retention
from ehtui.wire.amqp.messages import (
    BATCH_FORMAT,
    DATA,
    MESSAGE_ANNOTATIONS,
    encode_event,
    sections,
)
from ehtui.wire.amqp.performatives import (
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Flow,
    Rejected,
    Target,
    Transfer,
)
from ehtui.wire.amqp.values import Long, decode, pairs
from tests.bodies import decode_body
from tests.sandbox.eventhubs.amqp_client import AmqpClient, signed_in
from tests.sandbox.eventhubs.conftest import Clock
from tests.waiting import wait_for

PARTITION = "hub/ConsumerGroups/$Default/Partitions/0"
LEVEL, NAME = "com.microsoft:epoch", "com.microsoft:receiver-name"


def data_section(content: bytes) -> bytes:
    return b"\x00\x53\x75\xb0" + len(content).to_bytes(4, "big") + content


def partition_key(key: str) -> bytes:
    """A message annotations section with one key."""
    name = b"\xa3\x13x-opt-partition-key"
    value = b"\xa1" + bytes([len(key)]) + key.encode()
    content = b"\x02" + name + value
    return b"\x00\x53\x72\xc1" + bytes([len(content)]) + content


def stamped(payload: bytes) -> dict[str, int]:
    """Annotation names and the constructors of their values."""
    found = next(s for s in sections(payload) if s.code == MESSAGE_ANNOTATIONS)
    return {
        name: payload[decode(payload, start, end)[1]]
        for name, start, _, end in pairs(payload, found.at, found.end)
    }


def ends(namespace: Namespace) -> list[int]:
    return [log.last_sequence for log in namespace.hub("hub").partitions]


def properties(name: str | None, level: int | None) -> Mapping[str, Any]:
    values: dict[str, Any] = {}

    if level is not None:
        values[LEVEL] = Long(level)

    if name is not None:
        values[NAME] = name

    return values


async def refusal(client: AmqpClient, address: str, selector: str | None = None) -> str:
    reply = await client.receiver(address, selector)
    assert isinstance(reply, Detach)
    assert reply.error
    return f"{reply.error.condition}: {reply.error.description}"


async def test_events_go_where_the_address_says(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        await client.publish(f"amqps://127.0.0.1:{endpoint.port}/hub/Partitions/1", "a", "b")
        assert ends(endpoint.namespace) == [-1, 1]
        disposition = await client.publish("hub", "c", "d", "e", "f")

    assert ends(endpoint.namespace) == [1, 3]
    assert disposition.settled
    assert disposition.state == Accepted()


async def test_a_key_always_goes_to_its_partition(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await client.sender("hub")
        assert isinstance(link, Attach)

        for _ in range(4):
            client.transfer(link.handle, partition_key("7") + encode_event(b"x"))

        await wait_for(lambda: max(ends(endpoint.namespace)) == 3)

    assert min(ends(endpoint.namespace)) == -1


async def test_a_batch_is_unpacked_and_its_key_counts_for_all(
    endpoint: EventHubsEndpoint,
) -> None:
    inner = [encode_event(f"e{n}".encode(), {"n": n}) for n in range(3)]
    batch = partition_key("7") + b"".join(map(data_section, inner))

    async with signed_in(endpoint) as client:
        link = await client.sender("hub")
        assert isinstance(link, Attach)
        client.transfer(link.handle, batch, BATCH_FORMAT)
        await client.expect(Disposition)
        number = ends(endpoint.namespace).index(2)
        await client.receiver(f"hub/ConsumerGroups/$Default/Partitions/{number}")
        payloads = [(await client.expect(Transfer)).payload for _ in range(3)]

    assert [decode_body(p) for p in payloads] == [b"e0", b"e1", b"e2"]
    assert [p[p.index(b"\x00\x53\x74") :] for p in payloads] == inner
    assert stamped(payloads[0]) == {
        "x-opt-sequence-number": 0x81,
        "x-opt-offset": 0xA1,  # a string: the SDK decodes it as text
        "x-opt-enqueued-time": 0x83,
        "x-opt-partition-key": 0xA1,
    }


async def test_a_sender_cannot_forge_what_the_service_stamps(endpoint: EventHubsEndpoint) -> None:
    forged = b"\x00\x53\x72\xc1\x1a\x02\xa3\x15x-opt-sequence-number\x54\x63"

    async with signed_in(endpoint) as client:
        link = await client.sender("hub/Partitions/0")
        assert isinstance(link, Attach)
        client.transfer(link.handle, forged + encode_event(b"x"))
        await client.receiver(PARTITION)
        payload = (await client.expect(Transfer)).payload

    assert list(stamped(payload)).count("x-opt-sequence-number") == 1
    assert b"\x81" + bytes(8) in payload


async def test_a_message_beyond_the_limit_is_rejected_and_the_link_stays(
    endpoint: EventHubsEndpoint,
) -> None:
    endpoint.namespace.max_message_bytes = 1000

    async with signed_in(endpoint) as client:
        link = await client.sender("hub")
        assert isinstance(link, Attach)
        assert link.max_message_bytes == 1000
        client.transfer(link.handle, encode_event(b"x" * 1001))
        state = (await client.expect(Disposition)).state
        client.transfer(link.handle, encode_event(b"fits"))
        assert (await client.expect(Disposition)).state == Accepted()

    assert isinstance(state, Rejected)
    error = state.error
    assert error
    assert error.condition == "amqp:link:message-size-exceeded"
    assert "exceeds the limit (1000 bytes) currently allowed on the link." in str(error)
    assert sorted(ends(endpoint.namespace)) == [-1, 0]


async def test_a_delivery_of_many_frames_is_put_together(endpoint: EventHubsEndpoint) -> None:
    event = encode_event(bytes(i % 256 for i in range(200_000)))

    async with signed_in(endpoint) as client:
        link = await client.sender("hub/Partitions/0")
        assert isinstance(link, Attach)

        for start in range(0, len(event), 60_000):
            piece, more = event[start : start + 60_000], start + 60_000 < len(event)
            client.send(Transfer(link.handle, 0, b"t", 0, False, more, False, piece))

        await client.expect(Disposition)
        await client.receiver(PARTITION)
        pieces = [await client.expect(Transfer)]

        while pieces[-1].more:
            pieces.append(await client.expect(Transfer))

    assert decode_body(b"".join(p.payload for p in pieces)) == decode_body(event)
    assert len(pieces) == 4


@pytest.mark.parametrize("junk", [b"junk", encode_event(b"cut off")[:-1], b"\x00\x53\x70"])
async def test_junk_is_rejected_and_the_link_lives(
    endpoint: EventHubsEndpoint, junk: bytes
) -> None:
    async with signed_in(endpoint) as client:
        link = await client.sender("hub/Partitions/0")
        assert isinstance(link, Attach)
        client.transfer(link.handle, junk)
        state = (await client.expect(Disposition)).state
        client.transfer(link.handle, encode_event(b"fine"))
        await wait_for(lambda: ends(endpoint.namespace) == [0, -1])

    assert isinstance(state, Rejected)
    assert state.error
    assert state.error.condition == "amqp:decode-error"


async def test_credit_grows_back_for_a_sender_that_never_stops(
    endpoint: EventHubsEndpoint,
) -> None:
    async with signed_in(endpoint) as client:
        link = await client.sender("hub")
        assert isinstance(link, Attach)

        for _ in range(150):
            client.transfer(link.handle, encode_event(b"x"))

        flow = await client.expect(Flow)

    assert (flow.delivery_count, flow.link_credit) == (100, 1000)


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (None, ["0", "1", "2", "3"]),
        ("amqp.annotation.x-opt-offset > '-1'", ["0", "1", "2", "3"]),
        ("amqp.annotation.x-opt-offset > '@latest'", []),
        ("amqp.annotation.x-opt-sequence-number > '1'", ["2", "3"]),
        ("amqp.annotation.x-opt-sequence-number >= '1'", ["1", "2", "3"]),
        ("amqp.annotation.x-opt-enqueued-time > '1800000002000'", ["3"]),
    ],
)
async def test_a_receiver_gets_what_it_asks_for_and_what_comes_after(
    endpoint: EventHubsEndpoint, clock: Clock, selector: str | None, expected: list[str]
) -> None:
    for number in range(4):
        endpoint.namespace.append("hub", "0", [str(number)])
        clock.now += 1

    async with signed_in(endpoint) as client:
        await client.receiver(PARTITION, selector)
        assert await client.bodies(len(expected)) == expected
        endpoint.namespace.append("hub", "0", ["live"])
        assert await client.bodies(1) == ["live"]


async def test_credit_is_never_exceeded_and_drain_gives_it_back(
    endpoint: EventHubsEndpoint,
) -> None:
    endpoint.namespace.append("hub", "0", map(str, range(10)))

    async with signed_in(endpoint) as client:
        link = await client.receiver(PARTITION, credit=3)
        assert isinstance(link, Attach)
        assert await client.bodies(3) == ["0", "1", "2"]
        client.grant(link.handle, 5, count=3)
        assert await client.bodies(5) == ["3", "4", "5", "6", "7"]
        client.grant(link.handle, 5, count=8, drain=True)
        assert await client.bodies(2) == ["8", "9"]
        flow = await client.expect(Flow)

    assert (flow.delivery_count, flow.link_credit, flow.drain) == (13, 0, True)


async def test_what_retention_removed_is_skipped(endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.append("hub", "0", map(str, range(10)))
    endpoint.namespace.set_retention("hub", Retention(max_events=2))

    async with signed_in(endpoint) as client:
        await client.receiver(PARTITION, "amqp.annotation.x-opt-sequence-number > '1'")
        assert await client.bodies(2) == ["8", "9"]


async def test_runtime_metrics_tell_the_partitions_end(endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.append("hub", "0", ["a", "b"])

    async with signed_in(endpoint) as client:
        wants = ("com.microsoft:enable-receiver-runtime-metric", "com.microsoft:unknown")
        link = await client.receiver(PARTITION, wants=wants)
        payload = (await client.expect(Transfer)).payload

    assert isinstance(link, Attach)
    assert link.offered_capabilities == wants[:1]
    assert [s.code for s in sections(payload)] == [0x71, MESSAGE_ANNOTATIONS, DATA]
    assert b"last_enqueued_sequence_number\x81" + (1).to_bytes(8, "big") in payload


async def test_a_higher_owner_level_steals_the_link(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as old, signed_in(endpoint) as new:
        await old.receiver(PARTITION, properties=properties(None, 0))
        await new.receiver(PARTITION, properties=properties("js-owner", 1))
        error = (await old.expect(Detach)).error
        late = await old.receiver(PARTITION, properties=properties("late", 0))

    assert error
    assert error.condition == "amqp:link:stolen"
    text = error.description or ""
    assert text.startswith("New receiver 'js-owner' with higher epoch of '1' is created hence")
    assert "current receiver 'nil' with epoch '0' is getting disconnected." in text
    assert "SystemTracker:ns.test:eventhub:hub~0|$default, Timestamp:2027-01-15T08:00:00" in text
    assert isinstance(late, Detach)
    assert late.error
    assert "Receiver 'js-owner' with a higher epoch '1' already exists." in str(late.error)


async def test_a_reader_that_leaves_makes_room(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        links = [await client.receiver(PARTITION) for _ in range(5)]
        assert "which is 5." in await refusal(client, PARTITION)
        client.send(Detach(links[0].handle, closed=True))
        await client.expect(Detach)
        assert isinstance(await client.receiver(PARTITION), Attach)

    await wait_for(lambda: endpoint.namespace.hub("hub").receivers.describe("0") == [])


@pytest.mark.parametrize(
    ("address", "selector", "expected"),
    [
        ("gone/ConsumerGroups/g/Partitions/0", None, "amqp:not-found: The messaging entity"),
        ("hub/ConsumerGroups/gone/Partitions/0", None, "'sb://ns.test/hub/consumergroups/gone/"),
        (
            "hub/ConsumerGroups/$default/Partitions/7",
            None,
            "com.microsoft:argument-out-of-range: The specified partition is invalid for an",
        ),
        (PARTITION, "nonsense", "com.microsoft:argument-error: The filter 'nonsense' is not"),
        (
            PARTITION,
            "amqp.annotation.x-opt-offset > '9'",
            "The supplied offset '9' is invalid. The last offset in the system is '-1'",
        ),
    ],
)
async def test_what_does_not_exist_is_refused_in_the_services_words(
    endpoint: EventHubsEndpoint, address: str, selector: str | None, expected: str
) -> None:
    async with signed_in(endpoint) as client:
        assert expected in await refusal(client, address, selector)


async def test_a_handle_or_channel_cannot_be_used_twice(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await client.sender("hub")
        assert isinstance(link, Attach)
        client.send(Attach("again", link.handle, is_receiver=False, target=Target("hub")))
        end = await client.expect(End)
        assert end.error
        assert end.error.condition == "amqp:session:handle-in-use"

    async with signed_in(endpoint) as client:
        client.send(Begin(None, 0, 100, 100))
        assert "The channel 0 has a session." in str(await client.expect(Close))


async def test_deleting_a_group_or_hub_ends_its_links(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        await client.receiver("hub/ConsumerGroups/other/Partitions/0")
        endpoint.namespace.delete_group("hub", "other")
        assert "has been deleted" in str((await client.expect(Detach)).error)
        await client.receiver(PARTITION)
        await client.sender("hub")
        endpoint.namespace.delete_hub("hub")
        first, second = await client.expect(Detach), await client.expect(Detach)

    assert "has been deleted" in str(first.error)
    assert "has been deleted" in str(second.error)


async def test_a_consumer_hears_that_its_events_come_settled(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        consumer = await client.receiver(PARTITION)
        producer = await client.sender("hub")

    assert isinstance(consumer, Attach)
    assert isinstance(producer, Attach)
    assert (consumer.sender_settles, producer.sender_settles) == (1, 2)


async def test_a_window_holds_deliveries_back(endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.append("hub", "0", map(str, range(10)))

    async with signed_in(endpoint) as client:
        link = await client.receiver(PARTITION, credit=0)
        assert isinstance(link, Attach)
        # One reply went out before, and transfers count from 1: room for two more.
        client.send(Flow(2, 2, 0, 100, link.handle, 0, 100))
        assert await client.bodies(2) == ["0", "1"]
        await asyncio.sleep(0)
        assert endpoint.statistics().events_out == 2
        client.send(Flow(4, 100, 0, 100))
        assert await client.bodies(8) == [str(n) for n in range(2, 10)]
