"""From a signal until each partition is owned again and its checkpoint moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ehtui.domain.plans import (
    OutcomeState,
    OwnedPartition,
    RefusalReason,
    RestartPlan,
    SignalPlan,
)
from ehtui.domain.snapshot import GroupPartition, LeaseState

if TYPE_CHECKING:
    from ehtui.domain.plans import Outcome, SignalTarget
    from ehtui.domain.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Lap:
    """One partition: what was forecast, and what was measured so far. Server times."""

    owned: OwnedPartition  # with the forecast
    previous_owner: str | None
    started_at: float
    checkpoint: int | None  # where it stood at the signal
    owner: str | None = None  # who has it now
    owned_at: float | None = None
    moved_at: float | None = None

    @property
    def gap_s(self) -> float | None:
        """From the signal to the new owner's claim."""
        return None if self.owned_at is None else max(0.0, self.owned_at - self.started_at)

    @property
    def is_inside_forecast(self) -> bool | None:
        """Whether it landed in the window, rounding of server times allowed; None while open."""
        window = self.owned.takeover

        if self.owned_at is None or window.earliest_at is None or window.latest_at is None:
            return None

        return window.earliest_at - 1.0 <= self.owned_at <= window.latest_at + 1.0


def start(outcome: Outcome, snapshot: Snapshot) -> tuple[Lap, ...]:
    """A lap for every partition that the targets owned which the signal reached."""
    plan = outcome.plan

    if isinstance(plan, SignalPlan):
        targets = plan.targets
    elif isinstance(plan, RestartPlan):
        targets = (plan.target,)
    else:
        return ()

    offset = snapshot.clock_offset_s or 0.0

    return tuple(
        Lap(
            owned=owned,
            previous_owner=target.owner,
            started_at=plan.planned_at + offset,
            checkpoint=_checkpoint(_find(snapshot, owned)),
        )
        for target in targets
        if _was_reached(outcome, target)
        for owned in target.owns
    )


def _was_reached(outcome: Outcome, target: SignalTarget) -> bool:
    result = dict(outcome.details).get(str(target.process.pid))

    if result is None:
        return outcome.state is OutcomeState.DONE

    return not (result in set(RefusalReason) or result.startswith("failed"))


def advance(laps: tuple[Lap, ...], snapshot: Snapshot) -> tuple[Lap, ...]:
    """The laps as this snapshot shows them."""
    return tuple(_advance(lap, snapshot) for lap in laps)


def is_over(laps: tuple[Lap, ...]) -> bool:
    """Whether every partition is owned again and its checkpoint moved."""
    return all(lap.owned_at is not None and lap.moved_at is not None for lap in laps)


def _advance(lap: Lap, snapshot: Snapshot) -> Lap:
    partition = _find(snapshot, lap.owned)

    if partition is None:
        return lap

    lease = partition.lease

    if (
        lap.owned_at is None
        and lease.state is LeaseState.HELD
        and lease.owner != lap.previous_owner
        and lease.last_modified is not None
    ):
        owned_at = lease.claimed_at or lease.last_modified
        lap = replace(lap, owner=lease.owner, owned_at=owned_at)

    checkpoint = partition.checkpoint

    if (
        lap.owned_at is not None
        and lap.moved_at is None
        and checkpoint is not None
        and checkpoint.blob.last_modified >= lap.owned_at
        and _checkpoint(partition) != lap.checkpoint
    ):
        lap = replace(lap, moved_at=checkpoint.blob.last_modified)

    return lap


def _find(snapshot: Snapshot, owned: OwnedPartition) -> GroupPartition | None:
    group = snapshot.group(owned.group)

    return next((p for p in group.partitions if p.id == owned.partition), None) if group else None


def _checkpoint(partition: GroupPartition | None) -> int | None:
    return partition.checkpoint.sequence if partition and partition.checkpoint else None
