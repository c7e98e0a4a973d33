"""Frames to bytes, with the encoder that azure-eventhub carries."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from ehtui.wire.pyamqp.guard import private
from ehtui.wire.pyamqp.performatives import (
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Error,
    Flow,
    Open,
    Performative,
    Rejected,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    Source,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

endpoints = private("endpoints")
outcomes = private("outcomes")
performatives = private("performatives")
AMQPError = private("error").AMQPError
_encode_fields = private("_encode").encode_frame
_AMQP, _SASL = b"\x00", b"\x01"
_MORE, _LAST = 0x41, 0x42  # true, false


def encode_frame(channel: int, body: Performative) -> bytes:
    """Encode a frame with every field written, trailing nulls included.

    The SDK's own client indexes fields by position and fails on a shortened list (facts.md §7).
    """
    frame_type = _SASL if type(body) in _SASL_BODIES else _AMQP
    header, data = _encode_fields(_ENCODERS[type(body)](body), frame_type)
    return bytes(header + channel.to_bytes(2, "big") + data)


_TRANSFER = struct.Struct(">IBBH3sBBBBIBIBBIBIBB5s")
TRANSFER_BYTES = _TRANSFER.size  # what a transfer frame takes beside its payload


def encode_transfer(
    channel: int,
    handle: int,
    delivery_id: int,
    payload: bytes,
    max_frame_bytes: int,
    message_format: int = 0,
) -> bytes:
    """Encode a settled delivery as one frame, or as many as the peer's limit needs.

    Packed here and not by the SDK's encoder, which takes thirty times as long.
    """
    room = max_frame_bytes - TRANSFER_BYTES

    if len(payload) <= room:
        return _transfer(
            channel=channel,
            handle=handle,
            delivery_id=delivery_id,
            payload=payload,
            message_format=message_format,
            more=_LAST,
        )

    starts = range(0, len(payload), room)
    return b"".join(
        _transfer(
            channel=channel,
            handle=handle,
            delivery_id=delivery_id,
            payload=payload[start : start + room],
            message_format=message_format,
            more=_LAST if start == starts[-1] else _MORE,
        )
        for start in starts
    )


def _transfer(
    channel: int, handle: int, delivery_id: int, payload: bytes, message_format: int, more: int
) -> bytes:
    size = _TRANSFER.size
    return (
        _TRANSFER.pack(
            size + len(payload),
            2,
            0,
            channel,
            b"\x00\x53\x14",
            0xC0,
            size - 13,  # bytes after this one: the count and eleven fields
            11,
            0x70,
            handle,
            0x70,
            delivery_id,
            0xA0,
            4,
            delivery_id,  # the delivery tag
            0x70,
            message_format,
            0x41,  # settled
            more,
            b"@@@@@",
        )
        + payload
    )


def _wire_error(error: Error | None) -> Any:
    return AMQPError(*error) if error else None


def _wire_source(source: Source | None) -> Any:
    if source is None:
        return None

    filters = {name: (name, text) for name, text in (source.filters or {}).items()}
    return endpoints.Source(address=source.address, filters=filters or None)


def _wire_attach(attach: Attach) -> Any:
    target = endpoints.Target(address=attach.target.address) if attach.target else None
    source = _wire_source(attach.source)
    frame = performatives.AttachFrame(*attach)._replace(source=source, target=target)
    return frame._replace(
        offered_capabilities=attach.offered_capabilities or None,
        desired_capabilities=attach.desired_capabilities or None,
    )


def _wire_state(state: Accepted | Rejected | None) -> Any:
    if isinstance(state, Rejected):
        return outcomes.Rejected(_wire_error(state.error))

    return None if state is None else outcomes.Accepted()


def _wire_transfer(t: Transfer) -> Any:
    head = (t.handle, t.delivery_id, t.delivery_tag, t.message_format, t.settled, t.more)
    return performatives.TransferFrame(*head, None, None, None, t.aborted, None, t.payload)


_SASL_BODIES = {SaslMechanisms, SaslInit, SaslOutcome}
_ENCODERS: dict[type, Callable[[Any], Any]] = {
    Open: lambda b: performatives.OpenFrame(*(None if v == () else v for v in b)),
    Begin: lambda b: performatives.BeginFrame(*(None if v == () else v for v in b)),
    Attach: _wire_attach,
    Flow: lambda b: performatives.FlowFrame(*b),
    Transfer: _wire_transfer,
    Disposition: lambda b: performatives.DispositionFrame(*b[:4], _wire_state(b.state), None),
    Detach: lambda b: performatives.DetachFrame(*b[:2], _wire_error(b.error)),
    End: lambda b: performatives.EndFrame(_wire_error(b.error)),
    Close: lambda b: performatives.CloseFrame(_wire_error(b.error)),
    SaslMechanisms: lambda b: performatives.SASLMechanism(*b),
    SaslInit: lambda b: performatives.SASLInit(*b),
    SaslOutcome: lambda b: performatives.SASLOutcome(*b),
}
