"""What the hub says of itself over `$management` (facts.md §4)."""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class HubDescription:
    """One `$management` READ of the hub."""

    namespace: str  # fully qualified, with the port where the endpoint names one
    name: str
    created_at: float | None
    partition_ids: tuple[str, ...]  # natural order
    is_geo_replicated: bool | None = None
