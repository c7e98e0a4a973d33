"""Events of a hub as somebody looks at them: where reading begins, what was asked for, what came.

Nothing here is of a consumer: reading in the peek group leaves owners and checkpoints alone.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.problems import Problem

# A date is a text; what is neither of these is told as JSON.
PropertyValue = str | int | float | bool | bytes | None


class Earliest(Value, frozen=True):
    """The first event that is retained."""


class Latest(Value, frozen=True):
    """Only what is enqueued from now on."""


class AtSequence(Value, frozen=True):
    """The event with this sequence number, or the one behind it."""

    sequence: int
    is_inclusive: bool = True


class AtTime(Value, frozen=True):
    """The first event that was enqueued at this moment or later; the server's clock."""

    enqueued_at: float


class AtOffset(Value, frozen=True):
    """Behind the event with this offset, as a checkpoint has it."""

    offset: str


Position = Earliest | Latest | AtSequence | AtTime | AtOffset


class BodyKind(StrEnum):
    """What an event's body was on the wire."""

    DATA = "data"  # bytes, as every SDK sends them
    VALUE = "value"  # an AMQP value, told as JSON
    SEQUENCE = "sequence"  # AMQP sequences, told as JSON
    UNREADABLE = "unreadable"  # the rest of the message, from the section that is none


class Event(Value, frozen=True):
    """One event of a partition, as it was delivered."""

    partition: str
    sequence: int
    offset: str  # opaque
    enqueued_at: float  # server time
    body: bytes  # as it was sent; several data sections are joined
    body_kind: BodyKind = BodyKind.DATA
    size_bytes: int = 0  # of the whole message on the wire
    key: str | None = None  # partition key
    properties: tuple[tuple[str, PropertyValue], ...] = ()  # application properties
    system: tuple[tuple[str, str], ...] = ()  # message-id, correlation-id, other annotations
    content_type: str | None = None
    content_encoding: str | None = None


class EventQuery(Value, frozen=True):
    """Which events somebody wants to look at: only partitions with a position are read.

    Without `follow` it ends at what was the last event when it began.
    """

    positions: Mapping[str, Position]
    follow: bool = False
    until_at: float | None = None  # server time; events that were enqueued later are left out
    # What has to be thrown away where somebody takes events more slowly than they come: nothing
    # (the service keeps them until there is room), or the oldest, counted in `dropped`.
    may_drop: bool = False


class EventStream(Protocol):
    """Events of several partitions, merged by the time when they were enqueued. Bounded.

    For one reader. It connects again by itself, behind the last event that it gave.
    """

    async def next_batch(self, within_s: float, most: int = 1000) -> Sequence[Event]:
        """Wait so long for up to `most` events; none where nothing came, or at the end.

        Raises:
            ProblemError: Reading cannot go on.
        """

    @property
    def is_at_end(self) -> bool:
        """Whether nothing follows."""

    @property
    def dropped(self) -> int:
        """How many events were thrown away because nobody took them in time."""

    @property
    def unreadable(self) -> int:
        """How many messages were left out because nobody can tell which events they are."""

    @property
    def trouble(self) -> Problem | None:
        """Why nothing comes just now, while it connects again; None where all is well."""

    async def close(self) -> None:
        """Let go of the links; never raises, ends within a second."""


class EventLookup(Protocol):
    """Finds single events, for whoever has to know what stands at a position."""

    async def read_at(self, partition: str, position: Position, within_s: float) -> Event | None:
        """The first event at or after a position; None where there is none (yet).

        Raises:
            ProblemError: It cannot be read, or was not delivered in time.
        """

    async def read_before(self, partition: str, at: float, within_s: float) -> Event | None:
        """The event before the first one enqueued at a moment of the server's clock or later.

        None: nothing that is retained comes before that one.

        Raises:
            ProblemError: As of `read_at`.
        """
