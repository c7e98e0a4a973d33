"""How checkpoints move, and what that says of a partition: Burrow's rules adapted (peers.md B2).

The first rule that fits names the health.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import LIVE_STATES, Health, LeaseState
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.leases.timing import LeaseTiming
    from ehtui.domain.progress.lag import Lag
    from ehtui.domain.snapshot import Lease
    from ehtui.domain.world.store import Checkpoint


WINDOW = 10  # commits, as Burrow keeps them (peers.md B2)
RATE_WINDOW_S = 60.0
LATE_GAPS = 1.5
SILENT_GAPS = 3.0
MERGE_S = 2.0  # else the window of a fast committer spans nothing


class Commit(Value, frozen=True):
    """One checkpoint as it was seen to be written."""

    at: float  # server time of the write
    sequence: int
    lag: int | None


class Pace(Value, frozen=True):
    """How fast commits went on, by the last of them."""

    grown: int  # events
    usual_s: float  # in which they were read
    last_at: float
    late_after_s: float  # by then the next commit is late by their own cadence

    @property
    def silent_at(self) -> float:
        """When three of its own gaps have passed: nothing is read any more."""
        return self.last_at + self.late_after_s / LATE_GAPS * SILENT_GAPS


class Rewind(Value, frozen=True):
    """A checkpoint that went back, until it has caught up again."""

    at: float
    from_sequence: int
    to_sequence: int


class Progress(Value, frozen=True):
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

    @property
    def has_cadence(self) -> bool:
        """Whether it is known how long events usually wait."""
        return len(self.waits) >= USUAL_WAITS


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


Verdict = tuple[Health, str]

USUAL_WAITS = 2  # from so many on a cadence is known
LATE_FACTOR = 3.0
_UNKNOWN_ROUNDS, _UNKNOWN_POLLS = 10.0, 12.0
DOUBT_S = 20.0  # so long events may wait whatever the cadence: a few looks
REPEATS = 4
# Python 3.11 looks a member of an enum up by its name, each time: a tenth of all judging.
_UNREADABLE, _OVERDUE = LeaseState.UNREADABLE, LeaseState.OVERDUE
_OK = Health.OK
_IS_READ = _OK, Rule.LAG_ZERO
_IN_DOUBT = Health.UNKNOWN, Rule.WAITING
SHRUNK = 0.8  # who was behind is until its lag fell to this share of the window's most


class StallLimits(Value, frozen=True):
    """How long events may wait without a checkpoint, in seconds."""

    least_s: float  # whatever the cadence: polls must have had the chance to see one
    unknown_s: float  # while the cadence is unknown


def stall_limits(poll_s: float, timing: LeaseTiming | None) -> StallLimits:
    """How long events may wait: a few looks, ten rounds while no cadence is known.

    `poll_s` is the time between looks at hub and store together.
    """
    period_s = timing.period_s if timing is not None else 0.0
    unknown_s = max(_UNKNOWN_POLLS / 2 * poll_s, _UNKNOWN_ROUNDS * period_s)
    return StallLimits(3 * poll_s, unknown_s)


class Situation(Value, frozen=True):
    """What the health of one partition of a group is judged from."""

    lease: Lease
    lag: Lag
    progress: Progress
    limits: StallLimits
    in_per_s: float | None


def judge(situation: Situation, now: float, before: Health = Health.UNKNOWN) -> Verdict:
    """Health and rule of one partition of a group at `now`, server time, after `before`."""
    verdict = (
        _at_once(situation.lease, situation.lag)
        or _stopped(situation, now)
        or _in_between(situation)
        or _by_window(situation, before)
    )
    is_well = verdict[0] is _OK and verdict is not _IS_READ
    return _IN_DOUBT if is_well and _is_doubtful(situation, now) else verdict


def _at_once(lease: Lease, lag: Lag) -> Verdict | None:
    """What needs no history."""
    verdict = None

    if lease.state is _UNREADABLE:
        verdict = Health.UNKNOWN, Rule.UNREADABLE
    elif lease.state not in LIVE_STATES:
        verdict = Health.UNOWNED, Rule.UNOWNED
    elif lag.ahead:
        verdict = Health.AHEAD, Rule.AHEAD
    elif lease.state is _OVERDUE:
        verdict = Health.OVERDUE, Rule.OVERDUE
    elif lag.lag is None:
        verdict = Health.UNKNOWN, lag.why or Rule.NO_SAMPLE
    elif lag.lag == 0:
        verdict = _IS_READ
    elif lag.is_bound:
        verdict = Health.UNKNOWN, Rule.NEVER_CHECKPOINTED

    return verdict


def _in_between(situation: Situation) -> Verdict | None:
    """What the window of commits does not show."""
    if situation.lag.lost:  # its lag stands still then: no more than all that is left
        return Health.BEHIND, Rule.LOSING

    return (Health.UNKNOWN, Rule.NEW_OWNER) if _is_new(situation) else None


def _is_new(situation: Situation) -> bool:
    """Whether its owner found events waiting and has written nothing yet.

    What was before says nothing of it; and owners that come and go never get further than this.
    """
    progress = situation.progress
    claimed_at, since = situation.lease.claimed_at, progress.waiting_since
    if claimed_at is None or since is None or claimed_at < since:
        return False

    return not progress.commits or progress.commits[-1].at < claimed_at


def _stopped(situation: Situation, now: float) -> Verdict | None:
    progress = situation.progress
    waited_s = waited(situation.lease, situation.lag.lag or 0, progress, situation.in_per_s, now)
    if waited_s is None or waited_s <= allowed_wait(progress, situation.limits):
        return None

    return Health.STOPPED, Rule.STOPPED if progress.has_cadence else Rule.STOPPED_LONG


def _is_doubtful(situation: Situation, now: float) -> bool:
    """Whether events wait for longer than usual, though not for so long that it has stopped.

    That it was well says nothing of now. By its own cadence, not by how often it is looked at.
    """
    progress = situation.progress
    waited_s = waited(situation.lease, situation.lag.lag or 0, progress, situation.in_per_s, now)
    return waited_s is not None and waited_s > usual_wait(progress)


def usual_wait(progress: Progress) -> float:
    """How long events may wait until it is doubtful whether anything is read."""
    return max(DOUBT_S, LATE_GAPS * max(progress.waits, default=0.0))


def allowed_wait(progress: Progress, limits: StallLimits) -> float:
    """How long events may wait here, by this partition's own cadence where that is known."""
    late_s = LATE_FACTOR * max(progress.waits, default=0.0)
    return max(late_s, limits.least_s) if progress.has_cadence else limits.unknown_s


