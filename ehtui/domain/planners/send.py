"""Which event would be sent, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.domain.outcomes import Refusal, RefusalReason
from ehtui.domain.planners.context import Request
from ehtui.domain.plans import SendPlan, SendTarget

if TYPE_CHECKING:
    from ehtui.domain.planners.context import PlanningContext

MAX_COUNT = 1_000


@dataclass(frozen=True, slots=True)
class SendRequest(Request):
    """Send test events."""

    template: str
    target: SendTarget
    partition: str | None = None
    key: str | None = None
    count: int = 1

    @override
    def plan(self, context: PlanningContext) -> SendPlan | Refusal:
        return plan_send(self, context)


def plan_send(request: SendRequest, context: PlanningContext) -> SendPlan | Refusal:
    """Plan test events."""
    snapshot, target, key, count = context.snapshot, request.target, request.key, request.count

    if context.read_only:
        return Refusal(RefusalReason.READ_ONLY, "send")

    if request.template not in context.templates:
        return Refusal(RefusalReason.UNKNOWN_TEMPLATE, request.template)

    if snapshot.hub is None:
        return Refusal(RefusalReason.NOT_CONNECTED, "hub")

    if target is SendTarget.PARTITION and request.partition not in snapshot.hub.partition_ids:
        return Refusal(RefusalReason.UNKNOWN_PARTITION, request.partition or "")

    if (target is SendTarget.KEY and not key) or not 1 <= count <= MAX_COUNT:
        return Refusal(RefusalReason.NOTHING_SELECTED, "key" if not key else "count")

    body, properties = context.templates[request.template]

    return SendPlan(
        namespace=snapshot.hub.namespace,
        hub=snapshot.hub.name,
        template=request.template,
        body=body,
        target=target,
        partition=request.partition if target is SendTarget.PARTITION else None,
        key=key if target is SendTarget.KEY else None,
        properties=tuple(sorted(properties.items())),
        count=count,
        planned_at=context.at,
        is_production=snapshot.policy.is_production,
    )
