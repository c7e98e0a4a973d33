"""Every finding by its id. Kinds and evidence stand in `evidence` and `evidence_records`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.domain.findings import evidence, evidence_records
from ehtui.domain.findings.evidence import FindingKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODULES = (evidence, evidence_records)
FINDINGS: Mapping[str, FindingKind[Any]] = {
    kind.id: kind
    for module in _MODULES
    for kind in vars(module).values()
    if isinstance(kind, FindingKind)
}
