"""From a message to an event: whatever a sender wrote, typed, told, and never lost."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from ehtui.domain.world.events import BodyKind, Event
from ehtui.sandbox.eventhubs.events import Incoming, stamp
from ehtui.wire.amqp.messages import (
    APPLICATION_PROPERTIES,
    DATA,
    FOOTER,
    HEADER,
    PROPERTIES,
    SEQUENCE,
    VALUE,
    encode_section,
)
from ehtui.wire.amqp.values import Described, Symbol, Timestamp, Ulong, encode, encode_list
from ehtui.wire.event_messages import UNREAD_BYTES, Stamp, event_of, stamp_of

STAMP = Stamp(7, "4096", 1_700_000_000.25)


def section(code: int, value: Any) -> bytes:
    return encode_section(code, encode(value))


def message(*parts: bytes, annotations: dict[str, Any] | None = None) -> bytes:
    own = tuple(encode(Symbol(name)) + encode(v) for name, v in (annotations or {}).items())
    incoming = Incoming(b"".join(parts), annotations=own)
    return stamp(incoming, STAMP.sequence, 4096, 1_700_000_000_250, "")


def read(*parts: bytes, annotations: dict[str, Any] | None = None) -> Event:
    payload = message(*parts, annotations=annotations)
    found = stamp_of(payload)
    assert found == STAMP
    return event_of("3", payload, found)


def test_what_the_service_wrote() -> None:
    event = read(section(DATA, b"body"), annotations={"x-opt-partition-key": "room-5"})

    assert (event.partition, event.sequence, event.offset) == ("3", 7, "4096")
    assert event.enqueued_at == STAMP.enqueued_at
    assert (event.body, event.body_kind, event.key) == (b"body", BodyKind.DATA, "room-5")
    assert event.size_bytes == len(message(section(DATA, b"body"))) + len(
        encode(Symbol("x-opt-partition-key")) + encode("room-5")
    )
    assert event.system == ()


def test_properties_keep_their_types() -> None:
    given = {
        "text": "x",
        "number": 5,
        "big": 2**40,
        "share": 0.5,
        "yes": True,
        "bytes": b"\xff",
        "none": None,
        "at": Timestamp(1_700_000_000_250),
        "id": UUID(int=5),
    }
    event = read(section(APPLICATION_PROPERTIES, given), section(DATA, b""))

    assert dict(event.properties) == {
        **given,
        "at": "2023-11-14T22:13:20.250Z",
        "id": "00000000-0000-0000-0000-000000000005",
    }
    assert type(dict(event.properties)["number"]) is int
    assert dict(event.properties)["yes"] is True


def test_system_properties_by_their_names() -> None:
    fields = [None] * 13
    fields[0], fields[5] = "id-1", Ulong(9)  # type: ignore[call-overload]
    fields[6], fields[7] = Symbol("application/json"), Symbol("gzip")  # type: ignore[call-overload]
    event = read(
        encode_section(PROPERTIES, encode_list([encode(each) for each in fields])),
        section(DATA, b""),
        section(FOOTER, {Symbol("crc"): 3}),
        annotations={"x-own": "mine"},
    )

    assert (event.content_type, event.content_encoding) == ("application/json", "gzip")
    assert dict(event.system) == {
        "message-id": "id-1",
        "correlation-id": "9",
        "content-type": "application/json",
        "content-encoding": "gzip",
        "x-own": "mine",
        "crc": "3",
    }


def test_several_data_sections_are_one_body() -> None:
    assert read(section(DATA, b"one "), section(DATA, b"two")).body == b"one two"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ({"a": [1, 2.5, None, True]}, {"a": [1, 2.5, None, True]}),
        (b"\xff\xfe", "//4="),
        (b"bytes", "bytes"),
        (float("nan"), "nan"),
        ({5: "x"}, {"5": "x"}),
        (Timestamp(0), "1970-01-01T00:00:00.000Z"),
        (Timestamp(2**62), str(2**62)),
        (Described("a:b", 5), {"descriptor": "a:b", "value": 5}),
        (None, None),
    ],
)
def test_an_amqp_value_is_told_as_json(value: object, expected: object) -> None:
    event = read(section(VALUE, value))
    assert event.body_kind is BodyKind.VALUE
    assert json.loads(event.body) == expected


def test_amqp_sequences_are_told_as_json() -> None:
    one = read(section(SEQUENCE, [1, "x"]))
    two = read(section(SEQUENCE, [1]), section(SEQUENCE, [2]))

    assert one.body_kind is BodyKind.SEQUENCE
    assert json.loads(one.body) == [1, "x"]
    assert json.loads(two.body) == [[1], [2]]


def test_a_section_that_does_not_exist_is_shown_as_it_is() -> None:
    odd = encode_section(0x79, encode("future"))
    event = read(section(APPLICATION_PROPERTIES, {"a": 1}), odd)

    assert event.body_kind is BodyKind.UNREADABLE
    assert event.body == odd
    assert event.properties == (("a", 1),)


def test_what_follows_a_body_and_is_no_section_is_counted() -> None:
    event = read(section(DATA, b"body"), b"\xde\xad\xbe\xef")

    assert (event.body, event.body_kind) == (b"body", BodyKind.DATA)
    assert dict(event.system) == {UNREAD_BYTES: "4"}


def test_no_body_at_all() -> None:
    assert (read().body, read().body_kind) == (b"", BodyKind.DATA)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff" * 50,
        section(DATA, b"no annotations"),
        encode_section(0x72, encode({Symbol("x-opt-sequence-number"): "text"})),
        encode_section(0x72, encode({Symbol("x-opt-sequence-number"): 5})),
        section(HEADER, []) + section(DATA, b""),
    ],
)
def test_a_message_of_no_known_event(payload: bytes) -> None:
    assert stamp_of(payload) is None
