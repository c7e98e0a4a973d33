"""An event as a line of JSON: all of it, exactly as it was sent."""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ehtui.domain.world.events import BodyKind

if TYPE_CHECKING:
    from ehtui.domain.world.events import Event, PropertyValue

_NO_ASCII = re.compile(r"[^ -~]")


def event_document(event: Event) -> dict[str, Any]:
    """What is known of an event. The body is a text where it is UTF-8, else `body_base64`."""
    document: dict[str, Any] = {
        "partition": event.partition,
        "sequence": event.sequence,
        "offset": event.offset,
        "enqueued_at": _moment(event.enqueued_at),
        "key": event.key,
        "size_bytes": event.size_bytes,
        "content_type": event.content_type,
        "content_encoding": event.content_encoding,
        "properties": {name: _value(value) for name, value in event.properties},
        "system": dict(event.system),
    }

    if event.body_kind is not BodyKind.DATA:
        document["body_kind"] = event.body_kind.value

    try:
        document["body"] = event.body.decode("utf-8")
    except UnicodeDecodeError:
        document["body_base64"] = b64encode(event.body).decode("ascii")

    return document


def json_line(event: Event) -> str:
    """One line, harmless in a terminal: what cannot be printed is escaped as JSON has it."""
    line = json.dumps(event_document(event), ensure_ascii=False, allow_nan=False)

    return line if line.isprintable() else _NO_ASCII.sub(_escaped, line)


def _escaped(char: re.Match[str]) -> str:
    return char[0] if char[0].isprintable() else json.dumps(char[0])[1:-1]


def _value(value: PropertyValue) -> Any:
    if isinstance(value, bytes):
        return {"base64": b64encode(value).decode("ascii")}

    if isinstance(value, float) and not math.isfinite(value):
        return str(value)

    return value


def _moment(at: float) -> str | None:
    """RFC 3339 to the millisecond; None is out of any calendar."""
    try:
        moment = datetime.fromtimestamp(at, tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None

    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
