"""Everything known about one row, with the raw values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import facts
from ehtui.domain.text import safe
from ehtui.views import findings, timeline
from ehtui.views.cells import Line, Section, section
from ehtui.views.details.consumer import consumer_details, inspected
from ehtui.views.details.partition import partition_details
from ehtui.views.evidence import evidence_lines
from ehtui.views.keys import event_at, finding_at
from ehtui.views.states import SEVERITY_TONE
from ehtui.views.why import TO_DO, heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.formats import Language
    from ehtui.views.phrasing import Phrasing
    from ehtui.views.why import Explanation

__all__ = [
    "Line",
    "Section",
    "answer",
    "consumer_details",
    "event_details",
    "finding_details",
    "inspected",
    "partition_details",
]


FINDING, EVIDENCE = "Finding", "Evidence"


def finding_details(snapshot: Snapshot, key: str, say: Phrasing) -> list[Section]:
    """The finding, what to do, what it rests on; empty once it is gone."""
    finding = finding_at(snapshot, key)

    if finding is None:
        return []

    severity = Line(
        findings.severity_word(finding.severity, say.language),
        findings.sentence(finding, say),
        SEVERITY_TONE[finding.severity],
    )
    about = [("since", say.full(finding.since)), ("id", safe(finding.id))]
    return [
        Section(heading(FINDING, say.language), (severity,)),
        *to_do(findings.advice(finding, say), say.language),
        section(heading(EVIDENCE, say.language), [*about, *findings.evidence(finding, say)]),
    ]


def to_do(steps: Sequence[str], language: Language) -> list[Section]:
    """What to do, where there is anything."""
    lines = tuple(Line("", step) for step in steps)
    return [Section(heading(TO_DO, language), lines)] if steps else []


def answer(told: Explanation) -> list[Section]:
    """What all that is known about a thing amounts to, and what to do."""
    return [
        Section("", (Line("", told.verdict, told.tone),)),
        *to_do(told.next_steps, told.language),
    ]


def event_details(snapshot: Snapshot, key: str, say: Phrasing) -> list[Section]:
    """The event and its facts; empty once it has left the bounded timeline."""
    event = event_at(snapshot, key)

    if event is None:
        return []

    about = [
        (timeline.subject(event, say), timeline.sentence(event, say)),
        ("at", say.full(event.at)),
    ]

    if event.is_approximate:
        about.append(("~", "a change between two reads may have been missed"))

    command = timeline.command_line(event, say)
    return [
        section("Event", [*about, ("kind", safe(event.kind))]),
        *([section("The same by hand", [("", command)])] if command else []),
        section("Facts", evidence_lines(facts(event.details), say)),
    ]
