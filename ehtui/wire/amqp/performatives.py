"""AMQP 1.0 performatives as plain values: the fields that Event Hubs and its clients use.

Strings and symbols are `str`; what the peer left out is the specification's default or None.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

UINT_MAX = 0xFFFFFFFF
WRAP = 1 << 32  # delivery and transfer numbers begin anew there
Fields = Mapping[Any, Any]  # keys are symbols


class Error(NamedTuple):
    """Why a connection, session or link ends, or a delivery is rejected."""

    condition: str
    description: str | None = None


class Source(NamedTuple):
    """Where messages come from; only what Event Hubs clients use."""

    address: str | None = None
    filters: Mapping[str, str] | None = None  # name → text; its descriptor is its name


class Target(NamedTuple):
    """Where messages go to."""

    address: str | None = None


class Open(NamedTuple):
    """Begins a connection."""

    container_id: str
    hostname: str | None = None
    max_frame_bytes: int = UINT_MAX
    channel_max: int = 65535
    idle_timeout_ms: int | None = None
    properties: Mapping[str, Any] | None = None  # what the client says of itself


class Begin(NamedTuple):
    """Begins a session on a channel."""

    remote_channel: int | None
    next_outgoing_id: int
    incoming_window: int
    outgoing_window: int
    handle_max: int = UINT_MAX


class Attach(NamedTuple):
    """Attaches a link. `is_receiver` is the role of whoever sends it."""

    name: str
    handle: int
    is_receiver: bool
    sender_settles: int = 2  # 0 unsettled, 1 settled, 2 mixed
    receiver_settles: int = 0  # 0 first, 1 second
    source: Source | None = None
    target: Target | None = None
    initial_delivery_count: int | None = None
    max_message_bytes: int | None = None
    offered_capabilities: tuple[str, ...] = ()
    desired_capabilities: tuple[str, ...] = ()
    properties: Fields | None = None


class Flow(NamedTuple):
    """Credit of a link, or the windows of a session where `handle` is None."""

    next_incoming_id: int | None
    incoming_window: int
    next_outgoing_id: int
    outgoing_window: int
    handle: int | None = None
    delivery_count: int | None = None
    link_credit: int | None = None
    available: int | None = None
    drain: bool = False
    echo: bool = False


class Transfer(NamedTuple):
    """One frame of a delivery, with its piece of the message."""

    handle: int
    delivery_id: int | None
    delivery_tag: bytes | None
    message_format: int
    settled: bool
    more: bool
    aborted: bool
    payload: bytes


class Accepted(NamedTuple):
    """A delivery was taken."""


class Rejected(NamedTuple):
    """A delivery was refused."""

    error: Error | None = None


class Disposition(NamedTuple):
    """The state of deliveries `first` to `last`. A state that Event Hubs never uses is None."""

    is_receiver: bool
    first: int
    last: int | None = None
    settled: bool = False
    state: Accepted | Rejected | None = None


class Detach(NamedTuple):
    """Ends a link."""

    handle: int
    closed: bool = False
    error: Error | None = None


class End(NamedTuple):
    """Ends a session."""

    error: Error | None = None


class Close(NamedTuple):
    """Ends a connection."""

    error: Error | None = None


class SaslMechanisms(NamedTuple):
    """What the server offers."""

    mechanisms: tuple[str, ...]


class SaslInit(NamedTuple):
    """What the client chose."""

    mechanism: str
    initial_response: bytes | None = None
    hostname: str | None = None


class SaslOutcome(NamedTuple):
    """How it went: 0 ok, 1 authentication failed."""

    code: int


Performative = (
    Open
    | Begin
    | Attach
    | Flow
    | Transfer
    | Disposition
    | Detach
    | End
    | Close
    | SaslMechanisms
    | SaslInit
    | SaslOutcome
)


class Frame(NamedTuple):
    """A frame. An empty one has no body: it only keeps the connection alive."""

    channel: int
    body: Performative | None


class FrameError(ValueError):
    """Bytes that are no AMQP frame."""


class AmqpError(Exception):
    """What ends a connection, session or link, whichever side found it."""

    def __init__(self, condition: str, description: str | None = None) -> None:
        super().__init__(f"{condition}: {description}" if description else condition)
        self.condition = condition
        self.description = description or ""
