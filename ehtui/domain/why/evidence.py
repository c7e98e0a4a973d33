"""Every check of Why?: its kind and the class of its evidence. Views write their words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic

from ehtui.domain.evidence import E, Evidence, Takeover, TakeoverTimes
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.problems import ProblemKind
from ehtui.domain.progress.proofs import Proof, Writer
from ehtui.domain.snapshot import BehindBasis, Health, LeaseState, SourceStatus
from ehtui.domain.values import Value
from ehtui.domain.world.process import LinkBasis, RecognisedBy, Traffic
from ehtui.domain.world.store import Layout

if TYPE_CHECKING:
    from collections.abc import Mapping


class CheckKind(Value, Generic[E], frozen=True):
    """One question, and what its answer rests on."""

    id: str
    evidence: type[E]


class SourceAnswer(Evidence, frozen=True):
    """How a source was read."""

    status: SourceStatus
    read_at: float | None  # last success
    problem_kind: ProblemKind | None
    summary: str | None


class PartitionName(Evidence, frozen=True):
    """A partition that is asked about."""

    partition: str
    partition_count: int | None  # of the hub


class RetainedEvents(Evidence, frozen=True):
    """What a partition holds."""

    begin_sequence: int | None
    last_sequence: int | None
    last_enqueued_at: float | None
    in_per_s: float | None


class Holder(Evidence, frozen=True):
    """Who holds a partition, or who can take it."""

    state: LeaseState
    owner: str | None  # who holds it, or held it last
    claimed_at: float | None
    live_owners: int  # of the group
    takeover: Takeover


class LeaseRenewals(Evidence, frozen=True):
    """How a lease is renewed."""

    owner: str | None
    state: LeaseState
    renewed_at: float | None
    renewed_every_s: float | None
    period_basis: TimingBasis | None
    expires_at: float | None
    expires_after_s: float | None
    expiry_basis: TimingBasis | None


class OwnersProcess(Evidence, frozen=True):
    """The process of this host that an owner is."""

    owner: str | None
    pid: int | None
    basis: LinkBasis | None
    evidence: str | None  # the log line or reason


class OwnerChanges(Evidence, frozen=True):
    """What shakes the ownership."""

    finding: str | None  # its id
    changes: int | None


class WrittenCheckpoint(Evidence, frozen=True):
    """A checkpoint, as far as there is one."""

    sequence: int | None
    written_at: float | None
    layout: Layout | None
    owned_since_at: float | None  # None: before ehtui looked
    is_of_owner: bool | None  # written since its owner of today claimed it
    unreadable: str | None  # why the one that is there cannot be read


class CheckpointPlace(Evidence, frozen=True):
    """A checkpoint against what the hub holds."""

    sequence: int | None
    begin_sequence: int | None
    last_sequence: int | None
    lost: int | None
    ahead: int | None
    lag_reason: str | None  # code of rules: why its number tells no lag


class CheckpointProof(Evidence, frozen=True):
    """What a checkpoint vouches for."""

    proof: Proof | None
    writer: Writer | None


class Progress(Evidence, frozen=True):
    """Whether checkpoints advance."""

    health: Health
    rule: str  # the rule that fired
    commits: int  # seen of the window
    window: int
    lag: int | None


class PartitionPace(Evidence, frozen=True):
    """How fast a partition is read."""

    lag: int | None
    in_per_s: float | None
    out_per_s: float | None
    drain_s: float | None
    behind_s: float | None
    behind_basis: BehindBasis | None


class RunningProcess(Evidence, frozen=True):
    """A process of this host."""

    pid: int
    status: str | None
    started_at: float | None  # this host's clock


class ConsumerSigns(Evidence, frozen=True):
    """What tells that a process is a consumer."""

    pid: int
    recognised_by: RecognisedBy
    connections: int | None  # to the namespace
    command: str
    traffic: Traffic | None  # over these connections
    named_hubs: tuple[str, ...]  # that its settings name
    web_connections: int = 0  # of `connections`: to port 443, where others answer, too


class ProcessOwns(Evidence, frozen=True):
    """What a process owns."""

    pid: int
    owner: str | None
    partitions: tuple[str, ...]  # group/partition


class OwnerLog(Evidence, frozen=True):
    """The log that could name a process's owner id."""

    pid: int
    log: str | None  # its path
    runtime: str | None  # python, js, java, dotnet
    is_shared: bool  # it names owner ids, and several processes may have written them


class Places(Evidence, frozen=True):
    """Partitions against owners."""

    partition_count: int | None
    live_owners: int | None  # others with a live lease; None: it may be one of them
    strangers: int  # owners whose process is not known: any of them may be it
    expected_min: int | None  # partitions that each would have


