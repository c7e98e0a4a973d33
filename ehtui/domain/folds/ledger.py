"""Keeps each group's ledger: what the looks after a takeover tell of its cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.actions.checkpoint_plan import ChangeState
from ehtui.domain.costs import CostUnknown, CountedTakeover, TakeoverCost
from ehtui.domain.folds.bookings import follows_release, is_of_another_stream, sample_of
from ehtui.domain.leases.handovers import UNSEEN, owner_of
from ehtui.domain.progress.ledger import (
    NOTHING_SPECIAL,
    OpenCost,
    Reading,
    cost_of,
    counted,
    going_on,
    moved_by_hand,
    stopped,
    written,
)
from ehtui.domain.snapshot import LeaseState

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ehtui.domain.actions.checkpoint_plan import ChangeResult
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.folds.partition import JudgingContext
    from ehtui.domain.state import GroupMemory, JudgedPartition
    from ehtui.domain.world.joined_listing import Stored
    from ehtui.domain.world.store import Checkpoint


MOST_OPEN = 4096
LETS_GO_S = 1.0  # who released a partition has disconnected by then, on a busy machine too
_MOVED = frozenset({ChangeState.WRITTEN, ChangeState.REMOVED, ChangeState.OVERWRITTEN})


def with_stops(
    group: GroupMemory,
    context: JudgingContext,
    renewed: Mapping[str, Collection[tuple[float, float]]],
) -> GroupMemory:
    """`group` where those have stopped reading whose process is gone.

    Who was seen to renew meanwhile, by `renewed`, has not: another process goes by its id.
    """
    if not context.ended:
        return group

    news: dict[str, Reading] = {}

    for owner in group.state.owners:
        for pid in owner.partitions if owner.id in context.ended else ():
            reading = group.readings.get(pid, NOTHING_SPECIAL)
            is_alive = owner.id in renewed
            after = going_on(reading) if is_alive else stopped(reading, context.at)

            if after is not reading:
                news[pid] = after

    return _with(group, news)


def _with(group: GroupMemory, news: Mapping[str, Reading]) -> GroupMemory:
    """`group` with these readings; those that say nothing are not kept."""
    if not news:
        return group

    readings = {**group.readings, **news}
    for pid in [pid for pid, reading in news.items() if reading == NOTHING_SPECIAL]:
        del readings[pid]

    stopping = [pid for pid, reading in news.items() if reading.is_stopping]
    return replace(
        group, readings=readings, stopping=(group.stopping - news.keys()) | frozenset(stopping)
    )


def checkpoints_moved(builder: SnapshotBuilder, name: str, changes: Sequence[ChangeResult]) -> None:
    """This session wrote checkpoints itself, be it under a live owner: they prove nothing."""
    group = builder.groups.get(name.lower())
    if group is None:
        return

    news: dict[str, Reading] = {}

    for each in changes:
        judged = group.by_partition.get(each.change.partition)
        if judged is not None and each.state in _MOVED:
            before, after = each.change.before, each.change.after
            news[each.change.partition] = moved_by_hand(
                group.readings.get(each.change.partition, NOTHING_SPECIAL),
                judged.shown.checkpoint,
                before.sequence if before is not None else None,
                after.sequence if after is not None else None,
            )

    builder.groups[group.key] = _with(group, news)


def books_kept(
    builder: SnapshotBuilder,
    group: GroupMemory,
    before: Mapping[str, JudgedPartition],
    stored: Mapping[str, Stored],
    renewed: Mapping[str, Collection[tuple[float, float]]],
) -> GroupMemory:
    """`group` after a listing: who wrote which checkpoint, and what that shows of takeovers.

    `before` are its partitions as they were, `stored` what was written, `renewed` when.
    """
    news: dict[str, Reading] = {}
    read_on = {opened.partition for opened in group.open_costs if opened.until_at is None}

    for pid, now in stored.items():
        was, judged = before.get(pid), group.by_partition.get(pid)
        if was is None or judged is None:
            continue

        reading = group.readings.get(pid, NOTHING_SPECIAL)
        after = _kept(reading, was, judged, now.checkpoint)
        is_free = owner_of(judged.ownership) is None

        # Who was dead by then released nothing, nor who had done so before: another one did.
        if is_free and was.ownership is not UNSEEN and _is_rewritten(was, judged):
            after = going_on(after)

        # Where a loser before may read on, who released it was not the only one.
        if is_free and pid not in read_on and (judged.ownership.record or now.checkpoint):
            read_at = builder.joined.listing.read_at if builder.joined else builder.at
            after = stopped(after, read_at + LETS_GO_S)

        if after is not reading:
            news[pid] = after

    group = _with(group, news)

    if group.open_costs:
        opened = tuple(_signed(o, builder, stored, renewed) for o in group.open_costs)
        group = replace(group, open_costs=opened)

    return group


def _is_rewritten(was: JudgedPartition, judged: JudgedPartition) -> bool:
    old, new = was.ownership.record, judged.ownership.record
    return old is not new and (old is None or new is None or old.blob.etag != new.blob.etag)


def _kept(
    reading: Reading,
    was: JudgedPartition,
    judged: JudgedPartition,
    checkpoint: Checkpoint | None,
) -> Reading:
    """What is remembered of one partition that was written."""
    old = was.shown.checkpoint
    is_same = (old is checkpoint) or (
        old is not None and checkpoint is not None and old.blob.etag == checkpoint.blob.etag
    )

    if is_same or was.ownership is UNSEEN:
        return reading

    is_by_owner = _is_by_owner(was, judged, checkpoint, reading)
    return written(reading, old, checkpoint, is_by_owner=is_by_owner)


def _is_by_owner(
    was: JudgedPartition,
    judged: JudgedPartition,
    checkpoint: Checkpoint | None,
    reading: Reading,
) -> bool:
    """Whether who held it wrote this checkpoint, by what the records say."""
    if checkpoint is None:
        return False

    held, holds = owner_of(was.ownership), owner_of(judged.ownership)

    if held is None:
        if follows_release(was.ownership, checkpoint):
            return True

        claimed_at = judged.ownership.claimed_at
        return holds is not None and (claimed_at or 0.0) <= checkpoint.blob.last_modified

    if holds is not None and holds != held:
        return True

    return was.shown.lease.state is LeaseState.HELD and reading.stop_at is None


def _signed(
    opened: OpenCost,
    builder: SnapshotBuilder,
    stored: Mapping[str, Stored],
    renewed: Mapping[str, Collection[tuple[float, float]]],
) -> OpenCost:
    """With what a listing after it shows: an end of the loser's reading, another checkpoint."""
    joined, now = builder.joined, stored.get(opened.partition)
    if joined is None or joined.listing.read_at <= opened.looked_at:
        return opened

    if opened.until_at is not None:
        return opened

    loser = opened.sign.loser
    if loser is not None and loser in builder.host.ended(builder.listed_at):
        return replace(opened, until_at=joined.listing.read_at)

    checkpoint = now.checkpoint if now is not None else None
    sequence = checkpoint.sequence if checkpoint is not None else None

    if opened.start is not None and sequence is not None:
        opened = replace(opened, start=opened.start.with_(sequence))

    rounds = renewed.get(loser or "", ()) if opened.sign.is_round else ()
    is_shown = any(at > opened.at + 1.0 for _, at in rounds)

    if opened.sign.is_checkpoint and checkpoint is not None:
        is_shown = checkpoint.blob.last_modified > opened.at

    return replace(opened, until_at=joined.listing.read_at + 1.0) if is_shown else opened


