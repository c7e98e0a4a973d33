"""An encoded message, cut at its sections without decoding them: what was sent stays as sent.

Whatever comes from outside passes `verify` first, which makes room for nothing.
"""

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
VALUE = 0x77
_SEQUENCE, _FOOTER = 0x76, 0x78

MOST_VALUES = 20_000  # in one value; the description of a hub with 1,024 partitions has 1,036
MOST_DEPTH = 16
_U32 = struct.Struct(">I")
_DESCRIBED = 0x00
_SMALL_ULONG, _ULONG = 0x53, 0x80
_LISTS, _MAPS, _ARRAYS = (0x45, 0xC0, 0xD0), (0xC1, 0xD1), (0xE0, 0xF0)
_SMALL_COMPOUNDS, _LARGE_COMPOUNDS = (0xC0, 0xC1, 0xE0), (0xD0, 0xD1, 0xF0)
_COMPOUNDS = frozenset((*_SMALL_COMPOUNDS, *_LARGE_COMPOUNDS))
_SMALL_TEXTS, _LARGE_TEXTS = (0xA0, 0xA1, 0xA3), (0xB0, 0xB1, 0xB3)
_WIDTHS = {  # bytes behind the constructor
    **dict.fromkeys((0x40, 0x41, 0x42, 0x43, 0x44, 0x45), 0),
    **dict.fromkeys((0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56), 1),
    **dict.fromkeys((0x60, 0x61), 2),
    **dict.fromkeys((0x70, 0x71, 0x72, 0x73, 0x74), 4),
    **dict.fromkeys((0x80, 0x81, 0x82, 0x83, 0x84), 8),
    **dict.fromkeys((0x94, 0x98), 16),
}
_PLAIN = frozenset((*_WIDTHS, *_SMALL_TEXTS, *_LARGE_TEXTS))
_DESCRIPTORS = frozenset((0x44, _SMALL_ULONG, _ULONG, 0xA3, 0xB3))
_REPEATED = (DATA, _SEQUENCE)
_SECTION_KINDS: dict[int, tuple[int, ...] | None] = {
    HEADER: _LISTS,
    DELIVERY_ANNOTATIONS: _MAPS,
    MESSAGE_ANNOTATIONS: _MAPS,
    PROPERTIES: _LISTS,
    APPLICATION_PROPERTIES: _MAPS,
    DATA: (0xA0, 0xB0),
    _SEQUENCE: _LISTS,
    VALUE: None,  # anything
    _FOOTER: _MAPS,
}


class Section(NamedTuple):
    """A section: its descriptor, where it starts, where its value starts, where it ends."""

    code: int
    start: int
    value: int
    end: int


def sections(payload: bytes) -> Iterator[Section]:
    """The sections of an encoded message, in order, each of them verified.

    Raises:
        ValueError: These bytes are no sequence of sections.
    """
    position = last = 0

    while position < len(payload):
        code, value = _descriptor(payload, position)

        if code < last or (code == last and code not in _REPEATED):
            raise ValueError("AMQP sections that are not in their order")

        last = code
        end = verify(payload, value, len(payload))
        kinds = _SECTION_KINDS[code]

        if kinds is not None and payload[value] not in kinds:
            raise ValueError(f"an AMQP section {code:#x} of another kind than it must be")

        yield Section(code, position, value, end)
        position = end


def verify(data: bytes | memoryview, position: int, end: int) -> int:
    """Check the value at `position` against the bytes that are there before `end`.

    Returns where it ends.

    Raises:
        ValueError: A size, a count or a kind is not what it can be, or there are too many values.
    """
    if position < end and data[position] in _PLAIN:  # most are, and data are large
        return _end_of_plain(data, position, end)

    left, stops = [1], [end]  # of each value around: how many are still to come, where it must end
    seen = 0

    while left:
        seen += 1

        if seen > MOST_VALUES or len(left) > MOST_DEPTH:
            raise ValueError("a value with too many others in it")

        position = _undescribed(data, position, stops[-1])

        if data[position] in _COMPOUNDS:
            count, position, stop = _compound(data, position, stops[-1])
            left.append(count)
            stops.append(stop)
        else:
            position = _end_of_plain(data, position, stops[-1])
            left[-1] -= 1

        _end_what_is_complete(left, stops, position)

    return position


def _end_what_is_complete(left: list[int], stops: list[int], position: int) -> None:
    while left and not left[-1]:
        left.pop()
        stop = stops.pop()

        if left:
            left[-1] -= 1

            if position != stop:
                raise ValueError("a compound value that does not end where it says")


def skip(data: bytes | memoryview, position: int) -> int:
    """Where the value at `position` ends, in bytes that were verified."""
    if data[position] == _DESCRIBED:
        position = _past(data, position + 1)

    return _past(data, position)


