"""What the hub said: partitions, rates, growth; then the lag of every group that it moves."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.folds.group import rejudged, unread
from ehtui.domain.folds.store import rejoin
from ehtui.domain.progress.behind import Unread, remembered, seen_unread
from ehtui.domain.progress.lag import (
    PartitionHistory,
    extended,
    hub_input_of,
    rate,
)
from ehtui.domain.snapshot import PartitionState, Subject
from ehtui.domain.world.clocks import heard_from_hub

if TYPE_CHECKING:
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.progress.behind import Arrivals
    from ehtui.domain.snapshot import Series
    from ehtui.domain.updates import HubRead, UnreadSeen
    from ehtui.domain.world.clocks import Clocks
    from ehtui.domain.world.hub import HubDescription, PartitionSample


def fold_hub(builder: SnapshotBuilder, update: HubRead) -> None:
    """Fold in what the hub and its partitions said."""
    created_at = builder.hub.created_at if builder.hub is not None else None
    is_new = _describe(builder, update.hub)
    touched, crossed = _fold_samples(builder, update)
    builder.moved |= touched

    if created_at != update.hub.created_at:  # who is not sampled yet is of another stream, too
        touched |= set(update.hub.partition_ids)

    builder.partitions = tuple(
        builder.histories[pid].state if pid in builder.histories else PartitionState(pid)
        for pid in update.hub.partition_ids
    )
    builder.hub_input = hub_input_of(builder.histories.values())

    if is_new:
        rejoin(builder)

    if not builder.is_fresh("store"):
        return  # what a group has read since is unknown: its lag stays as it was, with its age

    context = builder.context()

    for key, group in builder.groups.items():
        again = touched | (crossed & unread(builder, group)) if crossed else touched
        builder.groups[key] = rejudged(builder, group, again, context)


def fold_unread(builder: SnapshotBuilder, update: UnreadSeen) -> None:
    """Fold in how old an event is that some group has not done."""
    history = builder.histories.get(update.partition)

    if history is None or not builder.is_fresh("store"):
        return

    at = update.enqueued_at - builder.clocks.hub_ahead_s
    unread = seen_unread(history.unread, Unread(update.unread_from, update.sequence, at))
    builder.histories = {**builder.histories, update.partition: replace(history, unread=unread)}
    context = builder.context()

    for key, group in builder.groups.items():
        builder.groups[key] = rejudged(builder, group, {update.partition}, context)


def _describe(builder: SnapshotBuilder, hub: HubDescription) -> bool:
    """Take over the description; whether groups must be joined to it anew."""
    before, builder.hub = builder.hub, hub
    if before is None:
        return True

    if (before.namespace, before.name) != (hub.namespace, hub.name):
        builder.histories = {}
        return True

    if before.created_at != hub.created_at and None not in {before.created_at, hub.created_at}:
        builder.histories = {}
        anew = timeline.HubCreatedAnew(hub.created_at, before.created_at)
        builder.tell(timeline.HUB_RECREATED, hub.created_at or builder.now, Subject(), anew)

    if len(hub.partition_ids) > len(before.partition_ids):
        counts = timeline.HubGrew(len(before.partition_ids), len(hub.partition_ids))
        builder.tell(timeline.HUB_GREW, builder.now, Subject(), counts, is_approximate=True)

    return before.partition_ids != hub.partition_ids


def _fold_samples(builder: SnapshotBuilder, update: HubRead) -> tuple[set[str], set[str]]:
    """Fold in each partition; those where anything but the time of the look changed.

    And those of which this is the first look that is no older than the store's: a lag may have
    waited for it. Whatever its clock says, the sample that comes is the newer one: a source never
    overlaps itself.
    """
    listed_at = builder.joined.listing.moment if builder.joined is not None else inf
    histories, touched, crossed = dict(builder.histories), set(), set()
    known = {pid: f.state.sample for pid, f in histories.items() if f.state.sample is not None}
    pairs = [(known.get(sample.partition), sample) for sample in update.samples]
    builder.clocks = heard_from_hub(builder.clocks, pairs)
    clocks, ahead_s = builder.clocks, builder.clocks.hub_ahead_s

    for old, sample in pairs:
        pid = sample.partition

        if old is None or sample.last_sequence < old.last_sequence:
            histories[pid] = _first(sample, ahead_s)  # or another stream under the same name
            touched.add(pid)
            continue

        before = histories[pid]

        if sample.moment < old.moment:  # local time was set back: rates begin anew
            histories[pid] = _first(sample, ahead_s, before.arrivals)
        else:
            histories[pid] = _next(before, old, sample, clocks)

        if (
            sample.last_sequence != old.last_sequence
            or sample.begin_sequence != old.begin_sequence
            or sample.is_empty != old.is_empty
        ):
            touched.add(pid)
        elif old.moment < listed_at <= sample.moment:
            crossed.add(pid)

    builder.histories = histories
    return touched, crossed


def _first(
    sample: PartitionSample, hub_ahead_s: float, arrivals: Arrivals = ()
) -> PartitionHistory:
    at = sample.moment
    state = PartitionState(sample.partition, sample, None, ((at, sample.last_sequence),))
    arrivals = remembered(arrivals, sample, hub_ahead_s)
    return PartitionHistory(state, arrivals, ((at, sample.begin_sequence),))


def _next(
    before: PartitionHistory, old: PartitionSample, sample: PartitionSample, clocks: Clocks
) -> PartitionHistory:
    state, at = before.state, sample.moment
    series = state.last_series
    begins = before.begins

    if sample.last_sequence != old.last_sequence:
        series = extended(series, old.moment, at, sample.last_sequence)
    elif state.in_per_s == 0.0 and sample.begin_sequence == old.begin_sequence:
        same = PartitionState(sample.partition, sample, 0.0, series)
        return PartitionHistory(same, before.arrivals, begins, before.begin_per_s, before.unread)

    if sample.begin_sequence != old.begin_sequence:
        begins = extended(begins, old.moment, at, sample.begin_sequence)

    return PartitionHistory(
        PartitionState(sample.partition, sample, rate(series, at), series),
        remembered(before.arrivals, sample, clocks.hub_ahead_s, clocks.server(old.first_at)),
        begins,
        _begin_rate(begins, at),
        before.unread,
    )


def _begin_rate(begins: Series, at: float) -> float | None:
    """How fast retention removes events, from its first move that was seen to the last.

    It moves in chunks: what the first one held was removed over a time that nobody saw.
    """
    if len(begins) < 2:  # noqa: PLR2004 - a move has two ends
        return None

    first = next((point for point in begins if point[1] != begins[0][1]), None)
    if first is None or begins[-1][1] <= first[1] or at <= first[0]:
        return None

    return (begins[-1][1] - first[1]) / (at - first[0])
