"""What somebody who leaves now leaves half done, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.plans import Plan, RestartPlan, RollingPlan, SignalPlan
from ehtui.views import formats
from ehtui.views.plans import Confirmation

if TYPE_CHECKING:
    from collections.abc import Sequence


def leaving(plans: Sequence[Plan]) -> Confirmation:
    """The question that is asked before ehtui is left while `plans` are under way."""
    told = [_of(plan) for plan in plans]

    return Confirmation(
        heading="Quit now?",
        steps=tuple(f"{step} is under way." for step, _ in told),
        costs=tuple(cost for _, cost in told),
        verb="Quit anyway",
        is_grave=not all(plan.awaited is not None for plan in plans),
    )


def _of(plan: Plan) -> tuple[str, str]:
    match plan:
        case RestartPlan():
            pid = plan.target.process.pid
            return f"A restart of {pid}", f"It goes on without ehtui, and {pid}'s log tells how."
        case RollingPlan():
            pids = formats.listed([str(each.target.process.pid) for each in plan.restarts])
            return (
                f"A restart of {pids}, one after the other,",
                "The one that is being restarted is started; those after it are left as they are.",
            )
        case SignalPlan():
            pids = formats.listed([str(target.process.pid) for target in plan.targets])
            return (
                f"SIG{plan.signal} to {pids}",
                f"SIG{plan.escalate_to} will not follow for who does not end by itself.",
            )
        case _:
            return f"A {plan.kind}", "Nobody learns how it ends."
