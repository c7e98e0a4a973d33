"""An encoded message, cut at its sections without decoding them: what was sent stays as sent."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = 0x70
DELIVERY_ANNOTATIONS = 0x71
MESSAGE_ANNOTATIONS = 0x72
PROPERTIES = 0x73
APPLICATION_PROPERTIES = 0x74
DATA = 0x75

_U32 = struct.Struct(">I")
_FIXED_WIDTHS = {0x40: 0, 0x50: 1, 0x60: 2, 0x70: 4, 0x80: 8, 0x90: 16}
_SMALL_ULONG, _ULONG = 0x53, 0x80
_SMALL_COUNT, _LARGE_COUNT = (0xC0, 0xC1), (0xD0, 0xD1)
_COMPOUND_KINDS = frozenset((0xC0, 0xD0, 0xE0, 0xF0))
_LARGE_KINDS = frozenset((0xD0, 0xF0))
_ARRAY_KINDS = frozenset((0xE0, 0xF0))
_MAX_DEPTH = 16


class Section(NamedTuple):
    """A section: its descriptor, where it starts, where its value starts, where it ends."""

    code: int
    start: int
    value: int
    end: int


def sections(payload: bytes) -> Iterator[Section]:
    """The sections of an encoded message, in order.

    Raises:
        ValueError: These bytes are no sequence of sections.
    """
    position = 0

    try:
        while position < len(payload):
            code, value = _descriptor(payload, position)
            end = skip(payload, value)
            yield Section(code, position, value, end)
            position = end
    except (IndexError, KeyError, struct.error) as error:
        raise ValueError("not an AMQP message") from error

    if position > len(payload):
        raise ValueError("an AMQP message that ends too early")


def skip(data: bytes | memoryview, position: int) -> int:
    """Where the value that starts at `position` ends."""
    constructor = data[position]

    if constructor == 0:
        return skip(data, skip(data, position + 1))

    kind = constructor & 0xF0

    if kind in (0xA0, 0xC0, 0xE0):
        return position + 2 + data[position + 1]

    if kind in (0xB0, 0xD0, 0xF0):
        return position + 5 + int(_U32.unpack_from(data, position + 1)[0])

    return position + 1 + _FIXED_WIDTHS[kind]


def verify(data: bytes | memoryview, position: int, depth: int = 0) -> int:
    """Check that counts fit into their bytes, and return where the value at `position` ends.

    The SDK's decoder believes any count, and would fill the memory for one of four billion.

    Raises:
        ValueError: They do not, or the value is nested too deep to be honest.
    """
    constructor = data[position]

    if depth > _MAX_DEPTH:
        raise ValueError("a value nested too deep")

    if constructor == 0:
        return verify(data, verify(data, position + 1, depth + 1), depth + 1)

    end = skip(data, position)
    kind = constructor & 0xF0

    if end > len(data):
        raise ValueError("a value longer than its frame")

    if kind in _COMPOUND_KINDS:
        count, item = _count(data, position, is_large=kind in _LARGE_KINDS)

        if count > end - position:
            raise ValueError("a count beyond its bytes")

        if kind in _ARRAY_KINDS:
            _verify_array(data, item, count)
        else:
            for _ in range(count):
                item = verify(data, item, depth + 1)

    return end


def items(data: bytes, position: int) -> Iterator[tuple[int, int]]:
    """Start and end of each item of the list or map at `position`; maps alternate key, value."""
    constructor = data[position]

    if constructor not in _SMALL_COUNT + _LARGE_COUNT:
        return

    count, position = _count(data, position, is_large=constructor in _LARGE_COUNT)

    for _ in range(count):
        end = skip(data, position)
        yield position, end
        position = end


def binary(data: bytes, position: int) -> bytes:
    """The content of the binary, string or symbol at `position`."""
    start = position + (2 if data[position] & 0xF0 == 0xA0 else 5)  # noqa: PLR2004
    return data[start : skip(data, position)]


def _verify_array(data: bytes | memoryview, position: int, count: int) -> None:
    """Elements of an array carry no constructor; arrays of compounds are never used here."""
    if count and (data[position] == 0 or data[position] & 0xF0 in _COMPOUND_KINDS):
        raise ValueError("an array of compounds")


def _count(data: bytes | memoryview, position: int, *, is_large: bool) -> tuple[int, int]:
    """The count of the compound at `position`, and where its first item starts."""
    if is_large:
        return int(_U32.unpack_from(data, position + 5)[0]), position + 9

    return data[position + 2], position + 3


def _descriptor(data: bytes, position: int) -> tuple[int, int]:
    if data[position] == 0 and data[position + 1] == _SMALL_ULONG:
        return data[position + 2], position + 3

    if data[position] == 0 and data[position + 1] == _ULONG:
        return int.from_bytes(data[position + 2 : position + 10], "big"), position + 10

    raise ValueError("a section without a numeric descriptor")