def waited(
    lease: Lease, lag: int, progress: Progress, in_per_s: float | None, now: float
) -> float | None:
    """How long events have waited without progress under this owner; None when none wait.

    Longer than it was watched where the checkpoint's age and the backlog at today's rate say so.
    """
    since = progress.waiting_since
    if since is None:
        return None

    if progress.record is not None and in_per_s and len(progress.commits) <= 1:
        written_at = progress.record.blob.last_modified
        # What was seen to have been read had no backlog: it waits since it was seen to.
        since = min(since, max(written_at, progress.zero_at or 0.0, now - lag / in_per_s))

    return max(0.0, now - max(since, lease.claimed_at or since))


def _by_window(situation: Situation, before: Health) -> Verdict:
    progress, limits, in_per_s = situation.progress, situation.limits, situation.in_per_s
    lag, commits = situation.lag.lag or 0, progress.commits

    if progress.rewind is not None:
        return Health.REWOUND, Rule.REWOUND

    if progress.zero_at is not None and (len(commits) <= 1 or progress.zero_at >= commits[0].at):
        return Health.OK, Rule.CAUGHT_UP

    if len(commits) >= REPEATS and len({c.sequence for c in commits[-REPEATS:]}) == 1:
        is_long = commits[-1].at - commits[-REPEATS].at > limits.least_s
        return (Health.STALLED, Rule.STALLED) if is_long else (Health.UNKNOWN, Rule.FILLING)

    if len(commits) < WINDOW:
        return Health.UNKNOWN, Rule.FILLING

    was_more = before is Health.BEHIND and lag > SHRUNK * max(c.lag or 0 for c in commits)
    if was_more or is_growing(progress, lag, in_per_s, limits):
        return Health.BEHIND, Rule.GROWING

    return Health.OK, Rule.STEADY


def is_growing(progress: Progress, lag: int, in_per_s: float | None, limits: StallLimits) -> bool:
    """Whether every lag of the newer half of the window is above every one of the older half.

    By more than what arrives between a look at the hub and one at the store.
    """
    lags = [c.lag for c in progress.commits if c.lag is not None]
    if len(lags) < WINDOW:
        return False

    older, newer = lags[: WINDOW // 2], lags[WINDOW // 2 :]
    noise = max(1.0, (in_per_s or 0.0) * limits.least_s / 3)
    return min(newer) > max(older) and lags[-1] - lags[0] > noise and lag > max(older)
