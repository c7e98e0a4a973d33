"""Why?: ordered checks, told to somebody who meets ownership, lease and standby for the first time.

Each id that `CHECK_WORDS` names has its words; an id that it does not name still tells its facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.snapshot import Evidence, Subject
from ehtui.domain.text import safe
from ehtui.views.case import Case
from ehtui.views.cells import Tone
from ehtui.views.check_words import CHECK_WORDS
from ehtui.views.evidence import evidence_lines
from ehtui.views.formats import UNKNOWN
from ehtui.views.glyphs import UNICODE, Glyphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ehtui.views.telling import Telling


class Checked(Protocol):
    """One question that was asked of the snapshot, and its answer."""

    @property
    def id(self) -> str:
        """Stable."""

    @property
    def passed(self) -> bool | None:
        """Yes, no, or not known."""

    @property
    def evidence(self) -> Evidence:
        """What the answer rests on."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One check in words."""

    mark: str
    tone: Tone
    text: str
    rests_on: tuple[tuple[str, str], ...]
    lesson: str = ""  # what the word means, for who meets it for the first time
    next_step: str = ""  # where the answer is no


def answers(
    checks: Iterable[Checked], say: Telling, *, glyphs: Glyphs = UNICODE
) -> tuple[Answer, ...]:
    """The checks in their order; a lesson is given once."""
    return tuple(_answers(checks, say, glyphs))


def _answers(checks: Iterable[Checked], say: Telling, glyphs: Glyphs) -> Iterator[Answer]:
    taught: set[str] = set()

    for check in checks:
        answer = _answer(check, say, glyphs, taught)
        taught.add(answer.lesson)
        yield answer


def _answer(check: Checked, say: Telling, glyphs: Glyphs, taught: set[str]) -> Answer:
    words = CHECK_WORDS.get(check.id)
    case = Case(Subject(group=say.group), check.evidence, say)
    mark, tone = _mark(check.passed, glyphs)
    rests_on = evidence_lines(check.evidence, say)

    if words is None:
        name = safe(check.id).replace(".", " ").replace("_", " ")
        return Answer(mark, tone, name, rests_on)

    text = words.told(case, passed=check.passed)
    lesson = "" if words.lesson in taught else words.lesson
    next_step = words.next_step(case) if check.passed is False and words.next_step else ""

    return Answer(mark, tone, text, rests_on, lesson, next_step)


def _mark(passed: bool | None, glyphs: Glyphs) -> tuple[str, Tone]:  # noqa: FBT001  the answer
    if passed is None:
        return UNKNOWN, Tone.DIM

    return (glyphs.well, Tone.GOOD) if passed else (glyphs.failed, Tone.WARNING)


def why_lines(answered: Iterable[Answer]) -> Iterator[str]:
    """Plain lines for a terminal without a screen: the answer, its facts, what it means."""
    for answer in answered:
        yield f"{answer.mark} {answer.text}"

        if answer.rests_on:
            yield "    " + ", ".join(f"{label} {value}" for label, value in answer.rests_on)

        if answer.lesson:
            yield f"    {answer.lesson}"

        if answer.next_step:
            yield f"    → {answer.next_step}"
