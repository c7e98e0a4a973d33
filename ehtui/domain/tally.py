"""What a group amounts to: counts and sums that go along with each partition that changes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import HEALTH_ORDER, GroupState, Health

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ehtui.domain.snapshot import GroupPartition, OwnerState

_RANK = {health: rank for rank, health in enumerate(HEALTH_ORDER)}


class Tally:
    """Mutable for the length of one judgement: as much work as partitions change, not exist."""

    __slots__ = ("counts", "known", "lag")

    def __init__(self, counts: Mapping[Health, int], lag: int, known: int) -> None:
        self.counts = dict(counts)
        self.lag = lag  # sum of the known
        self.known = known  # partitions whose lag is

    @classmethod
    def of(cls, partitions: Iterable[GroupPartition]) -> Tally:
        """The plain way: all partitions are looked at."""
        shown = tuple(partitions)
        lags = [p.lag for p in shown if p.lag is not None and not p.lag_is_bound]
        return cls(Counter(p.health for p in shown), sum(lags), len(lags))

    def swap(self, old: GroupPartition, new: GroupPartition) -> None:
        """One partition is shown differently."""
        if old.health is not new.health:
            left = self.counts.pop(old.health) - 1
            self.counts[new.health] = self.counts.get(new.health, 0) + 1

            if left:
                self.counts[old.health] = left

        if old.lag is not None and not old.lag_is_bound:
            self.lag -= old.lag
            self.known -= 1

        if new.lag is not None and not new.lag_is_bound:
            self.lag += new.lag
            self.known += 1

    def state(
        self,
        before: GroupState,
        partitions: tuple[GroupPartition, ...],
        owners: tuple[OwnerState, ...],
    ) -> GroupState:
        """The group as it is now."""
        return GroupState(
            name=before.name,
            partitions=partitions,
            owners=owners,
            health=max(self.counts, key=_RANK.__getitem__, default=Health.UNKNOWN),
            counts=self.counts,
            lag=self.lag if self.known else None,
            lag_is_partial=self.known < len(partitions),
            spellings=before.spellings,
            strays=before.strays,
            timings=before.timings,
        )
