"""Every finding as a sentence, what to do about it, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import Finding, Severity
from ehtui.domain.text import safe
from ehtui.views.case import Case, Words
from ehtui.views.evidence import evidence_lines
from ehtui.views.findings.clocks import CLOCK_WORDS
from ehtui.views.findings.consumer import CONSUMER_WORDS
from ehtui.views.findings.group import GROUP_WORDS
from ehtui.views.findings.lease import LEASE_WORDS
from ehtui.views.findings.logs import LOG_WORDS
from ehtui.views.findings.progress import PROGRESS_WORDS
from ehtui.views.findings.store import STORE_WORDS
from ehtui.views.telling import Telling, partitions

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: Mapping[str, Words] = {
    **LEASE_WORDS,
    **CONSUMER_WORDS,
    **GROUP_WORDS,
    **PROGRESS_WORDS,
    **STORE_WORDS,
    **CLOCK_WORDS,
    **LOG_WORDS,
}
SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.CRITICAL: "critical",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
}


def sentence(finding: Finding, say: Telling) -> str:
    """What was found, as one sentence without its full stop."""
    words = WORDS.get(finding.id)
    case = Case(finding.subject, facts(finding.evidence), say)

    return words.sentence(case) if words else _unknown(finding, case)


def headline(finding: Finding, say: Telling) -> str:
    """The same as the header of the screen says it: what it means, and when it ends."""
    words = WORDS.get(finding.id)

    if words is None or words.headline is None:
        return sentence(finding, say)

    return words.headline(Case(finding.subject, facts(finding.evidence), say))


def advice(finding: Finding, say: Telling) -> tuple[str, ...]:
    """What to do about it: whole sentences, the likeliest first; empty for an unknown finding."""
    words = WORDS.get(finding.id)

    return words.advice(Case(finding.subject, facts(finding.evidence), say)) if words else ()


def evidence(finding: Finding, say: Telling) -> tuple[tuple[str, str], ...]:
    """What it rests on, as labels and values."""
    return evidence_lines(facts(finding.evidence), say)


def subject_words(finding: Finding, say: Telling) -> str:
    """What it is about: `P2`, `51411`, `store`, `analytics`."""
    subject = finding.subject
    case = Case(subject, facts(finding.evidence), say)

    if subject.pid is not None:
        return str(subject.pid)

    if case.places:
        return partitions(case.places)

    return safe(subject.source or subject.group or "")


def _unknown(finding: Finding, case: Case) -> str:
    told = ", ".join(
        f"{name} {value}" for name, value in evidence_lines(facts(finding.evidence), case.say)
    )
    about = subject_words(finding, case.say)
    name = safe(finding.id).replace(".", " ").replace("_", " ")

    return "".join((f"{about}: " if about else "", name, f" ({told})" if told else ""))
