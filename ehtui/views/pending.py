"""What is still to come: what so short a look cannot judge, and what a deployment waits for."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.progress.proofs import Proofs
from ehtui.domain.snapshot import LIVE_STATES, Health, LeaseState, Snapshot, SourceStatus
from ehtui.views.states import reservation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.snapshot import GroupPartition
    from ehtui.views.status_document import NotJudged


# Findings that compare what was seen with what came before.
NEED_HISTORY: tuple[NotJudged, ...] = (
    "handler.stuck",
    "checkpoint.never",
    "group.behind",
    "group.churn",
    "group.leases_too_short",
    "group.imbalanced",
    "partition.pingpong",
    "partition.hot",
    "owner.crash_loop",
    "retention.risk",
    "consumer.starved",
)
NEED_HUB: NotJudged = "partitions"
NEED_STORE: tuple[NotJudged, ...] = ("owners", "leases", "checkpoints", "lag")


def not_judged(snapshot: Snapshot) -> tuple[NotJudged, ...]:
    """Codes of what is missing: fields of the document, parts of it, ids of findings."""
    fields = tuple(name for name, is_missing in _fields(snapshot).items() if is_missing)
    store = next((source for source in snapshot.sources if source.name == "store"), None)
    has_store = store is None or store.status is SourceStatus.OK
    return (
        *fields,
        *((NEED_HUB,) if unread_partitions(snapshot) else ()),
        *(() if has_store else NEED_STORE),
        *(NEED_HISTORY if _is_first_look(snapshot) or "health" in fields else ()),
    )


def unread_partitions(snapshot: Snapshot) -> int:
    """How many partitions the hub named and has told nothing of: a large one takes minutes."""
    return sum(partition.sample is None for partition in snapshot.partitions)


def _fields(snapshot: Snapshot) -> Mapping[NotJudged, bool]:
    """Which fields some row lacks though they will be known."""
    rows = [partition for group in snapshot.groups for partition in group.partitions]
    leases = [row.lease for row in rows if row.lease.state in LIVE_STATES]
    return {
        "in_per_s": any(p.sample is not None and p.in_per_s is None for p in snapshot.partitions),
        "out_per_s": any(row.checkpoint is not None and row.out_per_s is None for row in rows),
        "behind_s": any(row.lag and not row.lag_is_bound and row.behind is None for row in rows),
        "renewed_every_s": any(lease.renewed_every_s is None for lease in leases),
        "health": any(row.rule == Rule.FILLING for row in rows),
        "cpu_percent": any(c.process.cpu_percent is None for c in snapshot.consumers),
    }


def _is_first_look(snapshot: Snapshot) -> bool:
    """Whether no partition was seen twice: a rate takes two looks."""
    return all(partition.in_per_s is None for partition in snapshot.partitions)


class Goal(StrEnum):
    """A state that a consumer group can be waited for."""

    OWNED = "owned"  # every partition has a live lease
    DRAINED = "drained"  # and nothing is left to read
    HEALTHY = "healthy"  # and every partition is judged ok


def unmet(snapshot: Snapshot, group: str, goal: Goal) -> tuple[str, ...]:
    """What still keeps the group from the goal, a phrase each; empty once it is reached."""
    if snapshot.hub is None:
        return ("the hub has not been read yet",)

    state = snapshot.group(group)

    if state is None:
        return (f"the checkpoint store has no records of group {group}",)

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
