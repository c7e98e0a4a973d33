"""Burrow's rules adapted (peers.md B2): the first that fits names the health and the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.progress import WINDOW
from ehtui.domain.rules import (
    AHEAD,
    CAUGHT_UP,
    FILLING,
    GROWING,
    LAG_ZERO,
    LOSING,
    NEVER_CHECKPOINTED,
    NEW_OWNER,
    NO_SAMPLE,
    OVERDUE,
    REWOUND,
    STALLED,
    STEADY,
    STOPPED,
    STOPPED_LONG,
    UNOWNED,
    UNREADABLE,
)
from ehtui.domain.snapshot import LIVE_STATES, Health, LeaseState

if TYPE_CHECKING:
    from ehtui.domain.lag import Lag
    from ehtui.domain.progress import Progress
    from ehtui.domain.snapshot import Lease

Verdict = tuple[Health, str]

USUAL_WAITS = 2  # from so many on a cadence is known
LATE_FACTOR = 3.0
REPEATS = 4
# Python 3.11 looks a member of an enum up by its name, each time: a tenth of all judging.
_UNREADABLE, _OVERDUE = LeaseState.UNREADABLE, LeaseState.OVERDUE
_IS_READ = Health.OK, LAG_ZERO
SHRUNK = 0.8  # who was behind is until its lag fell to this share of the window's most


class StallLimits(NamedTuple):
    """How long events may wait without a checkpoint, in seconds."""

    least_s: float  # whatever the cadence: polls must have had the chance to see one
    unknown_s: float  # while the cadence is unknown


def judge(
    lease: Lease,
    lag: Lag,
    progress: Progress,
    limits: StallLimits,
    in_per_s: float | None,
    now: float,
    before: Health = Health.UNKNOWN,
) -> Verdict:
    """Health and rule of one partition of a group at `now`, server time, after `before`."""
    return (
        _at_once(lease, lag)
        or _stopped(
            lease=lease,
            lag=lag.lag or 0,
            progress=progress,
            limits=limits,
            in_per_s=in_per_s,
            now=now,
        )
        or _in_between(lease, lag, progress)
        or _by_window(lag.lag or 0, progress, limits, in_per_s, before)
    )


def _at_once(lease: Lease, lag: Lag) -> Verdict | None:
    """What needs no history."""
    verdict = None

    if lease.state is _UNREADABLE:
        verdict = Health.UNKNOWN, UNREADABLE
    elif lease.state not in LIVE_STATES:
        verdict = Health.UNOWNED, UNOWNED
    elif lag.ahead:
        verdict = Health.AHEAD, AHEAD
    elif lease.state is _OVERDUE:
        verdict = Health.OVERDUE, OVERDUE
    elif lag.lag is None:
        verdict = Health.UNKNOWN, lag.why or NO_SAMPLE
    elif lag.lag == 0:
        verdict = _IS_READ
    elif lag.is_bound:
        verdict = Health.UNKNOWN, NEVER_CHECKPOINTED

    return verdict


def _in_between(lease: Lease, lag: Lag, progress: Progress) -> Verdict | None:
    """What the window of commits does not show."""
    if lag.lost:  # its lag stands still then: no more than all that is left
        return Health.BEHIND, LOSING

    return (Health.UNKNOWN, NEW_OWNER) if _is_new(lease, progress) else None


def _is_new(lease: Lease, progress: Progress) -> bool:
    """Whether its owner found events waiting and has written nothing yet.

    What was before says nothing of it; and owners that come and go never get further than this.
    """
    claimed_at, since = lease.claimed_at, progress.waiting_since

    if claimed_at is None or since is None or claimed_at < since:
        return False

    return not progress.commits or progress.commits[-1].at < claimed_at


def _stopped(
    lease: Lease,
    lag: int,
    progress: Progress,
    limits: StallLimits,
    in_per_s: float | None,
    now: float,
) -> Verdict | None:
    waited_s = waited(lease, lag, progress, in_per_s, now)

    if waited_s is None:
        return None

    limit_s = allowed_wait(progress, limits)

    if waited_s <= limit_s:
        return None

    is_known = len(progress.waits) >= USUAL_WAITS
    return Health.STOPPED, STOPPED if is_known else STOPPED_LONG


def allowed_wait(progress: Progress, limits: StallLimits) -> float:
    """How long events may wait here, by this partition's own cadence where that is known."""
    if len(progress.waits) >= USUAL_WAITS:
        return max(LATE_FACTOR * max(progress.waits), limits.least_s)

    return limits.unknown_s


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
        since = min(since, max(written_at, now - lag / in_per_s))

    return max(0.0, now - max(since, lease.claimed_at or since))


def _by_window(
    lag: int, progress: Progress, limits: StallLimits, in_per_s: float | None, before: Health
) -> Verdict:
    commits = progress.commits

    if progress.rewind is not None:
        return Health.REWOUND, REWOUND

    if progress.zero_at is not None and (len(commits) <= 1 or progress.zero_at >= commits[0].at):
        return Health.OK, CAUGHT_UP

    if len(commits) >= REPEATS and len({c.sequence for c in commits[-REPEATS:]}) == 1:
        is_long = commits[-1].at - commits[-REPEATS].at > limits.least_s
        return (Health.STALLED, STALLED) if is_long else (Health.UNKNOWN, FILLING)

    if len(commits) < WINDOW:
        return Health.UNKNOWN, FILLING

    if is_growing(progress, lag, in_per_s, limits) or (
        before is Health.BEHIND and lag > SHRUNK * max(c.lag or 0 for c in commits)
    ):
        return Health.BEHIND, GROWING

    return Health.OK, STEADY


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
