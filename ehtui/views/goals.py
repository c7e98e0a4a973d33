"""What a deployment waits for."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.progress.proofs import Proofs
from ehtui.domain.snapshot import Health, LeaseState
from ehtui.views.proofs import reservation

if TYPE_CHECKING:
    from ehtui.domain.snapshot import GroupPartition, Snapshot


class Goal(StrEnum):
    """A state that a consumer group can be waited for."""

    OWNED = "owned"  # every partition has a live lease
    DRAINED = "drained"  # and nothing is left to read
    HEALTHY = "healthy"  # and every partition is judged ok


def unmet(snapshot: Snapshot, group: str, goal: Goal) -> tuple[str, ...]:
    """What still keeps the group from the goal, a phrase each; empty once it is reached."""
    if snapshot.hub is None:
        return ("the hub has not been read",)

    state = snapshot.group(group)

    if state is None:
        return (f"nothing of group {group} is in the checkpoint store",)

    seen = {partition.id: partition for partition in state.partitions}

    return tuple(
        f"P{id_}: {reason}"
        for id_ in snapshot.hub.partition_ids
        if (reason := _reason(seen.get(id_), goal))
    )


def reserved(snapshot: Snapshot, group: str, goal: Goal) -> str:
    """What a drained group's checkpoints do not prove; empty where they prove it, or may."""
    state = snapshot.group(group)

    if goal is not Goal.DRAINED or state is None:
        return ""

    proofs = Proofs(snapshot, state)
    return next(filter(None, (reservation(proofs.of(p)) for p in state.partitions)), "")


def _reason(partition: GroupPartition | None, goal: Goal) -> str | None:
    if partition is None:
        return "never owned"

    if partition.lease.state is not LeaseState.HELD:
        return partition.lease.state.value.replace("_", " ")

    if goal is Goal.DRAINED and partition.lag != 0:
        return "lag is not known" if partition.lag is None else f"lag {partition.lag}"

    if goal is Goal.HEALTHY and partition.health is not Health.OK:
        return partition.health.value

    return None