def items(data: bytes, position: int) -> Iterator[tuple[int, int]]:
    """Start and end of each item of a verified list or map; maps alternate key and value."""
    if data[position] not in _COMPOUNDS:
        return

    is_large = data[position] in _LARGE_COMPOUNDS
    count = _u32(data, position + 5) if is_large else data[position + 2]
    position += 9 if is_large else 3

    for _ in range(count):
        end = skip(data, position)
        yield position, end
        position = end


def binary(data: bytes, position: int) -> bytes:
    """The content of the verified binary, string or symbol at `position`."""
    start = position + (2 if data[position] in _SMALL_TEXTS else 5)
    return data[start : skip(data, position)]


def _past(data: bytes | memoryview, position: int) -> int:
    constructor = data[position]
    width = _WIDTHS.get(constructor)

    if width is not None:
        return position + 1 + width

    if constructor in _SMALL_TEXTS or constructor in _SMALL_COMPOUNDS:
        return position + 2 + data[position + 1]

    return position + 5 + _u32(data, position + 1)


def _undescribed(data: bytes | memoryview, position: int, stop: int) -> int:
    """Where the value behind a descriptor starts, or the same place where there is none."""
    if position >= stop:
        raise ValueError("a value that is not there")

    if data[position] != _DESCRIBED:
        return position

    if position + 1 >= stop or data[position + 1] not in _DESCRIPTORS:
        raise ValueError("a value whose descriptor is neither a number nor a symbol")

    position = _end_of_plain(data, position + 1, stop)

    if position >= stop or data[position] == _DESCRIBED:
        raise ValueError("a descriptor without a value")

    return position


def _end_of_plain(data: bytes | memoryview, position: int, stop: int) -> int:
    """Where a value that holds no others ends."""
    constructor = data[position]
    width = _WIDTHS.get(constructor)

    if width is None:
        if constructor in _SMALL_TEXTS and position + 2 <= stop:
            width = 1 + data[position + 1]
        elif constructor in _LARGE_TEXTS and position + 5 <= stop:
            width = 4 + _u32(data, position + 1)
        else:
            raise ValueError("a value of a kind that does not exist, or cut off")

    if position + 1 + width > stop:
        raise ValueError("a value longer than the bytes around it")

    return position + 1 + width


def _compound(data: bytes | memoryview, position: int, stop: int) -> tuple[int, int, int]:
    """A compound's count, where its first item starts, and where it must end.

    Of an array, whose items carry no constructor, none is left to look at.
    """
    constructor = data[position]
    is_large = constructor in _LARGE_COMPOUNDS
    width = 4 if is_large else 1
    start = position + 1 + 2 * width

    if start > stop:
        raise ValueError("a compound value that is cut off")

    size = _u32(data, position + 1) if is_large else data[position + 1]
    count = _u32(data, position + 5) if is_large else data[position + 2]
    inner_stop = position + 1 + width + size

    if not start <= inner_stop <= stop or count > inner_stop - start:
        raise ValueError("a size or a count beyond the bytes that are there")

    if constructor in _MAPS and count % 2:
        raise ValueError("a map with a key that has no value")

    if constructor in _ARRAYS:
        if count:
            _verify_array(data, start, inner_stop, count)

        return 0, inner_stop, inner_stop

    return count, start, inner_stop


def _verify_array(data: bytes | memoryview, position: int, stop: int, count: int) -> None:
    """Arrays of compounds are used by nobody here, those of values without bytes only to attack."""
    constructor = data[position]
    width = _WIDTHS.get(constructor)
    position += 1

    if count > MOST_VALUES:
        raise ValueError("an array with too many values")

    if width:
        position += count * width
    elif constructor in _SMALL_TEXTS or constructor in _LARGE_TEXTS:
        for _ in range(count):
            position = _end_of_plain_text(data, position, stop, constructor)
    else:
        raise ValueError("an array of values that no array here holds")

    if position != stop:
        raise ValueError("an array that does not end where it says")


def _end_of_plain_text(data: bytes | memoryview, position: int, stop: int, constructor: int) -> int:
    width = 1 if constructor in _SMALL_TEXTS else 4

    if position + width > stop:
        raise ValueError("a text that is cut off")

    return position + width + (data[position] if width == 1 else _u32(data, position))


def _u32(data: bytes | memoryview, position: int) -> int:
    return int(_U32.unpack_from(data, position)[0])


def _descriptor(data: bytes, position: int) -> tuple[int, int]:
    start = data[position : position + 10]
    code = -1

    if start[:2] == b"\x00\x53" and len(start) > 3:  # noqa: PLR2004 - and a value behind it
        code, position = start[2], position + 3
    elif start[:2] == b"\x00\x80" and len(start) == 10:  # noqa: PLR2004
        code, position = int.from_bytes(start[2:], "big"), position + 10

    if code not in _SECTION_KINDS:
        raise ValueError("an AMQP section without a numeric descriptor, or of no known one")

    return code, position
