"""Whether a consumer group gets to what was sent: from the checkpoint of each partition alone.

An event counts as got through once the group's checkpoint stands at it or behind it. How long that
may take is the partition's own cadence: how long events usually wait there for a checkpoint. No
verdict is given before three of it have passed without any progress.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

STORE_RESOLUTION_S = 1.0  # a blob's Last-Modified has whole seconds


class Verdict(StrEnum):
    """What became of the events of one send in one partition, for one group."""

    WAITING = "waiting"
    MOVING = "moving"  # the checkpoint moves, and has not come so far
    PASSED = "passed"
    STUCK = "stuck"  # nothing for three of its own cadence, though it is owned
    SILENT = "silent"  # nothing for long, and its cadence is not known
    NEVER = "never"  # nothing for long, and it has never had a checkpoint
    UNOWNED = "unowned"  # nobody holds it
    OVERDUE = "overdue"  # its owner stopped renewing
    NO_SEQUENCE = "no_sequence"  # a checkpoint that tells an offset alone
    UNREADABLE = "unreadable"  # a record of a layout that ehtui does not know, or a broken one
    AHEAD = "ahead"  # it stood behind the event before that was sent
    UNLOCATED = "unlocated"  # where the event came to stand is not known
    UNSEEN = "unseen"  # there is no store to see it in


# What later looks hardly change: whoever waits for a verdict has it.
FINAL = frozenset(Verdict) - {Verdict.WAITING, Verdict.MOVING, Verdict.UNOWNED, Verdict.OVERDUE}


SAMPLES = 2  # from so many on it is known how long events usually wait
LEAST_CADENCE_S = 1.0  # nobody sees less in a store of whole seconds
LONGEST_WAIT_S = 600.0  # a checkpoint written later than that was written again


def usual_wait(own: Sequence[float], others: Sequence[float]) -> float | None:
    """How long events usually wait for a checkpoint: by the partition's own, else by its group's.

    None where too few waits were seen.
    """
    waits = own if len(own) >= SAMPLES else (*own, *others)

    return max(LEAST_CADENCE_S, *waits) if len(waits) >= SAMPLES else None


class Sight(Value, frozen=True):
    """What one look shows of the partition. Server times."""

    at: float  # up to which the store's word holds
    owner: str | None = None
    is_live: bool = False
    is_overdue: bool = False
    claimed_at: float | None = None
    taken_by_at: float | None = None  # until when somebody should have taken it, where free
    is_unreadable: bool = False
    has_checkpoint: bool = False
    sequence: int | None = None
    written_at: float | None = None
    cadence_s: float | None = None  # how long events usually wait there; None: not known
    allowed_s: float = 0.0  # without progress, until it is judged
    grace_s: float = 0.0  # for looks to show an owner


class FollowedSend(Value, frozen=True):
    """The events of one send in one partition, and how far one group is with them."""

    group: str
    partition: str | None
    count: int
    first: int | None  # sequence numbers, or a bracket of them
    last: int | None
    is_bracket: bool
    sent_at: float  # server time at which they were enqueued, or accepted at the latest
    verdict: Verdict = Verdict.WAITING
    owner: str | None = None
    checkpoint: int | None = None  # as it was seen last
    moved_at: float | None = None  # when it got on since
    cadence_s: float | None = None
    allowed_s: float | None = None
    waited_s: float = 0.0  # without progress
    not_past_at: float | None = None  # when it was last seen not to be so far
    passed_at: float | None = None  # when the checkpoint that is so far was written
    seen_at: float | None = None
    is_late: bool = False  # a verdict was told before it passed
    unserved_since: float | None = None
    taken_by_at: float | None = None
    grace_s: float = 0.0

    @property
    def is_settled(self) -> bool:
        """Whether there is a verdict."""
        if self.verdict in FINAL:
            return True

        since, seen_at = self.unserved_since, self.seen_at
        if since is None or seen_at is None:
            return False

        return seen_at - since >= self.grace_s and seen_at > (self.taken_by_at or 0.0)

    @property
    def took_s(self) -> tuple[float, float] | None:
        """How long it took at the least and at the most; None before it passed."""
        if self.passed_at is None or self.seen_at is None:
            return None

        least = max(0.0, (self.not_past_at or self.sent_at) - self.sent_at)
        by = min(self.passed_at + STORE_RESOLUTION_S, self.seen_at)
        return least, max(least, by - self.sent_at)

    @property
    def left(self) -> int | None:
        """Events before and up to the last one that the checkpoint has not passed."""
        if self.last is None or self.checkpoint is None:
            return None

        return max(0, self.last - self.checkpoint)


def followed(before: FollowedSend, sight: Sight) -> FollowedSend:
    """The same, after one more look. What has passed has passed."""
    if before.verdict is Verdict.PASSED:
        return before

    if before.last is None:
        return replace(before, verdict=Verdict.UNLOCATED)

    has_moved = (
        before.seen_at is not None
        and sight.sequence is not None
        and (before.checkpoint is None or sight.sequence > before.checkpoint)
    )
    moved_at = sight.written_at if has_moved else before.moved_at
    since = max(before.sent_at, moved_at or 0.0, sight.claimed_at or 0.0)
    is_unserved = not sight.is_live or sight.is_overdue
    seen = replace(
        before,
        owner=sight.owner,
        checkpoint=sight.sequence if sight.sequence is not None else before.checkpoint,
        moved_at=moved_at,
        cadence_s=sight.cadence_s,
        allowed_s=sight.allowed_s,
        waited_s=max(0.0, sight.at - since),
        seen_at=sight.at,
        unserved_since=(before.unserved_since or sight.at) if is_unserved else None,
        taken_by_at=sight.taken_by_at,
        grace_s=sight.grace_s,
        is_late=before.is_late or before.is_settled,
    )
    verdict = _verdict(seen, sight)

    if verdict is Verdict.PASSED:
        return replace(seen, verdict=verdict, passed_at=sight.written_at)

    return replace(seen, verdict=verdict, not_past_at=sight.at)


def _verdict(seen: FollowedSend, sight: Sight) -> Verdict:
    if sight.sequence is not None and seen.last is not None and sight.sequence >= seen.last:
        return Verdict.PASSED if _is_new(seen, sight) else Verdict.AHEAD

    if sight.is_unreadable or (sight.has_checkpoint and sight.sequence is None):
        return Verdict.UNREADABLE if sight.is_unreadable else Verdict.NO_SEQUENCE

    if not sight.is_live or sight.is_overdue:
        return Verdict.OVERDUE if sight.is_live else Verdict.UNOWNED

    if seen.waited_s > sight.allowed_s:
        return _stuck(sight)

    return Verdict.MOVING if seen.moved_at is not None else Verdict.WAITING


def _is_new(seen: FollowedSend, sight: Sight) -> bool:
    """Whether the checkpoint was written since: one that is older cannot mean this event."""
    return (sight.written_at or 0.0) + STORE_RESOLUTION_S >= seen.sent_at - STORE_RESOLUTION_S


def _stuck(sight: Sight) -> Verdict:
    if not sight.has_checkpoint:
        return Verdict.NEVER

    return Verdict.STUCK if sight.cadence_s is not None else Verdict.SILENT


class SentEvents(Value, frozen=True):
    """One send of this session: how far it is, and who is followed. Server times."""

    token: str
    template: str  # what was sent
    count: int
    began_at: float
    accepted: int = 0
    ended_at: float | None = None  # None: it goes on
    group: str | None = None  # that is followed
    places: tuple[FollowedSend, ...] = ()
    waits: tuple[float, ...] = ()  # of events in that group, as they were known before
    told_first: tuple[float, int] | None = None  # when the first was told, and how many by then

    def per_s(self, now: float) -> float | None:
        """Events a second that the hub takes, since it was connected; None: too early to tell."""
        if self.told_first is None:
            return None

        first_at, first = self.told_first
        return (self.accepted - first) / (now - first_at) if now - first_at >= 1 else None

    @property
    def is_settled(self) -> bool:
        """Whether it ended, and there is a verdict of each partition."""
        return self.ended_at is not None and all(place.is_settled for place in self.places)

    @property
    def has_passed(self) -> bool:
        """Whether the group got through all of it."""
        return all(place.verdict is Verdict.PASSED for place in self.places)
