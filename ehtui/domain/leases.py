"""Is a lease alive: judged by server time, renewals seen by ETag (facts.md §1.8, §2, §6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Lease, LeaseState

if TYPE_CHECKING:
    from ehtui.domain.store import Ownership
    from ehtui.domain.timing import LeaseTiming

LOOK_AGAIN_S = 0.5
# Python 3.11 looks a member of an enum up by its name, each time: a tenth of all judging.
_HELD, _OVERDUE = LeaseState.HELD, LeaseState.OVERDUE
_BLOB_LEASE_HELD = frozenset({"leased", "breaking"})


def _ownerless(record: Ownership | None, last_owner: str | None) -> Lease:
    """Released, its record deleted, or never owned."""
    if record is None:
        return NEVER_OWNED if last_owner is None else Lease(LeaseState.RELEASED, last_owner)

    blob = record.blob
    return Lease(
        LeaseState.RELEASED,
        last_owner,
        etag=blob.etag,
        last_modified=blob.last_modified,
        blob=blob.name,
        remark=record.remark,
    )


def _blob_lease(record: Ownership, claimed_at: float | None) -> Lease:
    """Held by the storage service itself: nothing tells its age."""
    is_held = record.blob_lease_state in _BLOB_LEASE_HELD
    return Lease(
        LeaseState.HELD if is_held else LeaseState.EXPIRED,
        record.owner,
        etag=record.blob.etag,
        last_modified=record.blob.last_modified,
        blob=record.blob.name,
        claimed_at=claimed_at,
        remark=record.remark,
    )


def lease_of(
    record: Ownership | None,
    timing: LeaseTiming | None,
    looked_at: float,
    last_owner: str | None,
    claimed_at: float | None,
    ended_at: float | None = None,
    *,
    listed_at: float | None = None,
) -> Lease:
    """The lease that a record amounts to at `looked_at`, server time.

    `ended_at` is when its owner's process was missed: what was not written since is late at once.
    `listed_at` is the listing that the record is from: who was not late by then may have renewed
    since, unseen.
    """
    if record is None or record.holder is None:
        return _ownerless(record, last_owner)

    if record.blob_lease_state is not None or timing is None:
        return _blob_lease(record, claimed_at)

    blob = record.blob
    overdue_at = _overdue_at(blob.last_modified, timing, ended_at)
    expires_at = blob.last_modified + timing.expires_after_s
    state = _HELD

    if (looked_at if listed_at is None else listed_at) >= overdue_at:
        state = LeaseState.EXPIRED if looked_at >= expires_at else LeaseState.OVERDUE

    return Lease(
        state=state,
        owner=record.owner,
        renewed_at=blob.last_modified,
        expires_at=expires_at,
        renewed_every_s=timing.shown_period_s,
        expires_after_s=timing.expires_after_s,
        period_basis=timing.period_basis,
        basis=timing.basis,
        etag=blob.etag,
        last_modified=blob.last_modified,
        blob=blob.name,
        claimed_at=claimed_at,
        overdue_at=overdue_at,
    )


def _overdue_at(renewed_at: float, timing: LeaseTiming, ended_at: float | None) -> float:
    late_at = renewed_at + timing.overdue_after_s
    # Written later: another process goes by its id.
    return late_at if ended_at is None or ended_at < renewed_at else min(late_at, ended_at)


def next_change_at(
    lease: Lease, timing: LeaseTiming | None, looked_at: float = 0.0
) -> float | None:
    """When this lease becomes overdue or expires if nothing is written."""
    if lease.renewed_at is None or timing is None:
        return None

    if lease.state is _HELD:
        late_at = lease.renewed_at + timing.overdue_after_s
        # The look that would show it may be still to come.
        return late_at if looked_at < late_at else looked_at + LOOK_AGAIN_S

    return lease.expires_at if lease.state is _OVERDUE else None


NEVER_OWNED = Lease(LeaseState.NEVER_OWNED)
