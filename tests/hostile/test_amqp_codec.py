"""Frames and messages that claim more than they hold: refused before anything is made room for."""

from __future__ import annotations

import contextlib
import struct
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import Buffer, override

from ehtui.wire.amqp.frames import FrameReader, encode_frame
from ehtui.wire.amqp.messages import (
    Request,
    decode_reply,
    decode_request,
    encode_request,
    sections,
)
from ehtui.wire.amqp.performatives import Attach, Begin, Flow, Frame, FrameError, Open
from ehtui.wire.amqp.values import decode
from tests.bodies import decode_body
from tests.hostile.measuring import MEGABYTE, peak_bytes

# The attack of issue 12: an open whose field list is a "binary", which nobody had checked.
ATTACK = bytes.fromhex("0000001702000000005310a00a01d00000000408000000")
LIST_0, MAP_1, NULL, EMPTY_LIST = b"\x45", b"\xc1\x03\x02\x40\x40", b"\x40", b"\x45"


def framed(body: bytes, *, doff: int = 2, kind: int = 0) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + bytes((doff, kind, 0, 0)) + body


def performative(code: int, fields: bytes) -> bytes:
    return framed(b"\x00\x53" + bytes((code,)) + fields)


def large(kind: int, content: bytes, count: int, *, size: int | None = None) -> bytes:
    """A compound with a size and a count of one's choice."""
    return struct.pack(">BII", kind, len(content) + 4 if size is None else size, count) + content


def nested(depth: int) -> bytes:
    value = NULL

    for _ in range(depth):
        value = large(0xD0, value, 1)

    return value


def section(code: int, value: bytes) -> bytes:
    return b"\x00\x53" + bytes((code,)) + value


FRAMES = {
    "the attack": ATTACK,
    "fields in a map": performative(0x10, large(0xD1, NULL * 4, 4)),
    "fields in an array": performative(0x10, b"\xe0\x03\x01\xa1\x00"),
    "fields in a null": performative(0x10, NULL),
    "a described list": performative(0x10, b"\x00\x53\x10\xc0\x01\x00"),
    "a count beyond the bytes": performative(0x10, large(0xD0, NULL * 4, 0x7FFFFFFF)),
    "a negative count": performative(0x10, large(0xD0, NULL * 4, 0xFFFFFFFF)),
    "a size beyond the frame": performative(0x10, large(0xD0, NULL * 4, 4, size=0xFFFF)),
    "a size below its items": performative(0x10, large(0xD0, NULL * 4, 4, size=6)),
    "items below its size": performative(0x10, large(0xD0, NULL * 4, 2)),
    "something after the list": performative(0x17, LIST_0 + b"more"),
    "an array of nothings": performative(0x17, b"\xc0\x0c\x01" + large(0xF0, b"\x40", 2**31)),
    "an array of empty lists": performative(0x17, b"\xc0\x0c\x01" + large(0xF0, b"\x45", 2**31)),
    "an array of nothings, honest": performative(0x17, b"\xc0\x06\x01\xe0\x03\x05\x40\x00"),
    "an array wider than its bytes": performative(
        0x17, b"\xc0\x10\x01" + large(0xF0, b"\x80" + bytes(4), 4)
    ),
    "an array of arrays": performative(0x17, b"\xc0\x08\x01\xe0\x05\x01\xe0\x02\x00\x40"),
    "a map of three": performative(0x17, b"\xc0\x07\x01\xc1\x04\x03\x40\x40\x40"),
    "nested too deep": performative(0x17, large(0xD0, nested(200), 1)),
    "described for ever": performative(0x17, b"\xc0\x7f\x01" + b"\x00\x53\x01" * 41 + b"\x40"),
    "a descriptor that is a list": performative(0x17, b"\xc0\x07\x01\x00\xc0\x02\x01\x40\x40"),
    "a constructor that does not exist": performative(0x17, b"\xc0\x02\x01\xff"),
    "no room for a header": framed(LIST_0, doff=1),
    "a header beyond the frame": framed(LIST_0, doff=200),
    "a type that does not exist": framed(b"\x00\x53\x18\x45", kind=7),
    "sign-in in a frame of AMQP": performative(0x44, b"\xc0\x03\x01\x50\x00"),
    "AMQP in a frame of sign-in": framed(b"\x00\x53\x18\x45", kind=1),
    "a handle below zero": performative(0x16, b"\xc0\x03\x01\x54\xff"),
    "a handle beyond 32 bits": performative(0x16, b"\xc0\x0a\x01\x80" + b"\xff" * 8),
    "properties that are a list": encode_frame(0, Attach("l", 0, True))[:-1] + LIST_0,
    "a name that is a number": performative(0x12, b"\xc0\x06\x03\x52\x01\x43\x41\x40"),
    "an error that is a text": performative(0x17, b"\xc0\x04\x01\xa1\x01x"),
    "a first answer that is a number": framed(b"\x00\x53\x41\xc0\x09\x02\xa3\x05PLAIN\x43", kind=1),
}


@pytest.mark.parametrize("wire", FRAMES.values(), ids=FRAMES)
def test_a_frame_that_lies_is_refused_and_costs_nothing(wire: bytes) -> None:
    def read() -> None:
        with pytest.raises(FrameError):
            list(FrameReader(1 << 20).feed(wire))

    assert peak_bytes(read) < MEGABYTE


def test_every_list_is_read_in_each_of_its_three_forms() -> None:
    small = performative(0x17, b"\xc0\x01\x00")
    wide = performative(0x17, large(0xD0, b"", 0))

    for wire in (performative(0x17, LIST_0), small, wide):
        assert list(FrameReader(512).feed(wire))


