"""What is written in AMQP is read as it was; what was changed on the way is refused or another."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.wire.amqp.frames import FrameReader, encode_frame
from ehtui.wire.amqp.messages import (
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
    Open,
    Performative,
    Rejected,
    Source,
    Target,
    Transfer,
)
from ehtui.wire.amqp.values import (
    Described,
    Long,
    Strings,
    Symbol,
    Timestamp,
    Uint,
    Ulong,
    decode,
    encode,
)

SIMPLE = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.uuids()
    | st.text(max_size=20).map(Symbol)
    | st.integers(-(2**63), 2**63 - 1).map(Timestamp)
    | st.integers(-(2**63), 2**63 - 1).map(Long)
    | st.integers(0, 2**32 - 1).map(Uint)
    | st.integers(0, 2**64 - 1).map(Ulong)
)
VALUES = st.recursive(
    SIMPLE | st.lists(st.text(max_size=10), max_size=300).map(Strings),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=10), inner, max_size=5)
        | st.tuples(st.integers(0, 2**64 - 1), SIMPLE).map(lambda pair: Described(*pair))
    ),
    max_leaves=20,
)


def plain(value: Any) -> Any:
    """As it comes back: types that only matter on the wire are gone."""
    if isinstance(value, Described):
        return value

    if isinstance(value, list | tuple):
        return [plain(item) for item in value]

    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else value


@settings(max_examples=300, deadline=None)
@given(value=VALUES, before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_a_value_comes_back_as_it_was(value: Any, before: bytes, after: bytes) -> None:
    wire = encode(value)
    found, end = decode(before + wire + after, len(before), len(before + wire))

    assert end == len(before + wire)
    assert found == plain(value)


@settings(max_examples=300, deadline=None)
@given(value=VALUES, data=st.data())
def test_a_value_that_was_cut_or_changed_is_one_or_none(value: Any, data: st.DataObject) -> None:
    wire = bytearray(encode(value))
    place = data.draw(st.integers(0, len(wire) - 1))
    wire[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(wire)))

    with contextlib.suppress(ValueError):
        assert decode(bytes(wire), 0, end)[1] <= end


TEXTS, NUMBERS = st.text(max_size=50), st.integers(0, 2**32 - 1)
FIELDS = st.none() | st.dictionaries(TEXTS, SIMPLE, max_size=3)
SYMBOLS = st.lists(TEXTS, max_size=5).map(tuple)
TEXT, NUMBER, FLAG = st.none() | TEXTS, st.none() | NUMBERS, st.booleans()


def made(kind: Any, *fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(*fields).map(lambda values: kind(*values))


ERRORS = st.none() | made(Error, TEXTS, TEXT)
FILTERS = st.none() | st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3)
STATES = st.none() | made(Accepted) | made(Rejected, ERRORS)
MODES, SHORTS = st.integers(0, 2), st.integers(0, 65535)
PERFORMATIVES = st.one_of(
    made(Open, TEXTS, TEXT, NUMBERS, SHORTS, NUMBER),
    made(Begin, st.none() | SHORTS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    made(
        Attach, TEXTS, NUMBERS, FLAG, MODES, MODES, st.none() | made(Source, TEXT, FILTERS),
        st.none() | made(Target, TEXT), NUMBER, st.none() | st.integers(0, 2**64 - 1),
        SYMBOLS, SYMBOLS, FIELDS,
    ),
    made(Flow, NUMBER, NUMBERS, NUMBERS, NUMBERS, *[NUMBER] * 4, FLAG, FLAG),
    made(
        Transfer, NUMBERS, NUMBER, st.none() | st.binary(max_size=32), NUMBERS, FLAG, FLAG, FLAG,
        st.binary(max_size=400),
    ),
    made(Disposition, FLAG, NUMBERS, NUMBER, FLAG, STATES),
    made(Detach, NUMBERS, FLAG, ERRORS),
    made(End, ERRORS),
    made(Close, ERRORS),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(body=PERFORMATIVES, channel=st.integers(0, 65535))
def test_a_performative_comes_back_as_it_was(body: Performative, channel: int) -> None:
    [frame] = FrameReader(1 << 20).feed(encode_frame(channel, body))

    assert frame == Frame(channel, body)


IDS = st.none() | st.uuids() | st.text(max_size=40) | st.binary(max_size=40) | NUMBERS
PROPERTIES = st.dictionaries(TEXTS, SIMPLE.filter(lambda v: not isinstance(v, bytes)), max_size=5)
BODIES = VALUES.filter(lambda v: not isinstance(v, bytes))


@settings(max_examples=200, deadline=None)
@given(id_=IDS, properties=PROPERTIES, value=BODIES)
def test_requests_and_replies_come_back_as_they_were(
    id_: Any, properties: dict[str, Any], value: Any
) -> None:
    request = decode_request(encode_request(Request(id_, "me", properties, value)))
    reply = decode_reply(encode_reply(Reply(id_, properties, value)))

    assert request == Request(id_, "me", plain(properties), plain(value))
    assert reply == Reply(id_, plain(properties), plain(value))
    assert type(request.message_id) is type(id_)


@settings(max_examples=200, deadline=None)
@given(
    body=st.binary(max_size=400),
    properties=PROPERTIES,
    annotations=st.dictionaries(TEXTS.map(Symbol), SIMPLE, max_size=3),
)
def test_sections_are_cut_where_they_were_joined(
    body: bytes, properties: dict[str, Any], annotations: dict[Symbol, Any]
) -> None:
    head = encode_section(0x72, encode(annotations))
    wire = head + encode_event(body, properties)
    found = {section.code: section for section in sections(wire)}

    assert found[0x72].value == plain(annotations)
    assert found[0x72].end == len(head)
    assert found[0x75].value == body
    assert wire == b"".join(wire[s.start : s.end] for s in found.values())
