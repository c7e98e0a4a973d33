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


class UnderWay:
    """Written by whoever acts, ended by whoever leaves."""

    def __init__(self) -> None:
        self._actions: dict[Future[Outcome], Action] = {}

    def add(self, future: Future[Outcome], action: Action) -> None:
        """One that has just begun; it goes by itself once it has ended."""
        self._actions[future] = action
        future.add_done_callback(lambda ended: self._actions.pop(ended, None))

    @property
    def running(self) -> bool:
        """Whether any has not ended."""
        return bool(self._begun())

    @property
    def promised(self) -> tuple[Plan, ...]:
        """Plans that leaving now would leave half done."""
        return tuple(action.plan for _, action in self._promised())

    def finish(self, within_s: float) -> tuple[Outcome, ...]:
        """Wait so long for what was promised, then give all up; how that ended. Blocking."""
        promised = [future for future, _ in self._promised()]
        wait(promised, within_s)
        self.give_up()

        return outcomes_of(promised)

    def give_up(self, plan: Plan | None = None) -> None:
        """End every action, or the one of this plan, where it stands."""
        for future, action in self._begun():
            if plan is not None and action.plan is not plan:
                continue

            action.is_given_up = True

            if action.task is None:
                future.cancel()
            else:
                action.task.get_loop().call_soon_threadsafe(action.task.cancel)

    def _promised(self) -> list[tuple[Future[Outcome], Action]]:
        return [each for each in self._begun() if each[1].plan.is_promise]

    def _begun(self) -> list[tuple[Future[Outcome], Action]]:
        # Who waits for a future wakes before its callbacks have run.
        return [(f, action) for f, action in list(self._actions.items()) if not f.done()]
