"""Why?: the ordered checks behind a partition, a process, an owner or a group.

Typed values only: `evidence` lists every check, `verdicts` what they amount to; `views` has the
words.
"""

from ehtui.domain.why.ask import subjects_of, why
from ehtui.domain.why.verdicts import Check, Why

__all__ = ["Check", "Why", "subjects_of", "why"]
