"""What a body is and how it is read: encodings, JSON, text, bytes; bounded whatever comes."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.domain.text import visible
from ehtui.domain.world.events import BodyKind, Event
from ehtui.views.events.body import (
    MOST_CHARACTERS,
    MOST_LINES,
    Shown,
    body_lines,
    glance,
    kind_of,
    preview,
)
from ehtui.views.events.json_text import DEEPEST_INDENT, INDENT, pretty
from ehtui.views.events.recognising import MOST_INFLATED, Form, recognised

DOCUMENT = {"title": "주간 회의록", "count": 3, "tags": [], "who": {"id": "a"}}
JSON = json.dumps(DOCUMENT).encode()
READ = (
    "{",
    '  "title": "주간 회의록",',
    '  "count": 3,',
    '  "tags": [],',
    '  "who": {',
    '    "id": "a"',
    "  }",
    "}",
)


def event(body: bytes, **more: str) -> Event:
    return Event("2", 920, "7168", 0.0, body, **more)  # type: ignore[arg-type]


def avro_file() -> bytes:
    schema = b'{"type": "record", "namespace": "hg.minutes", "name": "Finalized", "fields": []}'
    return b"Obj\x01\x02\x16avro.schema\xa0\x01" + schema + b"\x00" + bytes(range(16))


@pytest.mark.parametrize(
    ("body", "encoding", "kind"),
    [
        (JSON, None, "JSON"),
        (gzip.compress(JSON, mtime=0), None, "gzip+JSON"),
        (gzip.compress(JSON, mtime=0), "gzip", "gzip+JSON"),
        (gzip.compress(JSON[:9], mtime=0) + gzip.compress(JSON[9:], mtime=0), None, "gzip+JSON"),
        (zlib.compress(JSON), None, "zlib+JSON"),
        (zlib.compress(JSON)[2:-4], "deflate", "deflate+JSON"),
        (base64.b64encode(JSON), None, "base64+JSON"),
        (base64.urlsafe_b64encode(JSON).rstrip(b"="), None, "base64+JSON"),
        (base64.encodebytes(JSON), None, "base64+JSON"),
        (base64.b64encode(gzip.compress(JSON, mtime=0)), None, "base64+gzip+JSON"),
        (JSON.hex().encode(), None, "hex+JSON"),
        (JSON.decode().encode("utf-16"), None, "JSON"),
        (JSON.decode().encode("utf-16-be"), None, "JSON"),
        (b"\xef\xbb\xbf" + JSON, None, "JSON"),
    ],
)
def test_json_is_found_in_whatever_it_was_packed_into(
    body: bytes, encoding: str | None, kind: str
) -> None:
    read = body_lines(Event("2", 1, "1", 0.0, body, content_encoding=encoding))

    assert read.kind.removesuffix(" (UTF-16)") == kind
    assert tuple(read.lines) == READ
    assert not read.note


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "empty"),
        (b"hello", "text"),
        ("주간 회의록".encode(), "text"),
        ("주간 회의록".encode("utf-16"), "text (UTF-16)"),
        ("plain words".encode("utf-16-le"), "text (UTF-16)"),
        (b"abcdefghijklmnopqrst", "text"),  # four letters of base64 each, and nothing in them
        (b"0123456789abcdef0123456789abcdef", "text"),
        (b"20261126120000001234", "text"),
        (b"42", "text"),
        (b'{"a": 1, ', "text"),
        (b"{not json}", "text"),
        (b'{"a":1}\n{"a":2}\n', "JSON"),
        (avro_file(), "Avro file"),
        (b"PAR1" + bytes(40), "Parquet"),
        (bytes.fromhex("0a0568656c6c6f10d2091a03666f6f"), "protobuf-like"),
        (bytes(range(256)), "binary"),
        (b"\0" * 40, "binary"),
    ],
)
def test_what_a_body_is(body: bytes, kind: str) -> None:
    assert body_lines(event(body)).kind == kind


def test_what_the_sender_says_names_bytes_and_belies_no_text() -> None:
    raw = bytes.fromhex("00ff0a8801")

    assert body_lines(event(raw, content_type="avro/binary+7f3a")).kind == "Avro"
    assert body_lines(event(raw, content_type="application/x-protobuf")).kind == "protobuf"
    assert body_lines(event(JSON, content_type="avro/binary+7f3a")).kind == "JSON"
    assert body_lines(event(b"hello", content_encoding="gzip")).kind == "text"


def test_an_avro_file_names_its_records() -> None:
    read = body_lines(event(avro_file()))

    assert read.lines[0] == "rows of hg.minutes.Finalized"
    assert read.lines[1].startswith("00000000  4f 62 6a 01 02 16")
    assert preview(glance(event(avro_file()))) == "rows of hg.minutes.Finalized"


def test_bytes_are_told_in_hex_as_wide_as_there_is_room() -> None:
    raw = bytes(range(0x41, 0x61))

    assert body_lines(event(raw), Shown.HEX, 78).lines[1] == (
        "00000010  51 52 53 54 55 56 57 58 59 5a 5b 5c 5d 5e 5f 60  QRSTUVWXYZ[\\]^_`"
    )
    assert body_lines(event(raw), Shown.HEX, 50).lines[0].endswith("ABCDEFGH")
    assert body_lines(event(raw), Shown.HEX, 30).lines[0] == "00000000  41 42 43 44  ABCD"


def test_as_it_was_sent_nothing_is_unpacked() -> None:
    read = body_lines(event(gzip.compress(b"x", mtime=0)), Shown.AS_SENT)

    assert read.kind == "as sent"
    assert read.lines[0].startswith("\\x1f\\x8b\\x08")


def test_what_was_no_bytes_on_the_wire_says_so() -> None:
    value = Event("0", 1, "1", 0.0, b'{"a": 1}', BodyKind.VALUE)
    unreadable = Event("0", 1, "1", 0.0, b"\0\x53", BodyKind.UNREADABLE)

    assert body_lines(value).kind == "AMQP value"
    assert kind_of(unreadable, glance(unreadable)) == "unreadable"


@pytest.mark.parametrize(
    "body", [gzip.compress(JSON, mtime=0)[:-12], gzip.compress(JSON, mtime=0)[:-8] + b"damaged!"]
)
def test_what_is_damaged_is_shown_as_far_as_it_goes(body: bytes) -> None:
    read = body_lines(event(body))

    assert read.lines[0] == "{"
    assert "gzip" in read.note


# Hostile bodies.

HOSTILE = {
    "terminal": b"\x1b[31mred\x1b]0;title\x07\x9b2J",
    "terminal in JSON": b'{"a": "\\u001b[2J\x7f"}',
    "bidi": "\u202egnp.exe \u2066x".encode(),
    "markup": b"[bold]x[/bold] [/] [@click=app.quit]y[/]",
    "line ends": b"a\r\nb\rc\x0bd\x85e\xe2\x80\xa8f",
    "deep lists": b"[" * 1_000_000,
    "deep objects": b'{"a":' * 200_000,
    "long number": b"[" + b"9" * 1_000_000 + b"]",
    "long string": b'"' + b"x" * 1_000_000 + b'"',
    "backslashes": b'"' + b"\\" * 1_000_000,
    "many lines": b"\n" * 1_000_000,
    "zeros": b"\0" * 1_000_000,
    "bomb": gzip.compress(bytes(64 << 20)),
    "bomb of JSON": gzip.compress(b"[" * (16 << 20)),
    "bomb in base64": base64.b64encode(gzip.compress(bytes(16 << 20))),
    "nested bomb": gzip.compress(gzip.compress(gzip.compress(bytes(16 << 20)))),
    "empty members": gzip.compress(b"") * 50_000,
    "a megabyte": json.dumps([{"id": n, "name": "회의록"} for n in range(20_000)]).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("shown", Shown)
def test_hostile_bodies_are_bounded_and_harmless(name: str, shown: Shown) -> None:
    read = body_lines(event(HOSTILE[name]), shown)

    assert all(visible(line) == line for line in (*read.lines, read.kind, read.note))
    assert len(read.lines) <= MOST_LINES + 1
    assert sum(map(len, read.lines)) <= 8 * MOST_CHARACTERS
    assert read.note or not read.lines or len(HOSTILE[name]) <= MOST_CHARACTERS


@pytest.mark.parametrize("name", HOSTILE)
def test_a_row_reads_its_first_kilobytes_only(name: str) -> None:
    body = glance(event(HOSTILE[name]))

    assert len(body.text) <= 4096
    assert len(body.data) <= 4096
    assert visible(preview(body)) == preview(body)
    assert len(preview(body)) < 2000


def test_a_bomb_is_not_inflated_beyond_its_bound() -> None:
    body = recognised(HOSTILE["bomb"])

    assert len(body.data) == MOST_INFLATED
    assert body.is_cut


def test_a_nested_bomb_ends_with_its_layers() -> None:
    data = b"x"

    for _ in range(10):
        data = gzip.compress(data)

    assert recognised(data).layers == ("gzip",) * 4


def test_deep_json_is_not_indented_off_the_screen() -> None:
    read = body_lines(event(HOSTILE["deep lists"]))
    widest = max(map(len, read.lines))

    assert widest == DEEPEST_INDENT * len(INDENT) + 1


def test_numbers_stay_as_they_were_written() -> None:
    written = b"[1e400, 12345678901234567890123, 1.0, -0, 1E+2]"

    assert body_lines(event(written)).lines[1:-1] == [
        "  1e400,",
        "  12345678901234567890123,",
        "  1.0,",
        "  -0,",
        "  1E+2",
    ]


def test_secrets_are_masked_also_over_several_lines() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----"
    told = body_lines(event(f"a\n{key}\nb".encode())).lines
    pretty_told = body_lines(event(b'{"password": "hunter2", "a": 1}')).lines

    assert "MIIEvQ" not in "\n".join(told)
    assert "hunter2" not in "\n".join(pretty_told)
    assert "hunter2" not in preview(glance(event(b'{"password": "hunter2"}')))


@given(st.binary(max_size=2000))
def test_any_bytes_can_be_read(data: bytes) -> None:
    for shown in Shown:
        read = body_lines(event(data), shown)
        assert all(visible(line) == line for line in read.lines)

    told = preview(glance(event(data)))
    assert visible(told) == told


@given(st.binary(min_size=1, max_size=400), st.sampled_from(["gzip", "zlib", "base64", "hex"]))
def test_what_is_packed_is_found_or_left_as_it_is(data: bytes, layer: str) -> None:
    packings: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "zlib": zlib.compress,
        "base64": base64.b64encode,
        "hex": lambda each: each.hex().encode(),
    }
    body = recognised(packings[layer](data))

    assert body.layers == () or body.layers[0] == layer
    assert body.layers or layer in {"base64", "hex"}
    assert layer not in {"gzip", "zlib"} or len(body.layers) > 1 or body.data == data


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(_values, st.sampled_from([None, 0, 3]), st.booleans())
def test_pretty_json_is_the_same_json(
    value: object,
    indent: int | None,
    ascii_only: bool,
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    told = pretty(text, MOST_LINES)

    assert told is not None
    lines, is_more = told
    assert not is_more
    assert json.loads("\n".join(lines)) == value


@given(st.text(alphabet='{}[],:"\\ 1truefalsnu\n', max_size=40))
def test_what_is_no_json_is_never_called_so(text: str) -> None:
    told = pretty(text, MOST_LINES)

    try:
        json.loads(text)
        is_json = True
    except ValueError:
        is_json = False

    assert told is not None or not is_json
    assert told is None or is_json or len(told[0]) > 1  # several values, one behind the other


def test_cut_json_is_read_as_far_as_it_goes() -> None:
    text = JSON.decode()

    for at in range(1, len(text)):
        told = pretty(text[:at], MOST_LINES, is_cut=True)
        assert told is not None, text[:at]
        assert told[1]


def test_an_empty_body_has_no_lines() -> None:
    body = recognised(b"")

    assert (body.form, body_lines(event(b"")).lines, preview(body)) == (Form.EMPTY, (), "")
