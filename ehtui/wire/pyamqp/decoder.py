"""Bytes to frames: performatives whose every field is of its kind and within its range."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from ehtui.wire.pyamqp.performatives import (
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
    Frame,
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
from ehtui.wire.pyamqp.values import decode

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER_BYTES = 8
PERFORMATIVE_BYTES = 16 * 1024  # those of every SDK stay under 2 KiB
MOST_SYMBOLS = 64
_TAG_BYTES = 32  # what the specification allows
_AMQP, _SASL = 0, 1
_TRANSFER, _FIRST_OF_SASL = 0x14, 0x40
_USHORT_MAX, _ULONG_MAX = 0xFFFF, 2**64 - 1
_SMALL_ULONG_DESCRIPTOR = b"\x00\x53"
_LISTS = (0x45, 0xC0, 0xD0)


class FrameError(ValueError):
    """Bytes that are no AMQP frame."""


def decode_frame(frame: bytes | memoryview) -> Frame:
    """Decode one complete frame, its 8 byte header included.

    Raises:
        FrameError: It is malformed, or a performative that the specification does not know.
    """
    data = bytes(frame)
    start = data[4] * 4

    if not HEADER_BYTES <= start <= len(data) or data[5] not in (_AMQP, _SASL):
        raise FrameError("a frame whose header is malformed")

    channel = int.from_bytes(data[6:8], "big")

    if start == len(data):
        return Frame(channel, None)

    try:
        return Frame(channel, _performative(data, start))
    except FrameError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, struct.error) as error:
        raise FrameError(f"a malformed frame ({error})") from error


def _performative(data: bytes, start: int) -> Performative:
    code = data[start + 2]

    if data[start : start + 2] != _SMALL_ULONG_DESCRIPTOR or code not in _DECODERS:
        raise FrameError("a performative that does not exist")

    if data[start + 3] not in _LISTS:
        raise FrameError("a performative whose fields are no list")

    if (code >= _FIRST_OF_SASL) != (data[5] == _SASL):
        raise FrameError("a performative in a frame of another type")

    fields, end = decode(data, start + 3, min(len(data), start + PERFORMATIVE_BYTES))

    if code == _TRANSFER:
        return _transfer(fields, data[end:])

    if end != len(data):
        raise FrameError("bytes behind a performative")

    return _DECODERS[code](fields)


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        raise FrameError("a performative without a text that it must have")

    return value.decode()


def _number(value: Any, highest: int = UINT_MAX) -> int:
    """An unsigned number; senders do not always choose the type that the specification asks for."""
    if not isinstance(value, int) or not 0 <= value <= highest:
        raise FrameError("a performative without a number that it must have, or one out of range")

    return int(value)


def _mode(value: Any) -> int:
    return _number(value, 2)


def _maybe_number(value: Any, highest: int = UINT_MAX) -> int | None:
    return None if value is None else _number(value, highest)


def _maybe_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _maybe_bytes(value: Any) -> bytes | None:
    if value is not None and not isinstance(value, bytes):
        raise FrameError("a performative with something else where bytes belong")

    return value


def _maybe_fields(value: Any) -> Fields | None:
    if value is not None and not isinstance(value, dict):
        raise FrameError("a performative with something else where a map belongs")

    return value


def _symbols(value: Any) -> tuple[str, ...]:
    """A field that may hold one symbol or an array of them."""
    symbols = () if value is None else value if isinstance(value, list) else (value,)

    if len(symbols) > MOST_SYMBOLS:
        raise FrameError("a performative with too many symbols in one field")

    return tuple(map(_text, symbols))


def _error(value: Any) -> Error | None:
    if value is None:
        return None

    condition, description, info = _filled(value, 3)
    return Error(_text(condition), _maybe_text(description), _maybe_fields(info))


def _filled(fields: Any, count: int) -> list[Any]:
    if not isinstance(fields, list):
        raise FrameError("a performative with something else where a list belongs")

    return [*fields[:count], *[None] * (count - len(fields))]


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _open(fields: list[Any]) -> Open:
    f = _filled(fields, 10)
    return Open(
        container_id=_text(f[0]),
        hostname=_maybe_text(f[1]),
        max_frame_bytes=_number(_or(f[2], UINT_MAX)),
        channel_max=_number(_or(f[3], _USHORT_MAX), _USHORT_MAX),
        idle_timeout_ms=_maybe_number(f[4]),
        outgoing_locales=_symbols(f[5]),
        incoming_locales=_symbols(f[6]),
        offered_capabilities=_symbols(f[7]),
        desired_capabilities=_symbols(f[8]),
        properties=_maybe_fields(f[9]),
    )


def _begin(fields: list[Any]) -> Begin:
    f = _filled(fields, 8)
    return Begin(
        remote_channel=_maybe_number(f[0], _USHORT_MAX),
        next_outgoing_id=_number(f[1]),
        incoming_window=_number(f[2]),
        outgoing_window=_number(f[3]),
        handle_max=_number(_or(f[4], UINT_MAX)),
        offered_capabilities=_symbols(f[5]),
        desired_capabilities=_symbols(f[6]),
        properties=_maybe_fields(f[7]),
    )


def _attach(fields: list[Any]) -> Attach:
    f = _filled(fields, 14)
    return Attach(
        name=_text(f[0]),
        handle=_number(f[1]),
        is_receiver=bool(f[2]),
        sender_settles=_mode(_or(f[3], 2)),
        receiver_settles=_mode(_or(f[4], 0)),
        source=_source(f[5]),
        target=_target(f[6]),
        unsettled=_maybe_fields(f[7]),
        incomplete_unsettled=bool(f[8]),
        initial_delivery_count=_maybe_number(f[9]),
        max_message_bytes=_maybe_number(f[10], _ULONG_MAX),
        offered_capabilities=_symbols(f[11]),
        desired_capabilities=_symbols(f[12]),
        properties=_maybe_fields(f[13]),
    )


def _source(value: Any) -> Source | None:
    if value is None:
        return None

    f = _filled(value, 11)
    given = _maybe_fields(f[7]) or {}
    # Of a kind that is no text (none of Event Hubs' is) the service would say that it is invalid.
    filters = {_text(k): _text(v if isinstance(v, bytes) else b"") for k, v in given.items() if v}
    return Source(_maybe_text(f[0]), filters or None)


def _target(value: Any) -> Target | None:
    return None if value is None else Target(_maybe_text(_filled(value, 7)[0]))


def _flow(fields: list[Any]) -> Flow:
    f = _filled(fields, 11)
    return Flow(
        next_incoming_id=_maybe_number(f[0]),
        incoming_window=_number(f[1]),
        next_outgoing_id=_number(f[2]),
        outgoing_window=_number(f[3]),
        handle=_maybe_number(f[4]),
        delivery_count=_maybe_number(f[5]),
        link_credit=_maybe_number(f[6]),
        available=_maybe_number(f[7]),
        drain=bool(f[8]),
        echo=bool(f[9]),
        properties=_maybe_fields(f[10]),
    )


def _transfer(fields: list[Any], payload: bytes) -> Transfer:
    f = _filled(fields, 11)
    tag = _maybe_bytes(f[2])

    if tag is not None and len(tag) > _TAG_BYTES:
        raise FrameError("a delivery tag longer than it may be")

    return Transfer(
        handle=_number(f[0]),
        delivery_id=_maybe_number(f[1]),
        delivery_tag=tag,
        message_format=_maybe_number(f[3]) or 0,
        settled=bool(f[4]),
        more=bool(f[5]),
        aborted=bool(f[9]),
        payload=payload,
    )


def _disposition(fields: list[Any]) -> Disposition:
    f = _filled(fields, 6)
    return Disposition(bool(f[0]), _number(f[1]), _maybe_number(f[2]), bool(f[3]), _state(f[4]))


def _state(value: Any) -> Accepted | Rejected | None:
    if isinstance(value, dict) and "accepted" in value:
        return Accepted()

    if isinstance(value, dict) and "rejected" in value:
        return Rejected(_error(_filled(value["rejected"], 1)[0]))

    return None


def _sasl_init(fields: list[Any]) -> SaslInit:
    f = _filled(fields, 3)
    return SaslInit(_text(f[0]), _maybe_bytes(f[1]), _maybe_text(f[2]))


def _detach(fields: list[Any]) -> Detach:
    f = _filled(fields, 3)
    return Detach(_number(f[0]), bool(f[1]), _error(f[2]))


_DECODERS: dict[int, Callable[[list[Any]], Performative]] = {
    0x10: _open,
    0x11: _begin,
    0x12: _attach,
    0x13: _flow,
    _TRANSFER: lambda f: _transfer(f, b""),
    0x15: _disposition,
    0x16: _detach,
    0x17: lambda f: End(_error(_filled(f, 1)[0])),
    0x18: lambda f: Close(_error(_filled(f, 1)[0])),
    0x40: lambda f: SaslMechanisms(_symbols(f[0])),
    0x41: _sasl_init,
    0x44: lambda f: SaslOutcome(_number(f[0], 255), _maybe_bytes(_filled(f, 2)[1])),
}
