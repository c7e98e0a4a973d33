"""From an AMQP message to an event. Whatever a sender wrote, there is an event to look at."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from ehtui.domain.world.events import BodyKind, Event, PropertyValue
from ehtui.domain.world.hub import known_integer, known_moment
from ehtui.wire.amqp.messages import (
    APPLICATION_PROPERTIES,
    DATA,
    DELIVERY_ANNOTATIONS,
    FOOTER,
    HEADER,
    MESSAGE_ANNOTATIONS,
    PROPERTIES,
    SEQUENCE,
    VALUE,
    sections,
)
from ehtui.wire.amqp.values import Described, Timestamp

_SEQUENCE_KEY, _OFFSET_KEY = "x-opt-sequence-number", "x-opt-offset"
_ENQUEUED_KEY, _KEY_KEY = "x-opt-enqueued-time", "x-opt-partition-key"
_STAMPS = frozenset({_SEQUENCE_KEY, _OFFSET_KEY, _ENQUEUED_KEY, _KEY_KEY})
# The fields of `properties`, in their order (AMQP 1.0, part 3.2.4).
_FIELDS = (
    "message-id",
    "user-id",
    "to",
    "subject",
    "reply-to",
    "correlation-id",
    "content-type",
    "content-encoding",
    "absolute-expiry-time",
    "creation-time",
    "group-id",
    "group-sequence",
    "reply-to-group-id",
)
_HEADER_FIELDS = ("durable", "priority", "ttl", "first-acquirer", "delivery-count")
_CONTENT_TYPE, _CONTENT_ENCODING = "content-type", "content-encoding"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNREAD_BYTES = "unread-bytes"  # in `system`: what follows the body is no AMQP section


class Stamp(NamedTuple):
    """What the service wrote onto an event: what everything else is sorted and counted by."""

    sequence: int
    offset: str
    enqueued_at: float


def stamp_of(payload: bytes) -> Stamp | None:
    """The stamp of a message, at the cost of its first sections; None where it has none."""
    try:
        for section in sections(payload):
            if section.code == MESSAGE_ANNOTATIONS:
                return _stamp_in(section.value)

            if section.code > MESSAGE_ANNOTATIONS:
                break
    except ValueError:
        pass

    return None


def _stamp_in(annotations: Mapping[Any, Any]) -> Stamp | None:
    sequence = known_integer(annotations.get(_SEQUENCE_KEY))
    enqueued = annotations.get(_ENQUEUED_KEY)
    enqueued_at = known_moment(enqueued / 1000.0) if isinstance(enqueued, int | float) else None
    offset = _text(annotations.get(_OFFSET_KEY, ""))

    if sequence is None or enqueued_at is None:
        return None

    return Stamp(sequence, offset, enqueued_at)


def event_of(partition: str, payload: bytes, stamp: Stamp) -> Event:
    """The event in a message. What is malformed in it ends its reading, and is shown."""
    parts = _Parts(payload)
    fields = dict(zip(_FIELDS, parts.one(PROPERTIES, list), strict=False))
    annotations = parts.one(MESSAGE_ANNOTATIONS, dict)
    key = annotations.get(_KEY_KEY)
    body, kind = parts.body()

    return Event(
        partition=partition,
        sequence=stamp.sequence,
        offset=stamp.offset,
        enqueued_at=stamp.enqueued_at,
        body=body,
        body_kind=kind,
        size_bytes=len(payload),
        key=None if key is None else _text(key),
        properties=tuple(
            (_text(name), _property(value))
            for name, value in parts.one(APPLICATION_PROPERTIES, dict).items()
        ),
        system=tuple(_system(fields, annotations, parts)),
        content_type=_optional(fields.get(_CONTENT_TYPE)),
        content_encoding=_optional(fields.get(_CONTENT_ENCODING)),
    )


class _Parts:
    """The sections of a message, as far as they can be read."""

    def __init__(self, payload: bytes) -> None:
        self._found: dict[int, Any] = {}
        self._data: list[bytes] = []
        self._sequences: list[Any] = []
        read_to = 0

        try:
            for section in sections(payload):
                read_to = section.end

                if section.code == DATA:
                    self._data.append(section.value)
                elif section.code == SEQUENCE:
                    self._sequences.append(section.value)
                else:
                    self._found[section.code] = section.value
        except ValueError:
            pass

        self.rest = payload[read_to:]

    def one(self, code: int, kind: type) -> Any:
        """The value of a section that there is one of; an empty one where it is missing."""
        value = self._found.get(code)
        return value if isinstance(value, kind) else kind()

    def body(self) -> tuple[bytes, BodyKind]:
        """What its sender wrote; the rest of the message where no body could be read."""
        if self._data:
            return b"".join(self._data), BodyKind.DATA

        if self._sequences:
            whole = self._sequences[0] if len(self._sequences) == 1 else self._sequences
            return _as_json(whole), BodyKind.SEQUENCE

        if VALUE in self._found:
            return _as_json(self._found[VALUE]), BodyKind.VALUE

        return (self.rest, BodyKind.UNREADABLE) if self.rest else (b"", BodyKind.DATA)

    @property
    def has_body(self) -> bool:
        """Whether one could be read."""
        return bool(self._data or self._sequences or VALUE in self._found)


def _system(
    fields: Mapping[str, Any], annotations: Mapping[Any, Any], parts: _Parts
) -> list[tuple[str, str]]:
    shown = {name: value for name, value in fields.items() if value is not None}
    header = dict(zip(_HEADER_FIELDS, parts.one(HEADER, list), strict=False))
    shown |= {name: value for name, value in header.items() if value is not None}

    for code in (MESSAGE_ANNOTATIONS, DELIVERY_ANNOTATIONS, FOOTER):
        found = annotations if code == MESSAGE_ANNOTATIONS else parts.one(code, dict)
        shown |= {_text(name): value for name, value in found.items() if name not in _STAMPS}

    if parts.rest and parts.has_body:
        shown[UNREAD_BYTES] = len(parts.rest)

    return [(name, _text(value)) for name, value in shown.items()]


def _optional(value: Any) -> str | None:
    return None if value is None else _text(value)


def _text(value: Any) -> str:
    """A value of a sender as a text of one's own."""
    if isinstance(value, str):
        return str(value)

    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")

    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _property(value: Any) -> PropertyValue:
    if isinstance(value, bool | bytes | float | None):
        return value

    if isinstance(value, int) and not isinstance(value, Timestamp):
        return int(value)

    return _text(value)


def _as_json(value: Any) -> bytes:
    return json.dumps(_plain(value), ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    """An AMQP value as JSON has it."""
    make = _PLAIN.get(type(value))

    if make is not None:
        return make(value)

    return _plain_map(value) if isinstance(value, Mapping) else str(value)


def _plain_map(value: Mapping[Any, Any]) -> dict[str, Any]:
    return {_text(name): _plain(each) for name, each in value.items()}


def _plain_list(value: list[Any]) -> list[Any]:
    return [_plain(each) for each in value]


def _described(value: Described) -> dict[str, Any]:
    return {"descriptor": _plain(value.descriptor), "value": _plain(value.value)}


def _binary(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def _moment(milliseconds: int) -> str:
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return str(int(milliseconds))

    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_PLAIN: dict[type, Callable[[Any], Any]] = {
    bool: bool,
    type(None): lambda _: None,
    Timestamp: _moment,
    int: int,
    float: lambda value: value if math.isfinite(value) else str(value),
    str: str,
    bytes: _binary,
    Described: _described,
    list: _plain_list,
}
