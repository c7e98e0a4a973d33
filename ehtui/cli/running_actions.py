"""Actions that were begun and have not ended: what leaving does to them."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ehtui.domain.outcomes import Outcome
from ehtui.domain.plans import Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

# Whoever leaves, or is told to, waits so long for a consumer that was promised to be started again.
FINISH_WITHIN_S = 5.0
GIVE_UP_WITHIN_S = 0.5  # for the audit line of what was given up


@dataclass(slots=True, eq=False)
class Action:
    """One plan that is being done."""

    plan: Plan
    task: asyncio.Task[Outcome] | None = None  # on the monitor's loop, once it has begun there
    is_given_up: bool = False


@dataclass(slots=True)
class RunningActions:
    """Written by whoever acts, read and ended by whoever leaves; each on a thread of its own."""

    _actions: dict[Future[Outcome], Action] = field(default_factory=dict)

    @property
    def promised(self) -> tuple[Plan, ...]:
        """Plans that somebody who leaves should know of."""
        return tuple(action.plan for _, action in self._open() if action.plan.is_promise)

    def add(self, future: Future[Outcome], action: Action) -> None:
        """Keep an action until it has ended."""
        self._actions[future] = action
        future.add_done_callback(lambda ended: self._actions.pop(ended, None))

    def finish(self, within_s: float) -> tuple[Outcome, ...]:
        """Wait for what was promised, then give up what has not ended; how the promised ended."""
        promised = [future for future, action in self._open() if action.plan.is_promise]
        wait(promised, within_s)
        self.give_up()

        return outcomes_of(promised)

    def give_up(self) -> None:
        """End every action where it stands; the audit says where that is."""
        for future, action in self._open():
            action.is_given_up = True

            if action.task is None:
                future.cancel()
            else:
                action.task.get_loop().call_soon_threadsafe(action.task.cancel)

    def _open(self) -> list[tuple[Future[Outcome], Action]]:
        # Who waits for a future wakes before its callbacks have run.
        return [(f, action) for f, action in list(self._actions.items()) if not f.done()]


def outcomes_of(futures: Iterable[Future[Outcome]]) -> tuple[Outcome, ...]:
    """What is known of them in a moment: one that was given up tells it at once."""
    ended, _ = wait(list(futures), GIVE_UP_WITHIN_S)
    return tuple(f.result() for f in ended if not f.cancelled() and f.exception() is None)
