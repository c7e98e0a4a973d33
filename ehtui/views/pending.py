"""What is still to come: what so short a look cannot judge, and what a deployment waits for."""

from __future__ import annotations

from enum import StrEnum
from math import ceil
from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.progress.health import stall_limits
from ehtui.domain.progress.proofs import Proofs
from ehtui.domain.snapshot import LIVE_STATES, Health, LeaseState, Snapshot, SourceStatus
from ehtui.views import formats
from ehtui.views.phrasing import partition as phrased
from ehtui.views.states import reservation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ehtui.domain.snapshot import GroupPartition, GroupState
    from ehtui.views.phrasing import Phrasing
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
        "health": any(row.rule in {Rule.FILLING, Rule.WAITING} for row in rows),
        "cpu_percent": any(c.process.cpu_percent is None for c in snapshot.consumers),
    }


# Rules of partitions of which nobody knows yet whether they are read.
_UNDECIDED = frozenset({Rule.FILLING, Rule.WAITING, Rule.NEW_OWNER, Rule.NEVER_CHECKPOINTED})
_NAMED = 3
_STEP_S = 5
_ENOUGH_LOOKS = 3  # for a rate, with one to spare


def undecided(snapshot: Snapshot) -> Iterator[tuple[GroupState, GroupPartition]]:
    """Partitions where events wait and whose health is not judged yet."""
    for group in snapshot.groups:
        for partition in group.partitions:
            if partition.lag and partition.rule in _UNDECIDED:
                yield group, partition


def nothing_wrong(say: Phrasing) -> str:
    """That no finding was made; and what it says nothing of, where something is not judged."""
    waiting = list(undecided(say.snapshot))

    if not waiting:
        return "Nothing wrong was found."

    told = [_undecided(group, partition, say) for group, partition in waiting[:_NAMED]]
    more = len(waiting) - len(told)
    told += [f"nor is that of {formats.plural(more, 'more partition')}"] if more else []
    return f"Nothing wrong among what could be judged; {'; '.join(told)}."


def _undecided(group: GroupState, partition: GroupPartition, say: Phrasing) -> str:
    whose = f"{phrased(partition.id)}'s health{say.of_group(group.name)}"
    most = "at most " if partition.lag_is_bound else ""
    verb = "waits" if partition.lag == 1 else "wait"
    since = f" for {formats.behind(partition.behind)}" if partition.behind is not None else ""
    events = f"{most}{formats.plural(partition.lag or 0, 'event')} {verb}{since}"
    return f"{whose} is not judged yet: {events}"


def enough_s(snapshot: Snapshot) -> int:
    """For how long to watch anew, in seconds, until what is missing can be judged.

    Of events that wait that is when nothing has moved for as long as is allowed at most; a rate
    takes two looks.
    """
    poll_s = snapshot.policy.hub_interval_s + snapshot.policy.store_interval_s
    needed_s = _ENOUGH_LOOKS * poll_s / 2

    for group, partition in undecided(snapshot):
        timing = group.timings.get(partition.lease.owner or "")
        needed_s = max(needed_s, stall_limits(poll_s, timing).unknown_s + poll_s)

    return ceil(needed_s / _STEP_S) * _STEP_S


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
