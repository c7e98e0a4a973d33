"""How far behind one process is: the events that wait in the partitions that it owns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ehtui.views import formats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.snapshot import ConsumerState, GroupPartition, Snapshot


class ConsumerLag(NamedTuple):
    """A sum over what is owned; None where nothing is, or nothing of it is known."""

    events: int | None
    is_partial: bool = False  # some partition's lag is not known: at least so many
    is_bound: bool = False  # some partition was never checkpointed: at most so many

    @property
    def text(self) -> str:
        """For a column: `1,823`, `≥40`, `≤9`, `~12`, `–`."""
        if self.events is None:
            return formats.UNKNOWN

        sign = {(True, False): "≥", (False, True): "≤", (True, True): "~"}

        return sign.get((self.is_partial, self.is_bound), "") + formats.count(self.events)


class ConsumerLags:
    """Those of a snapshot's consumers."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._partitions: dict[str, Mapping[str, GroupPartition]] = {}

    def of(self, consumer: ConsumerState) -> ConsumerLag:
        """The lag of one."""
        owned = [self._group(group).get(partition) for group, partition in consumer.owns]
        known = [p for p in owned if p is not None and p.lag is not None]

        return ConsumerLag(
            sum(p.lag or 0 for p in known) if known else None,
            is_partial=0 < len(known) < len(owned),
            is_bound=any(p.lag_is_bound for p in known),
        )

    def _group(self, name: str) -> Mapping[str, GroupPartition]:
        if name not in self._partitions:
            group = self._snapshot.group(name)
            self._partitions[name] = {p.id: p for p in group.partitions} if group else {}

        return self._partitions[name]
