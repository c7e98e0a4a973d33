"""From a signal until each partition is owned again and its checkpoint moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.lap import MeasuredTakeover
from ehtui.domain.outcomes import OutcomeState
from ehtui.domain.snapshot import GroupPartition, LeaseState
from ehtui.domain.targets import OwnedPartition, SignalEffect

if TYPE_CHECKING:
    from ehtui.domain.outcomes import Outcome
    from ehtui.domain.snapshot import GroupState, Snapshot
    from ehtui.domain.targets import SignalTarget

LIVES_ON_S = 30.0  # who renews so long after the signal was not ended by it


class Groups(Protocol):
    """What takeovers are held against."""

    def group(self, name: str) -> GroupState | None:
        """A group as it is known now."""


def start(outcome: Outcome, snapshot: Snapshot) -> tuple[MeasuredTakeover, ...]:
    """One for every partition that the targets owned which the signal reached."""
    if outcome.parts:
        return tuple(
            takeover for part in outcome.parts for takeover in start(part.outcome, snapshot)
        )

    offset = snapshot.clock_offset_s or 0.0

    return tuple(
        MeasuredTakeover(
            owned=owned,
            previous_owner=target.owner,
            started_at=outcome.plan.planned_at + offset,
            checkpoint=_checkpoint(_find(snapshot, owned)),
            sent_at=outcome.at + offset,
        )
        for target in outcome.plan.targets
        if target.effect is not SignalEffect.IGNORED and _was_reached(outcome, target)
        for owned in target.owns
    )


def _was_reached(outcome: Outcome, target: SignalTarget) -> bool:
    result = outcome.result_of(target.process)

    return outcome.state is OutcomeState.DONE if result is None else result.was_reached


def advance(
    takeovers: tuple[MeasuredTakeover, ...], snapshot: Snapshot
) -> tuple[MeasuredTakeover, ...]:
    """The takeovers as this snapshot shows them."""
    return tuple(advance_one(takeover, snapshot) for takeover in takeovers)


def is_over(takeovers: tuple[MeasuredTakeover, ...]) -> bool:
    """Whether every partition is owned again and its checkpoint moved."""
    return all(
        takeover.owned_at is not None and takeover.moved_at is not None for takeover in takeovers
    )


def lives_on(takeover: MeasuredTakeover, groups: Groups) -> bool:
    """Whether the signal ended nobody: the owner of before goes on renewing."""
    if takeover.owned_at is not None or takeover.sent_at is None:
        return False

    partition = _find(groups, takeover.owned)

    if partition is None:
        return False

    lease = partition.lease
    renewed_at = lease.renewed_at or 0.0
    return lease.owner == takeover.previous_owner and renewed_at > takeover.sent_at + LIVES_ON_S


def advance_one(takeover: MeasuredTakeover, groups: Groups) -> MeasuredTakeover:
    """One takeover as these groups show it."""
    if takeover.owned_at is not None and takeover.moved_at is not None:
        return takeover  # it is over: not looked for among thousands again

    partition = _find(groups, takeover.owned)

    if partition is None:
        return takeover

    lease = partition.lease

    if (
        takeover.owned_at is None
        and lease.state is LeaseState.HELD
        and lease.owner != takeover.previous_owner
        and lease.last_modified is not None
    ):
        owned_at = lease.claimed_at or lease.last_modified
        takeover = replace(takeover, owner=lease.owner, owned_at=owned_at)

    checkpoint = partition.checkpoint

    if (
        takeover.owned_at is not None
        and takeover.moved_at is None
        and checkpoint is not None
        and checkpoint.blob.last_modified >= takeover.owned_at
        and _checkpoint(partition) != takeover.checkpoint
    ):
        takeover = replace(takeover, moved_at=checkpoint.blob.last_modified)

    return takeover


def _find(groups: Groups, owned: OwnedPartition) -> GroupPartition | None:
    group = groups.group(owned.group)

    return next((p for p in group.partitions if p.id == owned.partition), None) if group else None


def _checkpoint(partition: GroupPartition | None) -> int | None:
    return partition.checkpoint.sequence if partition and partition.checkpoint else None
