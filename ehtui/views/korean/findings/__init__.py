"""Every finding in Korean; each theme's words stand in the file of the same name as in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.domain.snapshot import Severity
from ehtui.views.korean import phrases
from ehtui.views.korean.findings import (
    balance,
    causes,
    ownership,
    processes,
    progress,
    records,
    sources,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.views.evidence import FindingText

_THEMES = (ownership, balance, causes, progress, records, sources, processes)
_ALL: tuple[FindingText[Any], ...] = tuple(text for theme in _THEMES for text in theme.TEXTS)
TEXTS: Mapping[str, FindingText[Any]] = {text.kind.id: text for text in _ALL}


def ended(lasted_s: float, *, is_judged: bool) -> str:
    """That a finding is over, without saying which."""
    return f"{phrases.duration(lasted_s)} 만에 {'끝남' if is_judged else '더는 판단하지 않음'}"


SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.CRITICAL: "심각",
    Severity.WARNING: "경고",
    Severity.INFO: "정보",
}
