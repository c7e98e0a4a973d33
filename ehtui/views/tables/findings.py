"""What was found, worst first."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Finding, Severity, Snapshot
from ehtui.lazy import LazyModule
from ehtui.views import formats
from ehtui.views.cells import Cell, Column, Row, Table, Tone
from ehtui.views.formats import UTC_CLOCK, Clock
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.keys import finding_key
from ehtui.views.phrasing import Phrasing
from ehtui.views.states import SEVERITY_RANK, SEVERITY_TONE

if TYPE_CHECKING:
    from ehtui.views import findings
else:
    findings = LazyModule("ehtui.views.findings")

COLUMNS = (
    Column("mark", "", 1),
    Column("severity", "SEVERITY", 8, gives_way=2, meaning="critical, warning or info"),
    Column("finding", "FINDING", 40, grows=True, min_width=20, meaning="what was found"),
    Column("since", "SINCE", 11, gives_way=1, meaning="when it began"),
)
_EMPTY = "Nothing to report."


def findings_table(
    snapshot: Snapshot, group: str, *, glyphs: Glyphs = UNICODE, clock: Clock = UTC_CLOCK
) -> Table:
    """One row a finding, the shown group's first among equals; other groups are named."""
    say = Phrasing(snapshot, clock, group)
    return Table(
        columns=COLUMNS,
        rows=tuple(_row(finding, say, glyphs) for finding in in_order(snapshot, say)),
        title=findings_title(snapshot),
        empty=_EMPTY,
    )


def _row(finding: Finding, say: Phrasing, glyphs: Glyphs) -> Row:
    rank, tone = SEVERITY_RANK[finding.severity], SEVERITY_TONE[finding.severity]
    word = findings.SEVERITY_WORDS[finding.severity]
    return Row(
        finding_key(finding),
        (
            Cell(glyphs.mark(finding.severity), tone, sort=float(rank)),
            Cell(word, tone, sort=float(rank)),
            Cell(findings.sentence(finding, say), sort=finding.id),
            Cell(say.time(finding.since), Tone.DIM, sort=finding.since),
        ),
        rank,
    )


def in_order(snapshot: Snapshot, say: Phrasing) -> list[Finding]:
    """Worst first, the shown group's first among equals."""
    return sorted(
        snapshot.findings,
        key=lambda finding: (
            -SEVERITY_RANK[finding.severity],
            not say.is_meant(finding.subject.group),
        ),
    )


def findings_title(snapshot: Snapshot) -> str:
    """Findings by severity: `1 critical · 2 info`."""
    counts = Counter(finding.severity for finding in snapshot.findings)
    order = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
    parts = [
        f"{formats.count(counts[severity])} {findings.SEVERITY_WORDS[severity]}"
        for severity in order
        if counts[severity]
    ]
    return " · ".join(parts) or "none"
