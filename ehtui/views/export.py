"""What a pane shows, as data for other programs: full ids, plain numbers in named units.

The screen saves the rows that it shows; commands write all of a pane, with the same columns.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Health
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views import findings, timeline
from ehtui.views.data_table import DataTable, Record
from ehtui.views.keys import event_key, finding_key, partitions_of, process_key
from ehtui.views.lags import ConsumerLags, checkpoint_sequence, last_sequence
from ehtui.views.phrasing import Phrasing
from ehtui.views.status_values import moment, rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ehtui.domain.snapshot import (
        ConsumerState,
        Finding,
        GroupPartition,
        GroupState,
        PartitionState,
        Snapshot,
        Subject,
        TimelineEvent,
    )

# Each column and what it means; a test holds them to the records.
ABOUT: Mapping[str, str] = {
    "taken_at": "when the picture was taken",
    "namespace": "of the hub, fully qualified",
    "hub": "its name",
    "group": "consumer group",
}
_SUBJECT: Mapping[str, str] = {
    "group": "consumer group that it is about",
    "partition": "partition that it is about",
    "owner": "owner id that it is about",
    "pid": "process that it is about",
    "source": "source that it is about",
}
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "partitions": {
        "partition": "its id",
        "health": "ok, behind, overdue …: as in `ehtui explain`",
        "owner": "the owner id of who holds it, or held it when the lease expired",
        "lease_state": "held, overdue, expired, released, never_owned, unreadable",
        "lease_age_s": "since the lease was renewed last",
        "lease_expires_in_s": "until the lease expires; negative since it has",
        "takeover_earliest_at": "while nobody holds it: when somebody can, at the earliest",
        "takeover_latest_at": "and at the latest",
        "checkpoint_sequence": "the checkpoint that the lag is counted from",
        "checkpoint_age_s": "since that checkpoint was written",
        "lag_events": "events after the checkpoint that can still be read",
        "lag_is_bound": "whether it was never checkpointed: the lag is at most so much",
        "lost_events": "events that retention removed before they were read",
        "behind_s": "lag in time",
        "behind_basis": "measured, interpolated, at_least, exact",
        "drain_s": "until the lag is gone, at today's rates; empty where it does not shrink",
        "out_events_per_s": "events a second that checkpoints pass",
        "last_sequence": "the last event that the lag counts",
        "in_events_per_s": "events a second that arrive; takes two looks",
        "sample_age_s": "since the hub told of it",
    },
    "consumers": {
        "pid": "process id",
        "started_at": "when it started; with the pid its identity",
        "up_s": "since then",
        "cpu_percent": "of one core, since the look before",
        "memory_percent": "of the host's memory",
        "rss_bytes": "resident memory",
        "threads": "how many",
        "connections": "to the namespace",
        "role": "owner, standby, starved, producer, elsewhere, unknown",
        "owner": "its owner ids, blanks between them",
        "owner_basis": "what ties it to the first of them",
        "owns": "group/partition, blanks between them",
        "lag_events": "events that wait in what it owns",
        "lag_is_partial": "whether some of that is not known: at least so many",
        "name": "as the configuration names it",
        "log": "what its log tells: named, behind, silent, shared, none",
        "status": "running, sleeping, stopped, zombie …",
        "command": "its command line, secrets masked",
    },
    "findings": {
        "severity": "critical, warning, info",
        "finding": "its id, as in `ehtui explain`",
        **_SUBJECT,
        "partitions": "those that it is about, blanks between them",
        "since_at": "when it began",
        "sentence": "what was found",
        "advice": "what to do about it",
    },
    "timeline": {
        "number": "grows by one",
        "at": "when, by the store's clock",
        "is_approximate": "whether looks could have missed a change in between",
        "kind": "what happened: lease.taken_over …",
        "finding": "the id of the finding that began or ended",
        **_SUBJECT,
        "sentence": "what happened, in words",
    },
    "groups": {
        "group": "consumer group",
        "health": "the worst of its partitions",
        "partitions": "how many",
        "owners": "owners with a live lease",
        "lag_events": "sum of what is known",
        "lag_is_partial": "whether some partition's lag is not known",
        **{f"{health.value}_partitions": "how many are so" for health in Health},
    },
    "hubs": {
        "profile": "the profile that names the hub",
        "is_production": "whether that is one for production",
        "namespace": "of the hub, fully qualified",
        "hub": "its name",
        "group": "consumer group",
        "health": "the worst of the group's partitions",
        "owners": "owners with a live lease",
        "partitions": "how many the hub has",
        "lag_events": "sum of what is known",
        "lag_is_partial": "whether some partition's lag is not known",
        "behind_s": "lag in time, of the partition that is furthest behind",
        "picture_age_s": "how old the picture is",
        "worst": "the worst finding in words, or that all is well",
    },
}


class Export(Value, frozen=True):
    """Rows of one pane, and what they are about. All rows have the same fields."""

    pane: str
    taken_at: str | None  # ISO 8601, UTC
    namespace: str | None
    hub: str | None
    group: str
    rows: tuple[Record, ...]

    @property
    def about(self) -> Record:
        """What every row is about."""
        return {
            "taken_at": self.taken_at,
            "namespace": self.namespace,
            "hub": self.hub,
            "group": self.group,
        }

    @property
    def whole(self) -> DataTable:
        """Each row with what it is about before it; a row's own group counts."""
        own = [name for name in COLUMNS[self.pane] if name not in ABOUT]
        return DataTable.of((*ABOUT, *own), ({**self.about, **row} for row in self.rows))


