"""What the hub says of itself over `$management` (facts.md §4)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PartitionSample:
    """One `$management` READ of a partition."""

    partition: str
    begin_sequence: int  # first retained event; meaningless when empty
    last_sequence: int  # -1 when never written
    last_offset: str  # opaque: never parsed, compared or subtracted
    last_enqueued_at: float | None
    is_empty: bool
    sampled_at: float  # local receipt
    asked_at: float | None = field(default=None, compare=False)  # local; None: not noted

    @property
    def first_at(self) -> float:
        """When it can have been true at the earliest: as it was asked for."""
        return self.sampled_at if self.asked_at is None else self.asked_at

    @property
    def moment(self) -> float:
        """When it was true, as near as a round trip tells: half-way."""
        return (self.first_at + self.sampled_at) / 2


@dataclass(frozen=True, slots=True)
class HubDescription:
    """One `$management` READ of the hub."""

    namespace: str  # fully qualified, with the port where the endpoint names one
    name: str
    created_at: float | None
    partition_ids: tuple[str, ...]  # natural order
    georeplication_factor: int | None = None  # regions; None: the service does not say

    @property
    def is_geo_replicated(self) -> bool | None:
        """Whether offsets are of more than one region; None is unknown."""
        return None if self.georeplication_factor is None else self.georeplication_factor > 1
