"""Which event would be sent, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.plans import Refusal, RefusalReason, SendPlan, SendTarget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.snapshot import Snapshot

MAX_COUNT = 1_000


def plan_send(
    snapshot: Snapshot,
    template: str,
    templates: Mapping[str, tuple[str, Mapping[str, str]]],
    *,
    target: SendTarget,
    partition: str | None = None,
    key: str | None = None,
    count: int = 1,
    read_only: bool,
    at: float,
) -> SendPlan | Refusal:
    """Plan test events. `templates` maps a name to (body, properties)."""
    if read_only:
        return Refusal(RefusalReason.READ_ONLY, "send")

    if template not in templates:
        return Refusal(RefusalReason.UNKNOWN_TEMPLATE, template)

    if snapshot.hub is None:
        return Refusal(RefusalReason.NOT_CONNECTED, "hub")

    if target is SendTarget.PARTITION and partition not in snapshot.hub.partition_ids:
        return Refusal(RefusalReason.UNKNOWN_PARTITION, partition or "")

    if (target is SendTarget.KEY and not key) or not 1 <= count <= MAX_COUNT:
        return Refusal(RefusalReason.NOTHING_SELECTED, "key" if not key else "count")

    body, properties = templates[template]

    return SendPlan(
        namespace=snapshot.hub.namespace,
        hub=snapshot.hub.name,
        template=template,
        body=body,
        target=target,
        partition=partition if target is SendTarget.PARTITION else None,
        key=key if target is SendTarget.KEY else None,
        properties=tuple(sorted(properties.items())),
        count=count,
        planned_at=at,
        is_production=snapshot.policy.is_production,
    )