class FreePartitions(Evidence, frozen=True):
    """What an idle consumer can take."""

    free: tuple[str, ...]  # nobody holds them
    lapsing: tuple[str, ...]  # their lease runs out
    strangers: int  # owners whose process is not known: any of them may be it
    takeover: TakeoverTimes  # of the first


class ClaimComplaints(Evidence, frozen=True):
    """What an idle consumer's log says of claims."""

    finding: str | None  # id of the finding that counts them
    not_claimed: int | None


class OwnerHolds(Evidence, frozen=True):
    """What an owner holds."""

    owner: str
    partitions: tuple[str, ...]  # group/partition, live leases


class GroupRecords(Evidence, frozen=True):
    """Whether the store knows a group."""

    group: str
    spellings: tuple[str, ...]
    other_groups: tuple[str, ...]


class GroupNames(Evidence, frozen=True):
    """Under which names a group is written."""

    spellings: tuple[str, ...]


class GroupOwners(Evidence, frozen=True):
    """Who is alive in a group."""

    owners: tuple[str, ...]
    partition_count: int


class GroupCover(Evidence, frozen=True):
    """Which partitions nobody holds."""

    partition_count: int
    uncovered: tuple[str, ...]


class GroupBalance(Evidence, frozen=True):
    """How partitions are shared out."""

    most: int | None
    least: int | None
    owners: int


class GroupProgress(Evidence, frozen=True):
    """Whether a group gets on."""

    health: Health
    worst_partition: str | None
    lag: int | None
    stuck: tuple[str, ...]  # partitions without progress


class GroupPace(Evidence, frozen=True):
    """How fast a group reads."""

    behind: tuple[str, ...]  # partitions that are read slower than events arrive
    lag: int | None  # of those that are read, as is what follows
    in_per_s: float | None
    out_per_s: float | None
    drain_s: float | None  # until the last has caught up; None: one never does, or none lags


# Can it be judged at all?
HUB_ANSWERS = CheckKind("hub.answers", SourceAnswer)
STORE_ANSWERS = CheckKind("store.answers", SourceAnswer)
# A partition, in the order in which an event would meet them.
PARTITION_EXISTS = CheckKind("partition.exists", PartitionName)
PARTITION_HAS_EVENTS = CheckKind("partition.has_events", RetainedEvents)
PARTITION_IS_OWNED = CheckKind("partition.is_owned", Holder)
LEASE_IS_RENEWED = CheckKind("lease.is_renewed", LeaseRenewals)
OWNER_IS_KNOWN = CheckKind("owner.is_known", OwnersProcess)
OWNERSHIP_IS_STABLE = CheckKind("ownership.is_stable", OwnerChanges)
CHECKPOINT_EXISTS = CheckKind("checkpoint.exists", WrittenCheckpoint)
CHECKPOINT_IS_WITHIN = CheckKind("checkpoint.is_within", CheckpointPlace)
CHECKPOINT_PROVES = CheckKind("checkpoint.proves", CheckpointProof)
PROGRESS_MOVES = CheckKind("progress.moves", Progress)
PROGRESS_KEEPS_UP = CheckKind("progress.keeps_up", PartitionPace)
# A process of this host.
PROCESS_IS_ALIVE = CheckKind("process.is_alive", RunningProcess)
PROCESS_IS_CONSUMER = CheckKind("process.is_consumer", ConsumerSigns)
PROCESS_OWNS = CheckKind("process.owns", ProcessOwns)
LOG_NAMES_OWNER = CheckKind("log.names_owner", OwnerLog)
PARTITIONS_SUFFICE = CheckKind("partitions.suffice", Places)
PARTITIONS_ARE_FREE = CheckKind("partitions.are_free", FreePartitions)
LOG_IS_CLEAN = CheckKind("log.is_clean", ClaimComplaints)
# An owner.
OWNER_HOLDS = CheckKind("owner.holds", OwnerHolds)
# A group.
GROUP_HAS_RECORDS = CheckKind("group.has_records", GroupRecords)
GROUP_HAS_ONE_NAME = CheckKind("group.has_one_name", GroupNames)
GROUP_HAS_OWNERS = CheckKind("group.has_owners", GroupOwners)
GROUP_IS_COVERED = CheckKind("group.is_covered", GroupCover)
GROUP_IS_BALANCED = CheckKind("group.is_balanced", GroupBalance)
GROUP_MOVES = CheckKind("group.moves", GroupProgress)
GROUP_KEEPS_UP = CheckKind("group.keeps_up", GroupPace)

CHECKS: Mapping[str, CheckKind[Any]] = {
    kind.id: kind for kind in tuple(globals().values()) if isinstance(kind, CheckKind)
}
