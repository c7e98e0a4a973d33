"""Which partition a key goes to: Jenkins' lookup3, as the service and its SDKs compute it."""

from __future__ import annotations

_MASK = 0xFFFFFFFF
_START = 0xDEADBEEF
_BLOCK = 12
_SIGN = 0x8000

_MIX_SHIFTS = (4, 6, 8, 16, 19, 4)
_FINAL = ((14, 11, 25), (16, 4, 14))


def partition_for_key(key: bytes, partitions: int) -> int:
    """The index of the partition that takes `key`.

    The remainder is C#'s (towards zero), as in the .NET and JavaScript SDKs; azure-eventhub's own
    resolver uses Python's and so disagrees on about half of all keys.
    """
    return abs(hash_key(key)) % partitions


def hash_key(key: bytes) -> int:
    """The signed 16 bit hash of a partition key."""
    c, b = _lookup3(key)
    folded = (c ^ b) & 0xFFFF
    return folded - 2 * (folded & _SIGN)


def _lookup3(data: bytes) -> tuple[int, int]:
    a = b = c = (_START + len(data)) & _MASK
    position = 0

    while len(data) - position > _BLOCK:
        words = _words(data[position : position + _BLOCK])
        a, b, c = _mix((a + words[0]) & _MASK, (b + words[1]) & _MASK, (c + words[2]) & _MASK)
        position += _BLOCK

    rest = data[position:]

    if not rest:
        return c, b

    words = _words(rest.ljust(_BLOCK, b"\0"))
    return _final((a + words[0]) & _MASK, (b + words[1]) & _MASK, (c + words[2]) & _MASK)


def _words(block: bytes) -> list[int]:
    return [int.from_bytes(block[i : i + 4], "little") for i in range(0, _BLOCK, 4)]


def _rotate(x: int, bits: int) -> int:
    return ((x << bits) | (x >> (32 - bits))) & _MASK


def _mix(a: int, b: int, c: int) -> tuple[int, int, int]:
    for shift in _MIX_SHIFTS:
        a, c = ((a - c) & _MASK) ^ _rotate(c, shift), (c + b) & _MASK
        a, b, c = b, c, a  # the roles move on by one each step

    return a, b, c


def _final(a: int, b: int, c: int) -> tuple[int, int]:
    for first, second, third in _FINAL:
        c = ((c ^ b) - _rotate(b, first)) & _MASK
        a = ((a ^ c) - _rotate(c, second)) & _MASK
        b = ((b ^ a) - _rotate(a, third)) & _MASK

    return ((c ^ b) - _rotate(b, 24)) & _MASK, b
