"""An outcome as `ehtui.action/1` has it: the fields that programs know, whatever ehtui calls them.

The class's fields are the document's keys, in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.actions.checkpoint_plan import ChangeResult
    from ehtui.domain.actions.outcomes import Comeback, Outcome, OutcomeState, Refusal
    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.world.restarts import StartObstacle


class OutcomeDocument(Value, frozen=True):
    """How one plan ended."""

    plan: Plan
    state: OutcomeState
    at: float
    refusal: Refusal | None
    error: str | None
    details: tuple[tuple[str, str], ...]  # e.g. ("51257", "sent"), ("pid", "900"), ("line", "…")
    obstacle: StartObstacle | None
    is_down: bool
    is_by_keeper: bool
    parts: tuple[PartDocument, ...]
    changes: tuple[ChangeResult, ...]  # of checkpoints, each blob
    backup: str | None  # the path of what stood there before


class PartDocument(Value, frozen=True):
    """One restart among several."""

    outcome: OutcomeDocument
    comeback: Comeback | None
    after_s: float | None


def outcome_document(outcome: Outcome) -> OutcomeDocument:
    """The outcome, to be written as JSON."""
    return OutcomeDocument(
        plan=outcome.plan.as_told(),
        state=outcome.state,
        at=outcome.at,
        refusal=outcome.refusal,
        error=outcome.error,
        details=outcome.details,
        obstacle=outcome.obstacle,
        is_down=outcome.is_down,
        is_by_keeper=outcome.is_by_keeper,
        parts=tuple(
            PartDocument(outcome_document(part.outcome), part.comeback, part.after_s)
            for part in outcome.parts
        ),
        changes=outcome.changes,
        backup=outcome.backup,
    )
