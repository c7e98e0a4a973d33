"""AMQP values from bytes. Symbols, strings and binaries are all `bytes`; descriptors are dropped.

Everything is verified against the bytes that are there before room is made for any of it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ehtui.wire.pyamqp.sections import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    Decode = Callable[[bytes, int], tuple[Any, int]]  # data and where the content starts

# Outcomes of a delivery by descriptor: the only described values whose descriptor tells anything.
OUTCOMES = {
    0x23: "received",
    0x24: "accepted",
    0x25: "rejected",
    0x26: "released",
    0x27: "modified",
}
_U32 = struct.Struct(">I")


def decode(data: bytes, position: int, end: int) -> tuple[Any, int]:
    """The value at `position`, and where it ends.

    Raises:
        ValueError: It is malformed, has too many values in it, or a key that is a list.
    """
    verify(data, position, end)

    try:
        return _decode(data, position)
    except TypeError:  # a key that is a list or a map
        raise ValueError("a map with a key that cannot be one") from None


def _decode(data: bytes, position: int) -> tuple[Any, int]:
    return _DECODERS[data[position]](data, position + 1)


def _fixed(layout: str) -> Decode:
    fields = struct.Struct(layout)

    def decode_fixed(data: bytes, position: int) -> tuple[Any, int]:
        return fields.unpack_from(data, position)[0], position + fields.size

    return decode_fixed


def _constant(value: Any) -> Decode:
    return lambda _, position: (value, position)


def _boolean(data: bytes, position: int) -> tuple[bool, int]:
    return data[position] == 1, position + 1


def _uuid(data: bytes, position: int) -> tuple[UUID, int]:
    return UUID(bytes=data[position : position + 16]), position + 16


def _opaque(width: int) -> Decode:
    """A decimal or a character: carried, and never read."""
    return lambda data, position: (data[position : position + width], position + width)


def _small_text(data: bytes, position: int) -> tuple[bytes, int]:
    end = position + 1 + data[position]
    return data[position + 1 : end], end


def _large_text(data: bytes, position: int) -> tuple[bytes, int]:
    end = position + 4 + _U32.unpack_from(data, position)[0]
    return data[position + 4 : end], end


def _small_list(data: bytes, position: int) -> tuple[list[Any], int]:
    return _values(data, position + 2, data[position + 1])


def _large_list(data: bytes, position: int) -> tuple[list[Any], int]:
    return _values(data, position + 8, _U32.unpack_from(data, position + 4)[0])


def _values(data: bytes, position: int, count: int) -> tuple[list[Any], int]:
    values = []

    for _ in range(count):
        value, position = _DECODERS[data[position]](data, position + 1)
        values.append(value)

    return values, position


def _small_map(data: bytes, position: int) -> tuple[dict[Any, Any], int]:
    return _pairs(*_small_list(data, position))


def _large_map(data: bytes, position: int) -> tuple[dict[Any, Any], int]:
    return _pairs(*_large_list(data, position))


def _pairs(values: list[Any], position: int) -> tuple[dict[Any, Any], int]:
    return dict(zip(values[::2], values[1::2], strict=True)), position


def _small_array(data: bytes, position: int) -> tuple[list[Any], int]:
    return _array(data, position + 2, data[position + 1], position + 1 + data[position])


def _large_array(data: bytes, position: int) -> tuple[list[Any], int]:
    size, count = struct.unpack_from(">II", data, position)
    return _array(data, position + 8, count, position + 4 + size)


def _array(data: bytes, position: int, count: int, end: int) -> tuple[list[Any], int]:
    values = []

    if count:
        decode_one = _DECODERS[data[position]]
        position += 1

        for _ in range(count):
            value, position = decode_one(data, position)
            values.append(value)

    return values, end


def _described(data: bytes, position: int) -> tuple[Any, int]:
    descriptor, position = _decode(data, position)
    value, position = _decode(data, position)
    outcome = OUTCOMES.get(descriptor)
    return (value if outcome is None else {outcome: value}), position


_DECODERS: dict[int, Decode] = {
    0x00: _described,
    0x40: _constant(None),
    0x41: _constant(True),  # noqa: FBT003 - the value itself
    0x42: _constant(False),  # noqa: FBT003
    0x43: _constant(0),
    0x44: _constant(0),
    0x45: lambda _, position: ([], position),
    0x50: _fixed(">B"),
    0x51: _fixed(">b"),
    0x52: _fixed(">B"),
    0x53: _fixed(">B"),
    0x54: _fixed(">b"),
    0x55: _fixed(">b"),
    0x56: _boolean,
    0x60: _fixed(">H"),
    0x61: _fixed(">h"),
    0x70: _fixed(">I"),
    0x71: _fixed(">i"),
    0x72: _fixed(">f"),
    0x73: _opaque(4),
    0x74: _opaque(4),
    0x80: _fixed(">Q"),
    0x81: _fixed(">q"),
    0x82: _fixed(">d"),
    0x83: _fixed(">q"),
    0x84: _opaque(8),
    0x94: _opaque(16),
    0x98: _uuid,
    0xA0: _small_text,
    0xA1: _small_text,
    0xA3: _small_text,
    0xB0: _large_text,
    0xB1: _large_text,
    0xB3: _large_text,
    0xC0: _small_list,
    0xC1: _small_map,
    0xD0: _large_list,
    0xD1: _large_map,
    0xE0: _small_array,
    0xF0: _large_array,
}
