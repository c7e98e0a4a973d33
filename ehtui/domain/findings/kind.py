"""What a finding of one id says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ehtui.domain.snapshot import Severity

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class FindingKind:
    """What a finding of this id says of itself."""

    id: str
    severities: tuple[Severity, ...]
    subject: tuple[str, ...]  # parts of Subject that are set; "partition?" only while it is one
    evidence: Mapping[str, str]  # key → type (? may be None) and meaning
