"""Every finding in Korean; each theme's words stand in the file of the same name as in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.domain.snapshot import Severity
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
SEVERITY_WORDS: Mapping[Severity, str] = {
    Severity.CRITICAL: "심각",
    Severity.WARNING: "경고",
    Severity.INFO: "정보",
}
