"""Why?: the checks behind a subject, told to somebody who meets ownership and leases first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, replace

from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import Severity
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.lazy import LazyModule
from ehtui.views import findings, formats
from ehtui.views.cells import Tone
from ehtui.views.glyphs import UNICODE, Glyphs
from ehtui.views.keys import named
from ehtui.views.why.of_consumer import CONSUMER_CHECKS
from ehtui.views.why.of_partition import PARTITION_CHECKS
from ehtui.views.why.words import VERDICT_WORDS, CheckText

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ehtui.domain.why.checks import Check, Why
    from ehtui.views.formats import Language
    from ehtui.views.korean import why as korean
    from ehtui.views.phrasing import Phrasing
else:
    korean = LazyModule("ehtui.views.korean.why")

_ALL: tuple[CheckText[Any], ...] = (*PARTITION_CHECKS, *CONSUMER_CHECKS)
TEXTS: Mapping[str, CheckText[Any]] = {text.kind.id: text for text in _ALL}


TO_DO, CHECKS, GLOSSARY = "What to do", "Checks", "What the words mean"


def texts(language: Language) -> Mapping[str, CheckText[Any]]:
    """The answers to every check in that language, by its id."""
    return korean.TEXTS if language == "ko" else TEXTS


def heading(name: str, language: Language) -> str:
    """One of these headings in that language."""
    return korean.HEADINGS[name] if language == "ko" else name


class Answer(Value, frozen=True):
    """One check in words."""

    mark: str
    tone: Tone
    text: str
    lesson: str = ""  # what its word means; told once
    next_step: str = ""  # where the answer is no


class Explanation(Value, frozen=True):
    """All of Why? in words: the checks, what they amount to, and what to do."""

    about: str
    tone: Tone
    verdict: str
    answers: tuple[Answer, ...]
    next_steps: tuple[str, ...]
    language: Language = "en"

    @property
    def lessons(self) -> tuple[str, ...]:
        """What the words of its answers mean, each once."""
        return tuple(answer.lesson for answer in self.answers if answer.lesson)


def explain(why: Why, say: Phrasing, *, glyphs: Glyphs = UNICODE) -> Explanation:
    """Checks and verdict as sentences; the next steps are the worst finding's, else the check's."""
    tone, verdict = VERDICT_WORDS[why.verdict]
    is_korean = say.language == "ko"
    answered = tuple(answers(why.checks, say, glyphs=glyphs))
    return Explanation(
        about=korean.about(why.subject, say) if is_korean else named(why.subject, say),
        tone=tone,
        verdict=korean.VERDICT_WORDS[why.verdict] if is_korean else verdict,
        answers=answered,
        next_steps=_next_steps(why, answered, say, is_by_design=tone is Tone.INFO),
        language=say.language,
    )


def answers(
    checks: Iterable[Check], say: Phrasing, *, glyphs: Glyphs = UNICODE
) -> Iterator[Answer]:
    """The checks in their order; a lesson is given once."""
    taught: set[str] = set()

    for check in checks:
        answer = _answer(check, say, glyphs)
        yield replace(answer, lesson="" if answer.lesson in taught else answer.lesson)
        taught.add(answer.lesson)


def _answer(check: Check, say: Phrasing, glyphs: Glyphs) -> Answer:
    text = texts(say.language).get(check.id)

    if text is None or not isinstance(check.evidence, text.kind.evidence):
        name = safe(check.id).replace(".", " ").replace("_", " ")
        return Answer(*_mark(check, glyphs, is_design=False), name)

    next_step = text.next_step if check.passed is False else None
    return Answer(
        *_mark(check, glyphs, is_design=text.is_design),
        text=text.sentence(check.evidence, say, passed=check.passed),
        lesson=text.lesson,
        next_step=next_step(check.evidence, say) if next_step else "",
    )


def _mark(check: Check, glyphs: Glyphs, *, is_design: bool) -> tuple[str, Tone]:
    if check.passed is None:
        return formats.UNKNOWN, Tone.DIM

    if check.passed:
        return glyphs.well, Tone.GOOD

    return glyphs.failed, Tone.INFO if is_design else Tone.WARNING


def _next_steps(
    why: Why, answered: Iterable[Answer], say: Phrasing, *, is_by_design: bool
) -> tuple[str, ...]:
    worst = why.findings[0] if why.findings else None

    # An info tells what is by design: it is no cause of a fault, and no call to act on what works.
    if worst is not None and (is_by_design or worst.severity is not Severity.INFO):
        return findings.advice(worst, say)

    return tuple(answer.next_step for answer in answered if answer.next_step)[:1]


def document(why: Why) -> dict[str, object]:
    """The same as plain values: codes, and evidence by its keys."""
    return {
        "subject": asdict(why.subject),
        "verdict": why.verdict.value,
        "checks": [
            {"id": check.id, "passed": check.passed, "evidence": facts(check.evidence)}
            for check in why.checks
        ],
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity.value,
                "subject": asdict(finding.subject),
                "evidence": facts(finding.evidence),
                "since": finding.since,
            }
            for finding in why.findings
        ],
    }


def first_line(told: Explanation) -> str:
    """What was asked, and the answer."""
    if told.language == "ko":
        return korean.first_line(told.about, told.verdict)

    return f"Why {told.about}? {told.verdict}"


def explanation_lines(told: Explanation) -> Iterator[str]:
    """Plain lines, for a terminal without a screen: the answer first, the words at the end."""
    yield first_line(told)

    if told.next_steps:
        yield from ("", heading(TO_DO, told.language), *(f"    {step}" for step in told.next_steps))

    yield from ("", *(f"{answer.mark} {answer.text}" for answer in told.answers))

    if told.lessons:
        yield from (
            "",
            heading(GLOSSARY, told.language),
            *(f"    {lesson}" for lesson in told.lessons),
        )
