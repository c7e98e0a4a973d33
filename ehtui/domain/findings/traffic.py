"""What the hub's own traffic tells: one partition that gets most of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings import catalogue
from ehtui.domain.findings.case import finding
from ehtui.domain.findings.evidence import HotPartition
from ehtui.domain.snapshot import Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.draft import Draft
    from ehtui.domain.intake import Intake

HOT_FACTOR = 4.0
WATCHED_S = 25.0  # a burst is not heat; a series of 60 points may reach no further back
HOT_PER_S = 5.0  # below it nobody minds


def hot(draft: Draft) -> Iterator[Finding]:
    """A partition with several times the input of the others: often a poor partition key."""
    intake = draft.intake

    if intake.partitions < max(len(draft.partitions), 2):  # there are others to compare with
        return

    if not _is_hot(intake.most_per_s, intake):
        return  # then no other is

    for flow in draft.flows.values():
        state = flow.state
        own = state.in_per_s

        if own is None or not _is_hot(own, intake):
            continue

        if draft.at - state.last_series[0][0] >= WATCHED_S:
            evidence = HotPartition(
                in_per_s=own,
                others_per_s=intake.of_others(own),
                share=own / intake.per_s,
            )
            yield finding(
                catalogue.PARTITION_HOT, Severity.INFO, Subject(partition=state.id), evidence
            )


def _is_hot(own_per_s: float, intake: Intake) -> bool:
    return own_per_s >= HOT_PER_S and own_per_s >= HOT_FACTOR * intake.of_others(own_per_s)
