"""Who owns partitions of a group, how they renew, and how their leases are judged."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.folds.handovers import takes_all_at_once
from ehtui.domain.leases.handovers import owner_of
from ehtui.domain.leases.renewals import (
    NOT_MEASURED,
    CloserLooks,
    SeenRenewal,
    is_next,
    measured,
    quicker,
)
from ehtui.domain.leases.sdks import hints_of
from ehtui.domain.leases.timing import timings
from ehtui.domain.snapshot import LIVE_STATES
from ehtui.domain.state import OwnerTrack
from ehtui.domain.world.store import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.state import GroupMemory
    from ehtui.domain.world.store import Ownership

FORGET_OWNER_S = 3600.0
MOST_OWNERS = 256

Stamps = tuple[float, float]  # Last-Modified before and after a renewal


def followed_owners(
    builder: SnapshotBuilder,
    group: GroupMemory,
    renewed: Mapping[str, Sequence[Stamps]],
    *,
    has_changed: bool,
    is_first: bool,
) -> GroupMemory:
    """Note who is there and how they renew, and judge the timing anew where that changed.

    `renewed` are the partitions that each owner renewed since the look before.
    """
    owners = dict(group.owners)
    has_changed |= not group.state.timings

    for owner, stamps in renewed.items():
        track = owners.get(owner)
        if track is None:
            continue

        owners[owner] = after = _renewed(builder, track, stamps)
        has_changed |= after.renewals.period_s != track.renewals.period_s
        has_changed |= after.renewals.longest_s != track.renewals.longest_s

    if not has_changed:
        return replace(group, owners=owners)

    return _timed(
        builder, replace(group, owners=_present(builder, group, owners, is_first=is_first))
    )


def _renewed(builder: SnapshotBuilder, track: OwnerTrack, stamps: Sequence[Stamps]) -> OwnerTrack:
    """`track` after its owner wrote what it holds again."""
    was_modified_at, modified_at = max(b for b, _ in stamps), max(a for _, a in stamps)
    was, now = (
        track.last_renewal,
        SeenRenewal(builder.listed_before_exactly, modified_at, builder.listed_exactly),
    )
    renewals, blurred, first_seen_at = track.renewals, track.blurred, track.first_seen_at

    if was is None or was.modified_at != was_modified_at:
        was = SeenRenewal(-inf, was_modified_at, inf)  # a claim, since

    if is_next(was, now):
        renewals = measured(renewals, now.at - was.at, now.inexact_s)
    else:
        blurred += 1
        renewals = quicker(renewals, modified_at - was_modified_at)
        if renewals is NOT_MEASURED and track.renewals is not NOT_MEASURED:
            first_seen_at = builder.now  # to be timed anew

    return replace(
        track,
        renewals=renewals,
        seen_at=builder.looked_at,
        first_seen_at=first_seen_at,
        last_renewal=now,
        blurred=blurred,
    )


def _timed(builder: SnapshotBuilder, group: GroupMemory) -> GroupMemory:
    live = frozenset(
        holder
        for judged in group.by_partition.values()
        if (holder := owner_of(judged.ownership)) is not None
        and (judged.shown.lease.state in LIVE_STATES or judged.shown.lease.owner is None)
    )
    at_once = takes_all_at_once(group)
    judged = timings(
        builder.policy.lease_of(group.state.name),
        {owner: track.renewals for owner, track in group.owners.items()},
        hints_by_owner(builder, group),
        live,
        group.expiry,
        is_greedy=at_once,
    )
    known = group.state.timings
    kept = {o: known[o] if known.get(o) == t else t for o, t in judged.items()}
    state = replace(group.state, timings=kept)
    return replace(group, state=state, takes_all_at_once=at_once)


def _present(
    builder: SnapshotBuilder, group: GroupMemory, owners: dict[str, OwnerTrack], *, is_first: bool
) -> dict[str, OwnerTrack]:
    """Newcomers noted, and those forgotten who left long ago."""
    looked_at = builder.looked_at

    for judged in group.by_partition.values():
        holder, record = judged.ownership.holder, judged.ownership.record
        if holder is not None and holder not in owners:
            joined_at = None if is_first else judged.ownership.claimed_at
            written_at = record.blob.last_modified if record is not None else looked_at
            last_renewal = SeenRenewal(-inf, written_at, builder.listed_exactly)
            owners[holder] = OwnerTrack(
                joined_at=joined_at,
                seen_at=looked_at,
                first_seen_at=builder.now,
                last_renewal=last_renewal,
            )

    present = {judged.ownership.holder for judged in group.by_partition.values()}

    for owner, track in tuple(owners.items()):
        if owner in present:
            owners[owner] = replace(track, seen_at=looked_at)

    if len(owners) <= len(present) + MOST_OWNERS // 4:
        return owners

    newest = sorted(owners, key=lambda o: owners[o].seen_at)[-MOST_OWNERS:]
    keep = present | {o for o in newest if looked_at - owners[o].seen_at < FORGET_OWNER_S}
    return {owner: track for owner, track in owners.items() if owner in keep}


def hints_by_owner(builder: SnapshotBuilder, group: GroupMemory) -> dict[str, frozenset[str]]:
    """What else tells an owner's SDK: its process, a .NET checkpoint, names not lower-cased."""
    names = {c.process.id: c.process.program for c in builder.consumers}
    hints = {
        owner: found
        for owner, link in builder.host.links.items()
        if owner in group.owners and (found := hints_of(names.get(link.process), link.evidence))
    }

    for judged in group.by_partition.values():
        holder, checkpoint = judged.ownership.holder, judged.shown.checkpoint
        if holder is None or holder in hints:
            continue

        if checkpoint is not None and checkpoint.client_identifier == holder:
            hints[holder] = frozenset({"dotnet"})
        elif _keeps_case(judged.ownership.record):
            hints[holder] = frozenset({"go"})

    return hints


