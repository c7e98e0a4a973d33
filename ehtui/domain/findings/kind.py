"""What a finding of one id says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from ehtui.domain.evidence import Evidence
from ehtui.domain.snapshot import Severity

E = TypeVar("E", bound=Evidence)
INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class FindingKind(Generic[E]):
    """What a finding of this id says of itself."""

    id: str
    severities: tuple[Severity, ...]
    evidence: type[E]
