"""What is sent, where to and how fast: contents with placeholders, and the plan of a send.

A placeholder is a name between two braces on each side: `{{sequence}}`, `{{uuid}}`, `{{now}}`,
`{{host}}`. No JSON text has two braces before a name, and `${…}` is a configuration's own. What is
none of the four stays as it stands.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar
from uuid import NAMESPACE_OID, uuid5

from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.actions.base import BasePlan, Record, SignalTarget
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.world.events import PropertyValue

JSON = "application/json"
MARKER = "ehtui-marker"  # an application property: which send it is of, and which event of it
PLACEHOLDERS = ("sequence", "uuid", "now", "host")
_PLACEHOLDER = re.compile(r"\{\{(sequence|uuid|now|host)\}\}")
_PLACEHOLDER_BYTES = re.compile(rb"\{\{(sequence|uuid|now|host)\}\}")
_LIKE_ONE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")


class SendTarget(StrEnum):
    """Who chooses the partition of an event."""

    ROUND_ROBIN = "round-robin"  # ehtui: each in turn
    PARTITION = "partition"
    KEY = "key"  # the service, by the key's hash: azure-eventhub has no public resolver


class BodySource(StrEnum):
    """Where what is sent comes from."""

    TEMPLATE = "template"  # a test event of the configuration
    TEXT = "text"  # typed, or given on the command line
    FILE = "file"  # one event
    LINES = "lines"  # one event a line
    EVENTS = "events"  # events that were read, sent again


class Outgoing(Value, frozen=True):
    """One event as it is to be sent."""

    body: bytes
    properties: tuple[tuple[str, PropertyValue], ...] = ()
    content_type: str | None = None  # None: JSON's where the body is JSON
    key: str | None = None  # its own partition key, where each event has one
    line: int | None = None  # of the file that it comes from


class Content(Value, frozen=True):
    """What is sent, before placeholders are filled in."""

    source: BodySource
    name: str  # of the template or file; what it is called where it has no name
    events: tuple[Outgoing, ...]
    is_literal: bool = False  # `{{now}}` is sent as it stands


class Filling(Value, frozen=True):
    """What stands for the placeholders of one event."""

    sequence: int  # its number within this send, from 1
    uuid: str
    now: str  # ISO 8601, UTC, milliseconds
    host: str


def filling(token: str, number: int, at: float, host: str) -> Filling:
    """The values for one event; `token` is the send's own, `at` when it is sent (epoch)."""
    now = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    named = uuid5(NAMESPACE_OID, f"{token}:{number}")

    return Filling(number, str(named), now.replace("+00:00", "Z"), host)


def filled(event: Outgoing, values: Filling) -> Outgoing:
    """The event with its placeholders filled in, in body, properties and key."""
    told: Mapping[str, str] = {
        "sequence": str(values.sequence),
        "uuid": values.uuid,
        "now": values.now,
        "host": values.host,
    }

    def of_text(text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: told[found[1]], text)

    return Outgoing(
        body=_PLACEHOLDER_BYTES.sub(lambda m: told[m[1].decode()].encode(), event.body),
        properties=tuple(
            (name, of_text(value) if isinstance(value, str) else value)
            for name, value in event.properties
        ),
        content_type=event.content_type,
        key=of_text(event.key) if event.key is not None else None,
        line=event.line,
    )


def unknown_placeholders(body: bytes) -> tuple[str, ...]:
    """Names between double braces that are none of ours: they are sent as they stand."""
    found = dict.fromkeys(_LIKE_ONE.findall(body.decode("utf-8", "replace")))
    return tuple(name for name in found if name not in PLACEHOLDERS)


def has_placeholders(body: bytes) -> bool:
    """Whether something in it is filled in."""
    return _PLACEHOLDER_BYTES.search(body) is not None


class JsonFault(Value, frozen=True):
    """Why a body is no JSON, and where: from 1."""

    message: str
    line: int
    column: int


