"""Asking for ownerships to be given up: what nobody can judge is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.release_plan import HeldPartition, ReleasePlan
from ehtui.domain.actions.requests import Request
from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.leases.lease import after_release
from ehtui.domain.leases.timing import timing_of
from ehtui.domain.snapshot import LeaseState
from ehtui.domain.world.store import Layout

if TYPE_CHECKING:
    from ehtui.domain.actions.requests import PlanningContext
    from ehtui.domain.snapshot import ConsumerState, GroupPartition, GroupState, Snapshot

_BY_HOSTS = TakeoverWindow(None, None, "blob-lease")  # hosts with blob leases: nothing times them
_FREE = {
    LeaseState.RELEASED: RefusalReason.ALREADY_FREE,
    LeaseState.NEVER_OWNED: RefusalReason.ALREADY_FREE,
    LeaseState.UNREADABLE: RefusalReason.OWNER_UNKNOWN,
}


class ReleaseRequest(Request, frozen=True):
    """Give partitions of a group up, by name, or all that some owner holds."""

    group: str
    partitions: tuple[str, ...] = ()
    owner: str | None = None  # its id

    @override
    def plan(self, context: PlanningContext) -> ReleasePlan | Refusal:
        snapshot, group = context.snapshot, context.snapshot.group(self.group)
        refusal = self._refusal(context, group)

        if refusal is not None or group is None or snapshot.hub is None:
            return refusal or Refusal(RefusalReason.NOT_CONNECTED, "hub")

        chosen = self._chosen(group)

        if isinstance(chosen, Refusal):
            return chosen

        held = []

        for partition in chosen:
            found = _held(snapshot, group, partition)

            if isinstance(found, Refusal):
                return found

            held.append(found)

        owners = {each.owner for each in held}

        return ReleasePlan(
            group=group.name,
            namespace=snapshot.hub.namespace,
            hub=snapshot.hub.name,
            held=tuple(held),
            takers=_takers(snapshot, group, owners),
            planned_at=context.at,
            is_production=snapshot.policy.is_production,
        )

    def _refusal(self, context: PlanningContext, group: GroupState | None) -> Refusal | None:
        if context.read_only:
            return Refusal(RefusalReason.READ_ONLY, "release")

        if not context.snapshot.policy.has_store:
            return Refusal(RefusalReason.NO_STORE, self.group)

        if context.snapshot.listed_at is None:
            return Refusal(RefusalReason.NO_STORE, self.group, "not read yet")

        if group is None:
            return Refusal(RefusalReason.UNKNOWN_GROUP, self.group)

        return None

    def _chosen(self, group: GroupState) -> list[GroupPartition] | Refusal:
        known = {each.id: each for each in (*group.strays, *group.partitions)}
        missing = next((name for name in self.partitions if name not in known), None)

        if missing is not None:
            return Refusal(RefusalReason.UNKNOWN_PARTITION, missing)

        names = dict.fromkeys(self.partitions)

        if self.owner is not None:
            of_owner = [each.id for each in group.partitions if each.lease.owner == self.owner]
            names |= dict.fromkeys(of_owner)

        if not names:
            return Refusal(RefusalReason.NOTHING_SELECTED, "partition")

        return [known[name] for name in names]


def _held(
    snapshot: Snapshot, group: GroupState, partition: GroupPartition
) -> HeldPartition | Refusal:
    lease = partition.lease
    reason = _FREE.get(lease.state)

    if reason is not None:
        return Refusal(reason, partition.id)

    if lease.owner is None or lease.blob is None or lease.etag is None:
        return Refusal(RefusalReason.OWNER_UNKNOWN, partition.id)

    is_renewing = lease.state is LeaseState.HELD

    if is_renewing and lease.renewed_at is None:  # the service guards the blob: nobody may write it
        return Refusal(RefusalReason.BLOB_LEASED, partition.id)

    timing = timing_of(lease.owner, group.timings, snapshot.policy.lease_of(group.name))
    local = _local(snapshot, lease.owner)
    is_modern = partition.layout in {None, Layout.MODERN}

    return HeldPartition(
        partition=partition.id,
        owner=lease.owner,
        blob=lease.blob,
        etag=lease.etag,
        layout=partition.layout,
        is_renewing=is_renewing,
        renewed_at=lease.renewed_at,
        round_s=timing.longest_s if is_modern else None,
        takeover=after_release(snapshot, group.name, partition.id) if is_modern else _BY_HOSTS,
        otherwise=None if is_renewing else partition.takeover,
        process=local.process.id if local is not None else None,
    )


def _local(snapshot: Snapshot, owner: str) -> ConsumerState | None:
    return next((c for c in snapshot.consumers if owner in c.owners), None)


def _takers(snapshot: Snapshot, group: GroupState, owners: set[str]) -> tuple[str, ...]:
    """Owners of the group that are none of those, and local consumers of it that own nothing."""
    others = [each.id for each in group.owners if each.id not in owners]
    idle = [
        str(each.process.id.pid)
        for each in snapshot.consumers
        if each.is_idle_in(group.name) and not owners & set(each.owners)
    ]

    return (*others, *idle)
