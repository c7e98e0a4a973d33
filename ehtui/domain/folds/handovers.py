"""Tells how partitions changed hands; learns from it how long leases live, and who is greedy."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.folds.bookings import Bookings
from ehtui.domain.folds.endings import had_ended
from ehtui.domain.leases.handovers import (
    Handover,
    HandoverKind,
    OwnerChange,
    handovers_of,
    has_lapsed,
    owner_of,
)
from ehtui.domain.leases.timing import SeenExpiry, TimingBasis, left_alone, taken
from ehtui.domain.snapshot import LeaseState, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.domain.evidence import E, EventKind, Evidence
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.leases.timing import LeaseTiming
    from ehtui.domain.state import GroupMemory, JudgedPartition


SAME_KIND = 1.3  # periods that differ by more are of clients with other settings
SAME_ROUND_S = 1.0  # Last-Modified has whole seconds
UNTIMED_S = 1.3  # who was not timed yet hardly renews sooner
_FREE_KINDS = frozenset({HandoverKind.CLAIMED, HandoverKind.TAKEN_OVER})
_LAPSING = frozenset({LeaseState.OVERDUE, LeaseState.EXPIRED})


class Round(Struct):
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


def _round_at(rounds: Mapping[str, Round], owner: str | None) -> float | None:
    round_ = rounds.get(owner or "")
    return round_.at if round_ is not None else None


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


WINDOW_S = 600.0  # over which changes are counted
MOST_HANDOVERS = 4096
PINGPONG_CHANGES = 3  # A → B → A → B
DEFAULT_PERIOD_S = 10.0  # the shortest of the SDKs' defaults


def tell_handovers(
    builder: SnapshotBuilder,
    group: GroupMemory,
    changes: Sequence[OwnerChange],
    timings: Mapping[str, LeaseTiming],
    rounds: Mapping[str, Round],
) -> GroupMemory:
    """Put every change of hands into the timeline and into the group's memory.

    `rounds` are the latest of each owner before these changes.
    """
    since = builder.looked_at - WINDOW_S
    handovers = group.handovers
    if handovers and handovers[0].at < since:
        handovers = tuple(handover for handover in handovers if handover.at >= since)

    if not changes:
        return group if handovers is group.handovers else replace(group, handovers=handovers)

    held = Counter(owner_of(judged.ownership) for judged in group.by_partition.values())
    present = held.keys()
    between_s = builder.listed_exactly - builder.listed_before_exactly
    added: list[Handover] = []
    by_partition: dict[str, list[Handover]] = {}
    bookings = Bookings(builder, group)

    for handover in handovers:
        by_partition.setdefault(handover.partition, []).append(handover)

    for change in changes:
        old = owner_of(change.before)
        timing = timings.get(old) if old is not None else None
        has_left = old is not None and old not in present
        ended = had_ended(builder, change, timing, _round_at(rounds, old))

        for plain in handovers_of(change, timing, has_left=has_left, had_ended=ended):
            handover = replace(
                _shared(plain, held, len(group.by_partition)), seen_within_s=between_s
            )
            group = with_expiry(group, learned(group, rounds, change, handover, timing))
            added.append(handover)
            past = by_partition.setdefault(handover.partition, [])
            past.append(handover)
            _tell(builder, group, change, handover, timing)
            bookings.book(change, handover, timing)

            if handover.kind is HandoverKind.STOLEN:
                _tell_pingpong(builder, group, past)

    handovers = (*handovers, *added)[-MOST_HANDOVERS:]
    return bookings.closed(replace(group, handovers=handovers))


def _shared(handover: Handover, held: Mapping[str | None, int], partitions: int) -> Handover:
    """`handover`, marked where who took it from another holds more than its share by now."""
    if handover.to_owner is None or handover.from_owner in {None, handover.to_owner}:
        return handover

    owners = {*held, handover.from_owner} - {None}
    is_beyond = held.get(handover.to_owner, 0) > ceil(partitions / len(owners))
    return replace(handover, is_beyond_share=True) if is_beyond else handover


def _tell(
    builder: SnapshotBuilder,
    group: GroupMemory,
    change: OwnerChange,
    handover: Handover,
    timing: LeaseTiming | None,
) -> None:
    gap_s = builder.looked_at - (builder.looked_before_at or builder.looked_at)
    period_s = timing.period_s if timing is not None else DEFAULT_PERIOD_S
    owner = handover.to_owner or handover.from_owner
    kind, details = _details(builder, change, handover)
    builder.tell(
        kind,
        handover.at,
        Subject(group=group.state.name, partition=handover.partition, owner=owner),
        details,
        is_approximate=gap_s >= period_s or handover.is_guess,
    )


def _details(
    builder: SnapshotBuilder, change: OwnerChange, handover: Handover
) -> tuple[EventKind[Any], Evidence]:
    before, lease = change.before, change.lease

    if handover.kind is HandoverKind.RELEASED:
        claimed_at = before.claimed_at
        held_s = handover.at - claimed_at if claimed_at is not None else None
        return _pair(
            timeline.LEASE_RELEASED,
            timeline.Released(handover.from_owner, held_s, is_guess=handover.is_guess),
        )

    if handover.kind is HandoverKind.CLAIMED:
        free_s = handover.at - before.free_since if before.free_since is not None else None
        claimed = timeline.Claimed(
            owner=handover.to_owner,
            was="never_owned" if before.holder is None else "released",
            previous_owner=handover.from_owner,
            free_s=None if handover.is_guess or free_s is None else max(0.0, free_s),
            is_guess=handover.is_guess,
        )
        return _pair(timeline.LEASE_CLAIMED, claimed)

    since_s = handover.at - lease.renewed_at if lease.renewed_at is not None else None

    if handover.kind is HandoverKind.STOLEN:
        stolen = timeline.Stolen(handover.to_owner, handover.from_owner, since_s)
        return _pair(timeline.LEASE_STOLEN, stolen)

    taken = timeline.TakenOver(
        owner=handover.to_owner,
        previous_owner=handover.from_owner,
        gap_s=since_s,
        dead_s=_dead_for(builder, handover),
        lag=change.lag,
    )
    return _pair(timeline.LEASE_TAKEN_OVER, taken)


def _pair(kind: EventKind[E], details: E) -> tuple[EventKind[E], E]:
    return kind, details


def _dead_for(builder: SnapshotBuilder, handover: Handover) -> float | None:
    """From the end of the old owner's process to the claim, where its end was seen."""
    ends = [
        d.at
        for d in builder.host.departures
        if handover.from_owner in d.owners and d.at <= handover.at
    ]
    return handover.at - max(ends) if ends else None


def _tell_pingpong(
    builder: SnapshotBuilder, group: GroupMemory, handovers: Sequence[Handover]
) -> None:
    handover = handovers[-1]
    swaps = pingpong(handovers)
    if len(swaps) < PINGPONG_CHANGES:
        return

    builder.tell(
        timeline.LEASE_PINGPONG,
        handover.at,
        Subject(group=group.state.name, partition=handover.partition, owner=handover.to_owner),
        timeline.BackAndForth(
            owner=handover.to_owner,
            previous_owner=handover.from_owner,
            owners=tuple(sorted({o for m in swaps for o in (m.from_owner, m.to_owner) if o})),
            changes=len(swaps),
            window_s=WINDOW_S,
        ),
    )


def pingpong(handovers: Sequence[Handover]) -> list[Handover]:
    """The latest run of steals of one partition in which two owners take it from each other."""
    run: list[Handover] = []

    for handover in handovers:
        goes_back = (
            bool(run)
            and run[-1].from_owner == handover.to_owner
            and run[-1].to_owner == handover.from_owner
        )

        if handover.kind is not HandoverKind.STOLEN:
            run = []
        elif goes_back:
            run.append(handover)
        else:
            run = [handover]

    return run