def export(snapshot: Snapshot, group: str, pane: str, keys: Sequence[str]) -> Export:
    """The rows of these keys, in their order; what has gone since is left out."""
    by_key = _PANES[pane](snapshot, group)
    rows = tuple(record() for key in keys if (record := by_key.get(key)) is not None)

    return _export(snapshot, group, pane, rows)


def everything(snapshot: Snapshot, group: str, pane: str) -> DataTable:
    """All rows of a pane, for a command; of partitions one a group and partition."""
    if pane == "partitions":
        tables = [
            _export(snapshot, g.name, pane, _all(snapshot, g.name, pane)).whole
            for g in snapshot.groups
        ]
        rows = tuple(row for table in tables for row in table.rows)
        return DataTable(_export(snapshot, group, pane, ()).whole.columns, rows)

    return _export(snapshot, group, pane, _all(snapshot, group, pane)).whole


def _all(snapshot: Snapshot, group: str, pane: str) -> tuple[Record, ...]:
    return tuple(record() for record in _PANES[pane](snapshot, group).values())


def _export(snapshot: Snapshot, group: str, pane: str, rows: tuple[Record, ...]) -> Export:
    hub = snapshot.hub
    return Export(
        pane=pane,
        taken_at=moment(snapshot.taken_at),
        namespace=safe(hub.namespace) if hub else None,
        hub=safe(hub.name) if hub else None,
        group=safe(group),
        rows=rows,
    )


_Records = dict[str, "Callable[[], Record]"]


def _partitions(snapshot: Snapshot, group: str) -> _Records:
    state = snapshot.group(group)
    of_hub = {partition.id: partition for partition in snapshot.partitions}
    of_group = {p.id: p for p in (*state.partitions, *state.strays)} if state else {}
    return {
        key: partial(_partition, key, of_hub.get(key), of_group.get(key), snapshot)
        for key in (*of_hub, *of_group)
    }


def _partition(
    name: str, of_hub: PartitionState | None, of_group: GroupPartition | None, snapshot: Snapshot
) -> Record:
    sample = of_hub.sample if of_hub else None
    age_s = snapshot.taken_at - sample.sampled_at if sample else None
    last = last_sequence(of_hub, of_group)
    hub: Record = {
        "last_sequence": last if last is not None and last >= 0 else None,
        "in_events_per_s": rounded(of_hub.in_per_s) if of_hub else None,
        "sample_age_s": rounded(age_s),
    }
    return {"partition": safe(name), **_progress(of_group, snapshot.server_now), **hub}


def _progress(partition: GroupPartition | None, now: float) -> Record:
    lease = partition.lease if partition else None
    read = partition.checkpoint if partition else None
    behind = partition.behind if partition else None
    renewed_at = lease.renewed_at if lease else None
    expires_at = lease.expires_at if lease else None
    takeover = partition.takeover if partition else None
    return {
        "health": partition.health.value if partition else None,
        "owner": safe(lease.owner) if lease and lease.owner else None,
        "lease_state": lease.state.value if lease else None,
        "lease_age_s": None if renewed_at is None else rounded(max(0.0, now - renewed_at)),
        "lease_expires_in_s": None if expires_at is None else rounded(expires_at - now),
        "takeover_earliest_at": moment(takeover.earliest_at) if takeover else None,
        "takeover_latest_at": moment(takeover.latest_at) if takeover else None,
        "checkpoint_sequence": checkpoint_sequence(partition),
        "checkpoint_age_s": rounded(max(0.0, now - read.blob.last_modified)) if read else None,
        "lag_events": partition.lag if partition else None,
        "lag_is_bound": partition.lag_is_bound if partition else None,
        "lost_events": partition.lost if partition else None,
        "behind_s": rounded(behind.seconds) if behind else None,
        "behind_basis": behind.basis.value if behind else None,
        "drain_s": rounded(partition.drain_s) if partition else None,
        "out_events_per_s": rounded(partition.out_per_s) if partition else None,
    }