def _keeps_case(record: Ownership | None) -> bool:
    """Whether its writer keeps the case of names, of SDKs of today: old hosts all did."""
    return record is not None and record.layout is Layout.MODERN and not record.group.islower()


LONGEST_S = 120.0  # for one owner
MOST = 120  # closer looks within `BUDGET_S`, whoever comes and goes
BUDGET_S = 600.0
ENOUGH_RESTS = 2.0  # who has not renewed for so many polls is timed by them as well
_STEPS = ((6, 0.25), (2, 0.5), (0, 1.0))  # renewals that no look told apart → seconds between looks


def closer_looks(builder: SnapshotBuilder) -> CloserLooks | None:
    """How closely to look now; None: as usual."""
    left = MOST - len(builder.close_reads)
    usual_s = builder.policy.store_interval_s
    untimed = list(_untimed(builder))

    if not untimed or left <= 0 or not builder.policy.has_store:
        return None

    blurred = max(track.blurred for track in untimed)
    every_s = next(every_s for least, every_s in _STEPS if blurred >= least)

    if every_s >= usual_s:
        return None

    until_at = min(builder.now + left * every_s, max(t.first_seen_at for t in untimed) + LONGEST_S)
    return CloserLooks(every_s, len(untimed), until_at)


def _untimed(builder: SnapshotBuilder) -> Iterable[OwnerTrack]:
    at, patience_s = builder.listed_at, ENOUGH_RESTS * builder.policy.store_interval_s

    for group in builder.groups.values():
        for owner in group.state.owners:
            track = group.owners.get(owner.id)
            if (
                track is not None
                and track.renewals.period_s is None
                and track.last_renewal is not None
                and owner.id in group.state.timings
                and builder.now - track.first_seen_at < LONGEST_S
                and at - track.last_renewal.modified_at <= patience_s
            ):
                yield track


def counted(builder: SnapshotBuilder) -> tuple[float, ...]:
    """When closer looks were taken lately, this one with them if it is one."""
    since, at = builder.listed_at - BUDGET_S, builder.listed_at
    reads = builder.close_reads
    known = reads if not reads or reads[0] > since else tuple(t for t in reads if t > since)
    is_close = builder.before.closer_looks is not None and builder.looked_before_at is not None
    return (*known, at) if is_close else known
