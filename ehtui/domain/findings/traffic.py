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
    flows = [f for f in draft.flows.values() if f.state.in_per_s is not None]

    if len(flows) < len(draft.partitions) or len(flows) < 2:  # noqa: PLR2004 - others to compare
        return

    rates = {f.state.id: f.state.in_per_s or 0.0 for f in flows}
    whole = sum(rates.values())

    for flow in flows:
        partition, series = flow.state.id, flow.state.last_series
        own = rates[partition]
        others = (whole - own) / (len(flows) - 1)

        if own < HOT_PER_S or own < HOT_FACTOR * others or draft.at - series[0][0] < WATCHED_S:
            continue

        evidence: Evidence = {"in_per_s": own, "others_per_s": others, "share": own / whole}
        yield finding("partition.hot", Severity.INFO, Subject(partition=partition), evidence)
