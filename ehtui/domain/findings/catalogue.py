"""Every finding: id, severities and the class of its evidence. Views write their words for it.

Where a finding is about several partitions, `subject.partition` is set only while it is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ehtui.domain.evidence import Evidence
from ehtui.domain.findings.evidence import (
    Churn,
    CrashLoop,
    Down,
    HostClockSkew,
    HotPartition,
    HubClockAhead,
    Imbalance,
    LeaseLapse,
    LeasesTooShort,
    LogComplaint,
    Newcomer,
    NoConsumers,
    PartitionsUnowned,
    PingPong,
    SingleHost,
    SourceLimit,
    SourceTrouble,
    StandingBy,
    Starving,
    StillRunning,
    StoreClockJump,
)
from ehtui.domain.findings.evidence_records import (
    CheckpointAhead,
    CheckpointRewound,
    EventsLost,
    GroupBehind,
    HandlerStuck,
    HubRecreated,
    MixedHazard,
    NeverCheckpointed,
    NotVisible,
    OldOffsets,
    RecordsElsewhere,
    RetentionRisk,
    StrayRecords,
    TwoNames,
    UnreadableBlobs,
)
from ehtui.domain.snapshot import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


E = TypeVar("E", bound=Evidence)
INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL


@dataclass(frozen=True, slots=True)
class FindingKind(Generic[E]):
    """What a finding of this id says of itself."""

    id: str
    severities: tuple[Severity, ...]
    evidence: type[E]


# Released or never owned. Info within the grace of one expiry, then warning; critical when
# it lasts beyond it while events wait.
PARTITION_UNOWNED = FindingKind("partition.unowned", (INFO, WARNING, CRITICAL), PartitionsUnowned)
# Not renewed in time; or its process was seen to end, and a later look still finds its name.
LEASE_OVERDUE = FindingKind("lease.overdue", (WARNING,), LeaseLapse)
LEASE_EXPIRED = FindingKind("lease.expired", (CRITICAL,), LeaseLapse)
CONSUMER_STANDBY = FindingKind("consumer.standby", (INFO,), StandingBy)
CONSUMER_STARVED = FindingKind("consumer.starved", (WARNING,), Starving)
GROUP_IMBALANCED = FindingKind("group.imbalanced", (WARNING,), Imbalance)
GROUP_CHURN = FindingKind("group.churn", (WARNING,), Churn)
# An expiry shorter than the interval: each calls the others' leases expired, every round.
GROUP_LEASES_TOO_SHORT = FindingKind("group.leases_too_short", (WARNING,), LeasesTooShort)
PARTITION_PINGPONG = FindingKind("partition.pingpong", (WARNING,), PingPong)
GROUP_BEHIND = FindingKind("group.behind", (WARNING,), GroupBehind)
CLOCK_SKEW = FindingKind("clock.skew", (WARNING,), HostClockSkew)
# Judged by none of it: leases, lag and health go on by the time that passed here.
CLOCK_STORE_JUMPED = FindingKind("clock.store_jumped", (WARNING,), StoreClockJump)
CLOCK_HUB = FindingKind("clock.hub", (WARNING,), HubClockAhead)
OWNER_CRASH_LOOP = FindingKind("owner.crash_loop", (CRITICAL,), CrashLoop)
# Critical where it is the configured group and events wait; info for others long dead.
GROUP_NO_CONSUMERS = FindingKind("group.no_consumers", (INFO, WARNING, CRITICAL), NoConsumers)
PARTITION_HOT = FindingKind("partition.hot", (INFO,), HotPartition)
# Only on a hub marked production: everywhere else one host is the normal case.
GROUP_SINGLE_HOST = FindingKind("group.single_host", (INFO,), SingleHost)
# Warning: a local one takes live partitions of a production hub.
GROUP_NEWCOMER = FindingKind("group.newcomer", (INFO, WARNING), Newcomer)
# Stopped by ehtui to be restarted, and not running.
CONSUMER_DOWN = FindingKind("consumer.down", (CRITICAL,), Down)
RESTART_SLOW = FindingKind("restart.slow", (WARNING,), StillRunning)
# Whoever carried it out was ended: it was asked to end, and nobody starts it then.
RESTART_ABANDONED = FindingKind("restart.abandoned", (WARNING,), StillRunning)
# It answers, and gives less than it could: an odd answer, a slower way.
SOURCE_LIMITED = FindingKind("source.limited", (WARNING,), SourceLimit)
SOURCE_UNREADABLE = FindingKind("source.unreadable", (WARNING, CRITICAL), SourceTrouble)
SOURCE_THROTTLED = FindingKind("source.throttled", (WARNING,), SourceTrouble)
SOURCE_UNAUTHORISED = FindingKind("source.unauthorised", (CRITICAL,), SourceTrouble)
LOG_CLAIM_FAILED = FindingKind("log.claim_failed", (WARNING,), LogComplaint)
# Taken away though the store shows nobody who took it: a second store, or no store at all.
LOG_OWNERSHIP_LOST = FindingKind("log.ownership_lost", (WARNING,), LogComplaint)
LOG_LINK_STOLEN = FindingKind("log.link_stolen", (WARNING,), LogComplaint)
LOG_RECEIVER_QUOTA = FindingKind("log.receiver_quota", (WARNING,), LogComplaint)
LOG_CHECKPOINT_FAILED = FindingKind("log.checkpoint_failed", (WARNING,), LogComplaint)
LOG_BALANCING_FAILED = FindingKind("log.balancing_failed", (WARNING,), LogComplaint)
LOG_RECEIVE_FAILED = FindingKind("log.receive_failed", (WARNING,), LogComplaint)
# What the service refuses: nothing that ehtui sees of hub and store shows it.
LOG_THROTTLED = FindingKind("log.throttled", (WARNING,), LogComplaint)
LOG_ENTITY_DISABLED = FindingKind("log.entity_disabled", (CRITICAL,), LogComplaint)
LOG_OFFSET_REFUSED = FindingKind("log.offset_refused", (WARNING,), LogComplaint)
LOG_AUTHORISATION_LOST = FindingKind("log.authorisation_lost", (CRITICAL,), LogComplaint)
LOG_OWNER_LEVEL_REFUSED = FindingKind("log.owner_level_refused", (WARNING,), LogComplaint)
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
# Info without a store, warning with one that knows nothing of the group.
STORE_NOT_VISIBLE = FindingKind("store.not_visible", (INFO, WARNING), NotVisible)

FINDINGS: Mapping[str, FindingKind[Any]] = {
    kind.id: kind for kind in tuple(globals().values()) if isinstance(kind, FindingKind)
}
