"""Books each takeover as it is seen: what it rests on, and what the looks to come have to tell."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.costs import NOT_COUNTED, CostUnknown, CountedTakeover, TakeoverCost
from ehtui.domain.leases.handovers import HandoverKind, owner_of
from ehtui.domain.progress import Rule
from ehtui.domain.progress.ledger import (
    NOTHING_SPECIAL,
    RELEASE_S,
    START_OF_STREAM,
    OpenCost,
    Reading,
    Sign,
    Span,
    entered,
    first_kept,
    position_of,
    taken,
)
from ehtui.domain.snapshot import LeaseState
from ehtui.domain.world.joined_listing import has_several
from ehtui.domain.world.store import is_old_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.evidence import EventKind
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.leases.handovers import Handover, OwnerChange, OwnershipHistory
    from ehtui.domain.leases.timing import LeaseTiming
    from ehtui.domain.snapshot import GroupPartition
    from ehtui.domain.state import GroupMemory
    from ehtui.domain.world.hub import PartitionSample
    from ehtui.domain.world.store import Checkpoint

EVENT_KINDS: Mapping[HandoverKind, EventKind[Any]] = {
    HandoverKind.CLAIMED: timeline.LEASE_CLAIMED,
    HandoverKind.TAKEN_OVER: timeline.LEASE_TAKEN_OVER,
    HandoverKind.STOLEN: timeline.LEASE_STOLEN,
}
ROUND_SLACK_S = 2.0  # after its round an owner lets go of what it lost
NO_SIGN_S = 60.0  # a new owner that wrote no checkpoint until then is connected all the same
GIVE_UP_S = 600.0
QUICKEST = 0.75  # a round may be so much shorter than the usual one
SHORTEST_ROUND_S, LONGEST_ROUND_S = 10.0, 30.0  # of SDKs' defaults (facts.md §2)
_ANOTHER_STREAM = frozenset({Rule.PREDATES_HUB, Rule.AHEAD})


class Bookings:
    """The changes of hands of one group that one look showed, until they are all in its books."""

    def __init__(self, builder: SnapshotBuilder, group: GroupMemory) -> None:
        self._builder, self._group = builder, group
        self._crowd = _Crowd(builder, group)
        self._readings: dict[str, Reading] = {}
        self._opened: dict[str, OpenCost] = {}
        self._takeovers: list[CountedTakeover] = []

    def book(self, change: OwnerChange, handover: Handover, timing: LeaseTiming | None) -> None:
        """Take one in; what it cost is told once the looks to come tell it."""
        kind, pid = EVENT_KINDS.get(handover.kind), change.partition
        if kind is None or self._builder.joined is None:
            return

        reading = self._group.readings.get(pid, NOTHING_SPECIAL)
        facts = _Facts(change, handover, timing, reading, self._crowd)
        opened = _opened(self._builder, self._group, facts)
        start = opened.start if isinstance(opened, OpenCost) else None
        began = start.least if start is not None else None
        self._readings[pid] = taken(reading, began, _left(facts), handover.at)
        cost = NOT_COUNTED if isinstance(opened, OpenCost) else TakeoverCost(why=opened)
        takeover = CountedTakeover(pid, handover.at, handover.to_owner, handover.from_owner, cost)

        if isinstance(opened, OpenCost):
            self._opened[pid] = opened
        else:
            self._builder.tell_cost(kind.id, self._group.state.name, takeover)

        if opened is not CostUnknown.NO_READER_BEFORE:  # nobody lost it: it is no takeover
            self._takeovers.append(takeover)

    def closed(self, group: GroupMemory) -> GroupMemory:
        """`group` with all of them in its books."""
        if not self._readings:
            return group

        before = [
            o.continued(self._opened[o.partition]) if o.partition in self._opened else o
            for o in group.open_costs
        ]
        return replace(
            group,
            state=replace(group.state, ledger=entered(group.state.ledger, self._takeovers)),
            readings={**group.readings, **self._readings},
            stopping=group.stopping - self._readings.keys(),
            open_costs=(*before, *self._opened.values()),
        )


class _Facts(NamedTuple):
    """What one look showed of one change of hands."""

    change: OwnerChange
    handover: Handover
    timing: LeaseTiming | None
    reading: Reading
    crowd: _Crowd


def _left(facts: _Facts) -> int | None:
    """Before which checkpoint the loser cannot write, where it may write at all."""
    handover, reading, checkpoint = facts.handover, facts.reading, facts.change.checkpoint
    is_lapsed = handover.kind is HandoverKind.TAKEN_OVER and reading.stop_at is None

    if handover.kind is not HandoverKind.STOLEN and not handover.is_guess and not is_lapsed:
        return None

    sequence = checkpoint.sequence if checkpoint is not None else None
    return min([n for n in (reading.began, sequence) if n is not None], default=None)


def _opened(builder: SnapshotBuilder, group: GroupMemory, facts: _Facts) -> OpenCost | CostUnknown:
    """What is known of it by now; or why nothing will be."""
    assert builder.joined is not None
    change, handover = facts.change, facts.handover
    pid, done = change.partition, facts.reading.done_by(change.checkpoint)
    shown, sample = group.by_partition[pid].shown, sample_of(builder, pid)

    if handover.from_owner is None and change.checkpoint is None:
        return CostUnknown.NO_READER_BEFORE

    if is_of_another_stream(shown):
        return CostUnknown.OTHER_STREAM

    if has_several(builder.joined, (group.key, pid)):
        return CostUnknown.TWO_RECORDS

    looked_at = builder.joined.listing.read_at
    start = _start(builder, change, handover, facts.reading)
    opened = OpenCost(
        partition=pid,
        at=handover.at,
        kind=EVENT_KINDS[handover.kind].id,
        owner=handover.to_owner,
        previous_owner=handover.from_owner,
        looked_at=looked_at,
        start=start.span,
        why=start.why,
        done=done,
        is_by_hand=start.is_by_hand,
        begin=first_kept(sample) if sample is not None else 0,
        last=sample.last_sequence if sample is not None else -1,
        give_up_at=looked_at + GIVE_UP_S,
    )
    return _until(opened, facts)


def _until(opened: OpenCost, facts: _Facts) -> OpenCost:
    """With what bounds how far losers can have read."""
    _, handover, timing, reading, crowd = facts
    looked_at, loser = opened.looked_at, handover.from_owner

    if reading.stop_at is not None:
        if crowd.may_have_held_before(handover):
            return replace(opened, latest_at=looked_at + crowd.round_s + ROUND_SLACK_S)

        return replace(opened, reached=reading.stop_last, until_at=reading.stop_at)

    if handover.kind is not HandoverKind.STOLEN and not handover.is_guess:
        sign, latest_at = Sign(loser, is_checkpoint=True), looked_at + NO_SIGN_S
    else:
        sign = Sign(loser, is_round=True)
        period_s = timing.period_s if timing is not None else crowd.round_s
        latest_at = looked_at + period_s + ROUND_SLACK_S

    return replace(opened, sign=sign, latest_at=latest_at)


class _Crowd:
    """Who holds something at this look, and since when: as far as one look can miss a holder."""

    def __init__(self, builder: SnapshotBuilder, group: GroupMemory) -> None:
        periods = [timing.period_s for timing in group.state.timings.values()]
        between_s = builder.listed_exactly - builder.listed_before_exactly
        self.round_s = max(periods, default=LONGEST_ROUND_S)  # by then all let go of what they lost
        self._is_seldom = between_s >= QUICKEST * min(periods, default=SHORTEST_ROUND_S)
        self._known = group.owners.keys()
        self._since: dict[str, float] = {}

        for judged in group.by_partition.values():
            owner = owner_of(judged.ownership)
            if owner is not None:
                at = -inf if owner in self._known else judged.ownership.claimed_at or 0.0
                self._since[owner] = min(at, self._since.get(owner, inf))

    def may_have_held_before(self, handover: Handover) -> bool:
        """Whether somebody else may have had it, unseen, after it was free.

        So where looks are rarer than rounds. And where several begin at once: the first one takes
        all that is free, and the others take their shares from it.
        """
        taker, at = handover.to_owner, handover.at
        if self._is_seldom or taker in self._known:
            return self._is_seldom

        return any(owner != taker and since <= at for owner, since in self._since.items())


class _Start(NamedTuple):
    """Behind which checkpoints a new owner can have begun."""

    span: Span | None
    why: CostUnknown | None = None  # that is not known
    is_by_hand: bool = False  # one of them may be


def _start(
    builder: SnapshotBuilder, change: OwnerChange, handover: Handover, reading: Reading
) -> _Start:
    before, after, is_by_hand = change.checkpoint, change.next_checkpoint, reading.is_by_hand

    stood = position_of(before) if before is not None else None

    if before is None or stood is None or not _tells_position(builder, before):
        why = CostUnknown.NO_CHECKPOINT if before is None else CostUnknown.NO_POSITION
        return _Start(None, why, is_by_hand)

    span = _down_to(reading, Span(stood, stood))
    is_new = after is not None and after.blob.etag != before.blob.etag

    stands = position_of(after) if after is not None else None

    if after is None or stands is None or not is_new:
        return _Start(span, None, is_by_hand)

    # A stamp has whole seconds: within that of the claim it is taken for the new owner's own.
    is_earlier = after.blob.last_modified < handover.at
    is_free = owner_of(change.before) is None
    is_honest = _is_honest(change, after, is_guess=handover.is_guess)

    if is_free and is_earlier:
        only = Span(stands, stands)
        return _Start(only, None, is_by_hand or not is_honest)

    if stands < stood and not is_earlier:
        return _Start(None, CostUnknown.NO_POSITION, is_by_hand)

    if is_free and is_honest:
        return _Start(span, None, is_by_hand)

    # Whoever wrote by hand in between may have been overwritten by the new owner already.
    return _Start(_down_to(reading, span.with_(stands)), None, is_by_hand or not is_honest)


def _is_honest(change: OwnerChange, checkpoint: Checkpoint, *, is_guess: bool) -> bool:
    """Whether nobody but an owner can have written between the two looks, before the claim."""
    if owner_of(change.before) is None:
        return follows_release(change.before, checkpoint)

    return change.lease.state is LeaseState.HELD and not is_guess


def _tells_position(builder: SnapshotBuilder, checkpoint: Checkpoint) -> bool:
    """Whether every client begins behind it.

    Python ignores a sequence number alone, and on a geo-replicated hub some begin anew at an offset
    of the old form (facts.md §1.1, §1.6).
    """
    is_geo = builder.hub is not None and bool(builder.hub.is_geo_replicated)
    is_old = is_geo and is_old_form(checkpoint) and checkpoint.offset != START_OF_STREAM
    return checkpoint.offset is not None and not is_old


def _down_to(reading: Reading, span: Span) -> Span:
    """With what losers may have written late, unseen: none of it was read before that."""
    if not reading.left:
        return span

    behind = [left.behind for left in reading.left]
    began = [reading.began] if reading.began is not None else []
    return Span(min(span.least, *behind, *began), span.most)


def follows_release(before: OwnershipHistory, checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint may be the last one of who released the partition."""
    if before.record is None or before.free_since is None:
        return False

    return checkpoint.blob.last_modified <= before.free_since + RELEASE_S


def sample_of(builder: SnapshotBuilder, pid: str) -> PartitionSample | None:
    """What the hub said last of a partition."""
    history = builder.histories.get(pid)
    return history.state.sample if history is not None else None


def is_of_another_stream(shown: GroupPartition) -> bool:
    """Whether its checkpoint counts the events of a stream that is gone."""
    return shown.lag_reason in _ANOTHER_STREAM or bool(shown.ahead)
