"""Bytes that are no text: what they may be, and how they are told in hex."""

from __future__ import annotations

import re

from ehtui.domain.text import visible

_MAGIC = (
    (b"Obj\x01", "Avro file"),
    (b"PAR1", "Parquet"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xff\x06\x00\x00sNaPpY", "snappy"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PK\x03\x04", "zip"),
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"ORC\x00", "ORC"),
)
_TYPES = (
    ("avro", "Avro"),
    ("protobuf", "protobuf"),
    ("msgpack", "MessagePack"),
    ("messagepack", "MessagePack"),
    ("cbor", "CBOR"),
    ("thrift", "Thrift"),
)
_SCHEMA = re.compile(rb'"namespace"\s*:\s*"([\w.]{1,200})"')
_RECORD = re.compile(rb'"name"\s*:\s*"([\w.]{1,200})"')
_HEADER = 16384
_LEAST_FIELDS = 2
_MOST_FIELDS = 4096
_LEAST_BYTES = 4


def magic_of(data: bytes) -> str:
    """What bytes are by how they begin; "" where that says nothing."""
    return next((name for magic, name in _MAGIC if data.startswith(magic)), "")


def name_of(data: bytes, content_type: str | None, *, is_whole: bool) -> str:
    """What bytes are that are no text: as the sender says; "" where that is unknown.

    Protobuf has no beginning of its own: all of it must read so.
    """
    told = (content_type or "")[:128].lower()

    for word, name in _TYPES:
        if word in told:
            return name

    return "protobuf-like" if is_whole and _is_protobuf(data) else ""


def about(data: bytes) -> str:
    """What an Avro file says of itself: the record that its rows are; "" of anything else."""
    if not data.startswith(b"Obj\x01"):
        return ""

    header = data[:_HEADER]
    name, namespace = _RECORD.search(header), _SCHEMA.search(header)

    if name is None:
        return ""

    full = f"{namespace[1].decode()}." if namespace is not None else ""

    return f"rows of {full}{name[1].decode()}"


_FIXED = {1: 8, 5: 4}
_MOST_VARINT = 10


def _is_protobuf(data: bytes) -> bool:
    """Whether all of it reads as fields of plausible numbers, at least two of them."""
    at = fields = 0

    while at < len(data) and fields < _MOST_FIELDS:
        tag, at = _varint(data, at)
        wire_type = tag & 7

        if at < 0 or not 0 < tag >> 3 < 1 << 13:
            return False

        at = _behind(data, at, wire_type)

        if at < 0:
            return False

        fields += 1

    return fields >= _LEAST_FIELDS and len(data) >= _LEAST_BYTES


def _behind(data: bytes, at: int, wire_type: int) -> int:
    """Where a field's value ends; -1 where it does not."""
    if wire_type == 0:
        return _varint(data, at)[1]

    if wire_type == 2:  # noqa: PLR2004 - protobuf's number of what has a length
        length, at = _varint(data, at)
        return at + length if at >= 0 and at + length <= len(data) else -1

    size = _FIXED.get(wire_type)

    return at + size if size is not None and at + size <= len(data) else -1


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0

    for shift, byte in enumerate(data[at : at + _MOST_VARINT]):
        value |= (byte & 0x7F) << 7 * shift

        if byte < 0x80:  # noqa: PLR2004 - the bit that says that another follows
            return value, at + shift + 1

    return 0, -1


def hex_lines(data: bytes, most_bytes: int, cells: int) -> list[str]:
    """`00000000  48 65 6c 6c 6f  Hello`, with as many bytes a line as fit: 16, 8 or 4."""
    step = next((step for step in (16, 8) if _line_cells(step) <= cells), 4)
    shown = data[:most_bytes]

    return [
        f"{at:08x}  {shown[at : at + step].hex(' '):<{3 * step - 1}}  {_ascii(shown, at, step)}"
        for at in range(0, len(shown), step)
    ]


def _line_cells(step: int) -> int:
    return 10 + 3 * step + 1 + step


def _ascii(data: bytes, at: int, step: int) -> str:
    text = data[at : at + step].decode("latin-1")

    return "".join(char if " " <= char <= "~" else "." for char in text)


def as_text(data: bytes) -> str:
    r"""Bytes as text, what is none as `\xff`."""
    return visible(data.decode("utf-8", "backslashreplace"), keep_newlines=True)
