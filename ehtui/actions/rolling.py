"""Restarts several consumers one after the other, each once the one before owns again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ehtui.domain.actions.outcomes import Comeback, Outcome, OutcomeState, PartialOutcome
from ehtui.domain.consumers.roles import comeback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ehtui.domain.actions.plans import RestartPlan, RollingPlan, SupervisedPlan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.process import ProcessId

LOOK_EVERY_S = 0.25
_BAD = frozenset({Comeback.ENDED, Comeback.LATE})


async def roll(
    plan: RollingPlan,
    run: Callable[[RestartPlan | SupervisedPlan], Awaitable[Outcome]],
    look: Callable[[], Snapshot],
    clock: Callable[[], float],
    lives: Callable[[ProcessId], bool],
) -> Outcome:
    """Do it, and stop at the first that is not restarted or does not come back.

    Raises:
        asyncio.CancelledError: On the way; those after the one that was begun are left as they are.
    """
    parts: list[PartialOutcome] = []

    for each in plan.restarts:
        before = look()
        outcome = await run(each)

        if outcome.state is not OutcomeState.DONE:
            return _ended(plan, outcome.state, [*parts, PartialOutcome(outcome)], clock())

        began = clock()
        became = None

        while became is None and clock() - began < plan.within_s:
            has_ended = outcome.started is not None and not lives(outcome.started.process)
            became = comeback(before, look(), each, outcome.new_pid, began, has_ended=has_ended)

            if became is None:
                await asyncio.sleep(LOOK_EVERY_S)

        part = PartialOutcome(outcome, became or Comeback.LATE, clock() - began)
        parts.append(part)

        if part.comeback in _BAD:
            return _ended(plan, OutcomeState.FAILED, parts, clock())

    return _ended(plan, OutcomeState.DONE, parts, clock())


def _ended(
    plan: RollingPlan, state: OutcomeState, parts: list[PartialOutcome], at: float
) -> Outcome:
    last = parts[-1].outcome

    return Outcome(
        plan,
        state,
        at,
        refusal=last.refusal,
        error=last.error,
        is_down=last.is_down or parts[-1].comeback is Comeback.ENDED,
        parts=tuple(parts),
    )
