"""How leases are judged: how often an owner renews, and when survivors call a lease expired.

Nobody writes down how long a lease lives (facts.md §2): whoever takes over judges with its own
settings, in its own rounds. So a lease that lapsed and was taken tells two bounds: no survivor with
room took it in the round before, and one did then.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from math import ceil, floor
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.evidence import Doubt
from ehtui.domain.leases.renewals import NOT_MEASURED, RenewalStats
from ehtui.domain.leases.sdks import PYTHON, UNKNOWN_SDK, SdkProfile, sdk_profiles
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ehtui.domain.policy import LeasePolicy


RESOLUTION_S = 2.0  # Last-Modified and Date are whole seconds each
JITTER = 1.1  # the longest round against the mean (facts.md §2: Python's take 1 to 1.2 intervals)
INEXACT = 0.05  # of a period


class TimingBasis(StrEnum):
    """Where a lease's timing comes from."""

    CONFIGURED = "configured"
    OBSERVED = "observed"  # from renewals seen
    INFERRED = "inferred"  # from the other owners' SDK and period
    GUESSED = "guessed"  # from their period, which is no SDK's default: the ratio may be another
    ASSUMED = "assumed"


_ASSUMED = TimingBasis.ASSUMED  # looked up by its name each time, on Python 3.11


class LeaseTiming(Value, frozen=True):
    """How the leases of one owner are judged."""

    period_s: float
    period_basis: TimingBasis
    longest_s: float  # between two of its renewals
    overdue_after_s: float
    expires_after_s: float  # at the latest
    soonest_expiry_s: float  # at the soonest, where several are possible
    basis: TimingBasis
    rivals: tuple[SdkProfile, ...]  # whoever may take over, one for each kind
    is_open: bool = False  # leases live longer than that; how long is not known

    @property
    def is_assumed(self) -> bool:
        """Whether no survivor's renewals were timed: an SDK's defaults stand for them."""
        return self.basis is TimingBasis.ASSUMED

    @property
    def doubt(self) -> Doubt | None:
        """Why a forecast by it is a guess: its expiry is not configured, seen, or a default."""
        if self.is_open:
            return Doubt.OUTLIVED

        if self.is_assumed:
            return Doubt.UNTIMED

        return Doubt.RATIO if self.basis is TimingBasis.GUESSED else None

    @property
    def code(self) -> str:
        """What a forecast by it rests on: `python-180/30`, `observed`, `configured` and so on."""
        if self.basis is TimingBasis.OBSERVED and any(p.is_custom for p in self.rivals):
            return self.basis.value

        if self.basis is TimingBasis.CONFIGURED:
            return self.basis.value

        return "|".join(dict.fromkeys(p.code for p in self.rivals))

    @property
    def shown_period_s(self) -> float | None:
        """The period as far as it is more than an assumption."""
        return None if self.period_basis is _ASSUMED else self.period_s

    @property
    def silent_after_s(self) -> float:
        """Who did not renew for so long has stopped, whatever is known of the expiry."""
        return _silent_after(self.period_s, self.longest_s)


class _Expiry(Value, frozen=True):
    """When survivors call a lease expired."""

    soonest_s: float
    latest_s: float
    basis: TimingBasis
    rivals: tuple[SdkProfile, ...]
    is_open: bool = False


def timings(
    policy: LeasePolicy,
    renewals: Mapping[str, RenewalStats],
    hints: Mapping[str, frozenset[str]],
    live: frozenset[str],
    seen: SeenExpiry | None = None,
    *,
    is_greedy: bool | None = None,
) -> dict[str, LeaseTiming]:
    """The timing of each owner's leases: expiry is judged by whoever takes over, the others.

    `seen` is what take-overs of lapsed leases told of the expiry, `is_greedy` whether they were
    seen to take several partitions in one round.
    """
    kinds = _kinds(renewals, hints)
    is_timed = {owner for owner, r in renewals.items() if r.period_s is not None}
    counts = Counter(kinds[owner] for owner in live if owner in kinds)
    typical_s = _typical(r.period_s for r in renewals.values())
    longest = _longest_rounds(renewals, kinds)
    judged: dict[str, LeaseTiming] = {}

    for owner, stats in renewals.items():
        rivals = _rivals(kinds[owner], counts, is_live=owner in live)

        rivals = tuple(
            replace(
                p,
                slowest_s=max(p.slowest_s, longest.get(p, 0.0)),
                is_greedy=p.is_greedy if is_greedy is None else is_greedy,
            )
            for p in rivals
        )
        is_inferred = bool(is_timed - {owner})
        judged[owner] = _timing(policy, stats, typical_s, rivals, seen, is_inferred=is_inferred)

    return judged


