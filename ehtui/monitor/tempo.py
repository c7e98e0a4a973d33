"""When waiting costs truth: what makes the monitor look more often, or judge again unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Lease, LeaseState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.snapshot import GroupPartition, Snapshot

FORECAST_GRACE_S = 30.0  # a forecast that nobody met is watched closely for so long


def is_forecast_open(snapshot: Snapshot, now: float) -> bool:
    """Whether some partition waits for a new owner, so that a second matters; `now` is local."""
    server_now = now + (snapshot.clock_offset_s or 0.0)

    return any(_is_waiting(partition, server_now) for partition in _partitions(snapshot))


def changes_with_time(snapshot: Snapshot, now: float) -> bool:
    """Whether judging the same facts again at `now` (local) could say something new."""
    server_now = now + (snapshot.clock_offset_s or 0.0)

    return any(
        _is_waiting(partition, server_now) or _is_late(partition.lease, server_now)
        for partition in _partitions(snapshot)
    )


def _partitions(snapshot: Snapshot) -> Iterator[GroupPartition]:
    return (partition for group in snapshot.groups for partition in group.partitions)


def _is_waiting(partition: GroupPartition, server_now: float) -> bool:
    if partition.lease.state is LeaseState.OVERDUE:
        return True

    window = partition.takeover

    if window is None or partition.lease.state is LeaseState.HELD:
        return False

    end = window.latest_at if window.latest_at is not None else window.earliest_at
    return end is not None and server_now < end + FORECAST_GRACE_S


def _is_late(lease: Lease, server_now: float) -> bool:
    if lease.state is not LeaseState.HELD:
        return False

    if lease.renewed_at is not None and lease.renewed_every_s is not None:
        return server_now >= lease.renewed_at + lease.renewed_every_s

    return lease.expires_at is not None and server_now >= lease.expires_at
