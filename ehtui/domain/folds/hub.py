"""What the hub said: partitions, rates, growth; then the lag of every group that it moves."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ehtui.domain import timeline
from ehtui.domain.behind import remembered
from ehtui.domain.clocks import heard_from_hub
from ehtui.domain.folds.store import rejoin
from ehtui.domain.groups import rejudged
from ehtui.domain.intake import intake_of
from ehtui.domain.memory import Flow
from ehtui.domain.series import extended, rate
from ehtui.domain.snapshot import PartitionState, Subject

if TYPE_CHECKING:
    from ehtui.domain.behind import History
    from ehtui.domain.draft import Draft
    from ehtui.domain.hub import HubDescription, PartitionSample
    from ehtui.domain.snapshot import Series
    from ehtui.domain.updates import HubRead


def fold_hub(draft: Draft, update: HubRead) -> None:
    """Fold in what the hub and its partitions said."""
    created_at = draft.hub.created_at if draft.hub is not None else None
    is_new = _describe(draft, update.hub)
    touched = _fold_samples(draft, update)
    draft.moved |= touched

    if created_at != update.hub.created_at:  # who is not sampled yet is of another stream, too
        touched |= set(update.hub.partition_ids)

    draft.partitions = tuple(
        draft.flows[pid].state if pid in draft.flows else PartitionState(pid)
        for pid in update.hub.partition_ids
    )
    draft.intake = intake_of(draft.flows.values())

    if is_new:
        rejoin(draft)

    if not draft.is_fresh("store"):
        return  # what a group has read since is unknown: its lag stays as it was, with its age

    moment = draft.moment()

    for key, group in draft.groups.items():
        draft.groups[key] = rejudged(draft, group, touched, moment)


def _describe(draft: Draft, hub: HubDescription) -> bool:
    """Take over the description; whether groups must be joined to it anew."""
    before, draft.hub = draft.hub, hub

    if before is None:
        return True

    if (before.namespace, before.name) != (hub.namespace, hub.name):
        draft.flows = {}
        return True

    if before.created_at != hub.created_at and None not in {before.created_at, hub.created_at}:
        draft.flows = {}
        anew = timeline.HubCreatedAnew(hub.created_at, before.created_at)
        draft.tell(timeline.HUB_RECREATED, hub.created_at or draft.now, Subject(), anew)

    if len(hub.partition_ids) > len(before.partition_ids):
        counts = timeline.HubGrew(len(before.partition_ids), len(hub.partition_ids))
        draft.tell(timeline.HUB_GREW, draft.now, Subject(), counts, is_approximate=True)

    return before.partition_ids != hub.partition_ids


def _fold_samples(draft: Draft, update: HubRead) -> set[str]:
    """Fold in each partition; those where anything but the time of the look changed.

    And those whose lag waited for a look that is no older than the store's. Whatever its clock
    says, the sample that comes is the newer one: a source never overlaps itself.
    """
    listed_at = draft.look.listing.moment if draft.look is not None else inf
    flows, touched = dict(draft.flows), set()
    known = {pid: f.state.sample for pid, f in flows.items() if f.state.sample is not None}
    pairs = [(known.get(sample.partition), sample) for sample in update.samples]
    draft.clocks = heard_from_hub(draft.clocks, pairs)
    ahead_s = draft.clocks.hub_ahead_s

    for old, sample in pairs:
        pid = sample.partition

        if old is None or sample.last_sequence < old.last_sequence:
            flows[pid] = _first(sample, ahead_s)  # or another stream under the same name
            touched.add(pid)
            continue

        before = flows[pid]

        if sample.moment < old.moment:  # local time was set back: rates begin anew
            flows[pid] = _first(sample, ahead_s, before.history)
        else:
            flows[pid] = _next(before, old, sample, ahead_s)

        if (
            sample.last_sequence != old.last_sequence
            or sample.begin_sequence != old.begin_sequence
            or sample.is_empty != old.is_empty
            or old.moment < listed_at <= sample.moment
        ):
            touched.add(pid)

    draft.flows = flows
    return touched


def _first(sample: PartitionSample, hub_ahead_s: float, history: History = ()) -> Flow:
    at = sample.moment
    state = PartitionState(sample.partition, sample, None, ((at, sample.last_sequence),))
    history = remembered(history, sample, hub_ahead_s)
    return Flow(state, history, ((at, sample.begin_sequence),))


def _next(before: Flow, old: PartitionSample, sample: PartitionSample, hub_ahead_s: float) -> Flow:
    state, at = before.state, sample.moment
    series = state.last_series
    begins = before.begins

    if sample.last_sequence != old.last_sequence:
        series = extended(series, old.moment, at, sample.last_sequence)
    elif state.in_per_s == 0.0 and sample.begin_sequence == old.begin_sequence:
        same = PartitionState(sample.partition, sample, 0.0, series)
        return Flow(same, before.history, begins, before.begin_per_s)

    if sample.begin_sequence != old.begin_sequence:
        begins = extended(begins, old.moment, at, sample.begin_sequence)

    return Flow(
        PartitionState(sample.partition, sample, rate(series, at), series),
        remembered(before.history, sample, hub_ahead_s),
        begins,
        _begin_rate(begins, at),
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
