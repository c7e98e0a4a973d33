"""`$management` as the service answers it, and the pairing of requests with replies."""

from __future__ import annotations

from ehtui.sandbox.eventhubs import EventHubsEndpoint
from ehtui.wire.amqp.messages import Request, decode_reply, encode_request
from ehtui.wire.amqp.performatives import (
    Attach,
    Begin,
    Disposition,
    Flow,
    Frame,
    Source,
    Target,
    Transfer,
)
from tests.sandbox.eventhubs.amqp_client import signed_in
from tests.sandbox.eventhubs.conftest import Clock


async def test_management_answers_with_the_services_fields(
    endpoint: EventHubsEndpoint, clock: Clock
) -> None:
    endpoint.namespace.append("hub", "0", ["a", "b", "c"])
    endpoint.namespace.trim("hub", "0", 2)
    read = {"operation": "READ", "name": "hub"}

    async with signed_in(endpoint) as client:
        hub = await client.request(
            "$management", Request("1", None, {**read, "type": "com.microsoft:eventhub"})
        )
        partition = {**read, "type": "com.microsoft:partition"}
        first = await client.request(
            "$management", Request("2", "r", {**partition, "partition": "0"})
        )
        empty = await client.request(
            "$management", Request("3", "r", {**partition, "partition": "1"})
        )
        wrong = await client.request(
            "$management", Request("4", "r", {**partition, "partition": "9"})
        )
        gone = await client.request("$management", Request("5", "r", {**partition, "name": "x"}))

    assert hub.value == {
        "name": "hub",
        "type": "com.microsoft:eventhub",
        "created_at": int(clock.now * 1000),
        "partition_count": 2,
        "partition_ids": ["0", "1"],
        "georeplication_factor": 1,
    }
    assert first.value == {
        "name": "hub",
        "type": "com.microsoft:partition",
        "partition": "0",
        "begin_sequence_number": 2,
        "last_enqueued_sequence_number": 2,
        "last_enqueued_offset": str(endpoint.namespace.log("hub", "0").last_offset),
        "last_enqueued_time_utc": int(clock.now * 1000),
        "is_partition_empty": False,
    }
    assert empty.value["last_enqueued_sequence_number"] == -1
    assert empty.value["is_partition_empty"] is True
    assert [r.properties["status-code"] for r in (hub, first, empty, wrong, gone)] == [
        200,
        200,
        200,
        400,
        404,
    ]


async def test_everything_removed_begins_at_the_last(endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.append("hub", "0", ["a", "b", "c"])
    endpoint.namespace.trim("hub", "0", 3)
    given = {"operation": "READ", "name": "hub", "type": "com.microsoft:partition"}

    async with signed_in(endpoint) as client:
        request = Request("1", None, {**given, "partition": "0"})
        value = (await client.request("$management", request)).value

    assert (value["begin_sequence_number"], value["is_partition_empty"]) == (2, True)


async def test_a_reply_never_overtakes_the_disposition_of_its_request(
    endpoint: EventHubsEndpoint,
) -> None:
    """An older client logs an error for one that does."""
    given = {"operation": "READ", "name": "hub", "type": "com.microsoft:eventhub"}

    async with signed_in(endpoint) as client:
        assert isinstance(await client.receiver("$management"), Attach)
        link = await client.sender("$management")
        assert isinstance(link, Attach)
        settled = -1

        for number in range(20):
            request = encode_request(Request(str(number), None, given))
            client.send(Transfer(link.handle, number, b"t", 0, False, False, False, request))

        for number in range(20):
            while isinstance(frame := await client.next(), Frame):
                if isinstance(frame.body, Disposition):
                    settled = max(settled, frame.body.last or frame.body.first)
                elif isinstance(frame.body, Transfer):
                    break

            assert settled >= number


async def test_replies_find_a_response_link_of_another_session(
    endpoint: EventHubsEndpoint,
) -> None:
    given = {"operation": "READ", "name": "hub", "type": "com.microsoft:eventhub"}

    async with signed_in(endpoint) as client:
        client.send(Begin(None, 0, 100, 100), channel=1)
        assert (await client.expect(Begin)).remote_channel == 1
        response = Attach("r", 1, True, source=Source("$management"), target=Target("answers"))
        client.send(response, channel=1)
        assert (await client.expect(Attach)).name == "r"
        client.send(Flow(0, 100, 0, 100, 1, 0, 10), channel=1)
        link = await client.sender("$management")
        assert isinstance(link, Attach)
        request = encode_request(Request("1", "answers", given))
        client.transfer(link.handle, request)
        payload = (await client.expect(Transfer)).payload

    assert decode_reply(payload).correlation_id == "1"
