"""Events as they arrive and as they are kept: only annotations are rewritten, the rest stays."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ehtui.wire.amqp.messages import (
    BATCH_FORMAT,
    DATA,
    DELIVERY_ANNOTATIONS,
    HEADER,
    MESSAGE_ANNOTATIONS,
    encode_event,
    encode_section,
    sections,
)
from ehtui.wire.amqp.values import Symbol, encode, encode_pairs, pairs

if TYPE_CHECKING:
    from collections.abc import Mapping

PARTITION_KEY = "x-opt-partition-key"
PUBLISHER = "x-opt-publisher"
PUBLISHED = "com.microsoft:producer-sequence-number"
# The service's own: a sender cannot set them.
_STAMPED = {"x-opt-sequence-number", "x-opt-offset", "x-opt-enqueued-time", PUBLISHER}
MOST_EVENTS = 50_000  # of one delivery


@dataclass(frozen=True, slots=True)
class Incoming:
    """An event as its sender encoded it, cut where the service writes."""

    bare: bytes  # properties, application properties and body
    header: bytes = b""
    annotations: tuple[bytes, ...] = ()  # the sender's own: encoded key and value pairs
    key: bytes | None = None
    published: int | None = None  # by an idempotent producer: its number

    @property
    def size_bytes(self) -> int:
        """What counts against limits and moves the offset."""
        return len(self.bare) + len(self.header) + sum(map(len, self.annotations))


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of a partition. `header` + `rest` is the message that receivers get."""

    sequence: int
    offset: int
    enqueued_ms: int
    header: bytes
    rest: bytes  # stamped annotations, then what the sender wrote


def new_event(body: bytes | str, properties: Mapping[str, Any] | None = None) -> Incoming:
    """An event that nobody sent: made by a test or a scene."""
    return Incoming(encode_event(body.encode() if isinstance(body, str) else body, properties))


def parse_delivery(payload: bytes, message_format: int) -> list[Incoming]:
    """The events of one delivery; a batch holds one encoded event per data section.

    Raises:
        ValueError: These bytes are no message.
    """
    if message_format != BATCH_FORMAT:
        return [_cut(payload)]

    envelope: Incoming | None = None
    events: list[Incoming] = []

    for section in sections(payload):
        if section.code == DATA:
            if len(events) == MOST_EVENTS:
                raise ValueError(f"a batch of more than {MOST_EVENTS} events")

            envelope = envelope or _cut(payload[: section.start])
            events.append(_inherit(_cut(section.value), envelope))

    return events


def stamp(event: Incoming, sequence: int, offset: int, enqueued_ms: int, publisher: str) -> bytes:
    """The message annotations section that the service writes, then the bare message."""
    entries = [
        _SEQUENCE + _LONG.pack(0x81, sequence),
        _OFFSET + encode(str(offset)),
        _ENQUEUED + _LONG.pack(0x83, enqueued_ms),
        *event.annotations,
    ]

    if publisher:
        entries.append(_PUBLISHER_KEY + encode(publisher))

    return _annotations(MESSAGE_ANNOTATIONS, entries) + event.bare


def runtime_metrics(last: StoredEvent | None, now_ms: int) -> bytes:
    """Delivery annotations about the partition's end, for receivers that asked for them."""
    values = (last.sequence, last.offset, last.enqueued_ms) if last else (-1, -1, 0)
    return _annotations(
        DELIVERY_ANNOTATIONS,
        [
            _LAST_SEQUENCE + _LONG.pack(0x81, values[0]),
            _LAST_OFFSET + encode(str(values[1])),
            _LAST_TIME + _LONG.pack(0x83, values[2]),
            _RETRIEVED + _LONG.pack(0x83, now_ms),
        ],
    )


_LONG = struct.Struct(">Bq")
_SEQUENCE = encode(Symbol("x-opt-sequence-number"))
_OFFSET = encode(Symbol("x-opt-offset"))
_ENQUEUED = encode(Symbol("x-opt-enqueued-time"))
_PUBLISHER_KEY = encode(Symbol(PUBLISHER))
_LAST_SEQUENCE = encode(Symbol("last_enqueued_sequence_number"))
_LAST_OFFSET = encode(Symbol("last_enqueued_offset"))
_LAST_TIME = encode(Symbol("last_enqueued_time_utc"))
_RETRIEVED = encode(Symbol("runtime_info_retrieval_time_utc"))


def _annotations(code: int, entries: list[bytes]) -> bytes:
    """A section; an entry is an encoded key and its encoded value."""
    return encode_section(code, encode_pairs(entries))


def _cut(payload: bytes) -> Incoming:
    header, annotations, key, bare = b"", [], None, len(payload)
    published = None

    for section in sections(payload):
        if section.code == HEADER:
            header = payload[section.start : section.end]
        elif section.code == MESSAGE_ANNOTATIONS:
            for name, start, value, end in pairs(payload, section.at, section.end):
                if name not in _STAMPED:
                    annotations.append(payload[start:end])
                    key = _key(value) if name == PARTITION_KEY else key
                    published = _number(value) if name == PUBLISHED else published
        elif section.code != DELIVERY_ANNOTATIONS:
            bare = min(bare, section.start)  # and on to the end: a cut-off message is none

    return Incoming(payload[bare:], header, tuple(annotations), key, published)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _key(value: Any) -> bytes | None:
    return value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else None


def _inherit(event: Incoming, envelope: Incoming) -> Incoming:
    """A batch's partition key counts for every event in it."""
    if envelope.key is None or event.key is not None:
        return event

    annotations = event.annotations + envelope.annotations
    header = event.header or envelope.header
    return Incoming(event.bare, header, annotations, envelope.key, event.published)