def test_an_endless_list_of_fields_is_no_performative() -> None:
    """A megabyte of empty lists would be sixty of Python's."""
    wire = performative(0x17, large(0xD0, EMPTY_LIST * 900_000, 900_000))

    def read() -> None:
        with pytest.raises(FrameError):
            list(FrameReader(1 << 20).feed(wire))

    assert peak_bytes(read) < 4 * MEGABYTE


class Counted(bytearray):
    """Knows how many bytes were ever added to it."""

    bytes_added = 0

    @override
    def __iadd__(self, more: Buffer) -> Self:  # type: ignore[override]  # typeshed's is wider
        self.bytes_added += len(memoryview(more))
        return super().__iadd__(more)


def test_a_frame_that_trickles_in_is_not_copied_for_every_byte() -> None:
    reader, wire = FrameReader(1 << 20), framed(bytes(200_000))
    kept = Counted()
    reader._rest = kept
    found = [
        item for at in range(0, len(wire) - 10, 10) for item in reader.feed(wire[at : at + 10])
    ]

    assert not found
    assert kept.bytes_added <= 2 * len(wire)


MESSAGES = {
    "the attack": bytes.fromhex("005372d100000004ffffffff"),
    "described for ever": section(0x77, b"\x00\x53\x01" * 2000 + NULL),
    "descriptors for ever": b"\x00" * 5000,
    "a map that is a list": section(0x74, b"\xc0\x01\x00"),
    "data that is a text": section(0x75, b"\xa1\x01x"),
    "annotations that are a number": section(0x72, b"\x54\x01"),
    "properties that are a map": section(0x73, MAP_1),
    "a section that does not exist": section(0x10, b"\x45"),
    "a size beyond the bytes": section(0x75, b"\xb0\xff\xff\xff\xff"),
    "a half pair": section(0x74, b"\xc1\x02\x01\x40"),
    "more values than anybody needs": section(0x77, large(0xD0, NULL * 900_000, 900_000)),
}


@pytest.mark.parametrize("payload", MESSAGES.values(), ids=MESSAGES)
def test_a_message_that_lies_is_no_message(payload: bytes) -> None:
    def read() -> None:
        for read_as in (decode_request, decode_reply, decode_body):
            with pytest.raises(ValueError, match=r"AMQP|section|value|descriptor|size|map"):
                read_as(payload)

    assert peak_bytes(read) < 2 * MEGABYTE


@pytest.mark.parametrize("code", [0x74, 0x77])
def test_a_map_whose_key_is_a_list_is_no_map(code: int) -> None:
    with pytest.raises(ValueError, match="key"):
        decode_reply(section(code, b"\xc1\x03\x02\x45\x40"))


def test_what_a_client_says_is_still_understood() -> None:
    request = Request("id", "me", {"operation": "READ", "n": 2**40}, {"a": "b"})

    assert decode_request(encode_request(request)) == request


@settings(max_examples=300, deadline=None)
@given(payload=st.binary(max_size=300), start=st.sampled_from([0x70, 0x72, 0x73, 0x74, 0x75, 0x77]))
def test_any_message_is_one_or_a_clear_refusal(payload: bytes, start: int) -> None:
    for wire in (payload, section(start, payload)):
        for read_as in (decode_request, decode_reply, decode_body, lambda p: list(sections(p))):
            with contextlib.suppress(ValueError):
                read_as(wire)


@settings(max_examples=500, deadline=None)
@given(
    code=st.sampled_from([*range(0x10, 0x19), *range(0x40, 0x45)]),
    fields=st.lists(
        st.sampled_from(
            [
                b"\x40", b"\x41", b"\x43", b"\x44", b"\x45", b"\x52\x05", b"\x54\xff", b"\xa1\x01x",
                b"\xa3\x02ab", b"\xa0\x01\x00", MAP_1, b"\xc1\x01\x00", b"\xe0\x04\x01\xa3\x01a",
                b"\x80" + b"\xff" * 8, b"\x00\x53\x24\x45", b"\x00\x53\x25\xc0\x02\x01\x54\x07",
                b"\x00\x53\x28\xc0\x04\x01\xa1\x01x", b"\x00\x53\x1d\xc0\x01\x00",
                b"\x82" + b"\xff" * 8, b"\x84" + bytes(8), b"\x94" + b"\xff" * 16,
                b"\x98" + bytes(16), b"\x73\x00\x11\x00\x00",
            ]
        ),
        max_size=15,
    ),
)  # fmt: skip
def test_any_fields_are_a_frame_or_a_clear_refusal(code: int, fields: list[bytes]) -> None:
    content = b"".join(fields)
    kind = 1 if code >= 0x40 else 0
    wire = framed(
        b"\x00\x53" + bytes((code, 0xC0, len(content) + 1, len(fields))) + content, kind=kind
    )

    try:
        items = list(FrameReader(65536).feed(wire))
    except FrameError:
        return

    (frame,) = items
    assert isinstance(frame, Frame)
    assert frame.body is not None

    if isinstance(frame.body, Attach):
        encode_frame(0, frame.body._replace(properties=None))
    elif isinstance(frame.body, Open | Begin | Flow):
        encode_frame(0, frame.body)


@pytest.mark.parametrize(
    "value",
    [b"\x40", b"\x45", b"\xc0\x01\x00", b"\xd0\x00\x00\x00\x04\x00\x00\x00\x00", MAP_1,
     b"\xe0\x02\x00\xa3", b"\xe0\x04\x02\x52\x01\x02", b"\x00\x53\x24\x45", b"\x98" + bytes(16)],
)  # fmt: skip
def test_honest_values_end_where_they_end(value: bytes) -> None:
    assert decode(value + b"more", 0, len(value))[1] == len(value)
