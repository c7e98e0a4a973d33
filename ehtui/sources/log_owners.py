"""Who wrote what a log says: the owner ids that it names, and which process each may be.

A process may run several clients, a file may have several writers, and an appended file holds
earlier runs too. A record belongs to a process only by what it says, or by when it was written
against when the process lived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.domain.world.process import LinkBasis, OwnerClaim, OwnerLink, ProcessId
from ehtui.sources.log_text.facts import LogPlace, LogRecord, WrittenAt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


MOST_OWNERS = 64  # of one file: a client that is made anew again and again has a new id each time
MOST_SIGHTINGS = 12
EVIDENCE_CHARACTERS = 240


class OwnerTrace(Struct):
    """All that one file tells of one owner id, since it began there."""

    owner: str
    line: str  # the one that says so best, safe to show
    begun: LogPlace  # its start, or the first that was heard of it
    begun_at: float  # local time of the read that found that
    spoke: LogPlace
    group: str | None = None
    hub: str | None = None
    ended_at: float | None = None
    sightings: list[Sighting] = field(default_factory=list)
    writers: frozenset[ProcessId] = frozenset()  # as judged last

    def note(self, record: LogRecord, sighting: Sighting) -> None:
        """Take in a record in which it speaks."""
        fact = record.fact
        self.spoke = max(self.spoke, record.place)
        self.group = safe(fact.group) if fact.group else self.group
        self.hub = safe(fact.hub) if fact.hub else self.hub

        if fact.is_start:  # it stood further back than what was heard first
            self.begun, self.line = min(self.begun, record.place), shown(record.text)

        if fact.is_end:
            self.ended_at = sighting.read_at

        # The first ones tell of its begin, the last ones that it lives on.
        keep_from = MOST_SIGHTINGS // 2

        if len(self.sightings) >= MOST_SIGHTINGS:
            del self.sightings[keep_from]

        self.sightings.append(sighting)

    def judge(self, writers: Sequence[LogWriter], *, trusts_zone: bool) -> None:
        """Who wrote all of it; whoever did not live at one of its lines did not."""
        left: frozenset[ProcessId] | None = None

        for sighting in self.sightings:
            able = may_have_written(sighting, writers, trusts_zone=trusts_zone)
            left = able if left is None else left & able

        self.writers = left or frozenset()


class LogOwners(Struct):
    """Everybody whom one file names."""

    _traces: dict[str, OwnerTrace] = field(default_factory=dict)

    def note(self, record: LogRecord, sighting: Sighting) -> bool:
        """Take in a record, and tell whether it is the first of an owner, or of a run of one.

        One that names no speaker is passed over.
        """
        owner, fact = record.fact.owner, record.fact
        if owner is None:
            return False

        trace = self._traces.get(owner)
        is_new = trace is None or (fact.is_start and record.place > trace.spoke)

        # The same id again: a name that was configured, in the next run.
        if trace is None or is_new:
            begun = OwnerTrace(
                owner, shown(record.text), record.place, sighting.read_at, record.place
            )

            if trace is not None:
                begun.group, begun.hub = trace.group, trace.hub

            self._traces[owner] = trace = begun

        trace.note(record, sighting)

        if len(self._traces) > MOST_OWNERS:
            del self._traces[min(self._traces, key=lambda o: self._traces[o].spoke)]

        return is_new

    def judge(self, writers: Sequence[LogWriter], *, trusts_zone: bool) -> None:
        """Hold every line against those who write the file, and when they lived."""
        for trace in self._traces.values():
            trace.judge(writers, trusts_zone=trusts_zone)

    def traces(self) -> Iterable[OwnerTrace]:
        """Of each owner id whose writer is known, or one of some."""
        return [trace for trace in self._traces.values() if trace.writers]

    def writer_of(self, owner: str | None) -> ProcessId | None:
        """The one process that an owner id is of, as far as this file tells."""
        trace = self._traces.get(owner) if owner is not None else None
        return next(iter(trace.writers)) if trace and len(trace.writers) == 1 else None

    def over_at(self, trace: OwnerTrace) -> float | None:
        """When it ended or came into doubt: a later client of the same process began.

        It is out of doubt when it speaks again; the store may vouch for it by a renewal.
        """
        if trace.ended_at is not None:
            return trace.ended_at

        if len(trace.writers) != 1:
            return None

        later = (
            other.begun_at
            for other in self._traces.values()
            if other.writers == trace.writers and other.begun > trace.spoke
        )
        return min(later, default=None)


def conclusions(logs: Iterable[LogOwners]) -> Iterator[OwnerLink | OwnerClaim]:
    """What all files together tell: a link for each owner id of one process, else a claim."""
    named: dict[str, list[tuple[LogOwners, OwnerTrace]]] = {}

    for log in logs:
        for trace in log.traces():
            named.setdefault(trace.owner, []).append((log, trace))

    for found in named.values():
        writers = frozenset.intersection(*(trace.writers for _, trace in found))
        if writers:
            yield _concluded(found, writers)
        else:  # several processes go by one id
            yield from (_concluded([each], each[1].writers) for each in found)


def _concluded(
    found: Sequence[tuple[LogOwners, OwnerTrace]], writers: frozenset[ProcessId]
) -> OwnerLink | OwnerClaim:
    trace = max((trace for _, trace in found), key=lambda trace: trace.begun_at)
    ends = [log.over_at(each) for log, each in found]
    over_at = None if None in ends else max(at for at in ends if at is not None)
    group = next((each.group for _, each in found if each.group), None)
    hub = next((each.hub for _, each in found if each.hub), None)
    first, *others = sorted(writers)

    if others:
        return OwnerClaim(
            owner=trace.owner,
            writers=(first, *others),
            evidence=trace.line,
            seen_at=trace.begun_at,
            group=group,
            over_at=over_at,
            hub=hub,
        )

    return OwnerLink(
        process=first,
        owner=trace.owner,
        basis=LinkBasis.LOG,
        evidence=trace.line,
        seen_at=trace.begun_at,
        group=group,
        over_at=over_at,
        hub=hub,
    )


def shown(text: str) -> str:
    """A record as evidence."""
    return safe(text.strip()[: 4 * EVIDENCE_CHARACTERS])[:EVIDENCE_CHARACTERS]


SLACK_S = 0.5
ZONE_STEP_S = 900.0  # zones differ by quarters of an hour
ZONE_SLACK_S = 30.0
EVER = float("-inf")


class Span(NamedTuple):
    """From when until when, local time."""

    begin: float
    end: float

    def meets(self, other: Span) -> bool:
        """Whether they have a moment in common, give or take."""
        return self.begin <= other.end + SLACK_S and other.begin <= self.end + SLACK_S


class LogWriter(Value, frozen=True):
    """A process that has this file among its logs, or had, and when it lived."""

    process: ProcessId
    began_at: float  # local time, as exactly as it is known
    pids: frozenset[int]  # what it may call itself, here and in its container
    ended_at: float | None = None  # local time of the scan that missed it
    is_stranger: bool = False  # no consumer that is known: it has the file open

    def lived(self, span: Span) -> bool:
        """Whether any part of its life falls into this time."""
        has_begun = span.end >= self.began_at
        # It was missed some time after it ended: what came after that is of another one.
        return has_begun and (self.ended_at is None or span.begin < self.ended_at)


class Sighting(Value, frozen=True):
    """One record, and what there is to know of when it was written and by whom."""

    written_at: WrittenAt | None
    pid: int | None
    read_after: float | None  # it was not there by then; None: it stood there at the first read
    read_at: float

    @property
    def arrived(self) -> Span:
        """When it came into the file, as far as that was watched."""
        return Span(EVER if self.read_after is None else self.read_after, self.read_at)

    @property
    def has_odd_zone(self) -> bool:
        """Whether its stamp is of a zone that is neither this host's nor UTC.

        Seen by a record that just came and is hours old or ahead, to the quarter of an hour. What
        stands in the same file is dated as wrongly.
        """
        stamp = self.written_at
        if stamp is None or stamp.is_zone_stated or self.read_after is None:
            return False

        if any(self.arrived.meets(span) for span in _spans(stamp)):
            return False

        off_s = self.read_at - stamp.at_if_utc
        steps = round(off_s / ZONE_STEP_S)
        slack_s = ZONE_SLACK_S + self.read_at - self.read_after
        return steps != 0 and abs(off_s - steps * ZONE_STEP_S) <= slack_s

    def written(self, *, trusts_zone: bool) -> tuple[Span, ...]:
        """When it may have been written. What was held back in a buffer is older than it came."""
        stamp = self.written_at
        if stamp is None or not (stamp.is_zone_stated or trusts_zone):
            return (self.arrived,)

        past = tuple(s for s in _spans(stamp) if s.begin <= self.read_at + SLACK_S)
        fitting = tuple(s for s in past if self.arrived.meets(s))
        return fitting or past or (self.arrived,)


def _spans(stamp: WrittenAt) -> tuple[Span, ...]:
    return tuple(Span(at, at + stamp.step_s) for at in stamp.readings)


def may_have_written(
    sighting: Sighting, writers: Iterable[LogWriter], *, trusts_zone: bool
) -> frozenset[ProcessId]:
    """Every one of these that can have written it; nobody where it has somebody else's pid."""
    spans = sighting.written(trusts_zone=trusts_zone)
    named = (w for w in writers if sighting.pid is None or sighting.pid in w.pids)
    return frozenset(w.process for w in named if any(w.lived(span) for span in spans))