def _consumers(snapshot: Snapshot, _: str) -> _Records:
    lags = ConsumerLags(snapshot)
    return {
        process_key(each.process.id): partial(_consumer, each, lags, snapshot)
        for each in snapshot.consumers
    }


def _consumer(consumer: ConsumerState, lags: ConsumerLags, snapshot: Snapshot) -> Record:
    process, lag = consumer.process, lags.of(consumer)
    host_now = snapshot.host_at(snapshot.taken_at)

    return {
        "pid": process.id.pid,
        "started_at": moment(process.id.started_at),
        "up_s": rounded(max(0.0, host_now - process.id.started_at)),
        "cpu_percent": rounded(process.cpu_percent),
        "memory_percent": rounded(process.memory_percent),
        "rss_bytes": process.rss_bytes,
        "threads": process.threads,
        "connections": process.connections,
        "role": consumer.role.value,
        "owner": safe(" ".join(consumer.owners)) or None,
        "owner_basis": consumer.link.basis.value if consumer.link else None,
        "owns": _places(consumer.owns),
        "lag_events": lag.events,
        "lag_is_partial": lag.is_partial,
        "name": safe(process.consumer_name) if process.consumer_name else None,
        "log": consumer.log.value if consumer.log else None,
        "status": safe(process.status),
        "command": safe(process.command),
    }


def _places(owned: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{safe(group)}/{safe(partition)}" for group, partition in owned)


def _findings(snapshot: Snapshot, group: str) -> _Records:
    say = Phrasing(snapshot, group=group)
    return {finding_key(each): partial(_finding, each, say) for each in snapshot.findings}


def _finding(finding: Finding, say: Phrasing) -> Record:
    return {
        "severity": finding.severity.value,
        "finding": safe(finding.id),
        **_subject(finding.subject),
        "partitions": safe(" ".join(partitions_of(finding))) or None,
        "since_at": moment(finding.since),
        "sentence": findings.sentence(finding, say),
        "advice": " ".join(findings.advice(finding, say)) or None,
    }


def _timeline(snapshot: Snapshot, group: str) -> _Records:
    say = Phrasing(snapshot, group=group)
    return {event_key(each): partial(_event, each, say) for each in snapshot.timeline}


def _event(event: TimelineEvent, say: Phrasing) -> Record:
    return {
        "number": event.number,
        "at": moment(event.at),
        "is_approximate": event.is_approximate,
        "kind": safe(event.kind),
        "finding": safe(event.finding.id) if event.finding else None,
        **_subject(event.subject),
        "sentence": timeline.sentence(event, say),
    }


def _subject(subject: Subject) -> Record:
    """Its group stands in the place of the one on the screen."""
    return {
        "group": safe(subject.group) if subject.group is not None else None,
        "partition": safe(subject.partition) if subject.partition is not None else None,
        "owner": safe(subject.owner) if subject.owner is not None else None,
        "pid": subject.pid,
        "source": safe(subject.source) if subject.source is not None else None,
    }


def _groups(snapshot: Snapshot, _: str) -> _Records:
    return {each.name: partial(_group, each) for each in snapshot.groups}


def _group(group: GroupState) -> Record:
    counts = {f"{health.value}_partitions": count for health, count in _counted(group)}
    return {
        "group": safe(group.name),
        "health": group.health.value,
        "partitions": len(group.partitions),
        "owners": sum(1 for owner in group.owners if owner.partitions),
        "lag_events": group.lag,
        "lag_is_partial": group.lag_is_partial,
        **counts,
    }


def _counted(group: GroupState) -> Iterable[tuple[Health, int]]:
    return ((health, group.counts.get(health, 0)) for health in Health)


_PANES: Mapping[str, Callable[[Snapshot, str], _Records]] = {
    "partitions": _partitions,
    "consumers": _consumers,
    "findings": _findings,
    "timeline": _timeline,
    "groups": _groups,
}
