"""A picture of some groups and some partitions alone: what `--group` and `--partition` ask for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ehtui.domain.snapshot import HEALTH_ORDER, NO_LAG_HISTORY, Health
from ehtui.views.keys import partitions_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.snapshot import (
        ConsumerState,
        Finding,
        GroupPartition,
        GroupState,
        Snapshot,
        TimelineEvent,
    )


class Scope(NamedTuple):
    """What is asked for; nothing named is everything. The service ignores a group's case."""

    groups: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()

    @property
    def is_all(self) -> bool:
        """Whether nothing is left out."""
        return not self.groups and not self.partitions

    def has_group(self, name: str | None) -> bool:
        """Whether a group is asked for; what is of no group is of all."""
        return name is None or not self.groups or name.lower() in {g.lower() for g in self.groups}

    def has_partition(self, name: str) -> bool:
        """Whether a partition is."""
        return not self.partitions or name in self.partitions

    def has_any(self, partitions: Iterable[str]) -> bool:
        """Whether one of them is; what names none is about the whole."""
        named = tuple(partitions)
        return not named or any(map(self.has_partition, named))


EVERYTHING = Scope()


def unknown_in(snapshot: Snapshot, scope: Scope) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Groups and partitions that are asked for, and that are not in the picture."""
    groups = tuple(name for name in scope.groups if snapshot.group(name) is None)
    strays = {p.id for group in snapshot.groups for p in (*group.partitions, *group.strays)}
    known = {partition.id for partition in snapshot.partitions} | strays
    return groups, tuple(name for name in scope.partitions if name not in known)


def narrowed(snapshot: Snapshot, scope: Scope) -> Snapshot:
    """The same moment with what is asked for alone: findings, events and sums too.

    A finding that names several partitions stays if one of them is asked for; so does what is
    about a source or a whole group.
    """
    if scope.is_all:
        return snapshot

    return replace(
        snapshot,
        partitions=tuple(p for p in snapshot.partitions if scope.has_partition(p.id)),
        groups=tuple(_group(g, scope) for g in snapshot.groups if scope.has_group(g.name)),
        consumers=tuple(_consumer(c, scope) for c in snapshot.consumers if _takes_part(c, scope)),
        findings=tuple(f for f in snapshot.findings if is_asked_for(f, scope)),
        timeline=tuple(e for e in snapshot.timeline if happened_in(e, scope)),
    )


def is_asked_for(finding: Finding, scope: Scope) -> bool:
    """Whether a finding is of the scope."""
    return scope.has_group(finding.subject.group) and scope.has_any(partitions_of(finding))


def happened_in(event: TimelineEvent, scope: Scope) -> bool:
    """Whether an event is of the scope."""
    if event.finding is not None:
        return is_asked_for(event.finding, scope)

    partition = event.subject.partition
    named = () if partition is None else (partition,)
    return scope.has_group(event.subject.group) and scope.has_any(named)


def _group(group: GroupState, scope: Scope) -> GroupState:
    """What is of the whole group, as its ledger and its past, is not of some partitions."""
    if not scope.partitions:
        return group

    shown = tuple(p for p in group.partitions if scope.has_partition(p.id))
    counts = Counter(partition.health for partition in shown)
    lags = [partition.lag for partition in shown if partition.lag is not None]
    latest = {k: v for k, v in group.ledger.latest.items() if scope.has_partition(k)}
    return replace(
        group,
        partitions=shown,
        owners=tuple(o for o in group.owners if _holds(o.partitions, shown, o.id)),
        health=max(counts, key=HEALTH_ORDER.index, default=Health.UNKNOWN),
        counts=counts,
        lag=sum(lags) if lags else None,
        lag_is_partial=len(lags) < len(shown),
        strays=tuple(p for p in group.strays if scope.has_partition(p.id)),
        lag_history=NO_LAG_HISTORY,
        ledger=replace(group.ledger, latest=latest, deployments=()),
    )


def _holds(partitions: Iterable[str], shown: Iterable[GroupPartition], owner: str) -> bool:
    held = set(partitions)
    return any(p.id in held or p.lease.owner == owner for p in shown)


def _takes_part(consumer: ConsumerState, scope: Scope) -> bool:
    """Whether a consumer owns something of it, waits for it, or may: nothing says for whom."""
    if consumer.owns:
        return any(scope.has_group(g) and scope.has_partition(p) for g, p in consumer.owns)

    if consumer.idle:
        return any(scope.has_group(group) for group, _ in consumer.idle)

    return scope.has_group(consumer.home)


def _consumer(consumer: ConsumerState, scope: Scope) -> ConsumerState:
    """What it owns of the scope: the lag of the rest is not in the picture."""
    asked = tuple(o for o in consumer.owns if scope.has_group(o[0]) and scope.has_partition(o[1]))
    return consumer if asked == consumer.owns else replace(consumer, owns=asked)
