"""How an ownership record changes hands, and what each change amounts to."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.leases.timing import LeaseTiming
    from ehtui.domain.snapshot import (
        Lease,
    )
    from ehtui.domain.world.store import Checkpoint, Ownership


class HandoverKind(StrEnum):
    """How a partition changed hands."""

    CLAIMED = "claimed"  # it was free
    RELEASED = "released"
    TAKEN_OVER = "taken_over"  # its lease had run out
    STOLEN = "stolen"  # from a live owner


class Handover(Value, frozen=True):
    """A partition that changed hands."""

    at: float
    partition: str
    kind: HandoverKind
    from_owner: str | None
    to_owner: str | None
    sequence: int | None  # checkpoint by then: one that never moves tells a poison event
    age_s: float | None = None  # since its owner of before was last seen to renew
    free_since: float | None = None  # released, or its lease had run out, as far as it was judged
    is_beyond_share: bool = False  # who took it from another had its share already
    is_guess: bool = False  # its release was not seen: it may have been taken from the living
    seen_within_s: float = inf  # between the looks: who renews sooner has renewed it since


class OwnershipHistory(Value, frozen=True):
    """One partition's ownership record as it was watched. Server times."""

    record: Ownership | None = None
    holder: str | None = None  # who holds it, or held it last
    claimed_at: float | None = None  # None: before ehtui looked
    free_since: float | None = None  # released, never owned, or its lease ran out


UNSEEN = OwnershipHistory()  # before the first look


BLOB_LEASE_ENDED = frozenset({"expired", "broken"})


class OwnerChange(Value, frozen=True):
    """A partition that changed hands between two looks."""

    partition: str
    lease: Lease  # as it was judged before
    before: OwnershipHistory
    after: OwnershipHistory
    sequence: int | None  # checkpoint by then
    lag: int | None
    silent_s: float = 0.0  # for which its owner had not renewed anything, at the look before
    checkpoint: Checkpoint | None = None  # as it stood before
    next_checkpoint: Checkpoint | None = None  # and at the look that showed the change


def watched(record: Ownership | None, looked_at: float) -> OwnershipHistory:
    """A record at the first look: when its owner claimed it is unknown."""
    if record is None:
        return OwnershipHistory(free_since=looked_at)

    if record.holder is None:  # a host that gave its blob lease up may leave its name behind
        return OwnershipHistory(record, record.owner, free_since=record.blob.last_modified)

    return OwnershipHistory(record, record.owner)


def followed(
    before: OwnershipHistory, record: Ownership | None, looked_at: float
) -> OwnershipHistory:
    """The history after this record was seen in place of the one before."""
    owner = record.holder if record is not None else None
    if record is None or owner is None:
        free_since = before.free_since
        if free_since is None:
            free_since = record.blob.last_modified if record is not None else looked_at

        return OwnershipHistory(record, before.holder, free_since=free_since)

    if before.record is not None and before.record.holder == owner:
        return OwnershipHistory(
            record, owner, before.claimed_at, _ended_since(before, record, looked_at)
        )

    return OwnershipHistory(record, owner, record.blob.last_modified)


def _ended_since(before: OwnershipHistory, record: Ownership, looked_at: float) -> float | None:
    """Since when a blob lease was seen to have run out: the service tells that, not when."""
    if record.blob_lease_state not in BLOB_LEASE_ENDED:
        return None

    had_ended = before.record is not None and before.record.blob_lease_state in BLOB_LEASE_ENDED
    return before.free_since if had_ended else looked_at


def owner_of(ownership: OwnershipHistory) -> str | None:
    """Whom the record names as its holder."""
    return ownership.record.holder if ownership.record is not None else None


def handovers_of(
    change: OwnerChange, timing: LeaseTiming | None, *, has_left: bool, had_ended: bool = False
) -> tuple[Handover, ...]:
    """What happened: one change, or two where a hand-over fell between two looks.

    `timing` is that of the old owner's leases; `has_left` says that it holds nothing any more,
    `had_ended` that its process was gone while the record still named it, and that it has not
    renewed since: it released nothing.
    """
    old, new = owner_of(change.before), owner_of(change.after)
    record = change.after.record
    at = record.blob.last_modified if record is not None else change.after.free_since or 0.0

    renewed_at = change.lease.renewed_at
    age_s = at - renewed_at if renewed_at is not None else None
    free_since = change.before.free_since
    free_since = change.lease.expires_at if free_since is None else free_since

    taken = Handover(
        at=at,
        partition=change.partition,
        kind=HandoverKind.STOLEN,
        from_owner=old,
        to_owner=new,
        sequence=change.sequence,
        age_s=age_s,
        free_since=free_since,
    )

    if new is None:
        return (replace(taken, kind=HandoverKind.RELEASED),) if old is not None else ()

    if old is None:
        return (replace(taken, kind=HandoverKind.CLAIMED, from_owner=change.before.holder),)

    if had_ended or has_lapsed(change, timing) or (has_left and _had_run_out(change, timing, at)):
        return (replace(taken, kind=HandoverKind.TAKEN_OVER),)

    if has_left:  # a steal leaves its victim something: this one let go of all, unseen
        released = replace(taken, kind=HandoverKind.RELEASED, to_owner=None, is_guess=True)
        return (released, replace(taken, kind=HandoverKind.CLAIMED, is_guess=True))

    return (taken,)


def has_lapsed(change: OwnerChange, timing: LeaseTiming | None) -> bool:
    """Whether it was seen to lapse: its owner had stopped renewing before it changed hands.

    Its age alone proves nothing. Where looks are rarer than renewals, a lease that was stolen to
    balance the load looks as old.
    """
    return timing is not None and change.silent_s > timing.silent_after_s


def _had_run_out(change: OwnerChange, timing: LeaseTiming | None, at: float) -> bool:
    """Whether it may have run out unseen, such as while the store was not read."""
    if timing is None or change.lease.renewed_at is None:
        return False

    return at - change.lease.renewed_at >= timing.soonest_expiry_s
