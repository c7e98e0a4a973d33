"""Why?: the ordered checks behind a partition, a process, an owner or a group.

Typed values only; their sentences and next steps are made in `views` from the ids in `catalogue`.
"""

from ehtui.domain.why.ask import subjects_of, why
from ehtui.domain.why.checks import Check, Why

__all__ = ["Check", "Why", "subjects_of", "why"]
