"""Performatives from bytes and to bytes: every field is of its kind and within its range."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from ehtui.wire.amqp.performatives import (
    UINT_MAX,
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Error,
    Fields,
    Flow,
    FrameError,
    Open,
    Performative,
    Rejected,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    Source,
    Target,
    Transfer,
)
from ehtui.wire.amqp.values import (
    NULL,
    Described,
    Symbol,
    Symbols,
    Uint,
    Ulong,
    decode,
    encode,
    encode_list,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PERFORMATIVE_BYTES = 16 * 1024  # those of every SDK stay under 2 KiB
MOST_SYMBOLS = 64
_SMALL_ULONG_DESCRIPTOR = b"\x00\x53"
_LISTS = (0x45, 0xC0, 0xD0)


_NEEDED = object()


class _Kind(NamedTuple):
    """What a field of a performative may be, and what it is where the sender left it out."""

    read: Callable[[Any], Any]
    write: Callable[[Any], bytes]
    default: Any = None

    def or_(self, default: Any) -> _Kind:
        """The same with a default, or `_NEEDED`."""
        return self._replace(default=default)

    def of(self, value: Any) -> Any:
        """The field's value.

        Raises:
            FrameError: It is of another kind, or out of range.
        """
        if value is not None:
            return self.read(value)

        if self.default is _NEEDED:
            raise FrameError("a performative without a field that it must have")

        return self.default


def _of_type(kind: type, write: Callable[[Any], bytes], most: int = PERFORMATIVE_BYTES) -> _Kind:
    def read(value: Any) -> Any:
        if not isinstance(value, kind) or (kind is not dict and len(value) > most):  # type: ignore[arg-type]
            raise FrameError("a performative with a field of another kind, or too long")

        return value

    return _Kind(read, write)


def _number(write: Callable[[int], bytes], highest: int) -> _Kind:
    """Unsigned; senders do not always choose the type that the specification asks for."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or not 0 <= value <= highest:
            raise FrameError("a performative with a number out of range, or with none")

        return int(value)

    return _Kind(read, write)


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise FrameError("a performative without a text that it must have")

    return str(value)


def _read_symbols(value: Any) -> tuple[str, ...]:
    """A field that may hold one symbol or an array of them."""
    symbols = value if isinstance(value, list) else (value,)

    if len(symbols) > MOST_SYMBOLS:
        raise FrameError("a performative with too many symbols in one field")

    return tuple(map(_read_text, symbols))


def _write_fields(value: Fields) -> bytes:
    return encode({Symbol(key): item for key, item in value.items()})


def _read_filters(value: Any) -> dict[str, str] | None:
    """By descriptor: old clients use other keys (facts.md §8)."""
    found = {}

    for key, item in _FIELDS.read(value).items():
        if item is not None:
            name, text = item if isinstance(item, Described) else (key, item)
            # One that is no text (none of Event Hubs' is) the service would call invalid.
            found[_FILTERS.get(name, str(name))] = text if isinstance(text, str) else ""

    return found or None


def _write_filters(value: Mapping[str, str]) -> bytes:
    return encode({Symbol(name): Described(name, text) for name, text in value.items()})


def _read_state(value: Any) -> Accepted | Rejected | None:
    code, fields = value if isinstance(value, Described) else (None, None)

    if code == _ACCEPTED:
        return Accepted()

    return Rejected(*_decode_fields((_ERROR,), fields)) if code == _REJECTED else None


def _write_state(value: Accepted | Rejected) -> bytes:
    fields = (_ERROR,) if isinstance(value, Rejected) else ()
    return _write_described(_REJECTED if fields else _ACCEPTED, fields, value)


def _composite(cls: Callable[..., Any], code: int, kinds: tuple[_Kind | None, ...]) -> _Kind:
    def read(value: Any) -> Any:
        fields = value.value if isinstance(value, Described) else None
        return cls(*_decode_fields(kinds, fields))

    return _Kind(read, lambda value: _write_described(code, kinds, value))


def _decode_fields(kinds: tuple[_Kind | None, ...], fields: Any) -> list[Any]:
    if not isinstance(fields, list):
        raise FrameError("a performative with something else where a list belongs")

    count = len(fields)
    return [
        kind.of(fields[place] if place < count else None)
        for place, kind in enumerate(kinds)
        if kind is not None
    ]


def _write_described(code: int, kinds: tuple[_Kind | None, ...], values: tuple[Any, ...]) -> bytes:
    """With every field written, trailing nulls included.

    The SDK's own client indexes fields by position and fails on a shortened list (facts.md §7).
    """
    left = iter(values)
    given = (None if kind is None else next(left) for kind in kinds)
    pieces = [
        NULL if kind is None or value is None else kind.write(value)
        for kind, value in zip(kinds, given, strict=True)
    ]
    return _described(code, encode_list(pieces))


def _described(code: int, value: bytes) -> bytes:
    return b"\x00\x53" + bytes((code,)) + value


