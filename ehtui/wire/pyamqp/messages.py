"""Messages to and from bytes: requests and replies of `$cbs` and `$management`, and events."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from ehtui.wire.pyamqp.guard import private
from ehtui.wire.pyamqp.sections import (
    APPLICATION_PROPERTIES,
    DATA,
    PROPERTIES,
    VALUE,
    binary,
    items,
    sections,
)
from ehtui.wire.pyamqp.values import decode

_wire = private("message")
encode_payload = private("_encode").encode_payload
encode_value = private("_encode").encode_value

MessageId = UUID | str | bytes | int
BATCH_FORMAT = 0x80013700  # Microsoft's message format: one data section per encoded event
_STRING_CONSTRUCTORS = (0xA1, 0xB1)
_VALUE_SECTION = b"\x00\x53\x77"
_MESSAGE_ID, _REPLY_TO, _CORRELATION_ID = 0, 4, 5  # places among the fields of `properties`
_ID_TYPES = (UUID, bytes, int, type(None))
_MAP = 0xC1
_LARGE = 0x10  # what sets the constructor of a large compound apart
_SMALL_BYTES = 254
_INT32 = range(-(2**31), 2**31)


class Symbol(str):
    """An AMQP symbol."""

    __slots__ = ()


class Timestamp(int):
    """An AMQP timestamp: milliseconds since the epoch."""

    __slots__ = ()


class Long(int):
    """An AMQP long, where a small number would otherwise travel as an int."""

    __slots__ = ()


class Strings(tuple[str, ...]):
    """An AMQP array of strings."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Request:
    """A message to `$cbs` or `$management`. Text and binary values are both `str`."""

    message_id: MessageId | None = None
    reply_to: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a request; `correlation_id` repeats the request's id, type included."""

    correlation_id: MessageId | None
    properties: Mapping[str, Any]
    value: Any = None
    to: str | None = None


def encode(value: Any) -> bytes:
    """Encode one value by its Python type (see `Symbol`, `Timestamp`, `Long`, `Strings`).

    Booleans are one byte, as the service writes them: JavaScript's decoder takes the SDK's
    two-byte form for a number.
    """
    if isinstance(value, bool):
        return b"\x41" if value else b"\x42"

    if isinstance(value, Mapping):
        pairs = [encode(item) for pair in value.items() for item in pair]
        return compound(_MAP, pairs, len(pairs))

    output = bytearray()
    encode_value(output, _typed(value))
    return bytes(output)


def compound(kind: int, pieces: Sequence[bytes], count: int) -> bytes:
    """A list (0xC0) or map (0xC1) of `count` encoded items, in its smallest form."""
    content = b"".join(pieces)

    if len(content) < _SMALL_BYTES and count < _SMALL_BYTES:
        return bytes((kind, len(content) + 1, count)) + content

    return struct.pack(">BII", kind | _LARGE, len(content) + 4, count) + content


def encode_reply(reply: Reply) -> bytes:
    """Encode a reply whose body is an amqp-value, or absent where the value is None."""
    given = _wire.Properties(correlation_id=reply.correlation_id, to=reply.to)
    return _encode_call(given, reply.properties, reply.value)


def encode_request(request: Request) -> bytes:
    """Encode a request, as a client does."""
    given = _wire.Properties(message_id=request.message_id, reply_to=request.reply_to)
    return _encode_call(given, request.properties, request.value)


def encode_event(body: bytes, properties: Mapping[str, Any] | None = None) -> bytes:
    """Encode an event with one data section, as a producer does."""
    given = {key: _typed(value) for key, value in (properties or {}).items()}
    return _encode(application_properties=given or None, data=[body])


def decode_request(payload: bytes) -> Request:
    """Decode a request.

    Raises:
        ValueError: These bytes are no message.
    """
    message = _read(payload)
    return Request(
        message.id_at(_MESSAGE_ID),
        message.reply_to,
        message.properties,
        message.value,
    )


def decode_reply(payload: bytes) -> Reply:
    """Decode a reply, as a client does.

    Raises:
        ValueError: These bytes are no message.
    """
    message = _read(payload)
    return Reply(message.given(_CORRELATION_ID), message.properties, message.value)


def decode_body(payload: bytes) -> bytes:
    """The data sections of an encoded event, joined.

    Raises:
        ValueError: These bytes are no message.
    """
    found = [binary(payload, s.value) for s in sections(payload) if s.code == DATA]
    return b"".join(found)


def _encode_call(given: Any, properties: Mapping[str, Any], value: Any) -> bytes:
    typed = {key: _typed(item) for key, item in properties.items()}
    head = _encode(properties=given, application_properties=typed)
    return head if value is None else head + _VALUE_SECTION + encode(value)


def _encode(**parts: Any) -> bytes:
    output = bytearray()
    encode_payload(output, _wire.Message(**parts))
    return bytes(output)


@dataclass(slots=True)
class _Read:
    """The sections of a request or reply that anybody looks at."""

    payload: bytes
    fields: list[Any] = field(default_factory=list)  # of `properties`
    fields_at: int = 0
    properties: dict[Any, Any] = field(default_factory=dict)
    value: Any = None

    def given(self, index: int) -> Any:
        """A field of `properties`; None where it was left out."""
        return self.fields[index] if index < len(self.fields) else None

    @property
    def reply_to(self) -> str | None:
        """Where the answer goes."""
        reply_to = self.given(_REPLY_TO)
        return None if reply_to is None else str(_plain(reply_to))

    def id_at(self, index: int) -> MessageId | None:
        """An id with its type: strings and binaries are both bytes among the fields."""
        given: MessageId | None = self.given(index)

        if not isinstance(given, bytes):
            return given

        position, _ = list(items(self.payload, self.fields_at))[index]
        return given.decode() if self.payload[position] in _STRING_CONSTRUCTORS else given


def _read(payload: bytes) -> _Read:
    message = _Read(payload)

    for section in sections(payload):
        if section.code == PROPERTIES:
            message.fields, _ = decode(payload, section.value, section.end)
            message.fields_at = section.value
        elif section.code == APPLICATION_PROPERTIES:
            message.properties = _plain(decode(payload, section.value, section.end)[0])
        elif section.code == VALUE:
            message.value = _plain(decode(payload, section.value, section.end)[0])

    if not all(isinstance(message.given(i), _ID_TYPES) for i in (_MESSAGE_ID, _CORRELATION_ID)):
        raise ValueError("an AMQP message whose id is none")

    return message


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode(errors="replace")

    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}

    if isinstance(value, list):
        return [_plain(item) for item in value]

    return value


def _typed(value: Any) -> Any:
    """The value with the AMQP type that the SDK's encoder cannot see."""
    if isinstance(value, Strings):
        return {"TYPE": "ARRAY", "VALUE": [{"TYPE": "STRING", "VALUE": v} for v in value]}

    name = _TYPE_NAMES.get(type(value))

    if name is None and isinstance(value, int) and value not in _INT32:
        name = "LONG"

    return value if name is None else {"TYPE": name, "VALUE": value}


_TYPE_NAMES: dict[type, str] = {Symbol: "SYMBOL", Timestamp: "TIMESTAMP", Long: "LONG"}
