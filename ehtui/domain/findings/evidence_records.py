"""Findings about records of the store and about progress: kinds, and what each rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ehtui.domain.evidence import Evidence
from ehtui.domain.findings import evidence
from ehtui.domain.findings.evidence import CRITICAL, INFO, WARNING, FindingKind
from ehtui.domain.snapshot import BehindBasis

if TYPE_CHECKING:
    from collections.abc import Mapping


class GroupBehind(Evidence, frozen=True):
    """A group that reads slower than events arrive."""

    lag: int
    partitions: tuple[str, ...]  # whose lag grows
    worst_partition: str
    worst_lag: int
    in_per_s: float | None  # into these partitions
    out_per_s: float | None  # out of them
    falling_per_s: float | None  # in − out
    behind_s: float | None  # the worst partition's lag in time
    behind_basis: BehindBasis | None  # BehindBasis


class HandlerStuck(Evidence, frozen=True):
    """A live owner, events waiting, and no progress."""

    owner: str
    # stopped (no checkpoint) or stalled (checkpoints that do not advance)
    rule: Literal["stopped", "stalled"]
    checkpoint_sequence: int | None
    checkpoint_at: float | None  # when it was last written
    cadence_s: float | None  # its usual gap between checkpoints
    waiting_s: float  # how long events have waited without progress
    lag: int | None
    in_per_s: float | None
    pid: int | None
    cpu_percent: float | None
    checkpoint_age_s: float | None = None  # at the moment of `waiting_s`; it may be older than that


class NeverCheckpointed(Evidence, frozen=True):
    """Partitions that are owned, with traffic, and never checkpointed."""

    partitions: tuple[str, ...]  # owned, with traffic, never checkpointed
    owners: tuple[str, ...]
    watched_s: float  # how long ehtui saw them owned without a checkpoint
    lag_bound: int | None  # at most so many events are unread
    arrived: int | None  # events that arrived in that time


class RetentionRisk(Evidence, frozen=True):
    """A checkpoint that retention catches up with."""

    checkpoint_sequence: int
    begin_sequence: int  # first retained event
    margin: int  # events between both
    begin_per_s: float  # how fast retention removes
    out_per_s: float
    loss_at: float  # when, at these rates, unread events are removed
    lag: int | None


class EventsLost(Evidence, frozen=True):
    """Events that retention removed before they were read."""

    lost: int  # events that retention removed unread, all partitions
    partitions: tuple[str, ...]
    checkpoint_sequence: int | None  # where it is one partition
    begin_sequence: int | None  # where it is one partition


class CheckpointAhead(Evidence, frozen=True):
    """Checkpoints beyond the stream."""

    partitions: tuple[str, ...]
    ahead: int  # the most
    checkpoint_sequence: int | None  # of the worst
    last_sequence: int | None  # of the worst
    checkpoint_at: float | None
    hub_created_at: float | None


class HubRecreated(Evidence, frozen=True):
    """Checkpoints that are older than the hub."""

    partitions: tuple[str, ...]  # whose checkpoint is of the hub before
    hub_created_at: float
    checkpoint_at: float  # when the newest of them was written
    tolerance_s: float  # by which the clocks of both services may differ
    checkpoint_sequence: int | None  # of the newest
    last_sequence: int | None  # of the same partition, as it is now
    ahead: int | None  # the most by which one lies beyond the new stream


class OldOffsets(Evidence, frozen=True):
    """Checkpoints whose offsets a geo-replicated hub refuses after a promotion."""

    partitions: tuple[str, ...]
    georeplication_factor: int | None
    sdks: tuple[str, ...]  # of their owners, as far as something tells: python, dotnet …
    without_offset: int  # of them that have a sequence number alone
    checkpoint_at: float  # when the newest of them was written


class CheckpointRewound(Evidence, frozen=True):
    """Checkpoints that went back."""

    partitions: tuple[str, ...]
    from_sequence: int  # of the one that went back furthest
    to_sequence: int
    replayed: int  # events that are read again, all partitions
    rewound_at: float
    owner: str | None  # who held that one


class TwoNames(Evidence, frozen=True):
    """A group that is written under several names."""

    spellings: tuple[str, ...]  # namespace/hub/group as written
    differs: str  # case, port, host (an alias), several joined by +
    live_spellings: int  # how many of them have a live owner


class RecordsElsewhere(Evidence, frozen=True):
    """Records of the same hub and group under another name of the namespace."""

    namespace: str  # as it is configured
    other_names: tuple[str, ...]  # as written, the likeliest first
    groups: tuple[str, ...]  # that they have and ours has not, or not alive
    container: str
    owners: int  # owner ids that the first of them names
    is_live: bool  # whether one of those renewed within an expiry
    written_at: float | None  # when anything was last written there
    has_own_records: bool  # whether the group has records under our name, without owners
    is_one_machine: bool  # both are loopback names


class MixedHazard(Evidence, frozen=True):
    """Records that another reader of the group cannot see, or fails on."""

    # no_sequence (checkpoints without a sequence number: Python readers fail on them) or
    # two_layouts (live owners in layouts that do not see each other)
    reason: Literal["no_sequence", "two_layouts"]
    layouts: tuple[str, ...]
    partitions: tuple[str, ...]


class StrayRecords(Evidence, frozen=True):
    """Records of partitions that the hub does not have."""

    partitions: tuple[str, ...]  # that the hub does not have
    partition_count: int  # that it has
    owners: tuple[str, ...]  # who hold leases of them that are renewed
    written_at: float | None  # when the newest of these records was written


class UnreadableBlobs(Evidence, frozen=True):
    """Blobs of one group that stand where a record should and can't be read as one."""

    count: int  # 0: it is a container as a whole that cannot be read, or not all of it
    partitions: tuple[str, ...]  # that they are of
    kind: str | None  # ownership, checkpoint or lease (both in one), where all are of one kind
    names: tuple[str, ...]  # container/name, or the container, the first five
    reason: str  # of the first