def timing_of(
    owner: str | None, known: Mapping[str, LeaseTiming], policy: LeasePolicy
) -> LeaseTiming:
    """How an owner's leases are judged; those of nobody known as the others of its group are.

    Where nothing is known of the others it is assumed, and every forecast by it says so.
    """
    found = known.get(owner) if owner is not None else None
    return found or next(iter(known.values()), None) or assumed_timing(policy)


def assumed_timing(policy: LeasePolicy) -> LeaseTiming:
    """For partitions that nobody ever held while nothing is known of the others."""
    return _timing(policy, NOT_MEASURED, None, UNKNOWN_SDK, None, is_inferred=False)


def _kinds(
    renewals: Mapping[str, RenewalStats], hints: Mapping[str, frozenset[str]]
) -> dict[str, tuple[SdkProfile, ...]]:
    """What each owner may be. Who was not timed yet renews as others of its kind do."""
    nothing: frozenset[str] = frozenset()
    alike = {
        known: _typical(r.period_s for o, r in renewals.items() if hints.get(o, nothing) == known)
        for known in {hints.get(owner, nothing) for owner in renewals}
    }
    return {
        owner: sdk_profiles(stats.period_s or alike[known], known)
        for owner, stats in renewals.items()
        for known in (hints.get(owner, nothing),)
    }


def _longest_rounds(
    renewals: Mapping[str, RenewalStats], kinds: Mapping[str, tuple[SdkProfile, ...]]
) -> dict[SdkProfile, float]:
    """The longest round that was measured of each kind: a slow store makes them longer."""
    longest: dict[SdkProfile, float] = {}

    for owner, stats in renewals.items():
        if stats.period_s is not None:
            for profile in kinds[owner]:
                round_s = stats.longest_s - stats.inexact_s
                longest[profile] = max(longest.get(profile, 0.0), round_s)

    return longest