_ACCEPTED, _REJECTED = 0x24, 0x25
_FILTERS: dict[Any, str] = {0x0000468C00000004: "apache.org:selector-filter:string"}
_UBYTE = _number(lambda v: bytes((0x50, v)), 0xFF)
_MODE = _UBYTE._replace(read=_number(encode, 2).read)
_USHORT = _number(lambda v: struct.pack(">BH", 0x60, v), 0xFFFF)
_UINT = _number(lambda v: encode(Uint(v)), UINT_MAX)
_ULONG = _number(lambda v: encode(Ulong(v)), 2**64 - 1)
_FLAG = _Kind(bool, encode, default=False)
_TEXT = _Kind(_read_text, lambda v: encode(str(v)))
_SYMBOL = _Kind(_read_text, lambda v: encode(Symbol(v)))
_SYMBOLS = _Kind(_read_symbols, lambda v: encode(Symbols(v)) if v else NULL, default=())
_BYTES = _of_type(bytes, encode)
_FIELDS = _of_type(dict, _write_fields)
_ERROR = _composite(Error, 0x1D, (_SYMBOL.or_(_NEEDED), _TEXT, None))
_SOURCE = _composite(
    Source,
    0x28,
    (_TEXT, *[None] * 6, _Kind(_read_filters, _write_filters), None, None, None),
)
_TARGET = _composite(Target, 0x29, (_TEXT, *[None] * 6))
# What a client says of itself binds it to nothing: of another kind, it is as if it were not there.
_SAID = _Kind(lambda value: value if isinstance(value, dict) else None, _write_fields)
_NOBODY = (None,) * 4
_MORE = (None, None, _UINT, _ULONG, _SYMBOLS, _SYMBOLS, _FIELDS)  # of an attach
_TAG = _of_type(bytes, encode, most=32)  # what the specification allows

# Of each performative its code, its class, and its fields: None where nobody here looks.
_SPECIFICATION: dict[int, tuple[Callable[..., Any], tuple[_Kind | None, ...]]] = {
    0x10: (
        Open,
        (
            _TEXT.or_(_NEEDED),
            _TEXT,
            _UINT.or_(UINT_MAX),
            _USHORT.or_(0xFFFF),
            _UINT,
            *_NOBODY,
            _SAID,
        ),
    ),
    0x11: (Begin, (_USHORT, *[_UINT.or_(_NEEDED)] * 3, _UINT.or_(UINT_MAX), *_NOBODY[:3])),
    0x12: (
        Attach,
        (
            _TEXT.or_(_NEEDED),
            _UINT.or_(_NEEDED),
            _FLAG,
            _MODE.or_(2),
            _MODE.or_(0),
            _SOURCE,
            _TARGET,
            *_MORE,
        ),
    ),
    0x13: (Flow, (_UINT, *[_UINT.or_(_NEEDED)] * 3, *[_UINT] * 4, _FLAG, _FLAG, None)),
    0x14: (
        Transfer,
        (_UINT.or_(_NEEDED), _UINT, _TAG, _UINT.or_(0), _FLAG, _FLAG, *[None] * 3, _FLAG, None),
    ),
    0x15: (
        Disposition,
        (_FLAG, _UINT.or_(_NEEDED), _UINT, _FLAG, _Kind(_read_state, _write_state), None),
    ),
    0x16: (Detach, (_UINT.or_(_NEEDED), _FLAG, _ERROR)),
    0x17: (End, (_ERROR,)),
    0x18: (Close, (_ERROR,)),
    0x40: (SaslMechanisms, (_SYMBOLS.or_(_NEEDED),)),
    0x41: (SaslInit, (_SYMBOL.or_(_NEEDED), _BYTES, _TEXT)),
    0x44: (SaslOutcome, (_UBYTE.or_(_NEEDED), None)),
}
_CODES = {cls: code for code, (cls, _) in _SPECIFICATION.items()}
_FIRST_OF_SASL = 0x40


def encode_performative(body: Performative) -> tuple[bytes, bool]:
    """A performative with every field written and its payload, and whether it is one of SASL's."""
    code = _CODES[type(body)]
    values, payload = (body[:-1], body.payload) if isinstance(body, Transfer) else (body, b"")
    data = _write_described(code, _SPECIFICATION[code][1], values)
    return data + payload, code >= _FIRST_OF_SASL


def decode_performative(data: bytes, start: int, *, is_sasl: bool) -> Performative:
    """The performative at `start`; a transfer's payload is what follows.

    Raises:
        FrameError: It is malformed, or one that does not exist.
    """
    code = data[start + 2]

    if data[start : start + 2] != _SMALL_ULONG_DESCRIPTOR or code not in _SPECIFICATION:
        raise FrameError("a performative that does not exist")

    if data[start + 3] not in _LISTS:
        raise FrameError("a performative whose fields are no list")

    if (code >= _FIRST_OF_SASL) != is_sasl:
        raise FrameError("a performative in a frame of another type")

    fields, end = decode(data, start + 3, min(len(data), start + PERFORMATIVE_BYTES))
    make, kinds = _SPECIFICATION[code]
    values = _decode_fields(kinds, fields)

    if make is Transfer:
        values.append(data[end:])
    elif end != len(data):
        raise FrameError("bytes behind a performative")

    body: Performative = make(*values)
    return body
