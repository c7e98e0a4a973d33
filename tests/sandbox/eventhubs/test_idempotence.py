"""Idempotent producers, frame by frame: numbered, taken once, in order, one link a producer."""

from __future__ import annotations

from typing import Any

import pytest

from ehtui.sandbox.eventhubs import EventHubsEndpoint
from ehtui.sandbox.eventhubs.idempotence import CAPABILITY
from ehtui.wire.amqp.messages import (
    BATCH_FORMAT,
    DATA,
    MESSAGE_ANNOTATIONS,
    encode_event,
    encode_section,
)
from ehtui.wire.amqp.performatives import (
    Accepted,
    Attach,
    Detach,
    Disposition,
    Flow,
    Rejected,
    Source,
    Target,
)
from ehtui.wire.amqp.values import Long, Short, Symbol, encode
from tests.bodies import decode_body
from tests.sandbox.eventhubs.amqp_client import AmqpClient, signed_in

ID, EPOCH = "com.microsoft:producer-id", "com.microsoft:producer-epoch"
SEQUENCE = "com.microsoft:producer-sequence-number"
OUT_OF_ORDER = "com.microsoft:out-of-order-sequence"
STOLEN = "com.microsoft:producer-epoch-stolen"


async def producer(client: AmqpClient, **given: Any) -> Attach | Detach:
    handle = client.handle()
    names = {"id": (ID, Long), "epoch": (EPOCH, Short), "sequence": (SEQUENCE, int)}
    properties = {Symbol(ID): None, Symbol(EPOCH): None, Symbol(SEQUENCE): None}
    properties |= {Symbol(names[k][0]): names[k][1](v) for k, v in given.items()}
    attach = Attach(
        f"p{handle}",
        handle,
        is_receiver=False,
        source=Source("me"),
        target=Target("hub/Partitions/0"),
        initial_delivery_count=0,
        desired_capabilities=(CAPABILITY,),
        properties=properties,
    )
    reply = await client.attach(attach)

    if isinstance(reply, Attach):
        await client.expect(Flow)

    return reply


def numbered(body: str, number: int) -> bytes:
    notes = {Symbol(SEQUENCE): number}
    return encode_section(MESSAGE_ANNOTATIONS, encode(notes)) + encode_event(body.encode())


async def publish(client: AmqpClient, link: Attach, first: int, *bodies: str) -> str:
    batch = b"".join(
        encode_section(DATA, encode(numbered(body, first + place)))
        for place, body in enumerate(bodies)
    )
    client.transfer(link.handle, batch, BATCH_FORMAT)
    state = (await client.expect(Disposition)).state
    assert isinstance(state, Accepted | Rejected)
    return "taken" if isinstance(state, Accepted) else str(state.error and state.error.condition)


def bodies(endpoint: EventHubsEndpoint) -> list[str]:
    return [decode_body(e.rest).decode() for e in endpoint.namespace.log("hub", "0").read(0, 99)]


async def admitted(client: AmqpClient, **given: Any) -> Attach:
    link = await producer(client, **given)
    assert isinstance(link, Attach)
    assert link.properties is not None
    return link


async def test_the_service_numbers_a_producer(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await admitted(client)

    assert CAPABILITY in link.offered_capabilities
    assert link.properties is not None
    assert link.properties[ID] > 0
    assert (link.properties[EPOCH], link.properties[SEQUENCE]) == (0, 0)


async def test_what_is_published_twice_is_there_once(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await admitted(client)

        assert await publish(client, link, 1, "a", "b") == "taken"
        assert await publish(client, link, 1, "a", "b") == "taken"
        assert await publish(client, link, 3, "c") == "taken"
        assert bodies(endpoint) == ["a", "b", "c"]


async def test_a_gap_is_refused_and_nothing_of_it_is_written(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await admitted(client)

        assert await publish(client, link, 2, "b") == OUT_OF_ORDER
        assert await publish(client, link, 1, "a") == "taken"
        assert await publish(client, link, 1, "a", "b") == OUT_OF_ORDER  # half of it is new
        assert bodies(endpoint) == ["a"]


async def test_an_event_without_a_number_is_refused(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await admitted(client)
        client.transfer(link.handle, encode_event(b"x"))
        state = (await client.expect(Disposition)).state

        assert isinstance(state, Rejected)
        assert bodies(endpoint) == []


async def test_numbers_begin_anew_behind_the_largest(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await admitted(client, id=7, epoch=0, sequence=2**31 - 2)

        assert await publish(client, link, 2**31 - 1, "a") == "taken"
        assert await publish(client, link, 0, "b") == "taken"
        assert await publish(client, link, 2**31 - 1, "a") == "taken"
        assert bodies(endpoint) == ["a", "b"]


async def test_who_comes_back_hears_what_was_taken(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        link = await admitted(client)
        await publish(client, link, 1, "a", "b")

    assert link.properties is not None

    async with signed_in(endpoint) as client:
        again = await admitted(client, id=link.properties[ID], epoch=0, sequence=0)

        assert again.properties is not None
        assert again.properties[SEQUENCE] == 2
        assert await publish(client, again, 2, "b") == "taken"
        assert bodies(endpoint) == ["a", "b"]


@pytest.mark.parametrize("epoch", [0, 1])
async def test_a_second_link_of_a_producer_ends_the_first(
    endpoint: EventHubsEndpoint, epoch: int
) -> None:
    async with signed_in(endpoint) as old, signed_in(endpoint) as new:
        await admitted(old, id=7, epoch=0, sequence=5)
        link = await admitted(new, id=7, epoch=epoch, sequence=9)
        detach = await old.expect(Detach)

        assert detach.error is not None
        assert detach.error.condition == STOLEN
        assert link.properties is not None
        assert link.properties[SEQUENCE] == (9 if epoch else 5)


async def test_an_older_epoch_is_refused(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        await admitted(client, id=7, epoch=2, sequence=0)
        refused = await producer(client, id=7, epoch=1, sequence=0)

        assert isinstance(refused, Detach)
        assert refused.error is not None
        assert refused.error.condition == STOLEN


async def test_other_producers_need_no_numbers(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        await client.publish("hub/Partitions/0", "plain")

    assert bodies(endpoint) == ["plain"]
