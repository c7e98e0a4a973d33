"""Why? in Korean: the answers, what they amount to, and the headings above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.domain.text import safe
from ehtui.views.keys import named
from ehtui.views.korean.sources import SOURCES
from ehtui.views.korean.why.of_consumer import CONSUMER_CHECKS
from ehtui.views.korean.why.of_partition import PARTITION_CHECKS
from ehtui.views.korean.why.words import VERDICT_WORDS
from ehtui.views.phrasing import partition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.snapshot import Subject
    from ehtui.views.phrasing import Phrasing
    from ehtui.views.why.words import CheckText

__all__ = ["HEADINGS", "TEXTS", "VERDICT_WORDS", "about", "first_line"]

_ALL: tuple[CheckText[Any], ...] = (*PARTITION_CHECKS, *CONSUMER_CHECKS)
TEXTS: Mapping[str, CheckText[Any]] = {text.kind.id: text for text in _ALL}
HEADINGS: Mapping[str, str] = {
    "What to do": "할 일",
    "Checks": "확인한 것",
    "What the words mean": "용어",
    "Finding": "진단",
    "Evidence": "근거",
}


def about(subject: Subject, say: Phrasing) -> str:
    """What was asked about: `$Default의 P2`, `컨슈머 그룹 $Default`, `start_consumer.py 51257`."""
    group = safe(subject.group or say.snapshot.policy.default_group)

    if subject.pid is not None:
        return named(subject, say)

    if subject.partition is not None:
        return f"{group}의 {partition(subject.partition)}"

    if subject.owner is not None:
        return f"소유자 {safe(subject.owner)}"

    return SOURCES.get(subject.source or "", f"컨슈머 그룹 {group}")


def first_line(about: str, verdict: str) -> str:
    """What was asked, and the answer."""
    return f"{about}: 왜? {verdict}"
