"""Judges what changed in one group and rolls it up; records of partitions that the hub lacks."""

from __future__ import annotations

from collections import Counter
from operator import is_
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.folds.partition import JudgingContext, judge_partition, stored_of, unjudged
from ehtui.domain.leases.handovers import owner_of
from ehtui.domain.leases.lease import forecast, lease_of, survivors_skew
from ehtui.domain.leases.timing import assumed_timing, timing_of
from ehtui.domain.progress import Rule
from ehtui.domain.progress.flags import TroubleFlag
from ehtui.domain.progress.lag_history import minuted
from ehtui.domain.snapshot import (
    HEALTH_ORDER,
    LIVE_STATES,
    NO_LAG_HISTORY,
    GroupPartition,
    GroupState,
    Health,
    Lease,
    LeaseState,
    OwnerState,
    Subject,
)
from ehtui.domain.state import GroupMemory
from ehtui.domain.values import total
from ehtui.domain.world.joined_listing import Stored, checkpoint_at, natural, ownership_at

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.policy import LeasePolicy
    from ehtui.domain.progress.lag import PartitionHistory
    from ehtui.domain.state import JudgedPartition
    from ehtui.domain.world.joined_listing import JoinedListing
    from ehtui.domain.world.process import OwnerLink


_RANK = {health: rank for rank, health in enumerate(HEALTH_ORDER)}


def new_group(key: str, name: str, partitions: Iterable[str]) -> GroupMemory:
    """A group that nothing is known of yet."""
    return with_partitions(GroupMemory(key, GroupState(name, ())), partitions)


def with_partitions(group: GroupMemory, partitions: Iterable[str]) -> GroupMemory:
    """`group` with exactly these partitions."""
    return _rolled_up(
        group, {pid: group.by_partition.get(pid) or unjudged(pid) for pid in partitions}
    )


def rejudged(
    builder: SnapshotBuilder,
    group: GroupMemory,
    partitions: set[str],
    context: JudgingContext,
    stored: Mapping[str, Stored] = MappingProxyType({}),
) -> GroupMemory:
    """`group` with these partitions and those that are due judged anew, and rolled up.

    `stored` is what a look at the store found of them; of others it stands as it was.
    """
    clock = context.looked_at
    due = {pid for pid, judged in group.by_partition.items() if judged.due_at <= clock}
    touched = (partitions | due) & group.by_partition.keys()

    if not touched:
        return group

    by_partition = dict(group.by_partition)

    for pid in touched:
        judged = by_partition[pid]
        holder, history = judged.ownership.holder, builder.histories.get(pid)
        timing = group.state.timings.get(holder) if holder is not None else None
        after = judge_partition(
            judged, history, timing, context, stored.get(pid) or stored_of(judged.shown)
        )
        _tell_lease(builder, group.state.name, judged.shown, after.shown)
        by_partition[pid] = after

    return _rolled_up(group, by_partition)


def unread(builder: SnapshotBuilder, group: GroupMemory) -> set[str]:
    """Partitions whose lag is not known to be zero: what they amount to changes with each look.

    Zero stays zero while nobody writes. Where the last event came after the moment that the lag was
    counted for, it has yet to be counted.
    """
    return {
        pid
        for pid, judged in group.by_partition.items()
        if judged.shown.lag != 0 or not _counts_the_newest(judged, builder.histories.get(pid))
    }


def _counts_the_newest(judged: JudgedPartition, history: PartitionHistory | None) -> bool:
    sample = history.state.sample if history is not None else None
    counted = judged.shown.counted

    return sample is None or (counted is not None and counted.last_sequence >= sample.last_sequence)


