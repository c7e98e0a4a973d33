"""A consumer group in the status document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.proofs import Proofs
from ehtui.domain.snapshot import GroupPartition, GroupState, Health, Lease, OwnerState, Snapshot
from ehtui.domain.text import safe
from ehtui.views.status_values import Json, Value, moment, rounded

if TYPE_CHECKING:
    from ehtui.domain.lag import Counted
    from ehtui.domain.plans import TakeoverWindow
    from ehtui.domain.store import Checkpoint, UnreadableBlob


def group_document(group: GroupState, snapshot: Snapshot) -> Json:
    """One group with its partitions and owners."""
    now = snapshot.server_now
    proofs = Proofs(snapshot, group)

    return {
        "name": safe(group.name),
        "health": group.health.value,
        "counts": {health.value: group.counts.get(health, 0) for health in Health},
        "lag": group.lag,
        "lag_is_partial": group.lag_is_partial,
        "partitions": [_partition(partition, now, proofs) for partition in group.partitions],
        "owners": [_owner(owner) for owner in group.owners],
        "spellings": [safe(spelling) for spelling in group.spellings],
        "strays": [_partition(partition, now, proofs) for partition in group.strays],
    }


def _partition(partition: GroupPartition, now: float, proofs: Proofs) -> Json:
    behind, proven = partition.behind, proofs.of(partition)

    return {
        "id": safe(partition.id),
        "health": partition.health.value,
        "rule": safe(partition.rule),
        "window": list(partition.window),
        "owner": safe(partition.lease.owner) if partition.lease.owner else None,
        "lease": _lease(partition.lease, now),
        "checkpoint": _checkpoint(partition.checkpoint, now),
        "proves": proven.proof.value if proven.proof else None,
        "written_by": proven.writer.value if proven.writer else None,
        "lag": partition.lag,
        "lag_is_bound": partition.lag_is_bound,
        "lag_reason": safe(partition.lag_reason) if partition.lag_reason else None,
        "lag_counts": _counted(partition.counted),
        "lost": partition.lost,
        "ahead": partition.ahead,
        "behind_s": rounded(behind.seconds) if behind else None,
        "behind_basis": behind.basis.value if behind else None,
        "out_per_s": rounded(partition.out_per_s),
        "drain_s": rounded(partition.drain_s),
        "layout": partition.layout.value if partition.layout else None,
        "unreadable": [_unreadable(blob) for blob in partition.unreadable],
        "takeover": _takeover(partition.takeover),
    }


def _counted(counted: Counted | None) -> Value:
    return None if counted is None else counted._asdict()


def _lease(lease: Lease, now: float) -> Json:
    return {
        "state": lease.state.value,
        "age_s": _since(lease.renewed_at, now),
        "expires_in_s": rounded(lease.expires_at - now) if lease.expires_at is not None else None,
        "renewed_every_s": rounded(lease.renewed_every_s),
        "period_basis": lease.period_basis.value if lease.period_basis else None,
        "expires_after_s": rounded(lease.expires_after_s),
        "basis": lease.basis.value if lease.basis else None,
        "claimed_at": moment(lease.claimed_at),
        "etag": safe(lease.etag) if lease.etag else None,
        "last_modified": moment(lease.last_modified),
        "blob": safe(lease.blob) if lease.blob else None,
        "remark": safe(lease.remark) if lease.remark else None,
    }


def _unreadable(blob: UnreadableBlob) -> Json:
    return {
        "kind": blob.kind.value if blob.kind else None,
        "blob": safe(f"{blob.container}/{blob.name}"),
        "reason": safe(blob.reason),
        "last_modified": moment(blob.written_at),
    }


def _checkpoint(checkpoint: Checkpoint | None, now: float) -> Value:
    if checkpoint is None:
        return None

    return {
        "sequence": checkpoint.sequence,
        "offset": safe(checkpoint.offset) if checkpoint.offset is not None else None,
        "age_s": _since(checkpoint.blob.last_modified, now),
        "last_modified": moment(checkpoint.blob.last_modified),
        "etag": safe(checkpoint.blob.etag),
        "blob": safe(f"{checkpoint.blob.container}/{checkpoint.blob.name}"),
        "remark": safe(checkpoint.remark) if checkpoint.remark else None,
    }


def _takeover(window: TakeoverWindow | None) -> Value:
    if window is None:
        return None

    return {
        "earliest_at": moment(window.earliest_at),
        "latest_at": moment(window.latest_at),
        "basis": safe(window.basis),
        "is_guess": window.is_guess,
    }


def _owner(owner: OwnerState) -> Json:
    return {
        "id": safe(owner.id),
        "partitions": [safe(partition) for partition in owner.partitions],
        "pid": owner.link.process.pid if owner.link else None,
        "evidence": safe(owner.link.evidence) if owner.link else None,
        "renewed_every_s": rounded(owner.renewed_every_s),
    }


def _since(at: float | None, now: float) -> float | None:
    """An age; the store's stamps have whole seconds, so that a fresh one can lie ahead."""
    return None if at is None else rounded(max(0.0, now - at))
