"""Why? in Korean: the answers, what they amount to, and the headings above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.views.korean.why.of_consumer import CONSUMER_CHECKS
from ehtui.views.korean.why.of_partition import PARTITION_CHECKS
from ehtui.views.korean.why.words import VERDICT_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.views.why.words import CheckText

__all__ = ["HEADINGS", "TEXTS", "VERDICT_WORDS", "first_line"]

_ALL: tuple[CheckText[Any], ...] = (*PARTITION_CHECKS, *CONSUMER_CHECKS)
TEXTS: Mapping[str, CheckText[Any]] = {text.kind.id: text for text in _ALL}
HEADINGS: Mapping[str, str] = {
    "What to do": "할 일",
    "Checks": "확인한 것",
    "What the words mean": "용어",
}


def first_line(about: str, verdict: str) -> str:
    """What was asked, and the answer."""
    return f"{about}: 왜? {verdict}"
