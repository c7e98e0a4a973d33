"""Every finding as a sentence, what to do about it, and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import Finding, Severity
from ehtui.domain.text import safe
from ehtui.lazy import LazyModule
from ehtui.views import keys
from ehtui.views.evidence import About, FindingText, evidence_lines
from ehtui.views.findings import balance, causes, ownership, processes, progress, records, sources
from ehtui.views.phrasing import Phrasing, partitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.views.formats import Language
    from ehtui.views.korean import findings as korean
else:
    korean = LazyModule("ehtui.views.korean.findings")

# Each theme's words stand in the file of the same name as its rules in `domain.findings`.
_THEMES = (ownership, balance, causes, progress, records, sources, processes)
_ALL: tuple[FindingText[Any], ...] = tuple(text for theme in _THEMES for text in theme.TEXTS)
TEXTS: Mapping[str, FindingText[Any]] = {text.kind.id: text for text in _ALL}
SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.CRITICAL: "critical",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
}


def sentence(finding: Finding, say: Phrasing) -> str:
    """What was found, as one sentence without its full stop."""
    text = text_of(finding, say.language)
    return text.sentence(finding.evidence, _about(finding, say)) if text else _unknown(finding, say)


def headline(finding: Finding, say: Phrasing) -> str:
    """The same as the header of the screen says it: what it means, and when it ends."""
    text = text_of(finding, say.language)

    if text is None or text.headline is None:
        return sentence(finding, say)

    return text.headline(finding.evidence, _about(finding, say))


def advice(finding: Finding, say: Phrasing) -> tuple[str, ...]:
    """What to do about it: whole sentences, the likeliest first; empty for an unknown finding."""
    text = text_of(finding, say.language)
    return text.advice(finding.evidence, _about(finding, say)) if text else ()


def texts(language: Language) -> Mapping[str, FindingText[Any]]:
    """The words of every finding in that language, by its id."""
    return korean.TEXTS if language == "ko" else TEXTS


def severity_word(severity: Severity, language: Language) -> str:
    """How bad it is, in a sentence; columns, filters and documents have it in English."""
    return (korean.SEVERITY_WORDS if language == "ko" else SEVERITY_WORDS)[severity]


def text_of(finding: Finding, language: Language = "en") -> FindingText[Any] | None:
    """Its words; None for a finding that is not known, or rests on something else than its own."""
    text = texts(language).get(finding.id)
    return text if text and isinstance(finding.evidence, text.kind.evidence) else None


def _about(finding: Finding, say: Phrasing) -> About:
    return About(finding.subject, keys.partitions_of(finding), say)


def evidence(finding: Finding, say: Phrasing) -> tuple[tuple[str, str], ...]:
    """What it rests on, as labels and values."""
    return evidence_lines(facts(finding.evidence), say)


def subject_words(finding: Finding) -> str:
    """What it is about: `P2`, `51411`, `store`, `analytics`."""
    subject = finding.subject
    places = keys.partitions_of(finding)

    if subject.pid is not None:
        return str(subject.pid)

    if places:
        return partitions(places)

    return safe(subject.source or subject.group or "")


def _unknown(finding: Finding, say: Phrasing) -> str:
    told = ", ".join(f"{name} {value}" for name, value in evidence(finding, say))
    about = subject_words(finding)
    name = safe(finding.id).replace(".", " ").replace("_", " ")
    return "".join((f"{about}: " if about else "", name, f" ({told})" if told else ""))
