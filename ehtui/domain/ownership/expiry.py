"""Learns from the store how long a group's leases live, and whether who takes over is greedy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from ehtui.domain.leases.timing import SeenExpiry, left_alone, taken
from ehtui.domain.ownership.handovers import HandoverKind, has_lapsed, owner_of
from ehtui.domain.snapshot import LeaseState, TimingBasis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ehtui.domain.leases.timing import LeaseTiming
    from ehtui.domain.ownership.handovers import Handover, OwnerChange
    from ehtui.domain.state import GroupMemory, JudgedPartition

SAME_KIND = 1.3  # periods that differ by more are of clients with other settings
SAME_ROUND_S = 1.0  # Last-Modified has whole seconds
UNTIMED_S = 1.3  # who was not timed yet hardly renews sooner
_FREE_KINDS = frozenset({HandoverKind.CLAIMED, HandoverKind.TAKEN_OVER})
_LAPSING = frozenset({LeaseState.OVERDUE, LeaseState.EXPIRED})


@dataclass(slots=True)
class Round:
    """The latest balancing round of one owner, as its records show it. Server times."""

    at: float
    partitions: int = 0
    claimed_at: float = 0.0

    @property
    def only_renewed(self) -> bool:
        """Whether it took nothing in it: a balanced one takes one a round."""
        return self.claimed_at < self.at - SAME_ROUND_S


def rounds_of(partitions: Iterable[JudgedPartition]) -> dict[str, Round]:
    """The latest round of every owner that a record names; blob leases tell none."""
    rounds: dict[str, Round] = {}

    for judged in partitions:
        record, owner = judged.ownership.record, owner_of(judged.ownership)
        if record is None or owner is None or record.blob_lease_state is not None:
            continue

        round_ = rounds.setdefault(owner, Round(record.blob.last_modified))
        round_.at = max(round_.at, record.blob.last_modified)
        round_.partitions += 1
        round_.claimed_at = max(round_.claimed_at, judged.ownership.claimed_at or 0.0)

    return rounds


def learned(
    group: GroupMemory,
    rounds: Mapping[str, Round],
    change: OwnerChange,
    handover: Handover,
    timing: LeaseTiming | None,
) -> SeenExpiry | None:
    """What is known of the expiry after a change of hands; `rounds` are those before it.

    Only a lease that was seen to lapse teaches, and only where its owner's renewals were timed:
    a steal, or an id that was tied to the wrong process, looks like a short lease otherwise.
    """
    renewed_at = change.lease.renewed_at
    if (
        handover.kind is not HandoverKind.TAKEN_OVER
        or timing is None
        or timing.period_basis is TimingBasis.ASSUMED
        or renewed_at is None
        or not has_lapsed(change, timing)
    ):
        return group.expiry

    old, new = handover.from_owner or "", handover.to_owner or ""
    left_s = _left_alone_for(rounds, old, len(group.by_partition), _like(group, new))
    at_least_s = max([timing.longest_s, *left_s])
    return taken(group.expiry, at_least_s, handover.at - renewed_at)


def unlearned(group: GroupMemory) -> SeenExpiry | None:
    """What is known after survivors left lapsing leases alone: they live longer than that."""
    seen = group.expiry
    lapsing = {s.shown.lease.owner for s in group.troubled if s.shown.lease.state in _LAPSING}
    if not lapsing:
        return seen

    rounds = rounds_of(group.by_partition.values())
    for owner in lapsing & rounds.keys():
        left_s = _left_alone_for(rounds, owner or "", len(group.by_partition))
        seen = left_alone(seen, min(left_s, default=0.0))

    return seen


def _left_alone_for(
    rounds: Mapping[str, Round], old: str, partitions: int, like: frozenset[str] | None = None
) -> list[float]:
    """How old the lease of `old` was when survivors with room for it went a round without it."""
    if old not in rounds:
        return []

    others = {owner: round_ for owner, round_ in rounds.items() if owner != old}
    share = ceil(partitions / max(1, len(others)))

    return [
        round_.at - rounds[old].at
        for owner, round_ in others.items()
        if round_.partitions < share
        and round_.only_renewed
        and (like is None or owner in like)
        and round_.at > rounds[old].at
    ]


def _like(group: GroupMemory, taker: str) -> frozenset[str]:
    """Owners whose settings may be the taker's, by their periods."""
    track = group.owners.get(taker)
    period_s = track.renewals.period_s if track is not None else None
    if period_s is None:
        return frozenset(group.owners)

    return frozenset(
        owner
        for owner, other in group.owners.items()
        if other.renewals.period_s is None
        or max(period_s, other.renewals.period_s)
        <= SAME_KIND * min(period_s, other.renewals.period_s)
    )


def takes_all_at_once(group: GroupMemory) -> bool | None:
    """Whether who takes free partitions takes several in one round; None: not seen yet."""
    seen = group.takes_all_at_once
    latest: dict[str, Handover] = {}  # by owner

    for handover in group.handovers:
        owner = handover.to_owner
        if handover.kind not in _FREE_KINDS or owner is None:
            continue

        before, latest[owner] = latest.get(owner), handover
        track = group.owners.get(owner)
        period_s = track.renewals.period_s if track is not None else None

        # One that was not free yet at the other claim says nothing.
        if before is None or handover.free_since is None or before.at < handover.free_since:
            continue

        # Seen later it is a renewal that is dated, and all are renewed in one round.
        if max(before.seen_within_s, handover.seen_within_s) < (period_s or UNTIMED_S) / SAME_KIND:
            seen = _is_at_once(handover.at - before.at, period_s, seen)

    return seen


def _is_at_once(
    apart_s: float,
    period_s: float | None,
    seen: bool | None,  # noqa: FBT001 - what was seen so far
) -> bool | None:
    if apart_s <= (0.0 if period_s is None else min(SAME_ROUND_S, period_s / 3)):
        return True

    if period_s is not None and period_s / SAME_KIND <= apart_s <= period_s * SAME_KIND:
        return False

    return seen


def with_expiry(group: GroupMemory, seen: SeenExpiry | None) -> GroupMemory:
    """`group` with what is known of its expiry; the same while nothing changed."""
    return group if seen == group.expiry else replace(group, expiry=seen)
