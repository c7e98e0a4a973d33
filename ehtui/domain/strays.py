"""Records of partitions that the hub does not have: left over, or of another hub of that name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.leases import lease_of
from ehtui.domain.ownership import checkpoint_at, natural, ownership_at
from ehtui.domain.rules import NOT_IN_HUB
from ehtui.domain.snapshot import GroupPartition, Health
from ehtui.domain.timing import assumed_timing

if TYPE_CHECKING:
    from collections.abc import Collection

    from ehtui.domain.memory import GroupMemory
    from ehtui.domain.ownership import JoinedListing
    from ehtui.domain.policy import LeasePolicy

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
        rule=NOT_IN_HUB,
        window=_NO_WINDOW,
        layout=first.layout if first is not None else None,
        lag_reason=NOT_IN_HUB if checkpoint is not None else "",
        unreadable=joined.unreadable.get(key, ()),
    )
