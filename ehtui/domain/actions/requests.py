"""What somebody asks for, and what it is judged by; the simplest request, to send."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import field
from typing_extensions import override

from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.plans import SendPlan, SendTarget
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.snapshot import Snapshot


class Actor(Value, frozen=True):
    """Who acts, and which processes must never be touched."""

    own_pid: int
    ancestors: frozenset[int] = frozenset()
    user: str | None = None
    is_root: bool = False


class Template(NamedTuple):
    """A test event of the configuration."""

    body: str
    properties: Mapping[str, str]


class ConfiguredCommand(NamedTuple):
    """How a consumer of the configuration is started."""

    command: tuple[str, ...]
    cwd: str | None


class PlanningContext(Value, frozen=True):
    """The newest picture, the moment, and what may be done from here."""

    snapshot: Snapshot
    at: float  # local
    actor: Actor
    read_only: bool = False
    log_folder: str = ""
    templates: Mapping[str, Template] = field(default_factory=dict)
    commands: Mapping[str, ConfiguredCommand] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()  # names that ehtui's own environment has


class Request(Value, frozen=True):
    """What somebody asks for: one frozen class an action, beside its planner."""

    def plan(self, context: PlanningContext) -> Plan | Refusal:
        """What doing it will do, judged by the newest picture; nothing is touched."""
        raise NotImplementedError


MAX_COUNT = 1_000


class SendRequest(Request, frozen=True):
    """Send test events."""

    template: str
    target: SendTarget
    partition: str | None = None
    key: str | None = None
    count: int = 1

    @override
    def plan(self, context: PlanningContext) -> SendPlan | Refusal:
        snapshot, target, key, count = context.snapshot, self.target, self.key, self.count

        if context.read_only:
            return Refusal(RefusalReason.READ_ONLY, "send")

        if self.template not in context.templates:
            return Refusal(RefusalReason.UNKNOWN_TEMPLATE, self.template)

        if snapshot.hub is None:
            return Refusal(RefusalReason.NOT_CONNECTED, "hub")

        if target is SendTarget.PARTITION and self.partition not in snapshot.hub.partition_ids:
            return Refusal(RefusalReason.UNKNOWN_PARTITION, self.partition or "")

        if (target is SendTarget.KEY and not key) or not 1 <= count <= MAX_COUNT:
            return Refusal(RefusalReason.NOTHING_SELECTED, "key" if not key else "count")

        body, properties = context.templates[self.template]

        return SendPlan(
            namespace=snapshot.hub.namespace,
            hub=snapshot.hub.name,
            template=self.template,
            body=body,
            target=target,
            partition=self.partition if target is SendTarget.PARTITION else None,
            key=key if target is SendTarget.KEY else None,
            properties=tuple(sorted(properties.items())),
            count=count,
            planned_at=context.at,
            is_production=snapshot.policy.is_production,
        )
