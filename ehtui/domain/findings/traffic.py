"""What the hub's own traffic tells: one partition that gets most of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.case import finding
from ehtui.domain.snapshot import Evidence, Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.draft import Draft

HOT_FACTOR = 4.0
WATCHED_S = 25.0  # a burst is not heat; a series of 60 points may reach no further back
HOT_PER_S = 5.0  # below it nobody minds


def hot(draft: Draft) -> Iterator[Finding]:
    """A partition with several times the input of the others: often a poor partition key."""
    rates = [rate for f in draft.flows.values() if (rate := f.state.in_per_s) is not None]

    if len(rates) < len(draft.partitions) or len(rates) < 2:  # noqa: PLR2004 - others to compare
        return

    whole, hottest = sum(rates), max(rates)

    if not _is_hot(hottest, whole, len(rates)):
        return  # then no other is

    for flow in draft.flows.values():
        state = flow.state
        own = state.in_per_s

        if own is None or not _is_hot(own, whole, len(rates)):
            continue

        if draft.at - state.last_series[0][0] >= WATCHED_S:
            others = _others(own, whole, len(rates))
            evidence: Evidence = {"in_per_s": own, "others_per_s": others, "share": own / whole}
            yield finding("partition.hot", Severity.INFO, Subject(partition=state.id), evidence)


def _is_hot(own: float, whole: float, count: int) -> bool:
    return own >= HOT_PER_S and own >= HOT_FACTOR * _others(own, whole, count)


def _others(own: float, whole: float, count: int) -> float:
    return (whole - own) / (count - 1)
