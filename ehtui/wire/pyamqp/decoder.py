"""Bytes to frames, with the decoder that azure-eventhub carries."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from ehtui.wire.pyamqp.guard import private
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
from ehtui.wire.pyamqp.sections import verify

if TYPE_CHECKING:
    from collections.abc import Callable

_decode_fields = private("_decode").decode_frame
_LIST_0 = 0x45
_SMALL_ULONG_DESCRIPTOR = b"\x00\x53"


class FrameError(ValueError):
    """Bytes that are no AMQP frame."""


def decode_frame(data: memoryview) -> Frame:
    """Decode one complete frame, its 8 byte header included.

    Raises:
        FrameError: It is malformed, or a performative that the specification does not know.
    """
    channel = int.from_bytes(data[6:8], "big")
    body = data[data[4] * 4 :]

    if not body:
        return Frame(channel, None)

    try:
        code, fields = _read_fields(body)
        return Frame(channel, _DECODERS[code](fields))
    except FrameError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, struct.error) as error:
        # The SDK's decoder trusts its input: any of these means that the bytes were wrong.
        raise FrameError(f"a malformed frame ({error!r})") from error


def _read_fields(body: memoryview) -> tuple[int, list[Any]]:
    if body[:2] != _SMALL_ULONG_DESCRIPTOR:
        raise FrameError("a performative without a numeric descriptor")

    if body[3] == _LIST_0:  # the SDK's decoder cannot read an empty list
        return body[2], []

    verify(body, 3)
    code, fields = _decode_fields(body)
    return code, fields


def _text(value: Any) -> str:
    if value is None:
        raise FrameError("a performative without a field that it must have")

    return value.decode() if isinstance(value, bytes) else str(value)


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise FrameError("a performative without a number that it must have")

    return value


def _mode(value: Any) -> int:
    if value not in range(3):
        raise FrameError("a settle mode that does not exist")

    return _number(value)


def _maybe_number(value: Any) -> int | None:
    return None if value is None else _number(value)


def _maybe_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _symbols(value: Any) -> tuple[str, ...]:
    """A field that may hold one symbol or an array of them."""
    if value is None:
        return ()

    return tuple(map(_text, value)) if isinstance(value, list) else (_text(value),)


def _error(value: Any) -> Error | None:
    if not value:
        return None

    condition, description, info = _filled(value, 3)
    return Error(_text(condition), _maybe_text(description), info)


def _filled(fields: list[Any], count: int) -> list[Any]:
    return fields[:count] + [None] * (count - len(fields))


def _or(value: Any, default: Any) -> Any:
    return default if value is None else value


def _open(fields: list[Any]) -> Open:
    f = _filled(fields, 10)
    return Open(
        container_id=_text(f[0]),
        hostname=_maybe_text(f[1]),
        max_frame_bytes=_number(_or(f[2], UINT_MAX)),
        channel_max=_number(_or(f[3], 65535)),
        idle_timeout_ms=_maybe_number(f[4]),
        outgoing_locales=_symbols(f[5]),
        incoming_locales=_symbols(f[6]),
        offered_capabilities=_symbols(f[7]),
        desired_capabilities=_symbols(f[8]),
        properties=f[9],
    )


def _begin(fields: list[Any]) -> Begin:
    f = _filled(fields, 8)
    return Begin(
        remote_channel=f[0],
        next_outgoing_id=_number(f[1]),
        incoming_window=_number(f[2]),
        outgoing_window=_number(f[3]),
        handle_max=_or(f[4], UINT_MAX),
        offered_capabilities=_symbols(f[5]),
        desired_capabilities=_symbols(f[6]),
        properties=f[7],
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
        unsettled=f[7],
        incomplete_unsettled=bool(f[8]),
        initial_delivery_count=_maybe_number(f[9]),
        max_message_bytes=_maybe_number(f[10]),
        offered_capabilities=_symbols(f[11]),
        desired_capabilities=_symbols(f[12]),
        properties=f[13],
    )


def _source(value: Any) -> Source | None:
    if value is None:
        return None

    f = _filled(value, 11)
    filters = {_text(k): _text(v) for k, v in (f[7] or {}).items() if v is not None}
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
        properties=f[10],
    )


def _decode_transfer(fields: list[Any]) -> Transfer:
    *head, payload = fields
    f = _filled(head, 11)
    return Transfer(
        handle=_number(f[0]),
        delivery_id=_maybe_number(f[1]),
        delivery_tag=f[2],
        message_format=_maybe_number(f[3]) or 0,
        settled=bool(f[4]),
        more=bool(f[5]),
        aborted=bool(f[9]),
        payload=payload.tobytes(),
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
    return SaslInit(_text(f[0]), f[1], _maybe_text(f[2]))


def _detach(fields: list[Any]) -> Detach:
    f = _filled(fields, 3)
    return Detach(_number(f[0]), bool(f[1]), _error(f[2]))


_DECODERS: dict[int, Callable[[list[Any]], Performative]] = {
    0x10: _open,
    0x11: _begin,
    0x12: _attach,
    0x13: _flow,
    0x14: _decode_transfer,
    0x15: _disposition,
    0x16: _detach,
    0x17: lambda f: End(_error(_filled(f, 1)[0])),
    0x18: lambda f: Close(_error(_filled(f, 1)[0])),
    0x40: lambda f: SaslMechanisms(_symbols(f[0])),
    0x41: _sasl_init,
    0x44: lambda f: SaslOutcome(*_filled(f, 2)),
}