def _tell_lease(
    builder: SnapshotBuilder, group: str, before: GroupPartition, after: GroupPartition
) -> None:
    """Tell that the same owner's lease became late, lapsed or came back."""
    old, new = before.lease, after.lease
    if old.state is new.state or old.owner is None or old.owner != new.owner:
        return

    owner = old.owner
    subject = Subject(group=group, partition=after.id, owner=owner)

    if new.state is LeaseState.OVERDUE and old.state is LeaseState.HELD:
        overdue = timeline.Overdue(owner, new.renewed_at, new.expires_at)
        builder.tell(timeline.LEASE_OVERDUE, builder.looked_at, subject, overdue)
    elif new.state is LeaseState.EXPIRED and old.state in LIVE_STATES:
        expired = timeline.Expired(owner, new.renewed_at, new.expires_after_s, new.basis)
        builder.tell(timeline.LEASE_EXPIRED, new.expires_at or builder.looked_at, subject, expired)
    elif new.state is LeaseState.HELD and old.state in {LeaseState.OVERDUE, LeaseState.EXPIRED}:
        back = timeline.Recovered(owner, _late(old, new))
        builder.tell(timeline.LEASE_RECOVERED, new.renewed_at or builder.looked_at, subject, back)


def _late(old: Lease, new: Lease) -> float | None:
    if old.renewed_at is None or new.renewed_at is None or new.renewed_every_s is None:
        return None

    return max(0.0, new.renewed_at - old.renewed_at - new.renewed_every_s)


def _rolled_up(group: GroupMemory, by_partition: Mapping[str, JudgedPartition]) -> GroupMemory:
    """`group` with its partitions as they are judged now; the same picture while none changed."""
    before, shown = group.state, tuple([judged.shown for judged in by_partition.values()])
    troubled = tuple([judged for judged in by_partition.values() if judged.flags])

    if len(shown) == len(before.partitions) and all(map(is_, shown, before.partitions)):
        return replace(group, by_partition=by_partition, troubled=troubled)

    counts = Counter([partition.health for partition in shown])
    lags = [p.lag for p in shown if p.lag is not None and not p.lag_is_bound]
    state = replace(
        before,
        partitions=shown,
        owners=_owners_of(shown, {owner.id: owner for owner in before.owners}),
        health=max(counts, key=_RANK.__getitem__, default=Health.UNKNOWN),
        counts=counts,
        lag=total(lags),
        lag_is_partial=len(lags) < len(shown),
    )
    return replace(group, by_partition=by_partition, state=state, troubled=troubled)


def _owners_of(
    shown: Iterable[GroupPartition], known: Mapping[str, OwnerState]
) -> tuple[OwnerState, ...]:
    """Who holds live leases, in the order of their first partition."""
    held: dict[str, list[str]] = {}

    for partition in shown:
        lease = partition.lease
        if lease.state in LIVE_STATES and lease.owner is not None:
            held.setdefault(lease.owner, []).append(partition.id)

    return tuple(
        replace(known.get(owner) or OwnerState(owner, ()), partitions=tuple(partitions))
        for owner, partitions in held.items()
    )


def linked(group: GroupMemory, links: Mapping[str, OwnerLink]) -> GroupMemory:
    """`group` with its owners' processes and periods as they are known now."""
    owners = tuple(
        state
        if state.link == (link := links.get(state.id)) and state.renewed_every_s == period_s
        else OwnerState(state.id, state.partitions, link, period_s)
        for state in group.state.owners
        for track in (group.owners.get(state.id),)
        for period_s in (track.renewals.period_s if track is not None else None,)
    )

    if owners == group.state.owners:
        return group

    return replace(group, state=replace(group.state, owners=owners))


