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


def skip(data: bytes, position: int) -> int:
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


def items(data: bytes, position: int) -> Iterator[tuple[int, int]]:
    """Start and end of each item of the list or map at `position`; maps alternate key, value."""
    constructor = data[position]

    if constructor in _SMALL_COUNT:
        count, position = data[position + 2], position + 3
    elif constructor in _LARGE_COUNT:
        count, position = int(_U32.unpack_from(data, position + 5)[0]), position + 9
    else:
        return

    for _ in range(count):
        end = skip(data, position)
        yield position, end
        position = end


def binary(data: bytes, position: int) -> bytes:
    """The content of the binary, string or symbol at `position`."""
    start = position + (2 if data[position] & 0xF0 == 0xA0 else 5)  # noqa: PLR2004
    return data[start : skip(data, position)]


def _descriptor(data: bytes, position: int) -> tuple[int, int]:
    if data[position] == 0 and data[position + 1] == _SMALL_ULONG:
        return data[position + 2], position + 3

    if data[position] == 0 and data[position + 1] == _ULONG:
        return int.from_bytes(data[position + 2 : position + 10], "big"), position + 10

    raise ValueError("a section without a numeric descriptor")
