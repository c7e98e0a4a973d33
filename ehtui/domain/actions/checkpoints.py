"""Asking for a group's checkpoints to be moved: judged by who owns partitions just now."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace
from typing_extensions import override

from ehtui.domain.actions.base import BasePlan
from ehtui.domain.actions.checkpoint_plan import Change, CheckpointPlan, LiveOwner, Strategy
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.requests import Request
from ehtui.domain.snapshot import LIVE_STATES, LeaseState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ehtui.domain.actions.requests import PlanningContext
    from ehtui.domain.snapshot import ConsumerState, Snapshot

P = TypeVar("P", bound=BasePlan)
RECHECK_S = 10.0  # a forced write is watched so long
MAY_WRITE = LIVE_STATES | {LeaseState.UNREADABLE}


class CheckpointRequest(Request, frozen=True):
    """Move checkpoints of a group. Looking at the blobs and events (`rehearse`) comes first."""

    strategy: Strategy
    group: str
    partitions: tuple[str, ...] = ()  # none: all of the hub
    is_forced: bool = False
    recheck_s: float = RECHECK_S
    found: tuple[Change, ...] | Refusal | None = None  # None: nobody has looked yet
    listed: tuple[LiveOwner, ...] = ()  # by the store's own records, when the blobs were looked at

    @override
    def plan(self, context: PlanningContext) -> CheckpointPlan | Refusal:
        """A plan changes nothing: it is told in read-only too, and under live owners."""
        snapshot = context.snapshot

        if not snapshot.policy.has_store:
            return Refusal(RefusalReason.NO_STORE, self.group)

        if snapshot.hub is None:
            return Refusal(RefusalReason.NOT_CONNECTED, "hub")

        if isinstance(self.found, Refusal):
            return self.found

        if self.found is None:
            return Refusal(RefusalReason.NO_STORE, self.group)

        return CheckpointPlan(
            group=self.group,
            namespace=snapshot.hub.namespace,
            hub=snapshot.hub.name,
            strategy=self.strategy,
            changes=self.found,
            owners=_joined(live_owners(snapshot, self.group), self.listed),
            owners_are_known=snapshot.listed_at is not None,
            planned_at=context.at,
            partitions=self.partitions,
            is_forced=self.is_forced,
            is_production=snapshot.policy.is_production,
            recheck_s=self.recheck_s,
        )


def refusal_of(plan: CheckpointPlan) -> Refusal | None:
    """Why a plan may not be done as it stands; None where it may."""
    if not plan.writes:
        return Refusal(RefusalReason.NOTHING_TO_CHANGE, plan.group)

    if plan.owners and not plan.is_forced:
        owners = ", ".join(owner.owner[:8] or "?" for owner in plan.owners)
        return Refusal(RefusalReason.GROUP_ACTIVE, plan.group, owners)

    if not plan.owners_are_known and not plan.is_forced:
        return Refusal(RefusalReason.OWNERS_UNREAD, plan.group)

    return None


def judged_by(
    plan: P, snapshot: Snapshot, listed: tuple[LiveOwner, ...] = (), *, is_read: bool = True
) -> P:
    """The same plan; one of checkpoints with who owns partitions in a newer picture.

    `listed` are owners by a listing of the store; `is_read` is whether it was read for this.
    """
    if not isinstance(plan, CheckpointPlan):
        return plan

    return replace(
        plan,
        owners=_joined(live_owners(snapshot, plan.group), listed),
        owners_are_known=is_read and snapshot.listed_at is not None,
    )


def live_owners(snapshot: Snapshot, group: str) -> tuple[LiveOwner, ...]:
    """Who holds partitions of a group, late renewals included: it may write any moment.

    An ownership that nobody can read has an owner of no name.
    """
    return tuple(_live_owners(snapshot, group))


def _live_owners(snapshot: Snapshot, group: str) -> Iterator[LiveOwner]:
    state = snapshot.group(group)
    partitions = (*state.partitions, *state.strays) if state is not None else ()
    held = [(p.lease.owner or "", p.id) for p in partitions if p.lease.state in MAY_WRITE]

    yield from owners_of(held, snapshot)


def owners_of(held: Iterable[tuple[str, str]], snapshot: Snapshot) -> Iterator[LiveOwner]:
    """Owners by what they hold, pairs of owner and partition, and their processes here."""
    by_owner: dict[str, list[str]] = {}

    for owner, partition in held:
        by_owner.setdefault(owner, []).append(partition)

    for owner, partitions in by_owner.items():
        local = _local(snapshot, owner)

        if local is None:
            yield LiveOwner(owner, tuple(partitions))
        else:
            process = local.process
            yield LiveOwner(owner, tuple(partitions), process.id, process.command)


def _joined(seen: tuple[LiveOwner, ...], listed: tuple[LiveOwner, ...]) -> tuple[LiveOwner, ...]:
    """Whoever the picture or the store's records tell of: either may be the newer one."""
    owners = {each.owner: each for each in seen}

    for each in listed:
        known = owners.get(each.owner, each)
        partitions = tuple(dict.fromkeys((*known.partitions, *each.partitions)))
        owners[each.owner] = replace(known, partitions=partitions)

    return tuple(owners.values())


def _local(snapshot: Snapshot, owner: str) -> ConsumerState | None:
    return next((c for c in snapshot.consumers if owner and owner in c.owners), None)