def count_costs(builder: SnapshotBuilder) -> None:
    """Tell what the looks tell by now of each group's takeovers, and how far stopped ones got."""
    is_another = _is_another_hub(builder)

    for key, group in builder.groups.items():
        if group.stopping or group.open_costs or (is_another and group.readings):
            builder.groups[key] = _counted_group(builder, group, is_another=is_another)


def _is_another_hub(builder: SnapshotBuilder) -> bool:
    old, new = builder.before.hub, builder.hub
    return (
        old is not None
        and new is not None
        and old != new
        and (None not in {old.created_at, new.created_at} and old.created_at != new.created_at)
    )


def _counted_group(
    builder: SnapshotBuilder, group: GroupMemory, *, is_another: bool
) -> GroupMemory:
    if is_another:
        group = replace(group, readings={}, stopping=frozenset())

    news: dict[str, Reading] = {}

    for pid in group.stopping:
        sample, reading = sample_of(builder, pid), group.readings[pid]
        if sample is not None and sample.first_at >= (reading.stop_at or 0.0):
            news[pid] = replace(reading, stop_last=sample.last_sequence)

    group = _with(group, news)
    still_open, told = [], list[CountedTakeover]()
    too_many = len(group.open_costs) - MOST_OPEN

    for place, before in enumerate(group.open_costs):
        opened = _reached(builder, before)
        cost = _cost(builder, group, opened, is_another=is_another)

        if cost is None and place < too_many:
            cost = TakeoverCost(why=CostUnknown.HUB_NOT_READ)

        if cost is None:
            still_open.append(opened)
            continue

        takeover = CountedTakeover(
            opened.partition, opened.at, opened.owner, opened.previous_owner, cost
        )
        builder.tell_cost(opened.kind, group.state.name, takeover)
        told.append(takeover)

    if told:
        state = group.state
        group = replace(group, state=replace(state, ledger=counted(state.ledger, told)))

    return replace(group, open_costs=tuple(still_open))


def _reached(builder: SnapshotBuilder, opened: OpenCost) -> OpenCost:
    """With how far losers can have read, once that is known."""
    sample = sample_of(builder, opened.partition)

    if opened.until_at is None and builder.at >= opened.latest_at:
        opened = replace(opened, until_at=opened.latest_at)

    return opened if sample is None else opened.reached_by(sample)


def _cost(
    builder: SnapshotBuilder, group: GroupMemory, opened: OpenCost, *, is_another: bool
) -> TakeoverCost | None:
    """What it cost; None while that is not known."""
    sample, judged = sample_of(builder, opened.partition), group.by_partition.get(opened.partition)

    if is_another or judged is None or (sample is not None and sample.last_sequence < opened.last):
        return TakeoverCost(why=CostUnknown.OTHER_STREAM)

    if builder.at > opened.give_up_at:
        return TakeoverCost(why=CostUnknown.HUB_NOT_READ)

    if sample is None or not opened.is_told_by(sample):
        return None

    if is_of_another_stream(judged.shown):
        return TakeoverCost(why=CostUnknown.OTHER_STREAM)

    return cost_of(opened, sample)
