"""What a body is: which encodings are around it, and JSON, text or bytes inside of them.

Nothing is believed before it was tried: a content type may lie, and most bodies have none. Every
step reads a bounded number of bytes and makes a bounded number, whatever it is given.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import zlib
from enum import StrEnum
from itertools import islice

from msgspec.structs import replace

from ehtui.domain.values import Value
from ehtui.views.events.binary import magic_of, name_of
from ehtui.views.events.json_text import looks_like_json

MOST_INFLATED = 4 << 20  # bytes: four times the largest event there is
GLANCE_BYTES = 4096  # what a row is told from
_GLANCE_SENT = 4 * GLANCE_BYTES  # of what was sent: hardly anything is packed worse than that
_MOST_LAYERS = 4
_LEAST_ENCODED = 16  # characters: shorter ones are words
_LEAST_TEXT = 6  # characters inside of base64 or hex: fewer are letters by chance
_ODD_SHARE = 0.05  # of control characters, up to which bytes are text


class Form(StrEnum):
    """What is left when nothing can be unpacked any more."""

    EMPTY = "empty"
    JSON = "JSON"
    TEXT = "text"
    BINARY = "binary"


class Body(Value, frozen=True):
    """What a body is, as far as it was read."""

    form: Form
    data: bytes  # the innermost
    text: str = ""  # of JSON and text
    name: str = ""  # of bytes: "Avro file"; of text that is not in UTF-8, its encoding
    layers: tuple[str, ...] = ()  # the outermost first: "gzip", "base64"
    is_cut: bool = False  # there is more of it
    problem: str = ""  # where unpacking stopped early

    @property
    def kind(self) -> str:
        """In a word or two: `JSON`, `gzip+JSON`, `base64+text`, `Avro file`, `empty`."""
        inner = self.name if self.form is Form.BINARY and self.name else self.form.value
        return "+".join((*self.layers, inner))


def recognised(
    data: bytes,
    content_type: str | None = None,
    content_encoding: str | None = None,
    *,
    most_bytes: int = MOST_INFLATED,
) -> Body:
    """A whole body unpacked; of what inflates beyond 4 MiB, or `most_bytes`, the beginning."""
    return _unpacked(data, content_type, content_encoding, most_bytes, is_cut=False)


def glanced(
    data: bytes, content_type: str | None = None, content_encoding: str | None = None
) -> Body:
    """The same from its first kilobytes: for a row among thousands."""
    is_cut = len(data) > _GLANCE_SENT
    body = _unpacked(
        data[:_GLANCE_SENT], content_type, content_encoding, GLANCE_BYTES, is_cut=is_cut
    )
    more = len(body.data) > GLANCE_BYTES
    text, inner = body.text[:GLANCE_BYTES], body.data[:GLANCE_BYTES]

    return replace(body, text=text, data=inner, is_cut=body.is_cut or more)


class _Inner(Value, frozen=True):
    """What was found inside of a layer."""

    layer: str
    data: bytes
    is_cut: bool = False
    problem: str = ""


def _unpacked(
    data: bytes,
    content_type: str | None,
    content_encoding: str | None,
    most: int,
    *,
    is_cut: bool,
) -> Body:
    layers: list[str] = []
    problem = ""
    encodings = _encodings(content_encoding)

    while len(layers) < _MOST_LAYERS:
        told = encodings.pop() if encodings else ""
        inner = _inflated(data, told, most, is_cut=is_cut)

        if inner is None:
            inner = _from_text(data, most, is_cut=is_cut)

        if inner is None:
            break

        layers.append(inner.layer)
        problem = problem or inner.problem
        data, is_cut = inner.data, is_cut or inner.is_cut or bool(problem)

    body = _plain(data, content_type if not layers else None, is_cut=is_cut)

    return replace(body, layers=tuple(layers), is_cut=is_cut, problem=problem)


def _encodings(content_encoding: str | None) -> list[str]:
    """As HTTP writes them: the last one was put on last."""
    return [each.strip().lower() for each in (content_encoding or "")[:64].split(",")]


def _plain(data: bytes, content_type: str | None, *, is_cut: bool) -> Body:
    if not data:
        return Body(Form.EMPTY, data)

    if name := magic_of(data):
        return Body(Form.BINARY, data, name=name)

    found = _text(data, is_cut=is_cut)

    if found is not None and looks_like_json(found[0], is_cut=is_cut):
        return Body(Form.JSON, data, *found)

    told = name_of(data, content_type, is_whole=not is_cut)

    if found is None or (told and _odd(found[0])):
        return Body(Form.BINARY, data, name=told)

    return Body(Form.TEXT, data, *found)


# Packed.

_DEFLATED = {"deflate": -zlib.MAX_WBITS, "zlib": zlib.MAX_WBITS}
_ZLIB = 0x78
_ZLIB_CHECK = 31
_PIECES = 4096  # of what is damaged
_MOST_MEMBERS = 1000  # of gzip: an empty one takes twenty bytes


def _inflated(data: bytes, told: str, most: int, *, is_cut: bool) -> _Inner | None:
    """What is inside of gzip, zlib, or deflate where somebody says that it is that."""
    if data[:3] == b"\x1f\x8b\x08":
        return _inflate(data, "gzip", 16 + zlib.MAX_WBITS, most, is_cut=is_cut)

    if len(data) > 1 and data[0] == _ZLIB and not int.from_bytes(data[:2]) % _ZLIB_CHECK:
        found = _inflate(data, "zlib", zlib.MAX_WBITS, most, is_cut=is_cut)
        return found if found is not None and not found.problem else None

    if told in _DEFLATED and data:
        found = _inflate(data, told, _DEFLATED[told], most, is_cut=is_cut)
        return found if found is not None and found.data else None

    return None


def _inflate(data: bytes, layer: str, window: int, most: int, *, is_cut: bool) -> _Inner | None:
    """At most `most` bytes of it; gzip may have several members, one behind the other."""
    parts: list[bytes] = []
    made, left, problem, is_whole = 0, data, "", True

    while left and made < most and not problem and len(parts) < _MOST_MEMBERS:
        unpacker = zlib.decompressobj(window)

        try:
            part = unpacker.decompress(left, most - made)
        except zlib.error:
            part = _salvaged(left, window, most - made)
            problem = f"{layer}: damaged behind {made + len(part):,} bytes"
        else:
            if not unpacker.eof and not unpacker.unconsumed_tail and made + len(part) < most:
                problem = "" if is_cut else f"{layer}: ends before its end"

        parts.append(part)
        made += len(part)
        is_next = unpacker.eof and layer == "gzip" and unpacker.unused_data[:2] == b"\x1f\x8b"
        left, is_whole = (unpacker.unused_data if is_next else b""), unpacker.eof

    if not made and problem:
        return None

    is_more = bool(left) or (made >= most and not is_whole)

    return _Inner(layer, b"".join(parts), is_more, problem)


def _salvaged(data: bytes, window: int, most: int) -> bytes:
    """What comes before the damage: given whole, zlib gives nothing back."""
    unpacker = zlib.decompressobj(window)
    step = max(1, len(data) // _PIECES)
    made = b""

    try:
        for at in range(0, len(data), step):
            if len(made) < most:
                made += unpacker.decompress(data[at : at + step], most - len(made))
    except zlib.error:
        pass

    return made


# Written down as text.

_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2})+")


def _from_text(data: bytes, most: int, *, is_cut: bool) -> _Inner | None:
    """What is inside of base64 or hex: only where that is something, for words look so too."""
    if len(data) < _LEAST_ENCODED or data[:1] in b'{["<':
        return None

    packed = data[: 2 * most].translate(None, b" \t\r\n")
    more = len(data) > 2 * most

    if _HEX.fullmatch(packed) or (is_cut and _HEX.fullmatch(packed[: len(packed) // 2 * 2])):
        found = bytes.fromhex(packed[: len(packed) // 2 * 2].decode("ascii"))
        layer = "hex"
    elif _BASE64.fullmatch(packed):
        layer, found = "base64", _from_base64(packed, is_cut=is_cut or more)
    else:
        return None

    if not _is_something(found, is_cut=is_cut or more):
        return None

    return _Inner(layer, found[:most], more or len(found) > most)


def _from_base64(packed: bytes, *, is_cut: bool) -> bytes:
    packed = packed.rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")

    if is_cut:
        packed = packed[: len(packed) // 4 * 4]

    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_something(data: bytes, *, is_cut: bool) -> bool:
    """Packed, of a kind that has a name, or text: what no word decodes to by chance."""
    if data[:3] == b"\x1f\x8b\x08" or magic_of(data):
        return True

    found = _text(data, is_cut=is_cut)

    return found is not None and len(found[0]) >= _LEAST_TEXT and _odd(found[0]) == 0


# Text.

_MARKS = (
    (codecs.BOM_UTF8, "utf-8", ""),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_SAMPLE = 512


def _text(data: bytes, *, is_cut: bool) -> tuple[str, str] | None:
    """Text and the name of its encoding, "" for UTF-8; None where it is none."""
    for mark, encoding, name in _MARKS:
        if data.startswith(mark):
            text = _decoded(data[len(mark) :], encoding, is_cut=is_cut)
            return (text, name) if text is not None else None

    if b"\0" in data[:_SAMPLE]:
        for encoding, zeros in (("utf-16-le", data[1:_SAMPLE:2]), ("utf-16-be", data[:_SAMPLE:2])):
            if zeros.count(0) * 2 > len(zeros):
                text = _decoded(data, encoding, is_cut=is_cut)

                if text is not None and not _odd(text):
                    return text, "UTF-16"

    text = _decoded(data, "utf-8", is_cut=is_cut)

    return (text, "") if text is not None and _odd(text) <= _ODD_SHARE else None


def _decoded(data: bytes, encoding: str, *, is_cut: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final=not is_cut)
    except UnicodeDecodeError:
        return None


_USUAL = "\t\n\r\f\x1b"  # an escape is hostile, and it is text


def _odd(text: str) -> float:
    """The share of control characters among the first ones."""
    sample = text[:_SAMPLE]
    odd = sum(char < " " and char not in _USUAL for char in islice(sample, _SAMPLE))

    return odd / len(sample) if sample else 0.0
