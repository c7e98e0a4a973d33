"""Bounds for what a takeover cost, from what the looks before and after it showed.

Everything is said in sequence numbers. `reached` is the furthest event that anybody of the group
was sent; `start` is the checkpoint that the new owner began behind; `begin` is the first event that
the hub still had then. The three are known between two looks only, each lies within a span, and
each cost grows or falls with each of them: so its bounds are at the spans' ends.

    read again   reached − max(start, begin − 1), where that is more than nothing
    skipped      start − max(reached, begin − 1): a checkpoint was moved on by hand
    lost         begin − 1 − reached: retention removed what nobody had read

A checkpoint that an owner wrote is taken at its word: it had been sent what it wrote down. One that
was written while nobody held the partition was written by hand, and proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.costs import (
    NONE,
    NOT_COUNTED,
    UNKNOWN,
    Bounds,
    CostUnknown,
    CountedTakeover,
    Deployment,
    Ledger,
    TakeoverCost,
)
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.world.hub import PartitionSample
    from ehtui.domain.world.store import Checkpoint

ATTACHED_S = 2.0  # so long after its claim a new owner may take to begin
SLOWEST_S = 5.0  # and so long at most
LATE_WRITE_S = 30.0  # so long after it lost a partition a handler may still write a checkpoint
RELEASE_S = 2.0  # whoever closes may write its last checkpoint a little after its release
_MOST_LEFT = 8
START_OF_STREAM = "-1"  # the offset that every client takes for the first retained event


class Left(Value, frozen=True):
    """An owner that lost a partition and may yet write a checkpoint there."""

    behind: int  # never before that one
    at: float  # server time


class Reading(Value, frozen=True):
    """What is remembered of who read a partition of a group, beside its checkpoint."""

    is_apart: bool = False  # `done` counts, and not the checkpoint as it stands
    done: int | None = None  # the furthest checkpoint that an owner wrote
    is_by_hand: bool = False  # the checkpoint was written while nobody held it
    moved_to: int | None = None  # this session wrote that one, and no look has shown it yet
    began: int | None = None  # its owner began behind that one, or a later one
    left: tuple[Left, ...] = ()
    stop_at: float | None = None  # local time by which whoever read it had stopped
    stop_last: int | None = None  # the last event by then; None: the hub was not read since

    def done_by(self, checkpoint: Checkpoint | None) -> int | None:
        """The furthest checkpoint that an owner wrote, where the record is `checkpoint`."""
        return self.done if self.is_apart else _sequence(checkpoint)

    @property
    def is_stopping(self) -> bool:
        """Whether a look at the hub has to tell how far it can have been read."""
        return self.stop_at is not None and self.stop_last is None


NOTHING_SPECIAL = Reading()


def written(
    reading: Reading, before: Checkpoint | None, after: Checkpoint | None, *, is_by_owner: bool
) -> Reading:
    """After a checkpoint was written, deleted or put back."""
    done, sequence = reading.done_by(before), _sequence(after)

    if sequence is not None and sequence == reading.moved_to:
        is_by_owner, reading = False, replace(reading, moved_to=None)

    if not is_by_owner or sequence is None:
        is_by_hand = after is not None and not is_by_owner
        return replace(reading, is_apart=True, done=done, is_by_hand=is_by_hand)

    done = sequence if done is None else max(done, sequence)
    is_apart = done != sequence
    return replace(reading, is_apart=is_apart, done=done if is_apart else None, is_by_hand=False)


def moved_by_hand(
    reading: Reading, now: Checkpoint | None, before: int | None, after: int | None
) -> Reading:
    """After a checkpoint was known to be moved, whoever held the partition."""
    known = [n for n in (reading.done_by(now), before) if n is not None]
    moved_to = None if after == _sequence(now) else after
    done = min(known, default=None)
    return replace(reading, is_apart=True, done=done, is_by_hand=True, moved_to=moved_to)


def stopped(reading: Reading, at: float) -> Reading:
    """After whoever read it stopped, by `at`, local time; the first one counts."""
    return reading if reading.stop_at is not None else replace(reading, stop_at=at)


def going_on(reading: Reading) -> Reading:
    """After who was taken to have stopped was seen to live."""
    return reading if reading.stop_at is None else replace(reading, stop_at=None, stop_last=None)


def taken(reading: Reading, began: int | None, left: int | None, at: float) -> Reading:
    """After somebody else took it; `left` where the loser may still write, not before that one."""
    losers = tuple(each for each in reading.left if at - each.at <= LATE_WRITE_S)

    if left is not None:
        losers = (*losers, Left(left, at))[-_MOST_LEFT:]

    return replace(reading, began=began, left=losers, stop_at=None, stop_last=None)


def position_of(checkpoint: Checkpoint) -> int | None:
    """The event that a reader begins behind; -1 before the first one that is retained."""
    return -1 if checkpoint.offset == START_OF_STREAM else checkpoint.sequence


def _sequence(checkpoint: Checkpoint | None) -> int | None:
    return checkpoint.sequence if checkpoint is not None else None


class Span(Value, frozen=True):
    """A number that lies between two, both included."""

    least: int
    most: int

    def with_(self, number: int) -> Span:
        """Wide enough for another one."""
        return Span(min(self.least, number), max(self.most, number))


class Sign(Value, frozen=True):
    """What shows that a loser reads no more: the end of its process does, and one of these."""

    loser: str | None = None
    is_round: bool = False  # its next round: it lets go of what it lost
    is_checkpoint: bool = False  # the new owner's first checkpoint: it is connected, alone


class OpenCost(Value, frozen=True):
    """A takeover whose cost the looks to come will tell. Times are local but `at`."""

    partition: str
    at: float  # server time of the claim
    kind: str  # of the event that tells it
    owner: str | None
    previous_owner: str | None
    looked_at: float  # by then it had been claimed
    start: Span | None  # checkpoints that the new owner can have begun behind
    why: CostUnknown | None  # where `start` is not known
    done: int | None  # the furthest checkpoint that an owner had written
    is_by_hand: bool  # the start may be beyond all that was read
    begin: int  # the first event that the hub had, by a look before
    last: int  # the last one, by the same look
    reached: int | None = None  # nobody had been sent more than that; None: as `until_at` tells
    until_at: float | None = None  # no loser reads any more from then on; None: `sign` will tell
    sign: Sign = Sign()
    latest_at: float = 0.0  # taken for `until_at` where there was no sign
    give_up_at: float = 0.0

    def reached_by(self, sample: PartitionSample) -> OpenCost:
        """With how far losers can have read, where this look at the hub came after that."""
        if self.reached is not None or self.until_at is None or sample.first_at < self.until_at:
            return self

        return replace(self, reached=sample.last_sequence)

    def is_told_by(self, sample: PartitionSample) -> bool:
        """Whether this look at the hub came after the new owner had begun."""
        return self.reached is not None and sample.first_at >= self.looked_at + ATTACHED_S

    def continued(self, by: OpenCost) -> OpenCost:
        """With what is known once somebody else took it: who has it now may have come first."""
        if by.looked_at > self.looked_at + SLOWEST_S:
            return self

        return replace(
            self,
            reached=by.reached,
            until_at=by.until_at,
            sign=by.sign,
            latest_at=by.latest_at,
        )


def cost_of(opened: OpenCost, sample: PartitionSample) -> TakeoverCost:
    """What it cost, by a look at the hub that tells it."""
    begin = Span(opened.begin, max(opened.begin, first_kept(sample)))
    least = begin.least - 1 if opened.done is None else opened.done

    if opened.start is not None and not opened.is_by_hand:
        least = max(least, opened.start.least)

    most = sample.last_sequence if opened.reached is None else opened.reached
    reached = Span(least, max(least, most))
    lost = UNKNOWN if opened.done is None else _between(begin.least, begin.most, reached)

    if opened.start is None:
        again = Bounds(0, max(0, reached.most + 1 - begin.least))
        return TakeoverCost(again, UNKNOWN, lost, opened.why)

    start = opened.start
    again = Bounds(
        max(0, reached.least - max(start.most, begin.most - 1)),
        max(0, reached.most - max(start.least, begin.least - 1)),
    )
    skipped = NONE

    if opened.is_by_hand:
        skipped = Bounds(
            max(0, start.least - max(reached.most, begin.most - 1)),
            max(0, start.most - max(reached.least, begin.least - 1)),
        )

    return TakeoverCost(again, skipped, lost)


def _between(least: int, most: int, reached: Span) -> Bounds:
    return Bounds(max(0, least - 1 - reached.most), max(0, most - 1 - reached.least))


def first_kept(sample: PartitionSample) -> int:
    """The first event that a partition still has; the next to come where it is empty."""
    return sample.last_sequence + 1 if sample.is_empty else sample.begin_sequence


# Takeovers that are no further apart belong to one deployment: a rolling restart waits for each
# process to be healthy, and a lease that lapses takes three minutes by Python's defaults.
DEPLOYMENT_GAP_S = 300.0
MOST_DEPLOYMENTS = 16


def entered(ledger: Ledger, takeovers: Sequence[CountedTakeover]) -> Ledger:
    """With takeovers that have just been seen."""
    kept = list(ledger.deployments)

    for takeover in takeovers:
        places = [i for i, d in enumerate(kept) if _belongs(d, takeover.at)]

        if not places:
            kept.append(Deployment(takeover.at, takeover.at))
            places = [len(kept) - 1]

        kept[places[-1]] = _with(kept[places[-1]], takeover)

    latest = {**ledger.latest, **{takeover.partition: takeover for takeover in takeovers}}
    return Ledger(latest, tuple(kept[-MOST_DEPLOYMENTS:])) if takeovers else ledger


def counted(ledger: Ledger, takeovers: Sequence[CountedTakeover]) -> Ledger:
    """With what takeovers cost, once that is known."""
    latest, deployments = dict(ledger.latest), list(ledger.deployments)

    for takeover in takeovers:
        before = latest.get(takeover.partition)

        if before is not None and (before.at, before.owner) == (takeover.at, takeover.owner):
            latest[takeover.partition] = takeover

        for place, one in enumerate(deployments):
            if one.since_at <= takeover.at <= one.until_at:
                waiting = replace(one, uncounted=one.uncounted - 1)
                deployments[place] = _summed(waiting, takeover.cost)

    return Ledger(latest, tuple(deployments)) if takeovers else ledger


def _belongs(deployment: Deployment, at: float) -> bool:
    return deployment.since_at - DEPLOYMENT_GAP_S <= at <= deployment.until_at + DEPLOYMENT_GAP_S


def _with(deployment: Deployment, takeover: CountedTakeover) -> Deployment:
    grown = replace(
        deployment,
        since_at=min(deployment.since_at, takeover.at),
        until_at=max(deployment.until_at, takeover.at),
        takeovers=deployment.takeovers + 1,
    )
    if takeover.cost == NOT_COUNTED:
        return replace(grown, uncounted=grown.uncounted + 1)

    return _summed(grown, takeover.cost)


def _summed(deployment: Deployment, cost: TakeoverCost) -> Deployment:
    return replace(
        deployment,
        unknown=deployment.unknown + (not cost.is_known),
        read_again=deployment.read_again + cost.read_again,
        skipped=deployment.skipped + cost.skipped,
        lost=deployment.lost + cost.lost,
    )
