"""How often an owner renews, as looks at the store show it; who is untimed is looked at closer.

A store that is read every five seconds hides renewals that come every one to four: then neither
their period nor when their leases lapse can be told. The requests that this costs are bounded.
"""

from __future__ import annotations

from ehtui.domain.values import Value

GAPS = 20  # that a period is judged by
SEVERAL = 5  # rounds are not alike: as many, or for so long
LONG_S = 20.0
EXACT = 20.0  # measured for so many times of what its ends are uncertain by: right to 5 %
STEADY = 0.05  # a period that moved by less is the same
UNEVEN = 1.25  # the longest round against the shortest, at most (facts.md §2: Python's jitter)
ODD = 0.6  # a gap that differs by more skipped rounds: its process was paused, the store was away
RESOLUTION_S = 1.0  # of Last-Modified
FINER = 0.6
ODD_IN_A_ROW = 3  # by then the owner does renew differently


class RenewalStats(Value, frozen=True):
    """How an owner renews, as far as it was measured."""

    gaps: tuple[float, ...] = ()  # between two renewals, latest last
    period_s: float | None = None  # mean; None while too little is measured
    longest_s: float = 0.0  # of these gaps
    odd: tuple[float, ...] = ()  # that did not fit, in a row
    inexact_s: float = RESOLUTION_S  # by which they are uncertain


NOT_MEASURED = RenewalStats()


class SeenRenewal(Value, frozen=True):
    """When a renewal happened, as far as two looks and its Last-Modified tell. Server times."""

    before_at: float  # the look that did not show it yet
    modified_at: float  # Last-Modified, whole seconds
    seen_at: float  # the look that showed it

    @property
    def latest_at(self) -> float:
        """When it happened at the latest."""
        return min(self.modified_at + RESOLUTION_S, self.seen_at)

    @property
    def at(self) -> float:
        """When it happened, the middle of what is possible: quick looks are finer than a second."""
        return (max(self.modified_at, self.before_at) + self.latest_at) / 2

    @property
    def inexact_s(self) -> float:
        """By how much that may be wrong: a second, or what lay between the looks."""
        return min(RESOLUTION_S, self.seen_at - self.before_at)


def is_next(first: SeenRenewal, second: SeenRenewal) -> bool:
    """Whether no renewal can have happened unseen between these two.

    One would have come after the last look that showed nothing, and rounds are about as long as
    each other: who had rested for longer than the rest of the time allows did not round twice.
    """
    rested_s = second.before_at - first.latest_at
    return second.latest_at - second.before_at <= rested_s / UNEVEN


def measured(stats: RenewalStats, gap_s: float, inexact_s: float = RESOLUTION_S) -> RenewalStats:
    """`stats` after one more gap between two renewals, uncertain by so much."""
    known_s = stats.period_s
    if known_s is None and inexact_s <= FINER * stats.inexact_s:
        stats = NOT_MEASURED  # of what was looked at less closely, long gaps were told rather

    if known_s is not None and _is_odd(gap_s, known_s):
        odd = (*stats.odd, gap_s)
        if len(odd) < ODD_IN_A_ROW:
            return RenewalStats(stats.gaps, known_s, stats.longest_s, odd, inexact_s)

        return _judged(odd, None, inexact_s)

    return _judged((*stats.gaps[-(GAPS - 1) :], gap_s), known_s, inexact_s)


def quicker(stats: RenewalStats, at_most_s: float) -> RenewalStats:
    """`stats` after renewals that no look told apart: the gaps were shorter than `at_most_s`.

    Who does so again and again renews differently than it did: nothing is known of it any more.
    """
    if stats.period_s is None or not at_most_s < (1 - ODD) * stats.period_s:
        return stats

    odd = (*stats.odd, at_most_s)
    if len(odd) >= ODD_IN_A_ROW:
        return NOT_MEASURED

    return RenewalStats(stats.gaps, stats.period_s, stats.longest_s, odd, stats.inexact_s)


def _judged(gaps: tuple[float, ...], known_s: float | None, inexact_s: float) -> RenewalStats:
    from statistics import median  # noqa: PLC0415 - no first look has any

    middle_s = median(gaps)
    usual = [gap for gap in gaps if not _is_odd(gap, middle_s)] or [middle_s]
    total_s, longest_s = sum(usual), max(usual)
    if total_s < EXACT * inexact_s or (len(usual) < SEVERAL and total_s < LONG_S):
        return RenewalStats(gaps, known_s, longest_s, (), inexact_s)

    # The mean of gaps that follow each other is much finer than each.
    period_s = total_s / len(usual)
    if known_s is not None and abs(period_s - known_s) <= STEADY * known_s:
        period_s = known_s  # the same timing as before: nothing to judge again

    return RenewalStats(gaps, period_s, longest_s, (), inexact_s)


def _is_odd(gap_s: float, usual_s: float) -> bool:
    return abs(gap_s - usual_s) > max(ODD * usual_s, RESOLUTION_S)


class CloserLooks(Value, frozen=True):
    """How often the store is read for now, and why."""

    every_s: float
    owners: int  # whose renewals are being timed
    until_at: float  # at the latest, server time
