"""What `doctor` looked at, and what it found: values, in the order of looking."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.problems import Problem


class Verdict(StrEnum):
    """How a check went."""

    OK = "ok"
    NOTE = "note"  # it works, and something about it is worth knowing
    FAILED = "failed"
    SKIPPED = "skipped"  # something before it failed, or it is not configured


class Check(Value, frozen=True):
    """One thing that must be right, and what was found; in words that carry no secret."""

    id: str  # "hub.port"
    verdict: Verdict
    found: str  # one sentence
    advice: str = ""  # the next step, where there is one

    @classmethod
    def of(cls, id_: str, problem: Problem) -> Check:
        """A check that failed for a known reason."""
        return cls(id_, Verdict.FAILED, problem.summary, problem.advice)


def is_healthy(checks: Iterable[Check]) -> bool:
    """Whether nothing failed."""
    return all(check.verdict is not Verdict.FAILED for check in checks)
