"""Leases that run out before they are renewed: owners take everything from each other for ever."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from ehtui.domain.findings import catalogue
from ehtui.domain.findings.context import GroupContext, finding
from ehtui.domain.findings.evidence import LeasesTooShort
from ehtui.domain.folds.moves import WINDOW_S
from ehtui.domain.snapshot import Finding, Severity, TimingBasis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.memory import Move

LEAST = 3  # partitions that were taken beyond the taker's share
LEAST_ROUNDS = 2
SETTLING_ROUNDS = 3.0  # so soon somebody who was robbed of everything is back
# Rust before 0.14 (facts.md §8): leases of 10 s, renewed every 30 s.
OLD_RUST_EXPIRY_S, OLD_RUST_PERIODS_S = 10.0, (25.0, 40.0)


def too_short(context: GroupContext, moves: Sequence[Move]) -> Iterator[Finding]:
    """Whoever looks takes more than its share from owners that live: it calls them expired.

    To balance the load nobody ever takes more than its share from the living (facts.md §2).
    """
    alive = {owner.id for owner in context.group.state.owners} - context.ended
    soon_s = SETTLING_ROUNDS * context.round_s()
    returns: dict[str | None, list[float]] = {}

    for move in moves:
        returns.setdefault(move.to_owner, []).append(move.at)

    def lives(owner: str | None, at: float) -> bool:
        return owner in alive or any(0 < back - at <= soon_s for back in returns.get(owner, []))

    taken = [
        m
        for m in moves
        if m.is_beyond_share
        and lives(m.from_owner, m.at)
        and not {m.from_owner, m.to_owner} & context.ended
    ]

    if len(taken) < LEAST or len({(m.to_owner, m.at) for m in taken}) < LEAST_ROUNDS:
        return

    moved = {m.partition for m in moves if m.from_owner not in {None, m.to_owner}}
    partitions = tuple(p for p in context.group.seats if p in moved)
    context.explained.update(partitions)
    context.shuffled.update(partitions)
    ages = [m.age_s for m in taken if m.age_s is not None]
    age_s, period_s = min(ages, default=None), _period_s(context, taken)
    evidence = LeasesTooShort(
        changes=len(taken),
        window_s=WINDOW_S,
        owners=len({m.to_owner for m in taken} | {m.from_owner for m in taken}),
        partitions=partitions,
        youngest_s=age_s,
        renewed_every_s=period_s,
        is_like_old_rust=_is_like_old_rust(age_s, period_s),
    )
    yield finding(
        catalogue.GROUP_LEASES_TOO_SHORT, Severity.WARNING, context.subject(), evidence, taken[0].at
    )


def _period_s(context: GroupContext, taken: Sequence[Move]) -> float | None:
    """How often these owners go a round: measured, else between two grabs of the same one."""
    known = [
        timing.period_s
        for timing in context.group.state.timings.values()
        if timing.period_basis is TimingBasis.OBSERVED
    ]
    grabs: dict[str | None, list[float]] = {}

    for move in taken:
        grabs.setdefault(move.to_owner, []).append(move.at)

    gaps = [b - a for at in grabs.values() for a, b in pairwise(at) if b - a > 1]
    return median(known) if known else median(gaps) if gaps else None


def _is_like_old_rust(age_s: float | None, period_s: float | None) -> bool:
    least_s, most_s = OLD_RUST_PERIODS_S
    is_paced = period_s is not None and least_s <= period_s <= most_s
    return is_paced and age_s is not None and age_s >= OLD_RUST_EXPIRY_S - 1
