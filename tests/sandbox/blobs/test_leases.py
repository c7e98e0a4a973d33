"""The state table of blob leases, with time passed in."""

from __future__ import annotations

import pytest

from ehtui.sandbox.blobs import leases
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.leases import INFINITE, Lease, LeaseState

NOW = 1_000.0
MINE, OTHER = "mine", "other"
FIXED = leases.acquire(Lease(), NOW, 15, MINE)
ENDLESS = leases.acquire(Lease(), NOW, INFINITE, MINE)
BREAKING = leases.break_off(ENDLESS, NOW, 10)


@pytest.mark.parametrize(
    ("lease", "after_s", "state"),
    [
        (Lease(), 0, LeaseState.AVAILABLE),
        (FIXED, 14.9, LeaseState.LEASED),
        (FIXED, 15, LeaseState.EXPIRED),
        (ENDLESS, 1e9, LeaseState.LEASED),
        (BREAKING, 9.9, LeaseState.BREAKING),
        (BREAKING, 10, LeaseState.BROKEN),
    ],
)
def test_a_lease_changes_state_with_time(lease: Lease, after_s: float, state: LeaseState) -> None:
    assert lease.state(NOW + after_s) is state


@pytest.mark.parametrize("duration_s", [0, 14, 61, -2])
def test_a_lease_lasts_as_long_as_the_service_allows(duration_s: int) -> None:
    with pytest.raises(StorageError, match="InvalidHeaderValue"):
        leases.acquire(Lease(), NOW, duration_s, MINE)


@pytest.mark.parametrize(
    ("lease", "after_s", "proposed", "code"),
    [
        (FIXED, 1, OTHER, "LeaseAlreadyPresent"),
        (FIXED, 1, None, "LeaseAlreadyPresent"),
        (BREAKING, 1, OTHER, "LeaseAlreadyPresent"),
        (BREAKING, 1, MINE, "LeaseIsBreakingAndCannotBeAcquired"),
    ],
)
def test_a_held_lease_cannot_be_acquired(
    lease: Lease, after_s: float, proposed: str | None, code: str
) -> None:
    with pytest.raises(StorageError, match=code):
        leases.acquire(lease, NOW + after_s, 15, proposed)


@pytest.mark.parametrize(("lease", "after_s"), [(FIXED, 15), (BREAKING, 10), (Lease(), 0)])
def test_a_free_lease_can_be_acquired(lease: Lease, after_s: float) -> None:
    taken = leases.acquire(lease, NOW + after_s, 15, OTHER)

    assert taken.id == OTHER
    assert taken.state(NOW + after_s) is LeaseState.LEASED


def test_the_holder_may_acquire_again() -> None:
    assert leases.acquire(FIXED, NOW + 5, 60, MINE).ends_at == NOW + 65


def test_renewing_starts_the_duration_again_even_after_expiry() -> None:
    assert leases.renew(FIXED, NOW + 14, MINE).ends_at == NOW + 29
    assert leases.renew(FIXED, NOW + 20, MINE).ends_at == NOW + 35


@pytest.mark.parametrize(
    ("lease", "given", "code"),
    [
        (FIXED, OTHER, "LeaseIdMismatchWithLeaseOperation"),
        (Lease(), MINE, "LeaseIdMismatchWithLeaseOperation"),
        (BREAKING, MINE, "LeaseIsBrokenAndCannotBeRenewed"),
    ],
)
def test_not_every_lease_can_be_renewed(lease: Lease, given: str, code: str) -> None:
    with pytest.raises(StorageError, match=code):
        leases.renew(lease, NOW + 1, given)


def test_a_change_may_be_repeated() -> None:
    changed = leases.change(FIXED, NOW, MINE, OTHER)

    assert changed.id == OTHER
    assert leases.change(changed, NOW, MINE, OTHER) == changed


@pytest.mark.parametrize(
    ("lease", "after_s", "given", "code"),
    [
        (FIXED, 1, "third", "LeaseIdMismatchWithLeaseOperation"),
        (FIXED, 15, MINE, "LeaseNotPresentWithLeaseOperation"),
        (BREAKING, 1, MINE, "LeaseIsBreakingAndCannotBeChanged"),
    ],
)
def test_not_every_lease_can_be_changed(
    lease: Lease, after_s: float, given: str, code: str
) -> None:
    with pytest.raises(StorageError, match=code):
        leases.change(lease, NOW + after_s, given, OTHER)


@pytest.mark.parametrize(
    ("lease", "after_s", "period_s", "left_s"),
    [
        (ENDLESS, 0, None, 0),  # nothing to wait for
        (ENDLESS, 0, 20, 20),
        (FIXED, 5, None, 10),  # what is left of it
        (FIXED, 5, 60, 10),  # never longer than that
        (FIXED, 5, 3, 3),
        (FIXED, 20, 30, 0),  # expired already
        (BREAKING, 4, None, 6),
        (BREAKING, 4, 2, 2),
        (BREAKING, 4, 60, 6),
    ],
)
def test_breaking_takes_no_longer_than_the_lease(
    lease: Lease, after_s: float, period_s: int | None, left_s: int
) -> None:
    broken = leases.break_off(lease, NOW + after_s, period_s)

    assert broken.breaks_at == NOW + after_s + left_s
    assert broken.state(NOW + after_s + left_s) is LeaseState.BROKEN


@pytest.mark.parametrize("period_s", [-1, 61])
def test_breaking_lasts_as_long_as_the_service_allows(period_s: int) -> None:
    with pytest.raises(StorageError, match="InvalidHeaderValue"):
        leases.break_off(ENDLESS, NOW, period_s)


@pytest.mark.parametrize(
    ("lease", "after_s", "given", "code"),
    [
        (FIXED, 1, None, "LeaseIdMissing"),
        (BREAKING, 1, None, "LeaseIdMissing"),
        (FIXED, 1, OTHER, "LeaseIdMismatchWithBlobOperation"),
        (FIXED, 15, MINE, "LeaseLost"),
        (Lease(), 0, MINE, "LeaseNotPresentWithBlobOperation"),
    ],
)
def test_a_write_needs_the_lease_that_is_held(
    lease: Lease, after_s: float, given: str | None, code: str
) -> None:
    with pytest.raises(StorageError, match=code):
        leases.require_for_write(lease, NOW + after_s, given)


def test_a_write_ends_what_is_left_of_a_lease() -> None:
    assert leases.after_write(FIXED, NOW + 1) == FIXED
    assert leases.after_write(FIXED, NOW + 15) == Lease()
    assert leases.after_write(BREAKING, NOW + 10) == Lease()
