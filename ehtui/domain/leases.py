"""Is a lease alive: judged by server time, renewals seen by ETag (facts.md §1.8, §2, §6)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ehtui.domain.sdks import PYTHON, UNKNOWN_SDK, Profile, profiles
from ehtui.domain.snapshot import Lease, LeaseState, TimingBasis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.policy import LeasePolicy
    from ehtui.domain.store import Ownership

RESOLUTION_S = 2.0  # Last-Modified and Date are whole seconds each
DELTAS = 9  # renewals that a period is judged by
JITTER = 1.2  # a round's length against the mean, at most
STEADY = 0.08  # a period that moved by less is the same
_BLOB_LEASE_HELD = frozenset({"leased", "breaking"})


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How an owner renews, as far as it was seen."""

    deltas: tuple[float, ...] = ()
    period_s: float | None = None
    longest_s: float = 0.0


NO_RHYTHM = Rhythm()


@dataclass(frozen=True, slots=True)
class Timing:
    """How the leases of one owner are judged."""

    period_s: float
    period_basis: TimingBasis
    overdue_after_s: float
    expires_after_s: float
    soonest_expiry_s: float  # where the survivors' SDK is undecided
    basis: TimingBasis
    rivals: tuple[Profile, ...]  # whoever may take over, one for each kind

    @property
    def is_assumed(self) -> bool:
        """Whether no survivor's renewals were timed: an SDK's defaults stand for them."""
        if self.basis is TimingBasis.INFERRED:  # from what they are, such as by a log line
            return self.period_basis is TimingBasis.ASSUMED

        return self.basis is TimingBasis.ASSUMED

    @property
    def shown_period_s(self) -> float | None:
        """The period as far as it is more than an assumption."""
        return None if self.period_basis is TimingBasis.ASSUMED else self.period_s


def heard(rhythm: Rhythm, delta_s: float) -> Rhythm:
    """`rhythm` after a renewal that came `delta_s` after the one before."""
    deltas = (*rhythm.deltas[-(DELTAS - 1) :], delta_s)
    ordered = sorted(deltas)
    # Whole seconds: the mean of the middle half is finer than the median.
    cut = len(ordered) // 4
    middle = ordered[cut : len(ordered) - cut]
    period_s = sum(middle) / len(middle)
    known = rhythm.period_s

    if known is not None and abs(period_s - known) <= max(STEADY * known, 0.25):
        period_s = known  # the same timing as before: nothing to judge again

    longest_s = ordered[-1]

    if longest_s < rhythm.longest_s <= longest_s * 1.2:
        longest_s = rhythm.longest_s

    return Rhythm(deltas, period_s, longest_s)


