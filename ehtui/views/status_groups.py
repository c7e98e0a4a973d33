"""A consumer group in the status document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.progress.proofs import Proof, Proofs, Writer
from ehtui.domain.snapshot import (
    BehindBasis,
    GroupPartition,
    GroupState,
    Health,
    Lease,
    LeaseState,
    OwnerState,
    Snapshot,
)
from ehtui.domain.text import safe
from ehtui.domain.world.store import Layout, RecordKind
from ehtui.views.costs import (
    DeploymentDocument,
    LastTakeoverDocument,
    deployment_document,
    takeover_document,
)
from ehtui.views.status_values import (
    LATER,
    Amount,
    Count,
    Moment,
    Rule,
    SequenceNumber,
    moment,
    rounded,
)

if TYPE_CHECKING:
    from ehtui.domain.costs import Ledger
    from ehtui.domain.evidence import TakeoverWindow
    from ehtui.domain.snapshot import Counted
    from ehtui.domain.world.store import Checkpoint, UnreadableBlob


class LeaseDocument(TypedDict):
    """An ownership record and its age, in server time."""

    state: Annotated[
        LeaseState,
        "held: renewed in time. overdue: renewals stopped, not yet expired. expired: anybody may "
        "take it. released: given up cleanly. never_owned: no record. unreadable: a record, and "
        "nobody can tell whose.",
    ]
    age_s: Annotated[Amount | None, "Since the last renewal."]
    expires_in_s: Annotated[float | None, "Until it expires; negative since it has."]
    renewed_every_s: Annotated[Amount | None, "Usual period of renewal."]
    period_basis: Annotated[TimingBasis | None, "What that period rests on."]
    expires_after_s: Annotated[Amount | None, "Expiry that this judgement uses."]
    basis: Annotated[TimingBasis | None, "What that expiry rests on."]
    claimed_at: Annotated[Moment | None, "When this owner was first seen holding it."]
    etag: Annotated[str | None, "ETag of the ownership blob."]
    last_modified: Annotated[Moment | None, "Last-Modified of the ownership blob."]
    blob: Annotated[str | None, "Name of the ownership blob."]
    remark: Annotated[str | None, "What is odd about the record."]


class CheckpointDocument(TypedDict):
    """A checkpoint as it was written."""

    sequence: Annotated[
        int | None, "Sequence number of the last event that it stands for; see proves."
    ]
    offset: Annotated[str | None, "Its offset: opaque."]
    age_s: Annotated[Amount | None, "Since it was written."]
    last_modified: Annotated[Moment | None, "Last-Modified of the checkpoint blob."]
    etag: Annotated[str, "ETag of the checkpoint blob."]
    blob: Annotated[str, "container/name."]
    remark: Annotated[str | None, "What is odd about the record."]


class UnreadableDocument(TypedDict):
    """A blob that stands where a record should and cannot be read as one."""

    kind: Annotated[RecordKind | None, "What cannot be read; lease is both in one."]
    blob: Annotated[str, "container/name."]
    reason: Annotated[str, "Why not."]
    last_modified: Annotated[Moment | None, "Last-Modified of the blob."]


class TakeoverDocument(TypedDict):
    """When somebody else can own it."""

    earliest_at: Annotated[Moment | None, "At the earliest; null where nobody can."]
    latest_at: Annotated[
        Moment | None, "At the latest; null where nobody can, or where nothing bounds it."
    ]
    basis: Annotated[
        str, "What the forecast rests on: python-180/30 is that SDK's expiry and round."
    ]
    is_guess: Annotated[
        bool,
        "Whether it is a guess: the expiry is not configured, was not seen, and is not an SDK's "
        "default.",
        LATER,
    ]


class LagCountsDocument(TypedDict):
    """The two numbers that a lag is the difference of."""

    last_sequence: Annotated[SequenceNumber, "The last event that is counted."]
    checkpoint_sequence: Annotated[
        int | None,
        "The checkpoint that is counted from; null without one: what is retained is counted.",
    ]


class GroupPartitionDocument(TypedDict):
    """A partition as the group sees it."""

    id: Annotated[str, "Partition id."]
    health: Annotated[
        Health,
        "ok: read and keeping up. behind: lag does not shrink. rewound: the checkpoint went back. "
        "overdue: its owner stopped renewing its lease. ahead: the checkpoint is beyond the "
        "stream. stalled: checkpoints that do not advance. stopped: events wait, no checkpoint. "
        "unowned: no live lease.",
    ]
    rule: Annotated[str, "The rule that judged it."]
    window: Annotated[
        list[Count],
        "Checkpoints seen, and how many a judgement needs.",
        Rule("minItems", 2),
        Rule("maxItems", 2),
    ]
    owner: Annotated[str | None, "Who holds the lease, or held it when it lapsed."]
    lease: LeaseDocument
    checkpoint: Annotated[CheckpointDocument | None, "The checkpoint; null where there is none."]
    proves: Annotated[
        Proof | None,
        "What its checkpoint says of the events before it. processed: the handler wrote it. "
        "handed_over: they were given to the application. regardless: so too, whether it "
        "succeeded or failed: a lag of 0 is not done. null: nothing tells.",
    ]
    written_by: Annotated[
        Writer | None, "Who writes its checkpoints; host is an event processor host."
    ]
    lag: Annotated[Count | None, "Events after the checkpoint that can still be read."]
    lag_is_bound: Annotated[bool, "Never checkpointed: lag is at most so much."]
    lag_reason: Annotated[
        str | None,
        "Why a checkpoint tells no lag, such as checkpoint-predates-hub: the hub was recreated "
        "after it was written.",
    ]
    lag_counts: Annotated[
        LagCountsDocument | None,
        "What `lag` is the difference of, less `lost`: both as they stood at one moment; null "
        "where lag is unknown.",
    ]
    lost: Annotated[Count | None, "Events that retention removed unread."]
    ahead: Annotated[Count | None, "By how much the checkpoint is beyond the last event."]
    behind_s: Annotated[Amount | None, "Lag in time."]
    behind_basis: Annotated[
        BehindBasis | None,
        "measured: nothing to read. interpolated: between two readings. at_least: older than the "
        "history. exact: read from the event.",
    ]
    out_per_s: Annotated[Amount | None, "Events a second that checkpoints pass."]
    drain_s: Annotated[
        Amount | None, "Until the lag is gone, at today's rates; null when it does not shrink."
    ]
    layout: Annotated[Layout | None, "Format of its records."]
    unreadable: Annotated[
        list[UnreadableDocument],
        "Records of it that cannot be read; what they say is unknown.",
    ]
    takeover: Annotated[TakeoverDocument | None, "Forecast while nobody live holds it."]
    last_takeover: Annotated[
        LastTakeoverDocument | None,
        "The last one that was seen, and its cost; null where none was.",
        LATER,
    ]


class OwnerDocument(TypedDict):
    """An owner id, and its process where that is known."""

    id: Annotated[str, "Owner id, whole."]
    partitions: Annotated[list[str], "Held with a live lease."]
    pid: Annotated[int | None, "Its process on this host."]
    evidence: Annotated[str | None, "What ties the process to the owner id."]
    renewed_every_s: Annotated[Amount | None, "Usual period of renewal."]


class GroupDocument(TypedDict):
    """A consumer group."""

    name: Annotated[str, "As configured or, else, as first written."]
    health: Annotated[Health, "The worst of its partitions."]
    counts: Annotated[dict[Health, Count], "Partitions by health."]
    lag: Annotated[Count | None, "Sum of what is known."]
    lag_is_partial: Annotated[bool, "Whether the lag of some partition is unknown."]
    partitions: Annotated[list[GroupPartitionDocument], "In natural order."]
    owners: Annotated[list[OwnerDocument], "Owner ids that the store knows."]
    spellings: Annotated[list[str], "namespace/hub/group as written in the store."]
    strays: Annotated[
        list[GroupPartitionDocument], "Records of partitions that the hub does not have."
    ]
    deployments: Annotated[
        list[DeploymentDocument],
        "What takeovers cost that followed each other closely, oldest first.",
        LATER,
    ]


def group_document(group: GroupState, snapshot: Snapshot) -> GroupDocument:
    """One group with its partitions and owners."""
    now = snapshot.server_now
    proofs, ledger = Proofs(snapshot, group), group.ledger
    return {
        "name": safe(group.name),
        "health": group.health,
        "counts": {health: group.counts.get(health, 0) for health in Health},
        "lag": group.lag,
        "lag_is_partial": group.lag_is_partial,
        "partitions": [_partition(p, now, proofs, ledger) for p in group.partitions],
        "owners": [_owner(owner) for owner in group.owners],
        "spellings": [safe(spelling) for spelling in group.spellings],
        "strays": [_partition(p, now, proofs, ledger) for p in group.strays],
        "deployments": [deployment_document(each) for each in ledger.deployments],
    }


def _partition(
    partition: GroupPartition, now: float, proofs: Proofs, ledger: Ledger
) -> GroupPartitionDocument:
    behind, proven = partition.behind, proofs.of(partition)

    return {
        "id": safe(partition.id),
        "health": partition.health,
        "rule": safe(partition.rule),
        "window": list(partition.window),
        "owner": safe(partition.lease.owner) if partition.lease.owner else None,
        "lease": _lease(partition.lease, now),
        "checkpoint": _checkpoint(partition.checkpoint, now),
        "proves": proven.proof,
        "written_by": proven.writer,
        "lag": partition.lag,
        "lag_is_bound": partition.lag_is_bound,
        "lag_reason": safe(partition.lag_reason) if partition.lag_reason else None,
        "lag_counts": _counted(partition.counted),
        "lost": partition.lost,
        "ahead": partition.ahead,
        "behind_s": rounded(behind.seconds) if behind else None,
        "behind_basis": behind.basis if behind else None,
        "out_per_s": rounded(partition.out_per_s),
        "drain_s": rounded(partition.drain_s),
        "layout": partition.layout,
        "unreadable": [_unreadable(blob) for blob in partition.unreadable],
        "takeover": _takeover(partition.takeover),
        "last_takeover": takeover_document(ledger.latest.get(partition.id)),
    }


def _counted(counted: Counted | None) -> LagCountsDocument | None:
    if counted is None:
        return None

    return {
        "last_sequence": counted.last_sequence,
        "checkpoint_sequence": counted.checkpoint_sequence,
    }


def _lease(lease: Lease, now: float) -> LeaseDocument:
    return {
        "state": lease.state,
        "age_s": _since(lease.renewed_at, now),
        "expires_in_s": rounded(lease.expires_at - now) if lease.expires_at is not None else None,
        "renewed_every_s": rounded(lease.renewed_every_s),
        "period_basis": lease.period_basis,
        "expires_after_s": rounded(lease.expires_after_s),
        "basis": lease.basis,
        "claimed_at": moment(lease.claimed_at),
        "etag": safe(lease.etag) if lease.etag else None,
        "last_modified": moment(lease.last_modified),
        "blob": safe(lease.blob) if lease.blob else None,
        "remark": safe(lease.remark) if lease.remark else None,
    }


def _unreadable(blob: UnreadableBlob) -> UnreadableDocument:
    return {
        "kind": blob.kind,
        "blob": safe(f"{blob.container}/{blob.name}"),
        "reason": safe(blob.reason),
        "last_modified": moment(blob.written_at),
    }


def _checkpoint(checkpoint: Checkpoint | None, now: float) -> CheckpointDocument | None:
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


def _takeover(window: TakeoverWindow | None) -> TakeoverDocument | None:
    if window is None:
        return None

    return {
        "earliest_at": moment(window.earliest_at),
        "latest_at": moment(window.latest_at),
        "basis": safe(window.basis),
        "is_guess": window.is_guess,
    }


def _owner(owner: OwnerState) -> OwnerDocument:
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
