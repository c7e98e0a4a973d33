"""A row's key, and the way back from it to what it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain import evidence

if TYPE_CHECKING:
    from ehtui.domain.snapshot import (
        ConsumerState,
        Finding,
        GroupPartition,
        PartitionState,
        Snapshot,
        TimelineEvent,
    )
    from ehtui.domain.world.process import ProcessId


def process_key(process: ProcessId) -> str:
    """A pid with its start: a pid alone is reused."""
    return f"{process.pid}@{process.started_at:.3f}"


def finding_key(finding: Finding) -> str:
    """A finding's identity across snapshots."""
    subject = finding.subject
    parts = (subject.group, subject.partition, subject.owner, subject.pid, subject.source)
    return "|".join([finding.id, *("" if part is None else str(part) for part in parts)])


def partitions_of(finding: Finding) -> tuple[str, ...]:
    """The partitions that a finding is about."""
    if finding.subject.partition is not None:
        return (finding.subject.partition,)

    return evidence.partitions_of(finding.evidence)


def is_about(finding: Finding, group: str) -> bool:
    """Whether a finding concerns that group: its own, or the whole hub."""
    return finding.subject.group is None or finding.subject.group.lower() == group.lower()


def event_key(event: TimelineEvent) -> str:
    """An event's number."""
    return str(event.number)


def partition_at(
    snapshot: Snapshot, group: str, key: str
) -> tuple[PartitionState | None, GroupPartition | None]:
    """The partition of that row, as the hub and as the group know it."""
    of_hub = next((p for p in snapshot.partitions if p.id == key), None)
    state = snapshot.group(group)
    listed = (*state.partitions, *state.strays) if state else ()
    of_group = next((p for p in listed if p.id == key), None)
    return of_hub, of_group


def consumer_at(snapshot: Snapshot, key: str) -> ConsumerState | None:
    """The consumer of that row."""
    return next((c for c in snapshot.consumers if process_key(c.process.id) == key), None)


def finding_at(snapshot: Snapshot, key: str) -> Finding | None:
    """The finding of that row."""
    return next((f for f in snapshot.findings if finding_key(f) == key), None)


def event_at(snapshot: Snapshot, key: str) -> TimelineEvent | None:
    """The event of that row."""
    return next((e for e in snapshot.timeline if event_key(e) == key), None)
