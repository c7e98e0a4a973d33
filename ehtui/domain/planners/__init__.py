"""A request becomes a Plan, or a Refusal with its reason: which planner does it is known here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.planners.again import plan_again
from ehtui.domain.planners.send import plan_send
from ehtui.domain.planners.signal import plan_signal
from ehtui.domain.planners.start import plan_restart, plan_start
from ehtui.domain.requests import (
    Request,
    RestartRequest,
    SendRequest,
    SignalRequest,
    StartAgainRequest,
    StartRequest,
)

if TYPE_CHECKING:
    from ehtui.domain.planners.context import PlanningContext
    from ehtui.domain.plans import Plan, Refusal


def plan(request: Request, context: PlanningContext) -> Plan | Refusal:
    """What doing it would do, judged by the newest picture; nothing is touched."""
    match request:
        case SignalRequest():
            return plan_signal(request, context)
        case RestartRequest():
            return plan_restart(request, context)
        case StartRequest():
            return plan_start(request, context)
        case StartAgainRequest():
            return plan_again(request, context)
        case SendRequest():
            return plan_send(request, context)