def is_text(body: bytes) -> bool:
    """Whether it can be shown and edited as what it is: it is UTF-8."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return False

    return True


def json_fault(body: bytes) -> JsonFault | None:
    """Why a body is not JSON once its placeholders are filled in; None where it is."""
    sample = filled(Outgoing(body), Filling(1, "0" * 32, "1970-01-01T00:00:00.000Z", "host")).body

    try:
        json.loads(sample)
    except json.JSONDecodeError as error:
        return JsonFault(error.msg, error.lineno, error.colno)
    except (ValueError, RecursionError) as error:  # not UTF-8, nested too deep
        return JsonFault(str(error) or type(error).__name__, 1, 1)

    return None


def content_type_of(event: Outgoing) -> str | None:
    """What it is sent as: what was asked for, or JSON's where its body is JSON."""
    if event.content_type is not None:
        return event.content_type or None

    return JSON if json_fault(event.body) is None else None


class SendPlan(BasePlan, frozen=True):
    """Send events: `content` in turn, `count` events in all."""

    namespace: str
    hub: str
    template: str  # what it is called: its name in the configuration, or the file's
    body: str  # of the first event, as it would be sent by now
    target: SendTarget
    partition: str | None
    key: str | None
    properties: tuple[tuple[str, PropertyValue], ...]  # of the first event
    count: int
    planned_at: float
    is_production: bool = False
    content: Content = Content(BodySource.TEXT, "", ())
    partitions: tuple[str, ...] = ()  # that take turns; empty where the service chooses
    interval_s: float = 0.0  # between two events; 0: as fast as they are accepted
    content_type: str | None = None
    token: str = ""  # of this send alone
    host: str = ""  # what `{{host}}` stands for
    is_marked: bool = False  # each event says of which send it is, so that it can be found
    follow: str | None = None  # the consumer group that is watched until it has read them
    waits: tuple[float, ...] = ()  # for a checkpoint, of that group's last events
    kind: str = "send"
    targets: ClassVar[tuple[SignalTarget, ...]] = ()
    group: ClassVar[str | None] = None

    @property
    @override
    def record(self) -> Record:
        bodies = sha256()
        length = 0

        for event in self.content.events:
            bodies.update(event.body)
            length += len(event.body)

        return {
            "hub": f"{self.namespace}/{self.hub}",
            "template": self.template,
            "source": self.content.source.value,
            "target": self.target.value,
            "partition": self.partition,
            "key": self.key,
            "count": self.count,
            "body_bytes": length,
            "body_sha256": bodies.hexdigest(),
        }

    @property
    @override
    def is_promise(self) -> bool:
        return self.count > 1  # who leaves on the way is asked

    @property
    @override
    def stops_at_once(self) -> bool:
        return True

    def event(self, number: int, at: float) -> Outgoing:
        """The event of that number, from 1, as it is sent at `at` (epoch seconds)."""
        events = self.content.events
        event = events[(number - 1) % len(events)]

        if not self.content.is_literal:
            event = filled(event, filling(self.token, number, at, self.host))

        if not self.is_marked:
            return event

        marker = (MARKER, f"{self.token}:{number}")
        return Outgoing(
            event.body, (*event.properties, marker), event.content_type, event.key, event.line
        )

    def destination(self, number: int) -> Destination:
        """Where that event goes."""
        if self.partitions:
            return Destination(self.partitions[(number - 1) % len(self.partitions)], None)

        if self.target is SendTarget.KEY:
            own = self.content.events[(number - 1) % len(self.content.events)].key
            return Destination(None, self.key if self.key is not None else own)

        return Destination(self.partition, None)

    def with_body(self, body: bytes) -> SendPlan:
        """The same, told with the body of its first event."""
        return replace(self, body=body.decode("utf-8", "replace"))

    @override
    def as_told(self) -> SendPlan:
        return replace(self, content=replace(self.content, events=()))


class Destination(Value, frozen=True):
    """A partition, a partition key, or neither: the service takes the next in turn."""

    partition: str | None
    key: str | None