def forecasted(
    group: GroupMemory, *, standbys: int, now: float, policy: LeasePolicy, skew_s: float | None
) -> GroupMemory:
    """`group` with the takeover windows of the partitions that nobody serves.

    `skew_s` is server time minus the clock of this host, by which its consumers judge.
    """
    waiting = [judged for judged in group.troubled if judged.flags & TroubleFlag.UNSERVED]
    if not waiting:
        return group

    renewing = {
        judged.shown.lease.owner
        for judged in group.by_partition.values()
        if judged.shown.lease.state is LeaseState.HELD
    }
    changed: dict[str, JudgedPartition] = {}
    renewed_at: dict[str | None, float] = {}

    for judged in waiting:
        lease = judged.shown.lease
        renewed_at[lease.owner] = max(renewed_at.get(lease.owner, 0.0), lease.renewed_at or 0.0)

    for judged in waiting:
        lease = judged.shown.lease
        timing = timing_of(lease.owner, group.state.timings, policy)
        survivors = len(renewing - {lease.owner}) + standbys
        start = judged.ownership.free_since if owner_of(judged.ownership) is None else None
        window = forecast(
            lease,
            timing,
            survivors,
            len(waiting),
            start or now,
            renewed_at=renewed_at[lease.owner],
            skew=survivors_skew(group.state.owners, lease.owner, skew_s),
        )

        if window != judged.shown.takeover:
            changed[judged.shown.id] = replace(judged, shown=replace(judged.shown, takeover=window))

    return _rolled_up(group, {**group.by_partition, **changed}) if changed else group


def remember_lags(builder: SnapshotBuilder) -> None:
    """Put each group's lag, as this look found it, into its history.

    None while a source fails, nor while partitions are still read for the first time: the sum of
    ever more of them would look like a rise.
    """
    created = {hub.created_at for hub in (builder.before.hub, builder.hub) if hub is not None}
    is_another = len(created - {None}) > 1
    is_known = builder.is_fresh("hub") and builder.is_fresh("store") and _is_sampled(builder)

    for key, group in builder.groups.items():
        state = group.state
        before = NO_LAG_HISTORY if is_another else state.lag_history
        lag = state.lag if is_known else None
        history = minuted(before, builder.at, lag, state.partitions)

        if history is not state.lag_history:
            builder.groups[key] = replace(group, state=replace(state, lag_history=history))


def _is_sampled(builder: SnapshotBuilder) -> bool:
    """Whether each partition was read once, or has had its time to be."""
    if builder.started_at is not None and builder.now > builder.started_at + _SAMPLED_S:
        return True

    return all(partition.sample is not None for partition in builder.partitions)


_SAMPLED_S = 60.0
_NO_WINDOW = (0, 0)  # nothing of it is followed


def strays_of(
    group: GroupMemory,
    joined: JoinedListing,
    partition_ids: Collection[str],
    policy: LeasePolicy,
    looked_at: float,
) -> tuple[GroupPartition, ...]:
    """What the store holds of such partitions; the same objects while nothing of it changed."""
    listed = joined.partitions.get(group.key, frozenset()).difference(partition_ids)
    if not listed:
        return ()

    known = {stray.id: stray for stray in group.state.strays}
    found = [_stray(group, joined, pid, policy, looked_at) for pid in natural(set(listed))]
    strays = tuple(known[s.id] if known.get(s.id) == s else s for s in found)

    return group.state.strays if strays == group.state.strays else strays


def _stray(
    group: GroupMemory, joined: JoinedListing, pid: str, policy: LeasePolicy, looked_at: float
) -> GroupPartition:
    key = (group.key, pid)
    record = ownership_at(joined, key, None)
    checkpoint = checkpoint_at(joined, key, record)
    owner = record.owner if record is not None else None
    timing = group.state.timings.get(owner or "") or assumed_timing(policy)
    first = record or checkpoint

    return GroupPartition(
        pid,
        lease_of(record, timing, looked_at, owner, None),
        checkpoint,
        health=Health.UNKNOWN,
        rule=Rule.NOT_IN_HUB,
        window=_NO_WINDOW,
        layout=first.layout if first is not None else None,
        lag_reason=Rule.NOT_IN_HUB if checkpoint is not None else "",
        unreadable=joined.unreadable.get(key, ()),
    )
