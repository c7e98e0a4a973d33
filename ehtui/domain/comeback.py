"""Whether a restarted consumer has come back: it owns again, or nothing is left for it to own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.outcomes import Comeback
from ehtui.domain.snapshot import LIVE_STATES, ConsumerRole

if TYPE_CHECKING:
    from ehtui.domain.plans import RestartPlan, SupervisedPlan
    from ehtui.domain.snapshot import ConsumerState, Lease, Snapshot
    from ehtui.domain.targets import OwnedPartition

SETTLED_S = 5.0  # whoever dies of a bad setting has died by then


def comeback(
    before: Snapshot,
    now: Snapshot,
    plan: RestartPlan | SupervisedPlan,
    new_pid: int | None,
    started_at: float,
    *,
    has_ended: bool = False,
) -> Comeback | None:
    """What became of it, by the pictures before the restart and now; None: too early to tell.

    `new_pid` is None where a supervisor started it: then its owner id is one that was not there.
    `has_ended` is the host's own word: one that is in no picture may only not have connected yet.
    """
    consumer = next((c for c in now.consumers if c.process.id.pid == new_pid), None)
    owned = plan.target.owns

    is_settled = now.taken_at - started_at > SETTLED_S

    if has_ended or (consumer is not None and consumer.process.has_ended):
        return Comeback.ENDED

    if consumer is not None and consumer.owns:
        return Comeback.OWNS

    if not owned:
        is_seen = new_pid is None or consumer is not None
        return Comeback.RUNS if is_settled and is_seen else None

    if any(_holder(now, each) is None for each in owned):
        return None

    return _of_group(before, now, owned[0].group, consumer)


def _of_group(
    before: Snapshot, now: Snapshot, group: str, consumer: ConsumerState | None
) -> Comeback | None:
    """Everything that it had is owned: by itself under a new id, or by others who are enough."""
    if consumer is not None and (group, ConsumerRole.STANDBY) in consumer.idle:
        return Comeback.STANDS_BY

    were, are = before.group(group), now.group(group)

    if were is None or are is None:
        return None

    known = {owner.id for owner in were.owners}

    return Comeback.OWNS if any(o.partitions and o.id not in known for o in are.owners) else None


def _holder(now: Snapshot, owned: OwnedPartition) -> Lease | None:
    """The live lease of a partition that it had."""
    group = now.group(owned.group)
    shown = next((p for p in group.partitions if p.id == owned.partition), None) if group else None

    if shown is None or shown.lease.state not in LIVE_STATES:
        return None

    return shown.lease
