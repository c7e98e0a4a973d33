"""What was meant for one hub is done on no other: settings may change while a plan is read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.actions.outcomes import Outcome, OutcomeState, refusal_elsewhere

if TYPE_CHECKING:
    from ehtui.actions.audit import AuditLog
    from ehtui.domain.actions.base import Place
    from ehtui.domain.actions.plans import Plan


class Placed(Protocol):
    """Who acts on one hub and store, as the executor does."""

    place: Place | None
    audit: AuditLog
    read_only: bool
    dry_run: bool


async def refused_elsewhere(plan: Plan, executor: Placed, at: float) -> Outcome | None:
    """How a plan ends that was made for another hub or store than is open; None: it may be done.

    Somebody confirmed it, so that its end is audited, but where nothing is done at all.
    """
    refusal = refusal_elsewhere(plan.place, executor.place)

    if refusal is None:
        return None

    outcome = Outcome(plan, OutcomeState.REFUSED, at, refusal)

    if executor.dry_run or executor.read_only:
        return outcome

    step = await asyncio.to_thread(executor.audit.begin, plan, at)
    return await step.noted(outcome)
