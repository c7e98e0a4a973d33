"""A row's key, the way back from it to what it stands for, and what that is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain import evidence
from ehtui.domain.snapshot import Subject
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.phrasing import Phrasing, partition, partitions

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


def subject_of(snapshot: Snapshot, group: str, pane: str, key: str | None) -> Subject:
    """What a row is about; without a row, the group."""
    if pane == "partitions" and key is not None:
        return Subject(group=group, partition=key)

    if pane == "groups" and key is not None:
        return Subject(group=key)

    consumer = consumer_at(snapshot, key) if pane == "consumers" and key else None
    finding = finding_at(snapshot, key) if pane == "findings" and key else None
    event = event_at(snapshot, key) if pane == "timeline" and key else None

    if consumer is not None:
        return Subject(group=group, pid=consumer.process.id.pid)

    about = finding or event

    return about.subject if about is not None else Subject(group=group)


def title(snapshot: Snapshot, group: str, pane: str, key: str, say: Phrasing) -> str:
    """The full name of what a row is about; empty once the row is gone."""
    subject = subject_of(snapshot, group, pane, key)
    found = finding_at(snapshot, key) if pane == "findings" else None
    places = partitions_of(found) if found is not None else ()

    # A finding of several partitions names none of them as its subject.
    if places and subject.partition is None and subject.pid is None:
        return f"{partitions(places)} of {formats.name(subject.group or group)}"

    return named(subject, say)


def named(subject: Subject, say: Phrasing) -> str:
    """A thing by its full name: `P2 of $Default`, `start_consumer.py 51257`, `group $Default`."""
    if subject.pid is not None:
        # The first picture names no process: it need not wait for what processes are told with.
        from ehtui.views.processes import script  # noqa: PLC0415

        found = (c.process for c in say.snapshot.consumers if c.process.id.pid == subject.pid)
        known = next((process.command or process.name for process in found), "")
        return f"{script(safe(known)) or 'process'} {subject.pid}"

    if subject.partition is None and subject.owner is not None:
        return f"owner {formats.name(subject.owner)}"

    group = formats.name(subject.group or say.snapshot.policy.default_group)

    if subject.partition is not None:
        return f"{partition(subject.partition)} of {group}"

    return f"source {safe(subject.source)}" if subject.source else f"group {group}"
