"""AMQP 1.0 values from bytes and to bytes.

Reading holds every size, count and depth against the bytes that are there before room is made.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

MOST_VALUES = 20_000  # in one value; the description of a hub with 1,024 partitions has 1,036
MOST_DEPTH = 16
NULL = b"\x40"
_LIST, _MAP, _ARRAY = 0xC0, 0xC1, 0xE0
_LARGE = 0x10  # what sets the constructor of a large compound, array or text apart
_SMALL_BYTES = 254
_INT32 = range(-(2**31), 2**31)
_DESCRIBED = 0x00
_DESCRIPTORS = frozenset((0x44, 0x53, 0x80, 0xA3, 0xB3))  # numbers and symbols
_SIZES = struct.Struct(">II")


class Symbol(str):
    """An AMQP symbol."""

    __slots__ = ()


class Timestamp(int):
    """An AMQP timestamp: milliseconds since the epoch."""

    __slots__ = ()


class Long(int):
    """An AMQP long, where a small number would otherwise travel as an int."""

    __slots__ = ()


class Short(int):
    """An AMQP short."""

    __slots__ = ()


class Ulong(int):
    """An AMQP ulong."""

    __slots__ = ()


class Uint(int):
    """An AMQP uint."""

    __slots__ = ()


class Strings(tuple[str, ...]):
    """An AMQP array of strings."""

    __slots__ = ()


class Symbols(tuple[str, ...]):
    """An AMQP array of symbols."""

    __slots__ = ()


class Described(NamedTuple):
    """A value with a descriptor, a number or a symbol."""

    descriptor: int | str
    value: Any


def decode(data: bytes, position: int, end: int) -> tuple[Any, int]:
    """The value at `position`, and where it ends: at `end` at the latest.

    Texts are `str`, symbols `Symbol`, moments `Timestamp`, binaries `bytes`, numbers plain ones.
    Decimals and characters stay the bytes that they are.

    Raises:
        ValueError: It is malformed, or has too many values in it.
    """
    return _Reader(data).read(position, end)


def pairs(data: bytes, position: int, end: int) -> Iterator[tuple[Any, int, Any, int]]:
    """Of each pair of the map between `position` and `end`: key, start of the pair, value, its end.

    Raises:
        ValueError: It is malformed.
    """
    position += 9 if data[position] & _LARGE else 3

    while position < end:
        key, middle = decode(data, position, end)
        value, stop = decode(data, middle, end)
        yield key, position, value, stop
        position = stop


class _Reader:
    """Reads one value with all that is in it."""

    __slots__ = ("data", "depth", "left")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = MOST_VALUES
        self.depth = 0

    def read(self, position: int, end: int) -> tuple[Any, int]:
        if position >= end:
            raise ValueError("a value that is not there")

        self.left -= 1
        decode_one = _DECODERS.get(self.data[position])

        if decode_one is None or self.left < 0:
            raise ValueError("a value of a kind that does not exist, or one with too many in it")

        return decode_one(self, position + 1, end)

    def described(self, position: int, end: int) -> tuple[Described, int]:
        if position >= end or self.data[position] not in _DESCRIPTORS:
            raise ValueError("a value whose descriptor is neither a number nor a symbol")

        descriptor, position = self.read(position, end)

        if position >= end or self.data[position] == _DESCRIBED:
            raise ValueError("a descriptor without a value")

        value, position = self.read(position, end)
        return Described(descriptor, value), position

    def sizes(self, position: int, end: int, *, is_large: bool) -> tuple[int, int, int]:
        """Count, start and end of a compound or array whose size is at `position`."""
        width = 4 if is_large else 1
        start = position + 2 * width

        if start > end:
            raise ValueError("a compound value that is cut off")

        size, count = (
            _SIZES.unpack_from(self.data, position)
            if is_large
            else (self.data[position], self.data[position + 1])
        )
        stop = position + width + size

        if not start <= stop <= end or count > min(stop - start, self.left):
            raise ValueError("a size or a count beyond the bytes that are there")

        return count, start, stop


_Decode = Callable[[_Reader, int, int], tuple[Any, int]]  # `position` is behind the constructor


def _constant(value: Any) -> _Decode:
    return lambda _, position, __: (value, position)


def _empty_list(_: _Reader, position: int, __: int) -> tuple[list[Any], int]:
    return [], position


def _fixed(layout: str, make: Callable[[Any], Any] | None = None) -> _Decode:
    fields = struct.Struct(f">{layout}")

    def decode_fixed(reader: _Reader, position: int, end: int) -> tuple[Any, int]:
        stop = position + fields.size

        if stop > end:
            raise ValueError("a value longer than the bytes around it")

        value = fields.unpack_from(reader.data, position)[0]
        return make(value) if make else value, stop

    return decode_fixed


def _text(make: Callable[[bytes], Any], *, is_large: bool) -> _Decode:
    width = 4 if is_large else 1

    def decode_text(reader: _Reader, position: int, end: int) -> tuple[Any, int]:
        start = position + width
        stop = start + int.from_bytes(reader.data[position:start], "big")

        if start > end or stop > end:
            raise ValueError("a value longer than the bytes around it")

        return make(reader.data[start:stop]), stop

    return decode_text


def _compound(make: Callable[[list[Any]], Any], *, is_large: bool) -> _Decode:
    def decode_compound(reader: _Reader, position: int, end: int) -> tuple[Any, int]:
        count, position, stop = reader.sizes(position, end, is_large=is_large)
        reader.depth += 1

        if reader.depth > MOST_DEPTH:
            raise ValueError("a value with too many others around it")

        values = []

        for _ in range(count):
            value, position = reader.read(position, stop)
            values.append(value)

        if position != stop:
            raise ValueError("a compound value that does not end where it says")

        reader.depth -= 1
        return make(values), stop

    return decode_compound


def _array(*, is_large: bool) -> _Decode:
    """Arrays of compounds are used by nobody here, those of values without bytes only to attack."""

    def decode_array(reader: _Reader, position: int, end: int) -> tuple[list[Any], int]:
        count, position, stop = reader.sizes(position, end, is_large=is_large)

        if not count:
            return [], stop

        kind = reader.data[position]
        decode_one = _DECODERS.get(kind)

        if decode_one is None or not (0x50 <= kind < 0xC0):  # noqa: PLR2004 - those with bytes
            raise ValueError("an array of values that no array here holds")

        values, position = [], position + 1
        reader.left -= count

        for _ in range(count):
            value, position = decode_one(reader, position, stop)
            values.append(value)

        if position != stop:
            raise ValueError("an array that does not end where it says")

        return values, stop

    return decode_array


def _as_map(values: list[Any]) -> dict[Any, Any]:
    if len(values) % 2:
        raise ValueError("a map with a key that has no value")

    try:
        return dict(zip(values[::2], values[1::2], strict=True))
    except TypeError:  # a list or a map
        raise ValueError("a map with a key that cannot be one") from None


def _symbol(data: bytes) -> Symbol:
    return Symbol(data, "utf-8")


_DECODERS: dict[int, _Decode] = {
    _DESCRIBED: _Reader.described,
    0x40: _constant(None),
    0x41: _constant(True),  # noqa: FBT003 - the value itself
    0x42: _constant(False),  # noqa: FBT003
    **dict.fromkeys((0x43, 0x44), _constant(0)),
    0x45: _empty_list,
    **dict.fromkeys((0x50, 0x52, 0x53), _fixed("B")),
    **dict.fromkeys((0x51, 0x54, 0x55), _fixed("b")),
    0x56: _fixed("?"),
    0x60: _fixed("H"),
    0x61: _fixed("h"),
    0x70: _fixed("I"),
    0x71: _fixed("i"),
    0x72: _fixed("f"),
    **dict.fromkeys((0x73, 0x74), _fixed("4s")),
    0x80: _fixed("Q"),
    0x81: _fixed("q"),
    0x82: _fixed("d"),
    0x83: _fixed("q", Timestamp),
    0x84: _fixed("8s"),
    0x94: _fixed("16s"),
    0x98: _fixed("16s", lambda data: UUID(bytes=data)),
    0xA0: _text(bytes, is_large=False),
    0xA1: _text(bytes.decode, is_large=False),
    0xA3: _text(_symbol, is_large=False),
    0xB0: _text(bytes, is_large=True),
    0xB1: _text(bytes.decode, is_large=True),
    0xB3: _text(_symbol, is_large=True),
    0xC0: _compound(list, is_large=False),
    0xC1: _compound(_as_map, is_large=False),
    0xD0: _compound(list, is_large=True),
    0xD1: _compound(_as_map, is_large=True),
    0xE0: _array(is_large=False),
    0xF0: _array(is_large=True),
}


def encode(value: Any) -> bytes:
    """Encode one value by its Python type, a plain whole number as int, or long where it must.

    Booleans are one byte, as the service writes them: JavaScript's decoder takes the two-byte form
    of azure-eventhub for a number.
    """
    encode_one = _ENCODERS.get(type(value))

    if encode_one is None:
        encode_one = next((e for kind, e in _ENCODERS.items() if isinstance(value, kind)), None)

    if encode_one is None:
        raise TypeError(f"no AMQP value: {type(value).__name__}")

    return encode_one(value)


def _compound_of(kind: int, pieces: Sequence[bytes], count: int) -> bytes:
    """A list (0xC0), map (0xC1) or array (0xE0) of `count` encoded items, in its smallest form."""
    content = b"".join(pieces)

    if len(content) < _SMALL_BYTES and count < _SMALL_BYTES:
        return bytes((kind, len(content) + 1, count)) + content

    return struct.pack(">BII", kind | _LARGE, len(content) + 4, count) + content


def encode_list(pieces: Sequence[bytes]) -> bytes:
    """A list of encoded items."""
    return _compound_of(_LIST, pieces, len(pieces)) if pieces else b"\x45"


def encode_pairs(pieces: Sequence[bytes]) -> bytes:
    """A map of pieces, each an encoded key and its encoded value."""
    return _compound_of(_MAP, pieces, 2 * len(pieces))


def _encode_text(kind: int, data: bytes) -> bytes:
    if len(data) <= 0xFF:  # noqa: PLR2004 - one byte's
        return bytes((kind, len(data))) + data

    return struct.pack(">BI", kind | _LARGE, len(data)) + data


def _whole(small: int, large: int, layout: str, zero: bytes = b"") -> Callable[[int], bytes]:
    """Encodes numbers as small as can be; `layout` is that of a signed or unsigned large one."""
    few = range(-128, 128) if layout.islower() else range(256)
    narrow = struct.Struct(">Bb" if layout.islower() else ">BB")
    wide = struct.Struct(f">B{layout}")

    def encode_whole(value: int) -> bytes:
        if zero and not value:
            return zero

        return narrow.pack(small, value) if value in few else wide.pack(large, value)

    return encode_whole


_encode_int32 = _whole(0x54, 0x71, "i")
_encode_long = _whole(0x55, 0x81, "q")


def _encode_array(kind: int, texts: Sequence[str]) -> bytes:
    data = [text.encode() for text in texts]
    pieces = [struct.pack(">I", len(text)) + text for text in data]
    return _compound_of(_ARRAY, [bytes((kind,)), *pieces], len(data))


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: NULL,
    bool: lambda v: b"\x41" if v else b"\x42",
    Symbol: lambda v: _encode_text(0xA3, v.encode()),
    str: lambda v: _encode_text(0xA1, v.encode()),
    bytes: lambda v: _encode_text(0xA0, v),
    Timestamp: lambda v: struct.pack(">Bq", 0x83, v),
    Short: lambda v: struct.pack(">Bh", 0x61, v),
    Long: _encode_long,
    Uint: _whole(0x52, 0x70, "I", zero=b"\x43"),
    Ulong: _whole(0x53, 0x80, "Q", zero=b"\x44"),
    int: lambda v: (_encode_int32 if v in _INT32 else _encode_long)(v),
    float: lambda v: struct.pack(">Bd", 0x82, v),
    UUID: lambda v: b"\x98" + v.bytes,
    Strings: lambda v: _encode_array(0xB1, v),
    Symbols: lambda v: _encode_array(0xB3, v),
    Described: lambda v: b"\x00" + encode(_descriptor(v.descriptor)) + encode(v.value),
    list: lambda v: encode_list([encode(item) for item in v]),
    Mapping: lambda v: encode_pairs([encode(key) + encode(item) for key, item in v.items()]),
}


def _descriptor(value: int | str) -> Any:
    return Symbol(value) if isinstance(value, str) else Ulong(value)
