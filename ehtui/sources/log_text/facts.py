"""What a consumer's log tells, as values: between reading a log and judging who wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.world.process import LogIncidentKind, LogLevel


class WrittenAt(Value, frozen=True):
    """When a record says it was written: from `at` until `step_s` later.

    A stamp without a zone is the writer's local time, or UTC (in a container): only the
    `readings` together are the truth.
    """

    at: float  # UTC epoch seconds; without a zone: read as this host's local time
    is_zone_stated: bool
    at_if_utc: float  # the same stamp read as UTC
    step_s: float = 1.0  # the stamp's resolution

    @property
    def readings(self) -> tuple[float, ...]:
        """Every moment that the stamp can mean, the likelier first; one where it says its zone."""
        if self.is_zone_stated or self.at == self.at_if_utc:
            return (self.at,)

        return (self.at, self.at_if_utc)


class LogPlace(NamedTuple):
    """Where a record stands: what is greater was written later, in whatever order it is read."""

    generation: int  # counts rotations and truncations of the path
    offset: int  # bytes from the file's begin


class LogFact(Value, frozen=True):
    """What a record tells of a client, a lease or a receiver. Texts are as written: not safe."""

    kind: LogIncidentKind | None  # None: it only says who speaks
    owner: str | None = None  # the client that speaks: the process that wrote it is this owner
    owner_start: str | None = None  # the speaker's id, cut to its first characters (Go)
    other_owner: str | None = None  # who is spoken of, be it a victim: never ties a process
    partition: str | None = None
    hub: str | None = None
    namespace: str | None = None
    group: str | None = None
    is_start: bool = False  # a client begins here: earlier ones of the process may be over
    is_end: bool = False  # a client ended here


class LogRecord(Value, frozen=True):
    """One record of a log: cleaned of escapes and wrapping, its traceback included."""

    text: str  # bounded; not safe to show as it is
    fact: LogFact
    place: LogPlace
    written_at: WrittenAt | None = None  # None: it has no stamp, or one without a date
    pid: int | None = None  # only where the format says that it is one; the writer's namespace's
    level: LogLevel | None = None
    is_past: bool = False  # stood in the file before it was followed
    count: int = 1  # of what was passed over, equal records of one owner are told once


class LogReading(Value, frozen=True):
    """What one read of a log found.

    After a burst the end is read first: records of the middle come in later readings, and their
    `place` says that they are older.
    """

    records: tuple[LogRecord, ...]
    behind_bytes: int = 0  # not read yet
