"""Plans that are being done, and how those ended that nobody waits for any more."""

from __future__ import annotations

from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.plans import Plan

GIVE_UP_WITHIN_S = 0.5  # for the audit line of what was given up


class Action:
    """One plan that is being done."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.task: asyncio.Task[Outcome] | None = None  # on the monitor's loop, once it is there
        self.is_given_up = False


def outcomes_of(futures: Iterable[Future[Outcome]]) -> tuple[Outcome, ...]:
    """What is known of them in a moment: one that was given up tells it at once."""
    ended, _ = wait(list(futures), GIVE_UP_WITHIN_S)
    return tuple(f.result() for f in ended if not f.cancelled() and f.exception() is None)
