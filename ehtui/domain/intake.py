"""What all partitions of a hub take in together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.memory import PartitionHistory


class HubInput(NamedTuple):
    """Events a second, of the partitions whose rate is known."""

    partitions: int = 0
    per_s: float = 0.0
    most_per_s: float = 0.0  # of one partition

    def of_others(self, own_per_s: float) -> float:
        """The mean of all partitions but one."""
        return (self.per_s - own_per_s) / (self.partitions - 1)


NO_INPUT = HubInput()


def hub_input_of(histories: Iterable[PartitionHistory]) -> HubInput:
    """Sum up what the hub said."""
    rates = [rate for history in histories if (rate := history.state.in_per_s) is not None]
    return HubInput(len(rates), sum(rates), max(rates, default=0.0))
