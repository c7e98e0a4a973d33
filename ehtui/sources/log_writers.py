"""Who can have written a record of a log that several processes write, or wrote in turn.

A record belongs to a process only by what it says, or by when it was written against when the
process lived. Pure: values in, candidates out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.world.process import ProcessId
from ehtui.sources.log_text.facts import WrittenAt

if TYPE_CHECKING:
    from collections.abc import Iterable

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


@dataclass(frozen=True, slots=True)
class LogWriter:
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


@dataclass(frozen=True, slots=True)
class Sighting:
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
