"""What all partitions of a hub take in together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.memory import Flow


class Intake(NamedTuple):
    """Events a second, of the partitions whose rate is known."""

    partitions: int = 0
    per_s: float = 0.0
    most_per_s: float = 0.0  # of one partition

    def of_others(self, own_per_s: float) -> float:
        """The mean of all partitions but one."""
        return (self.per_s - own_per_s) / (self.partitions - 1)


NO_INTAKE = Intake()


def intake_of(flows: Iterable[Flow]) -> Intake:
    """Sum up what the hub said."""
    rates = [rate for flow in flows if (rate := flow.state.in_per_s) is not None]
    return Intake(len(rates), sum(rates), max(rates, default=0.0))