def timings(
    policy: LeasePolicy,
    rhythms: Mapping[str, Rhythm],
    hints: Mapping[str, frozenset[str]],
    live: frozenset[str],
    seen_expiry_s: float | None = None,
    looks_every_s: float = 0.0,
) -> dict[str, Timing]:
    """The timing of each owner's leases: expiry is judged by whoever takes over, the others.

    `seen_expiry_s` is the youngest lease that was taken over although it had not been released;
    nobody is late before a look could have shown it, one every `looks_every_s`.
    """
    kinds = {
        owner: profiles(r.period_s, hints.get(owner, frozenset())) for owner, r in rhythms.items()
    }
    is_known = {owner for owner, r in rhythms.items() if r.period_s is not None or owner in hints}
    counts = Counter(kinds[owner] for owner in live if owner in kinds)
    periods = sorted(r.period_s for r in rhythms.values() if r.period_s is not None)
    typical_s = periods[len(periods) // 2] if periods else None

    return {
        owner: _timing(
            policy,
            rhythm,
            typical_s,
            _rivals(kinds[owner], counts, is_live=owner in live),
            seen_expiry_s,
            is_inferred=bool(is_known - {owner}),
            looks_every_s=looks_every_s,
        )
        for owner, rhythm in rhythms.items()
    }


def _rivals(
    own: tuple[Profile, ...], counts: Counter[tuple[Profile, ...]], *, is_live: bool
) -> tuple[Profile, ...]:
    others = {kind for kind, n in counts.items() if n > (1 if is_live and kind == own else 0)}

    if not others:
        return own

    # Of several kinds the first to call it expired takes it; one kind may be the slower of two.
    taken_after_s = min(max(p.expires_after_s for p in kind) for kind in others)
    candidates = dict.fromkeys(p for kind in sorted(others, key=repr) for p in kind)
    return tuple(p for p in candidates if p.expires_after_s <= taken_after_s)


def _timing(
    policy: LeasePolicy,
    rhythm: Rhythm,
    typical_s: float | None,
    rivals: tuple[Profile, ...],
    seen_expiry_s: float | None = None,
    *,
    is_inferred: bool,
    looks_every_s: float = 0.0,
) -> Timing:
    period_s, period_basis = _period(policy, rhythm, typical_s)
    longest_s = max(p.expires_after_s for p in rivals)

    if policy.expires_after_s is not None:
        expiry_s, basis = policy.expires_after_s, TimingBasis.CONFIGURED
        slowest_s = max((p.slowest_s for p in rivals), default=period_s)
        round_s = policy.renewed_every_s or period_s
        # With the expiry given, only the rounds of the rivals are left to tell apart.
        slowest_s = round_s * 1.2 if period_basis is not TimingBasis.ASSUMED else slowest_s
        is_greedy = all(p.is_greedy for p in rivals)
        rivals = (Profile("configured", round_s, slowest_s, expiry_s, is_greedy),)
    elif seen_expiry_s is not None and seen_expiry_s < longest_s:
        expiry_s, basis = seen_expiry_s, TimingBasis.OBSERVED
        rivals = tuple(
            replace(p, expires_after_s=min(p.expires_after_s, seen_expiry_s)) for p in rivals
        )
    else:
        expiry_s = longest_s
        basis = TimingBasis.INFERRED if is_inferred else TimingBasis.ASSUMED

    unseen_s = JITTER * period_s + looks_every_s
    overdue_s = max(1.5 * period_s, 1.25 * rhythm.longest_s, unseen_s) + RESOLUTION_S
    soonest_s = min(p.expires_after_s for p in rivals)

    return Timing(
        period_s, period_basis, min(overdue_s, expiry_s), expiry_s, soonest_s, basis, rivals
    )


def _period(
    policy: LeasePolicy, rhythm: Rhythm, typical_s: float | None
) -> tuple[float, TimingBasis]:
    if rhythm.period_s is not None:
        return rhythm.period_s, TimingBasis.OBSERVED

    if policy.renewed_every_s is not None:
        return policy.renewed_every_s, TimingBasis.CONFIGURED

    if typical_s is not None:
        return typical_s, TimingBasis.INFERRED

    if policy.expires_after_s is not None:  # the ratio of every SDK is 4 to 6
        return policy.expires_after_s / 4, TimingBasis.ASSUMED

    return PYTHON.slowest_s, TimingBasis.ASSUMED


def default_timing(policy: LeasePolicy) -> Timing:
    """For partitions that nobody ever held while nothing is known of the others."""
    return _timing(policy, NO_RHYTHM, None, UNKNOWN_SDK, is_inferred=False)


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
    )


def lease_of(
    record: Ownership | None,
    timing: Timing | None,
    looked_at: float,
    last_owner: str | None,
    claimed_at: float | None,
    ended_at: float | None = None,
) -> Lease:
    """The lease that a record amounts to at `looked_at`, server time.

    `ended_at` is when its owner's process was missed: what was not written since is late at once.
    """
    if record is None or record.owner is None:
        return _ownerless(record, last_owner)

    if record.blob_lease_state is not None or timing is None:
        return _blob_lease(record, claimed_at)

    blob = record.blob
    overdue_at = _overdue_at(blob.last_modified, timing, ended_at)

    if looked_at - blob.last_modified >= timing.expires_after_s:
        state = LeaseState.EXPIRED
    elif looked_at > overdue_at:
        state = LeaseState.OVERDUE
    else:
        state = LeaseState.HELD

    return Lease(
        state,
        record.owner,
        blob.last_modified,
        blob.last_modified + timing.expires_after_s,
        timing.shown_period_s,
        timing.expires_after_s,
        timing.period_basis,
        timing.basis,
        blob.etag,
        blob.last_modified,
        blob.name,
        claimed_at,
        overdue_at,
    )


def _overdue_at(renewed_at: float, timing: Timing, ended_at: float | None) -> float:
    late_at = renewed_at + timing.overdue_after_s
    # Written later: another process goes by its id.
    return late_at if ended_at is None or ended_at < renewed_at else min(late_at, ended_at)


def next_change_at(lease: Lease, timing: Timing | None) -> float | None:
    """When this lease becomes overdue or expires if nothing is written."""
    if lease.renewed_at is None or timing is None:
        return None

    if lease.state is LeaseState.HELD:
        return lease.renewed_at + timing.overdue_after_s + 0.001

    return lease.expires_at if lease.state is LeaseState.OVERDUE else None


NEVER_OWNED = Lease(LeaseState.NEVER_OWNED)