def _typical(periods: Iterable[float | None]) -> float | None:
    """The middle one of those that were measured."""
    known = sorted(period for period in periods if period is not None)
    return known[len(known) // 2] if known else None


def _rivals(
    own: tuple[SdkProfile, ...], counts: Counter[tuple[SdkProfile, ...]], *, is_live: bool
) -> tuple[SdkProfile, ...]:
    others = {kind for kind, n in counts.items() if n > (1 if is_live and kind == own else 0)}
    if not others:
        return own

    # Of several kinds the first to call it expired takes it; one kind may be the slower of two.
    taken_after_s = min(max(p.expires_after_s for p in kind) for kind in others)
    candidates = dict.fromkeys(p for kind in sorted(others, key=repr) for p in kind)
    return tuple(p for p in candidates if p.expires_after_s <= taken_after_s)


def _timing(
    policy: LeasePolicy,
    stats: RenewalStats,
    typical_s: float | None,
    rivals: tuple[SdkProfile, ...],
    seen: SeenExpiry | None,
    *,
    is_inferred: bool,
) -> LeaseTiming:
    period_s, period_basis = _period(policy, stats, typical_s)

    if policy.expires_after_s is not None:
        is_timed = period_basis is not TimingBasis.ASSUMED
        round_s = policy.renewed_every_s or period_s
        expiry = _configured(policy.expires_after_s, rivals, round_s, is_timed=is_timed)
    else:
        expiry = _seen(rivals, seen) or _guessed(rivals, seen, is_inferred=is_inferred)

    longest_s = max(JITTER * period_s, stats.longest_s)
    overdue_s = max(1.5 * period_s, 1.25 * stats.longest_s) + RESOLUTION_S
    # Sooner where leases run out sooner, but never for who may be resting still.
    overdue_s = min(overdue_s, max(expiry.latest_s, _silent_after(period_s, longest_s)))

    return LeaseTiming(
        period_s=period_s,
        period_basis=period_basis,
        longest_s=longest_s,
        overdue_after_s=overdue_s,
        expires_after_s=expiry.latest_s,
        soonest_expiry_s=expiry.soonest_s,
        basis=expiry.basis,
        rivals=expiry.rivals,
        is_open=expiry.is_open,
    )


def _configured(
    expires_after_s: float, rivals: tuple[SdkProfile, ...], round_s: float, *, is_timed: bool
) -> _Expiry:
    """With the expiry given, only the rounds of the rivals are left to tell apart."""
    slowest_s = max((p.slowest_s for p in rivals), default=round_s)
    slowest_s = round_s * 1.2 if is_timed else slowest_s
    is_greedy = all(p.is_greedy for p in rivals)
    one = SdkProfile("configured", round_s, slowest_s, expires_after_s, is_greedy)
    return _Expiry(expires_after_s, expires_after_s, TimingBasis.CONFIGURED, (one,))


def _seen(rivals: tuple[SdkProfile, ...], seen: SeenExpiry | None) -> _Expiry | None:
    """From a lapsed lease that was taken over; where an SDK's expiry is possible, it is that."""
    if seen is None or seen.at_most_s is None:
        return None

    fitting = tuple(p for p in rivals if seen.fits(p.expires_after_s))
    default = tuple(p for p in fitting if not p.is_custom)

    if default:
        lengths = [p.expires_after_s for p in default]
        return _Expiry(min(lengths), max(lengths), TimingBasis.OBSERVED, default)

    soonest_s, latest_s = seen.at_least_s, seen.at_most_s

    if fitting:  # as many of its rounds as usual, which were measured about so exactly
        lengths = [p.expires_after_s for p in fitting]
        soonest_s = max(soonest_s, floor(min(lengths) * (1 - INEXACT)))
        latest_s = min(latest_s, ceil(max(lengths) * (1 + INEXACT)))

    those = tuple(replace(p, expires_after_s=latest_s, is_custom=True) for p in fitting or rivals)
    return _Expiry(soonest_s, latest_s, TimingBasis.OBSERVED, those)


def _guessed(
    rivals: tuple[SdkProfile, ...], seen: SeenExpiry | None, *, is_inferred: bool
) -> _Expiry:
    """By what the rivals are, as far as no lease was seen to live longer."""
    fitting = tuple(p for p in rivals if seen is None or seen.fits(p.expires_after_s))
    if not fitting and seen is not None:
        those = tuple(replace(p, expires_after_s=seen.at_least_s, is_custom=True) for p in rivals)
        least_s = seen.at_least_s
        return _Expiry(least_s, least_s, TimingBasis.GUESSED, those, is_open=True)

    lengths = [p.expires_after_s for p in fitting]
    is_custom = any(p.is_custom for p in fitting)
    inferred = TimingBasis.GUESSED if is_custom else TimingBasis.INFERRED
    basis = inferred if is_inferred else TimingBasis.ASSUMED
    return _Expiry(min(lengths), max(lengths), basis, fitting)


def _silent_after(period_s: float, longest_s: float) -> float:
    return max(1.3 * period_s, JITTER * longest_s) + RESOLUTION_S / 2


def _period(
    policy: LeasePolicy, stats: RenewalStats, typical_s: float | None
) -> tuple[float, TimingBasis]:
    if stats.period_s is not None:
        return stats.period_s, TimingBasis.OBSERVED

    if policy.renewed_every_s is not None:
        return policy.renewed_every_s, TimingBasis.CONFIGURED

    if typical_s is not None:
        return typical_s, TimingBasis.INFERRED

    if policy.expires_after_s is not None:  # the ratio of every SDK is 4 to 6
        return policy.expires_after_s / 4, TimingBasis.ASSUMED

    return PYTHON.slowest_s, TimingBasis.ASSUMED


class SeenExpiry(Value, frozen=True):
    """Bounds in seconds, both possible. Whole seconds, as Last-Modified has them."""

    at_least_s: float  # survivors with room left a lease of this age alone
    at_most_s: float | None = None  # a lapsed one of this age was taken; None: not seen yet

    def fits(self, expiry_s: float) -> bool:
        """Whether a lease may live so long, by all that was seen."""
        return self.at_least_s <= expiry_s <= (self.at_most_s or expiry_s)


def taken(known: SeenExpiry | None, at_least_s: float, at_most_s: float) -> SeenExpiry:
    """What is known after a lapsed lease was taken over at an age between these two.

    What contradicts it was other settings: the newest counts.
    """
    at_least_s = min(at_least_s, at_most_s)
    new = SeenExpiry(at_least_s, at_most_s)

    if known is None:
        return new

    both = SeenExpiry(
        max(known.at_least_s, at_least_s), min(known.at_most_s or at_most_s, at_most_s)
    )
    return both if both.at_most_s is not None and both.at_least_s <= both.at_most_s else new


def left_alone(known: SeenExpiry | None, age_s: float) -> SeenExpiry | None:
    """What is known after survivors with room looked at a lease of this age and did not take it.

    Where it outlived what had been seen, that is unlearned.
    """
    if age_s <= 0 or (known is not None and age_s <= known.at_least_s):
        return known

    at_most_s = known.at_most_s if known is not None else None
    return SeenExpiry(age_s, None if at_most_s is not None and at_most_s < age_s else at_most_s)
