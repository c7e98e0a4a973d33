"""Messages: their sections cut without losing a byte; requests, replies and events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from msgspec import field

from ehtui.domain.values import Value
from ehtui.wire.amqp.values import Ulong, decode, encode, encode_list

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MessageId = UUID | str | bytes | int
BATCH_FORMAT = 0x80013700  # Microsoft's message format: one data section per encoded event
HEADER = 0x70
DELIVERY_ANNOTATIONS = 0x71
MESSAGE_ANNOTATIONS = 0x72
PROPERTIES = 0x73
APPLICATION_PROPERTIES = 0x74
DATA = 0x75
SEQUENCE = 0x76
VALUE = 0x77
FOOTER = 0x78
_LISTS, _MAPS = (0x45, 0xC0, 0xD0), (0xC1, 0xD1)
_DESCRIPTORS = (b"\x00\x53", b"\x00\x80")  # by number
_REPEATED = (DATA, SEQUENCE)
_KINDS: dict[int, tuple[int, ...] | None] = {
    HEADER: _LISTS,
    DELIVERY_ANNOTATIONS: _MAPS,
    MESSAGE_ANNOTATIONS: _MAPS,
    PROPERTIES: _LISTS,
    APPLICATION_PROPERTIES: _MAPS,
    DATA: (0xA0, 0xB0),
    SEQUENCE: _LISTS,
    VALUE: None,  # anything
    FOOTER: _MAPS,
}
_MESSAGE_ID, _TO, _REPLY_TO, _CORRELATION_ID = 0, 2, 4, 5  # places among the fields of `properties`
_PROPERTIES_FIELDS = 13


class Section(NamedTuple):
    """A section: its descriptor, where it starts, where its value starts, where it ends."""

    code: int
    start: int
    at: int
    end: int
    value: Any


def sections(payload: bytes) -> Iterator[Section]:
    """The sections of an encoded message, in order, each of them read.

    azure-eventhub writes delivery annotations behind all others, and the service takes that.

    Raises:
        ValueError: These bytes are no sequence of sections.
    """
    position = last = 0

    while position < len(payload):
        code, at = _descriptor(payload, position)

        is_late = code == DELIVERY_ANNOTATIONS and last > code
        order = FOOTER + 1 if is_late else code

        if order < last or (order == last and code not in _REPEATED):
            raise ValueError("AMQP sections that are not in their order")

        last = order
        value, end = decode(payload, at, len(payload))
        kinds = _KINDS[code]

        if kinds is not None and payload[at] not in kinds:
            raise ValueError(f"an AMQP section {code:#x} of another kind than it must be")

        yield Section(code, position, at, end, value)
        position = end


def encode_section(code: int, value: bytes) -> bytes:
    """A section with an encoded value."""
    return b"\x00\x53" + bytes((code,)) + value


def _descriptor(payload: bytes, position: int) -> tuple[int, int]:
    """A section's code, and where its value starts."""
    if payload[position : position + 2] not in _DESCRIPTORS:
        raise ValueError("an AMQP section without a numeric descriptor")

    code, at = decode(payload, position + 1, len(payload))

    if code not in _KINDS or at == len(payload):
        raise ValueError("an AMQP section that does not exist, or without a value")

    return code, at


class Request(Value, frozen=True):
    """A message to `$cbs` or `$management`. Text and binary values are both `str`."""

    message_id: MessageId | None = None
    reply_to: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    value: Any = None


class Reply(Value, frozen=True):
    """The answer to a request; `correlation_id` repeats the request's id, type included."""

    correlation_id: MessageId | None
    properties: Mapping[str, Any]
    value: Any = None
    to: str | None = None


def encode_request(request: Request) -> bytes:
    """Encode a request, as a client does."""
    given = {_MESSAGE_ID: _id(request.message_id), _REPLY_TO: request.reply_to}
    return _encode_call(given, request.properties, request.value)


def encode_reply(reply: Reply) -> bytes:
    """Encode a reply whose body is an amqp-value, or absent where the value is None."""
    given = {_CORRELATION_ID: _id(reply.correlation_id), _TO: reply.to}
    return _encode_call(given, reply.properties, reply.value)


def encode_event(body: bytes, properties: Mapping[str, Any] | None = None) -> bytes:
    """Encode an event with one data section, as a producer does."""
    head = encode_section(APPLICATION_PROPERTIES, encode(properties)) if properties else b""
    return head + encode_section(DATA, encode(body))


def decode_request(payload: bytes) -> Request:
    """Decode a request.

    Raises:
        ValueError: These bytes are no message.
    """
    fields, properties, value = _read(payload)
    return Request(fields[_MESSAGE_ID], _plain(fields[_REPLY_TO]), properties, value)


def decode_reply(payload: bytes) -> Reply:
    """Decode a reply, as a client does.

    Raises:
        ValueError: These bytes are no message.
    """
    fields, properties, value = _read(payload)
    return Reply(fields[_CORRELATION_ID], properties, value)


def application_properties(payload: bytes) -> dict[Any, Any]:
    """Those of any message; none is empty.

    Raises:
        ValueError: These bytes are no message, or not all of one.
    """
    for section in sections(payload):
        if section.code == APPLICATION_PROPERTIES:
            return {_plain(k): _plain(v) for k, v in section.value.items()}

    return {}


def _encode_call(given: Mapping[int, Any], properties: Mapping[str, Any], value: Any) -> bytes:
    fields = [encode(given.get(place)) for place in range(_PROPERTIES_FIELDS)]
    head = encode_section(PROPERTIES, encode_list(fields))

    if properties:
        head += encode_section(APPLICATION_PROPERTIES, encode(properties))

    return head if value is None else head + encode_section(VALUE, encode(value))


def _id(value: MessageId | None) -> MessageId | None:
    return Ulong(value) if isinstance(value, int) else value


def _read(payload: bytes) -> tuple[list[Any], dict[Any, Any], Any]:
    """What anybody looks at of a request or reply: fields of `properties`, properties, value."""
    found = {section.code: section.value for section in sections(payload)}
    fields = found.get(PROPERTIES, [])
    fields = [*fields, *[None] * (_PROPERTIES_FIELDS - len(fields))]

    if not all(isinstance(fields[i], MessageId | None) for i in (_MESSAGE_ID, _CORRELATION_ID)):
        raise ValueError("an AMQP message whose id is none")

    given = found.get(APPLICATION_PROPERTIES, {})
    return fields, {_plain(k): _plain(v) for k, v in given.items()}, _plain(found.get(VALUE))


def _plain(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value
