"""One log file: everybody who writes it or did, and what it told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from ehtui.domain.text import safe
from ehtui.domain.world.process import LogIncident, OwnerClaim, OwnerLink, ProcessId, ProcessSample
from ehtui.sources.log_files import holders_of
from ehtui.sources.log_owners import (
    LogOwners,
    LogWriter,
    Sighting,
    conclusions,
    may_have_written,
    shown,
)
from ehtui.sources.log_text.facts import LogPlace, LogReading
from ehtui.sources.log_text.follow import LogReader
from ehtui.sources.process_facts import began_at, is_alive

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.sources.log_text.facts import LogFact, LogRecord

KEPT_S = 600.0  # a file whose writers ended: the next one may append to it
REMEMBERED_S = 3600.0  # a writer that ended: lines of its time are still its own
MOST_WRITERS = 64

Incident = tuple[ProcessId | None, "LogFact", bool]  # who, what, whether it is past


class ReadsRecords(Protocol):
    """Follows one file."""

    @property
    def behind_bytes(self) -> int:
        """What was passed over to read the end first, and is not read yet."""

    def read(self) -> LogReading:
        """What is new; raises OSError while it can't be read."""

    def catch_up(self, most_bytes: int) -> LogReading:
        """So much of what was passed over; raises OSError as `read`."""


class FollowedLog(Struct):
    """See the module."""

    reader: ReadsRecords
    holders: Callable[[], Mapping[ProcessId, frozenset[int]]]
    owners: LogOwners = field(default_factory=LogOwners)
    writers: dict[ProcessId, LogWriter] = field(default_factory=dict)
    read_at: float | None = None
    reached: LogPlace | None = None  # the furthest record that was read
    trusts_zone: bool = True
    is_readable: bool = False

    def follow(self, at: float) -> list[LogIncident]:
        """Take in what was written since the read before, and what it complains of."""
        incidents = self._take_in(self.reader.read, at)
        self.read_at = at if self.is_readable else self.read_at
        return incidents

    def catch_up(self, most_bytes: int, at: float) -> list[LogIncident]:
        """Take in a part of what was passed over to read the end first."""
        return self._take_in(partial(self.reader.catch_up, most_bytes), at)

    def _take_in(self, read: Callable[[], LogReading], at: float) -> list[LogIncident]:
        try:
            records = read().records
        except OSError:  # rotated away or not ours to read: the next turn tries again
            self.is_readable = False
            return []

        sightings = [(record, self._sighting(record, at)) for record in records]
        self.is_readable = True
        self.trusts_zone &= not any(sighting.has_odd_zone for _, sighting in sightings)

        is_new = False

        for record, sighting in sightings:
            self.reached = max(self.reached or record.place, record.place)
            is_new |= self.owners.note(record, sighting)

        if is_new:
            self._look_around(at)

        self.owners.judge(self._everybody, trusts_zone=self.trusts_zone)
        return self._incidents(sightings, at)

    def _look_around(self, at: float) -> None:
        """Who else can have written what names a new owner: whoever has the file open.

        A process that just started, or that nobody takes for a consumer, writes logs too. Where
        somebody else carries the lines of a writer into the file, as `tee` does, who has it open
        says nothing.
        """
        holders = self.holders()
        if not holders:
            return

        writing = [writer for writer in self.writers.values() if writer.ended_at is None]
        ended = [w for w in writing if w.process not in holders and not is_alive(w.process)]

        for writer in ended:
            self.writers[writer.process] = replace(writer, ended_at=at)

        if all(w.process in holders for w in writing if w not in ended):
            for process, pids in holders.items():
                writer = LogWriter(process, began_at(process), pids, is_stranger=True)
                self.writers.setdefault(process, writer)

    def _incidents(
        self, sightings: Sequence[tuple[LogRecord, Sighting]], at: float
    ) -> list[LogIncident]:
        """One for each kind of each writer, with its newest line."""
        counts: Counter[Incident] = Counter()
        newest: dict[Incident, str] = {}

        for record, sighting in sightings:
            key = (self._writer(record, sighting), record.fact, record.is_past)
            counts[key] += record.count
            newest[key] = record.text

        return [
            LogIncident(
                process=process,
                kind=fact.kind,
                line=shown(newest[process, fact, is_past]),
                at=at,
                owner=safe(fact.owner) if fact.owner else None,
                partition=safe(fact.partition) if fact.partition else None,
                count=count,
                is_past=is_past,
            )
            for (process, fact, is_past), count in counts.items()
            # Nobody's: neither the line nor its owner tells whose it may be.
            if fact.kind is not None and (process is not None or fact.owner is not None)
        ]

    @property
    def _everybody(self) -> Sequence[LogWriter]:
        return tuple(self.writers.values())

    def _sighting(self, record: LogRecord, at: float) -> Sighting:
        # After a burst the end is read first: what stands before it may be older.
        is_caught_up = self.reached is not None and record.place < self.reached
        is_new = not (record.is_past or is_caught_up)
        return Sighting(record.written_at, record.pid, self.read_at if is_new else None, at)

    def _writer(self, record: LogRecord, sighting: Sighting) -> ProcessId | None:
        if (writer := self.owners.writer_of(record.fact.owner)) is not None:
            return writer

        able = may_have_written(sighting, self._everybody, trusts_zone=self.trusts_zone)
        return next(iter(able)) if len(able) == 1 else None

    def see(self, living: Sequence[ProcessSample], at: float) -> None:
        """Note who writes it now, and who was missed."""
        alive = {process.id for process in living}

        for process in living:
            self.writers[process.id] = LogWriter(process.id, began_at(process.id), process.pids)

        for id_, writer in list(self.writers.items()):
            is_there = id_ in alive or (writer.is_stranger and is_alive(id_))
            if not is_there and writer.ended_at is None:
                self.writers[id_] = replace(writer, ended_at=at)
            elif writer.ended_at is not None and at - writer.ended_at > REMEMBERED_S:
                del self.writers[id_]

        for id_ in list(self.writers)[:-MOST_WRITERS]:
            del self.writers[id_]

    def is_worth_reading(self, at: float) -> bool:
        """Whether somebody writes it, or did not long ago."""
        ends = [writer.ended_at for writer in self.writers.values()]
        return any(end is None or at - end <= KEPT_S for end in ends)


def follow(
    path: str,
    clock: Callable[[], float],
    open_log: Callable[[str, Callable[[], float]], ReadsRecords] | None = None,
    holders: Callable[[str], Mapping[ProcessId, frozenset[int]]] | None = None,
) -> FollowedLog:
    """Begin with a file: by what it is read, and who tells who has it open for writing."""
    return FollowedLog((open_log or LogReader)(path, clock), partial(holders or holders_of, path))


def told_by(logs: Iterable[FollowedLog]) -> tuple[tuple[OwnerLink, ...], tuple[OwnerClaim, ...]]:
    """What all of them together say of who is which owner."""
    told = tuple(conclusions(log.owners for log in logs))

    return (
        tuple(each for each in told if isinstance(each, OwnerLink)),
        tuple(each for each in told if isinstance(each, OwnerClaim)),
    )
