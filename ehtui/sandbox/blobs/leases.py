"""Blob leases: the state table of the Lease Blob operation, as pure steps from lease to lease."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import uuid4

from ehtui.sandbox.blobs.errors import StorageError

INFINITE = -1
SHORTEST_S, LONGEST_S = 15, 60
LONGEST_BREAK_S = 60


class LeaseState(StrEnum):
    """A lease's state, as listings and headers spell it."""

    AVAILABLE = "available"
    LEASED = "leased"
    EXPIRED = "expired"
    BREAKING = "breaking"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease of a blob; without an id there is none."""

    id: str | None = None
    duration_s: int = INFINITE
    ends_at: float | None = None  # None: infinite
    breaks_at: float | None = None  # set by break

    def state(self, now: float) -> LeaseState:
        """What the lease is at that moment."""
        if self.id is None:
            return LeaseState.AVAILABLE

        if self.breaks_at is not None:
            return LeaseState.BREAKING if now < self.breaks_at else LeaseState.BROKEN

        if self.ends_at is not None and now >= self.ends_at:
            return LeaseState.EXPIRED

        return LeaseState.LEASED

    def is_held(self, now: float) -> bool:
        """Whether a write needs the lease's id."""
        return self.state(now) in {LeaseState.LEASED, LeaseState.BREAKING}


def acquire(lease: Lease, now: float, duration_s: int, proposed: str | None) -> Lease:
    """A new lease, or the holder's own with a new duration."""
    if duration_s != INFINITE and not SHORTEST_S <= duration_s <= LONGEST_S:
        raise StorageError("InvalidHeaderValue")

    match lease.state(now):
        case LeaseState.LEASED if proposed is None or proposed != lease.id:
            raise StorageError("LeaseAlreadyPresent")
        case LeaseState.BREAKING if proposed is not None and proposed == lease.id:
            raise StorageError("LeaseIsBreakingAndCannotBeAcquired")
        case LeaseState.BREAKING:
            raise StorageError("LeaseAlreadyPresent")
        case _:
            return _lasting(Lease(proposed or str(uuid4()), duration_s), now)


def renew(lease: Lease, now: float, given: str) -> Lease:
    """The same lease from now on; an expired one too, while nobody else took or wrote the blob."""
    _require_match(lease, given)

    if lease.breaks_at is not None:
        raise StorageError("LeaseIsBrokenAndCannotBeRenewed")

    return _lasting(lease, now)


def change(lease: Lease, now: float, given: str, proposed: str) -> Lease:
    """The lease under another id; repeating the change is no error."""
    state = lease.state(now)

    if state not in {LeaseState.LEASED, LeaseState.BREAKING}:
        raise StorageError("LeaseNotPresentWithLeaseOperation")

    if lease.id not in {given, proposed}:
        raise StorageError("LeaseIdMismatchWithLeaseOperation")

    if state is LeaseState.BREAKING:
        raise StorageError("LeaseIsBreakingAndCannotBeChanged")

    return replace(lease, id=proposed)


def release(lease: Lease, given: str) -> Lease:
    """No lease."""
    _require_match(lease, given)

    return Lease()


def break_off(lease: Lease, now: float, period_s: int | None) -> tuple[Lease, int]:
    """The lease with an end that nobody can renew, and the seconds until then."""
    if period_s is not None and not 0 <= period_s <= LONGEST_BREAK_S:
        raise StorageError("InvalidHeaderValue")

    match lease.state(now):
        case LeaseState.AVAILABLE:
            raise StorageError("LeaseNotPresentWithLeaseOperation")
        case LeaseState.EXPIRED | LeaseState.BROKEN:
            return replace(lease, breaks_at=now), 0
        case _:
            left = lease.breaks_at if lease.breaks_at is not None else lease.ends_at
            asked = None if period_s is None else now + period_s
            known = [moment for moment in (left, asked) if moment is not None]
            breaks_at = min(known, default=now)

            return replace(lease, breaks_at=breaks_at), round(breaks_at - now)


def require_for_write(lease: Lease, now: float, given: str | None) -> None:
    """Check the lease id that came with a write or delete."""
    if given is None:
        if lease.is_held(now):
            raise StorageError("LeaseIdMissing")

        return

    _require_for_use(lease, now, given)


def require_for_read(lease: Lease, now: float, given: str | None) -> None:
    """Check the lease id that came with a read, where one came."""
    if given is not None:
        _require_for_use(lease, now, given)


def after_write(lease: Lease, now: float) -> Lease:
    """A write ends what an expired or broken lease still remembers."""
    return lease if lease.is_held(now) else Lease()


def _require_for_use(lease: Lease, now: float, given: str) -> None:
    if lease.id is None:
        raise StorageError("LeaseNotPresentWithBlobOperation")

    if given != lease.id:
        raise StorageError("LeaseIdMismatchWithBlobOperation")

    if not lease.is_held(now):
        raise StorageError("LeaseLost")


def _require_match(lease: Lease, given: str) -> None:
    if given != lease.id:
        raise StorageError("LeaseIdMismatchWithLeaseOperation")


def _lasting(lease: Lease, now: float) -> Lease:
    ends_at = None if lease.duration_s == INFINITE else now + lease.duration_s

    return replace(lease, ends_at=ends_at, breaks_at=None)
