"""The codec against itself, and against what the SDK's own client puts on the wire."""

from __future__ import annotations

import pytest
from azure.eventhub._pyamqp._decode import decode_frame as sdk_decode

from ehtui.wire.amqp.frames import (
    AMQP_HEADER,
    EMPTY_FRAME,
    FrameReader,
    decode_frame,
    encode_frame,
    encode_transfer,
)
from ehtui.wire.amqp.performatives import (
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Error,
    Flow,
    Frame,
    FrameError,
    Open,
    Performative,
    Rejected,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    Source,
    Target,
    Transfer,
)
from ehtui.wire.amqp.values import Described, Symbol, Uint, encode, encode_list

SELECTOR = "apache.org:selector-filter:string"
ERROR = Error("amqp:not-found", "no such hub")


def framed(body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + b"\x02\x00\x00\x00" + body


BODIES: list[Performative] = [
    SaslMechanisms(("MSSBCBS", "PLAIN")),
    SaslInit("ANONYMOUS", b"\0key", "host"),
    SaslOutcome(0),
    Open("me", "host", 65536, 255, 60000),
    Begin(3, 1, 2048, 2048, 255),
    Attach("link", 1, is_receiver=True, source=Source("hub", {SELECTOR: "x > '1'"})),
    Attach("link", 0, is_receiver=False, target=Target("$cbs"), initial_delivery_count=0),
    Attach("refused", 9, is_receiver=True, max_message_bytes=1 << 40, offered_capabilities=("x",)),
    Flow(1, 2, 3, 4, 5, 6, 7, 0, drain=True, echo=True),
    Flow(None, 2, 3, 4),
    Transfer(4, 9, b"tag", 0x80013700, settled=False, more=True, aborted=False, payload=b"abc"),
    Disposition(True, 3, 8, True, Accepted()),
    Disposition(True, 3, None, True, Rejected(ERROR)),
    Detach(1, True, ERROR),
    Detach(1),
    End(),
    Close(Error("amqp:connection:forced")),
]


@pytest.mark.parametrize("body", BODIES, ids=lambda b: type(b).__name__)
def test_a_frame_survives_the_wire(body: Performative) -> None:
    assert decode_frame(memoryview(encode_frame(7, body))) == Frame(7, body)


@pytest.mark.parametrize("body", BODIES, ids=lambda b: type(b).__name__)
def test_every_field_is_written_because_clients_index_by_position(body: Performative) -> None:
    widths = {Open: 10, Begin: 8, Attach: 14, Flow: 11, Disposition: 6, Detach: 3, End: 1, Close: 1}
    _, fields = sdk_decode(memoryview(encode_frame(0, body))[8:])

    assert len(fields) == widths.get(type(body), len(fields))


@pytest.mark.parametrize("size", [0, 1, 511, 512, 5000])
def test_a_delivery_is_cut_at_the_peers_frame_size(size: int) -> None:
    payload = bytes(i % 251 for i in range(size))
    wire = encode_transfer(2, 1, 77, payload, 512, 0x80013700)
    frames = list(FrameReader(512).feed(wire))
    bodies = [f.body for f in frames if isinstance(f, Frame) and isinstance(f.body, Transfer)]

    assert b"".join(b.payload for b in bodies) == payload
    assert [b.more for b in bodies] == [True] * (len(frames) - 1) + [False]
    assert {(b.handle, b.delivery_id, b.settled) for b in bodies} == {(1, 77, True)}
    assert {len(sdk_decode(memoryview(encode_frame(2, b))[8:])[1]) for b in bodies} == {12}


def test_the_stream_may_arrive_in_any_pieces() -> None:
    wire = AMQP_HEADER + EMPTY_FRAME + encode_frame(0, BODIES[3]) + encode_frame(1, BODIES[4])
    whole = list(FrameReader(65536).feed(wire))
    reader = FrameReader(65536)
    pieces = [item for byte in wire for item in reader.feed(bytes([byte]))]

    assert (
        pieces == whole == [AMQP_HEADER, Frame(0, None), Frame(0, BODIES[3]), Frame(1, BODIES[4])]
    )


@pytest.mark.parametrize(
    "wire",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00\x00\x00\x07\x02\x00\x00\x00",
        b"\x00\x10\x00\x00\x02\x00\x00\x00",
        b"\x00\x00\x00\x0c\x02\x00\x00\x00\x00\x53\x99\x45",
        b"\x00\x00\x00\x0c\x02\x00\x00\x00\x00\x53\x10\x45",
        b"\x00\x00\x00\x0c\x02\x00\x00\x00\xff\xff\xff\xff",
        b"\x00\x00\x00\x14\x02\x00\x00\x00\x00\x53\x17\xd0\x7f\xff\xff\xff\x7f\xff\xff\xff",
        b"\x00\x00\x00\x14\x02\x00\x00\x00\x00\x53\x17\xd0\x00\x00\x00\x04\x7f\xff\xff\xff",
        framed(b"\x00\x53\x17\xc0\x0b\x01\xf0\x00\x00\x00\x05\xff\xff\xff\xff\x40"),
        framed(b"\x00\x53\x17\xc0\x29\x01" + b"\xc0\x27\x01" * 20),
        framed(b"\x00\x53\x17" + b"\x00" * 200),
    ],
)
def test_what_is_no_frame_is_refused(wire: bytes) -> None:
    with pytest.raises(FrameError):
        list(FrameReader(65536).feed(wire))


def test_an_empty_list_of_fields_means_all_defaults() -> None:
    wire = b"\x00\x00\x00\x0c\x02\x00\x00\x05\x00\x53\x18\x45"

    assert decode_frame(memoryview(wire)) == Frame(5, Close())


@pytest.mark.parametrize("descriptor", [SELECTOR, 0x0000468C00000004])
def test_filters_go_by_descriptor_whatever_their_key(descriptor: int | str) -> None:
    """Old clients call it `selector`, others `jms-selector`."""
    filters = {Symbol("jms-selector"): Described(descriptor, "x > '1'")}
    source = Described(0x28, ["hub", *[None] * 6, filters])
    fields = [encode(item) for item in ("link", Uint(1), True, None, None, source)]
    frame = decode_frame(framed(b"\x00\x53\x12" + encode_list(fields)))

    assert isinstance(frame.body, Attach)
    assert frame.body.source == Source("hub", {SELECTOR: "x > '1'"})
