"""Requests, replies and events to and from bytes; sections cut without decoding."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from azure.eventhub._pyamqp._decode import decode_payload
from azure.eventhub._pyamqp._encode import encode_payload
from azure.eventhub._pyamqp.message import Header, Message

from ehtui.wire.amqp.messages import (
    APPLICATION_PROPERTIES,
    DATA,
    MessageId,
    Reply,
    Request,
    decode_reply,
    decode_request,
    encode_event,
    encode_reply,
    encode_request,
    encode_section,
    sections,
)
from ehtui.wire.amqp.values import Long, Strings, Symbol, Timestamp, decode, encode, pairs
from tests.bodies import decode_body


@pytest.mark.parametrize(
    "id_", [uuid.UUID(int=7), str(uuid.UUID(int=7)), b"\x00\xff", 7, "x" * 300]
)
def test_a_reply_carries_the_requests_id_with_its_type(id_: MessageId) -> None:
    request = decode_request(encode_request(Request(id_, "me", {"operation": "READ"}, "token")))

    assert request == Request(id_, "me", {"operation": "READ"}, "token")

    wire = decode_payload(memoryview(encode_reply(Reply(request.message_id, {"status-code": 202}))))
    original = decode_payload(memoryview(encode_request(Request(id_))))

    assert wire.properties
    assert original.properties
    assert wire.properties.correlation_id == original.properties.message_id


def test_a_reply_is_read_back() -> None:
    value = {"partition_ids": Strings(["0", "1"]), "partition_count": 2, "created": Timestamp(5)}
    reply = decode_reply(encode_reply(Reply("id", {"status-code": 200}, value, "me")))

    assert reply.properties == {"status-code": 200}
    assert reply.value == {"partition_ids": ["0", "1"], "partition_count": 2, "created": 5}


def decoded(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("value", "first"),
    [
        (Long(1), 0x55),
        (2**40, 0x81),
        (1, 0x54),
        (Timestamp(1), 0x83),
        (Symbol("a"), 0xA3),
        ("a", 0xA1),
        (Strings(["a"]), 0xE0),
        (b"x" * 300, 0xB0),
        ({"a": 1}, 0xC1),
        (True, 0x41),
        (uuid.UUID(int=7), 0x98),
    ],
)
def test_a_value_is_written_with_its_type(value: object, first: int) -> None:
    encoded = encode(value)

    assert encoded[0] == first
    assert decode(encoded + b"more", 0, len(encoded)) == (decoded(value), len(encoded))


def test_an_event_is_cut_at_its_sections() -> None:
    event = encode_event("안녕 🚀".encode(), {"kind": "MINUTES_FINALIZED"})
    found = {s.code: s for s in sections(event)}

    assert decode_body(event).decode() == "안녕 🚀"
    assert list(found) == [APPLICATION_PROPERTIES, DATA]
    assert found[DATA].value.decode() == "안녕 🚀"
    properties = found[APPLICATION_PROPERTIES]
    [(key, start, value, end)] = pairs(event, properties.at, properties.end)
    assert (key, value) == ("kind", "MINUTES_FINALIZED")
    assert event[start:end] == encode(key) + encode(value)


def test_annotations_behind_all_others_are_those_of_the_sdk() -> None:
    """Its own live test sends such a message, and the service takes it."""
    given: dict[str, Any] = {"header": Header(durable=True), "delivery_annotations": {b"a": 1}}
    given |= {"message_annotations": {b"b": 2}, "footer": {b"f": 1}, "data": [b"x"]}
    wire = bytearray()
    encode_payload(wire, Message(**given))

    assert [s.code for s in sections(bytes(wire))] == [0x70, 0x72, 0x75, 0x78, 0x71]

    with pytest.raises(ValueError, match="order"):
        list(sections(bytes(wire) + encode_section(0x71, encode({"c": 1}))))


@pytest.mark.parametrize(
    "junk", [b"x", b"\x00\x53\x75", b"\x00\x53\x75\xa0\x09abc", b"\x00\xa3\x01x"]
)
def test_junk_is_no_message(junk: bytes) -> None:
    with pytest.raises(ValueError, match=r"AMQP|descriptor|value"):
        list(sections(junk))