class HotPartition(Evidence, frozen=True):
    """A partition that gets most of the input."""

    in_per_s: float
    others_per_s: float  # mean of the other partitions
    share: float  # of all input, 0–1


GROUP_BEHIND = FindingKind("group.behind", (WARNING,), GroupBehind)
PARTITION_HOT = FindingKind("partition.hot", (INFO,), HotPartition)
# Warning while its usual cadence is unknown.
HANDLER_STUCK = FindingKind("handler.stuck", (WARNING, CRITICAL), HandlerStuck)
CHECKPOINT_NEVER = FindingKind("checkpoint.never", (WARNING,), NeverCheckpointed)
# Critical within the hour.
RETENTION_RISK = FindingKind("retention.risk", (WARNING, CRITICAL), RetentionRisk)
EVENTS_LOST = FindingKind("events.lost", (CRITICAL,), EventsLost)
CHECKPOINT_AHEAD = FindingKind("checkpoint.ahead", (CRITICAL,), CheckpointAhead)
# Info in a group that nobody uses.
HUB_RECREATED = FindingKind("hub.recreated", (INFO, CRITICAL), HubRecreated)
CHECKPOINT_OLD_OFFSET = FindingKind("checkpoint.old_offset", (INFO, WARNING), OldOffsets)
CHECKPOINT_REWOUND = FindingKind("checkpoint.rewound", (WARNING,), CheckpointRewound)
STORE_TWO_NAMES = FindingKind("store.two_names", (WARNING,), TwoNames)
# Info while it may only not have started yet, and where our name has records, too.
STORE_OTHER_NAME = FindingKind("store.other_name", (INFO, WARNING), RecordsElsewhere)
STORE_MIXED_HAZARD = FindingKind("store.mixed_hazard", (WARNING,), MixedHazard)
# Info: left over. Warning: somebody renews them.
STORE_STRAY_RECORDS = FindingKind("store.stray_records", (INFO, WARNING), StrayRecords)
# The group and the partition are named while it is about exactly one.
STORE_UNREADABLE_BLOB = FindingKind("store.unreadable_blob", (WARNING,), UnreadableBlobs)

FINDINGS: Mapping[str, FindingKind[Any]] = {
    kind.id: kind
    for kind in (*vars(evidence).values(), *evidence.LOG_COMPLAINTS.values(), *globals().values())
    if isinstance(kind, FindingKind)
}
