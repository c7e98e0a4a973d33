"""How a group's checkpoint of one partition moves: the last ten commits and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ehtui.domain.store import Checkpoint

WINDOW = 10  # commits, as Burrow keeps them (peers.md B2)
RATE_WINDOW_S = 60.0
LATE_GAPS = 1.5
SILENT_GAPS = 3.0
MERGE_S = 2.0  # else the window of a fast committer spans nothing


class Commit(NamedTuple):
    """One checkpoint as it was seen to be written."""

    at: float  # server time of the write
    sequence: int
    lag: int | None


class Pace(NamedTuple):
    """How fast commits went on, by the last of them."""

    grown: int  # events
    usual_s: float  # in which they were read
    last_at: float
    late_after_s: float  # by then the next commit is late by their own cadence

    @property
    def silent_at(self) -> float:
        """When three of its own gaps have passed: nothing is read any more."""
        return self.last_at + self.late_after_s / LATE_GAPS * SILENT_GAPS


class Rewind(NamedTuple):
    """A checkpoint that went back, until it has caught up again."""

    at: float
    from_sequence: int
    to_sequence: int


class Progress(NamedTuple):
    """What was seen of one partition's checkpoint. Times are server times."""

    record: Checkpoint | None = None
    commits: tuple[Commit, ...] = ()
    waits: tuple[float, ...] = ()  # how long events waited for each of the last commits
    waiting_since: float | None = None  # events wait, and nothing has moved since
    zero_at: float | None = None  # lag was last seen to be zero
    rewind: Rewind | None = None
    pace: Pace | None = None
    watched_at: float | None = None  # first seen owned and without a checkpoint
    watched_sequence: int | None = None  # the last sequence number by then

    def waiting(self, since: float | None, zero_at: float | None) -> Progress:
        """The same with another account of what waits."""
        return Progress(
            record=self.record,
            commits=self.commits,
            waits=self.waits,
            waiting_since=since,
            zero_at=zero_at,
            rewind=self.rewind,
            pace=self.pace,
            watched_at=self.watched_at,
            watched_sequence=self.watched_sequence,
        )


def committed(
    progress: Progress, record: Checkpoint, lag: int | None, poll_s: float = 0.0
) -> Progress:
    """`progress` after another write of the checkpoint; ones in quick succession count as one."""
    sequence = record.sequence

    if sequence is None:
        return Progress(record, zero_at=progress.zero_at)

    at = record.blob.last_modified
    kept = progress.commits[-(WINDOW - 1) :]

    if len(progress.commits) > 1 and at - progress.commits[-2].at < max(MERGE_S, poll_s):
        kept = progress.commits[:-1]

    commits = (*kept, Commit(at, sequence, lag))
    before = progress.commits[-1].sequence if progress.commits else None
    since, waits, rewind = progress.waiting_since, progress.waits, progress.rewind

    if before is not None and sequence > before:
        # Events that came and were read between two looks waited no longer than that.
        waited_from = since if since is not None else progress.zero_at

        if waited_from is not None:
            waits = (*waits[-(WINDOW - 2) :], max(0.0, at - waited_from))

        since = at if since is not None else None

    if before is not None and sequence < before:
        rewind = Rewind(at, max(before, rewind.from_sequence if rewind else before), sequence)
    elif rewind is not None and sequence >= rewind.from_sequence:
        rewind = None

    return Progress(
        record=record,
        commits=commits,
        waits=waits,
        waiting_since=since,
        zero_at=progress.zero_at,
        rewind=rewind,
        pace=pace_of(commits),
    )


def pace_of(commits: tuple[Commit, ...]) -> Pace | None:
    """The pace of a window: rare commits over all of it, frequent ones over the last minute."""
    if len(commits) < 2:  # noqa: PLR2004 - a rate lies between two
        return None

    last, gaps = commits[-1], len(commits) - 1

    while gaps > 1 and last.at - commits[-1 - gaps].at >= RATE_WINDOW_S:
        gaps -= 1

    first = commits[-1 - gaps]
    grown, usual_s = last.sequence - first.sequence, last.at - first.at

    if grown < 0 or usual_s <= 0:
        return None

    return Pace(grown, usual_s, last.at, LATE_GAPS * usual_s / gaps)


def out_rate(pace: Pace | None, at: float) -> float | None:
    """Events a second that the group gets through; None before two commits.

    It falls once the next commit is late, and is zero when three were due: until then the time
    since the last is not slowness.
    """
    if pace is None:
        return None

    late_at = pace.last_at + pace.late_after_s
    left = (pace.silent_at - at) / (pace.silent_at - late_at) if at > late_at else 1.0
    return max(0.0, left) * pace.grown / pace.usual_s
