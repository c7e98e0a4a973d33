"""Blob leases: the state table of the Lease Blob operation, as pure steps from lease to lease."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from ehtui.sandbox.blobs.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

INFINITE = -1
SHORTEST_S, LONGEST_S = 15, 60
LONGEST_BREAK_S = 60
_ID, _PROPOSED = "x-ms-lease-id", "x-ms-proposed-lease-id"
_DURATION, _BREAK_PERIOD = "x-ms-lease-duration", "x-ms-lease-break-period"
# What each action is answered with, and the headers that it needs.
_ACTIONS: dict[str, tuple[int, set[str]]] = {
    "acquire": (201, {_DURATION}),
    "renew": (200, {_ID}),
    "change": (200, {_ID, _PROPOSED}),
    "release": (200, {_ID}),
    "break": (202, set()),
}


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


def requested_step(headers: Mapping[str, str], now: float) -> tuple[int, Callable[[Lease], Lease]]:
    """What `x-ms-lease-action` asks for, and the status of its answer; header names lower-case."""
    action = headers.get("x-ms-lease-action", "")

    if action and action not in _ACTIONS:
        raise StorageError("InvalidHeaderValue")

    status, needed = _ACTIONS.get(action, (0, {""}))

    if not needed <= headers.keys():
        raise StorageError("MissingRequiredHeader")

    given, proposed = _uuid(headers.get(_ID)), _uuid(headers.get(_PROPOSED))
    duration_s, period_s = _seconds(headers.get(_DURATION)), _seconds(headers.get(_BREAK_PERIOD))
    steps: dict[str, Callable[[Lease], Lease]] = {
        "acquire": lambda lease: acquire(lease, now, duration_s or 0, proposed),
        "renew": lambda lease: renew(lease, now, given),
        "change": lambda lease: change(lease, now, given, proposed),
        "release": lambda lease: release(lease, given),
        "break": lambda lease: break_off(lease, now, period_s),
    }
    return status, steps[action]


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


def renew(lease: Lease, now: float, given: str | None) -> Lease:
    """The same lease from now on; an expired one too, while nobody else took or wrote the blob."""
    _require_match(lease, given)

    if lease.breaks_at is not None:
        raise StorageError("LeaseIsBrokenAndCannotBeRenewed")

    return _lasting(lease, now)


def change(lease: Lease, now: float, given: str | None, proposed: str | None) -> Lease:
    """The lease under another id; repeating the change is no error."""
    if not lease.is_held(now):
        raise StorageError("LeaseNotPresentWithLeaseOperation")

    if lease.id not in {given, proposed}:
        raise StorageError("LeaseIdMismatchWithLeaseOperation")

    if lease.breaks_at is not None:
        raise StorageError("LeaseIsBreakingAndCannotBeChanged")

    return replace(lease, id=proposed)


def release(lease: Lease, given: str | None) -> Lease:
    """No lease."""
    _require_match(lease, given)
    return Lease()


def break_off(lease: Lease, now: float, period_s: int | None) -> Lease:
    """The lease with an end that nobody can renew."""
    if period_s is not None and not 0 <= period_s <= LONGEST_BREAK_S:
        raise StorageError("InvalidHeaderValue")

    if lease.id is None:
        raise StorageError("LeaseNotPresentWithLeaseOperation")

    if not lease.is_held(now):
        return replace(lease, breaks_at=now)

    left = lease.ends_at if lease.breaks_at is None else lease.breaks_at
    asked = None if period_s is None else now + period_s
    known = [moment for moment in (left, asked) if moment is not None]
    return replace(lease, breaks_at=min(known, default=now))


def require_for_write(lease: Lease, now: float, given: str | None) -> None:
    """Check the lease id that came with a write or delete."""
    if given is None and lease.is_held(now):
        raise StorageError("LeaseIdMissing")

    require_for_read(lease, now, given)


def require_for_read(lease: Lease, now: float, given: str | None) -> None:
    """Check the lease id that came with a request, where one came."""
    if given is None:
        return

    if lease.id is None:
        raise StorageError("LeaseNotPresentWithBlobOperation")

    if given != lease.id:
        raise StorageError("LeaseIdMismatchWithBlobOperation")

    if not lease.is_held(now):
        raise StorageError("LeaseLost")


def after_write(lease: Lease, now: float) -> Lease:
    """A write ends what an expired or broken lease still remembers."""
    return lease if lease.is_held(now) else Lease()


def _require_match(lease: Lease, given: str | None) -> None:
    if given is None or given != lease.id:
        raise StorageError("LeaseIdMismatchWithLeaseOperation")


def _lasting(lease: Lease, now: float) -> Lease:
    ends_at = None if lease.duration_s == INFINITE else now + lease.duration_s
    return replace(lease, ends_at=ends_at, breaks_at=None)


def _uuid(text: str | None) -> str | None:
    try:
        return None if text is None else str(UUID(text))
    except ValueError as error:
        raise StorageError("InvalidHeaderValue") from error


def _seconds(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise StorageError("InvalidHeaderValue") from error
