"""What every connection of an endpoint shares: state, faults, counters, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ehtui.sandbox.eventhubs.namespace import Namespace
from ehtui.wire.amqp.performatives import Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.sandbox.eventhubs.errors import ServiceError


@dataclass(slots=True)
class Timeouts:
    """How long the service waits, in seconds (facts.md §4)."""

    silence_s: float = 240.0  # announced to clients as idle-time-out
    first_link_s: float = 60.0
    no_links_s: float = 300.0
    idle_link_s: float = 1800.0
    close_s: float = 2.0  # for the answer to our own close


@dataclass(slots=True)
class Limits:
    """What clients may cost the endpoint, all of them together but where it says otherwise.

    The service's own are of the same kind: 5,000 connections, 255 links a session and so on.
    """

    connections: int = 1000
    sessions: int = 20_000
    links: int = 10_000
    claims: int = 20_000  # tokens that were put and count
    held_bytes: int = 64 << 20  # deliveries that are not complete, replies that wait for credit
    request_bytes: int = 64 << 10  # one request to `$cbs` or `$management`


class Faults:
    """Switches that make the endpoint misbehave; they act from the next frame on."""

    def __init__(self) -> None:
        self.latency_s = 0.0  # added to each round trip, half on each way
        self.refuses = False  # new connections are cut at once
        self.is_busy = False  # sends, attaches and management reads are throttled
        self.cbs_status: int | None = None  # what put-token answers instead of the truth
        self.management_status: int | None = None  # what management reads answer instead
        self.on_freeze: Callable[[bool], None] = lambda _: None
        self._is_frozen = False

    @property
    def is_frozen(self) -> bool:
        """Whether bytes are held back in both directions, as by a network that went silent."""
        return self._is_frozen

    @is_frozen.setter
    def is_frozen(self, value: bool) -> None:
        self._is_frozen = value
        self.on_freeze(value)


@dataclass(slots=True)
class Statistics:
    """Counters since the start, and how many connections are open."""

    connections_opened: int = 0
    connections_open: int = 0
    requests: int = 0  # put-token and management
    management_reads: int = 0
    tokens_put: int = 0
    links_attached: int = 0
    frames_in: int = 0
    frames_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    events_in: int = 0
    events_out: int = 0


class Client(Protocol):
    """A connection, as the endpoint drives it."""

    def freeze(self, *, held: bool) -> None:
        """Hold back bytes in both directions, or let them go."""

    def abort(self) -> None:
        """Cut it without a word."""

    def check(self, now: float) -> None:
        """Look at what time alone can end."""


@dataclass(slots=True)
class Broker:
    """One endpoint's insides; `Room` for deliveries that are not complete."""

    namespace: Namespace
    timeouts: Timeouts = field(default_factory=Timeouts)
    faults: Faults = field(default_factory=Faults)
    statistics: Statistics = field(default_factory=Statistics)
    limits: Limits = field(default_factory=Limits)
    connections: set[Client] = field(default_factory=set)
    sessions: int = 0
    links: int = 0
    claims: int = 0
    held_bytes: int = 0

    @property
    def now(self) -> float:
        """The namespace's time."""
        return self.namespace.clock()

    def told(self, error: ServiceError) -> Error:
        """An error as it goes over the wire."""
        return Error(error.condition, error.worded(self.now))

    def has_room(self, more_bytes: int) -> bool:
        """Whether so much more may be held for clients."""
        return self.held_bytes + more_bytes <= self.limits.held_bytes
