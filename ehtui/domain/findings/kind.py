"""What a finding of one id says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class FindingKind:
    """What a finding of this id says of itself."""

    id: str
    severities: tuple[Severity, ...]
    subject: tuple[str, ...]  # parts of Subject that are set; "partition?" only while it is one
    evidence: Mapping[str, str]  # key → type (? may be None) and meaning
