"""The Lease Blob operation: its five actions and what each answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from ehtui.sandbox.blobs import leases
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.state import Access, Blob, BlobAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ehtui.sandbox.blobs.leases import Lease

_STATUS = {"acquire": 201, "renew": 200, "change": 200, "release": 200, "break": 202}


@dataclass(frozen=True, slots=True)
class LeaseReply:
    """What a lease operation answers."""

    status: int
    blob: Blob
    headers: dict[str, str] = field(default_factory=dict)


def run(
    account: BlobAccount, path: tuple[str, str], headers: Mapping[str, str], access: Access
) -> LeaseReply:
    """Do what `x-ms-lease-action` says; header names are lower-case."""
    action = headers.get("x-ms-lease-action", "")

    if action not in _STATUS:
        raise StorageError("InvalidHeaderValue" if action else "MissingRequiredHeader")

    if action == "break":
        return _break(account, path, headers, access)

    blob = account.change_lease(*path, access, _step(action, headers, access.now))
    shown = {} if blob.lease.id is None else {"x-ms-lease-id": blob.lease.id}

    return LeaseReply(_STATUS[action], blob, shown)


def _step(action: str, headers: Mapping[str, str], now: float) -> Callable[[Lease], Lease]:
    proposed = _uuid(headers.get("x-ms-proposed-lease-id"))

    if action == "acquire":
        duration_s = _seconds(headers.get("x-ms-lease-duration"))

        if duration_s is None:
            raise StorageError("MissingRequiredHeader")

        return lambda lease: leases.acquire(lease, now, duration_s, proposed)

    given = _uuid(headers.get("x-ms-lease-id"))

    if given is None or (action == "change" and proposed is None):
        raise StorageError("MissingRequiredHeader")

    if action == "change":
        return lambda lease: leases.change(lease, now, given, proposed or "")

    if action == "renew":
        return lambda lease: leases.renew(lease, now, given)

    return lambda lease: leases.release(lease, given)


def _break(
    account: BlobAccount, path: tuple[str, str], headers: Mapping[str, str], access: Access
) -> LeaseReply:
    period_s = _seconds(headers.get("x-ms-lease-break-period"))
    left_s = 0

    def step(lease: Lease) -> Lease:
        nonlocal left_s
        broken, left_s = leases.break_off(lease, access.now, period_s)

        return broken

    blob = account.change_lease(*path, access, step)

    return LeaseReply(_STATUS["break"], blob, {"x-ms-lease-time": str(left_s)})


def _uuid(text: str | None) -> str | None:
    if text is None:
        return None

    try:
        return str(UUID(text))
    except ValueError as error:
        raise StorageError("InvalidHeaderValue") from error


def _seconds(text: str | None) -> int | None:
    try:
        return None if text is None else int(text)
    except ValueError as error:
        raise StorageError("InvalidHeaderValue") from error
