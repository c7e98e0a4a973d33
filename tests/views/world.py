"""Small domain values for tests of words: a hub of three partitions, one of them in trouble."""

from __future__ import annotations

from typing import Any

from ehtui.domain.evidence import FlatFacts
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import (
    Behind,
    BehindBasis,
    ConsumerRole,
    ConsumerState,
    Finding,
    GroupPartition,
    GroupState,
    Health,
    Lease,
    LeaseState,
    OwnerState,
    PartitionState,
    Severity,
    Snapshot,
    SourceState,
    SourceStatus,
    Subject,
    TimelineEvent,
)
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.domain.world.process import LinkBasis, OwnerLink, ProcessId, ProcessSample, RecognisedBy
from ehtui.domain.world.store import BlobIdentity, Checkpoint, Layout
from tests.evidence import event_evidence, finding_evidence

NOW = 1_795_348_980.0  # 2026-11-22 12:03:00 UTC
A = "73fda457-b555-4af5-873a-54a2baa5fd95"
B = "9c01e2aa-0000-4000-8000-000000000002"
C = "51ab7c10-0000-4000-8000-000000000003"
NAMESPACE = "hgzero.servicebus.windows.net"
HUB = "hgzero-eventhub"
GROUP = "$Default"


def blob(kind: str, partition: str, at: float = NOW) -> BlobIdentity:
    name = f"{NAMESPACE}/{HUB}/$default/{kind}/{partition}"

    return BlobIdentity("checkpoints", name, '"0x8DCF7E8F9B3C1A0"', at)


def sample(partition: str, last: int, *, begin: int = 0, at: float = NOW - 2) -> PartitionSample:
    return PartitionSample(partition, begin, last, str(last * 100), at - 1, last < begin, at)


def checkpoint(partition: str, sequence: int | None) -> Checkpoint:
    offset = None if sequence is None else str(sequence * 100)
    where = (NAMESPACE, HUB, GROUP.lower(), partition)

    return Checkpoint(*where, sequence, offset, blob("checkpoint", partition), Layout.MODERN)


def lease(
    state: LeaseState = LeaseState.HELD,
    owner: str | None = A,
    *,
    age: float = 12.0,
    expires_after: float | None = 180.0,
    **changes: Any,
) -> Lease:
    if state in {LeaseState.RELEASED, LeaseState.NEVER_OWNED}:
        return Lease(state, **changes)

    facts: dict[str, Any] = {
        "owner": owner,
        "renewed_at": NOW - age,
        "expires_at": None if expires_after is None else NOW - age + expires_after,
        "renewed_every_s": 31.0,
        "expires_after_s": expires_after,
        "period_basis": TimingBasis.OBSERVED,
        "basis": TimingBasis.INFERRED,
        "etag": '"0x8DCF7E8F9B3C1A0"',
        "last_modified": NOW - age,
        "blob": f"checkpoints/{NAMESPACE}/{HUB}/$default/ownership/0",
    }

    return Lease(state, **(facts | changes))


def trend(*values: float, every: float = 40.0) -> tuple[tuple[float, float], ...]:
    first = NOW - every * (len(values) - 1)

    return tuple((first + place * every, value) for place, value in enumerate(values))


def partition(
    name: str, held: Lease, last: int, read: int | None, **changes: Any
) -> GroupPartition:
    facts: dict[str, Any] = {
        "checkpoint": checkpoint(name, read),
        "lag": None if read is None else last - read,
        "behind": Behind(0.0, BehindBasis.MEASURED),
        "out_per_s": 13.0,
        "health": Health.OK,
        "rule": "lag-zero",
        "window": (10, 10),
        "lag_series": trend(*[0.0] * 8),
        "layout": Layout.MODERN,
    }

    return GroupPartition(name, held, **(facts | changes))


def process(pid: int, started: float, **changes: Any) -> ProcessSample:
    facts: dict[str, Any] = {
        "parent": 1,
        "user": "ops",
        "name": "python",
        "command": "python start_consumer.py",
        "cwd": "/srv/rag",
        "status": "sleeping",
        "cpu_percent": 1.2,
        "memory_percent": 0.6,
        "rss_bytes": 48_000_000,
        "threads": 9,
        "connections": 2,
        "recognised_by": RecognisedBy.PATTERN,
        "consumer_name": "rag",
    }

    return ProcessSample(ProcessId(pid, NOW - started), **(facts | changes))


def consumer(
    pid: int,
    started: float,
    owner: str | None = None,
    owns: tuple[str, ...] = (),
    *,
    role: ConsumerRole | None = None,
    group: str = GROUP,
    **changes: Any,
) -> ConsumerState:
    looked_at = process(pid, started, **changes)
    link = None

    if owner is not None:
        link = OwnerLink(looked_at.id, owner, LinkBasis.LOG, "has claimed partition", NOW - 60)

    known = ConsumerRole.OWNER if owns else ConsumerRole.STANDBY

    return ConsumerState(looked_at, link, tuple((group, p) for p in owns), role or known)


def source(name: str, *, age: float = 2.0, **changes: Any) -> SourceState:
    facts: dict[str, Any] = {
        "status": SourceStatus.OK,
        "read_at": NOW - age,
        "duration_s": 0.02,
    }

    return SourceState(name, **(facts | changes))


LAPSE: FlatFacts = {
    "owner": C,
    "partitions": ("2",),
    "renewed_at": NOW - 139,
    "renewed_every_s": 31.0,
    "expires_at": NOW + 41,
    "expires_after_s": 180.0,
    "expiry_basis": "inferred",
    "survivors": 2,
    "standbys": 1,
    "lag": 1820,
    "pid": 51388,
    "process_gone_at": NOW - 128,
    "signal": "KILL",
    "signalled_at": NOW - 128,
    "takeover_earliest_at": NOW + 41,
    "takeover_latest_at": NOW + 77,
    "takeover_basis": "python-180/30",
}
STANDBY: FlatFacts = {
    "pid": 51411,
    "owner": None,
    "partition_count": 3,
    "live_owners": 3,
    "owner_pids": ("51257", "51300"),
    "lapsing": ("2",),
    "takeover_earliest_at": NOW + 41,
    "takeover_latest_at": NOW + 77,
    "not_claimed": 12,
    "namespace": NAMESPACE,
    "hub": HUB,
    "command": "python start_consumer.py",
    "consumer_name": "rag",
}


def finding(
    kind: str, severity: Severity, evidence: FlatFacts, *, since: float = NOW - 100, **subject: Any
) -> Finding:
    told = finding_evidence(kind, evidence)
    return Finding(kind, severity, Subject(**({"group": GROUP} | subject)), told, since)


OVERDUE = finding("lease.overdue", Severity.WARNING, LAPSE, partition="2", owner=C)
STANDS_BY = finding("consumer.standby", Severity.INFO, STANDBY, pid=51411)


def event(
    number: int, kind: str, details: FlatFacts, *, ago: float, **subject: Any
) -> TimelineEvent:
    told = event_evidence(kind, details)
    return TimelineEvent(number, NOW - ago, kind, Subject(**({"group": GROUP} | subject)), told)


CLAIMED = event(
    1,
    "lease.claimed",
    {"owner": C, "was": "never_owned", "previous_owner": None, "free_s": None},
    ago=713,
    partition="2",
    owner=C,
)
KILLED = event(
    2,
    "action.signal",
    {
        "state": "done",
        "signal": "KILL",
        "pid": 51388,
        "owner": C,
        "owned": (f"{GROUP}/2",),
        "effect": "dies",
        "takeover_earliest_at": NOW + 41,
        "takeover_latest_at": NOW + 77,
        "takeover_basis": "python-180/30",
        "error": None,
    },
    ago=128,
    pid=51388,
    owner=C,
)


def group_state(*partitions: GroupPartition, name: str = GROUP, **changes: Any) -> GroupState:
    held = [p for p in partitions if p.lease.owner]
    owners = sorted({p.lease.owner or "" for p in held})
    facts: dict[str, Any] = {
        "owners": tuple(
            OwnerState(owner, tuple(p.id for p in held if p.lease.owner == owner))
            for owner in owners
        ),
        "health": Health.OK,
        "spellings": (f"{NAMESPACE}/{HUB}/{name.lower()}",),
        "lag": sum(p.lag or 0 for p in partitions),
    }

    return GroupState(name, partitions, **(facts | changes))


def hub(*partition_ids: str) -> HubDescription:
    return HubDescription(NAMESPACE, HUB, NOW - 86400, partition_ids)


def snapshot(**changes: Any) -> Snapshot:
    """The picture of design.md: P2's owner was killed, a standby waits."""
    facts: dict[str, Any] = {
        "taken_at": NOW - 0.3,
        "policy": Policy(),
        "clock_offset_s": 0.3,
        "hub": hub("0", "1", "2"),
        "partitions": (
            PartitionState("0", sample("0", 232_118), 13.0),
            PartitionState("1", sample("1", 230_990), 13.0),
            PartitionState("2", sample("2", 231_544), 13.0),
        ),
        "groups": (
            group_state(
                partition("0", lease(), 232_118, 232_118),
                partition(
                    "1",
                    lease(owner=B, age=31),
                    230_990,
                    230_987,
                    behind=Behind(0.4, BehindBasis.INTERPOLATED),
                    lag_series=trend(0, 0, 3, 0, 0, 3, 0, 3),
                ),
                partition(
                    "2",
                    lease(LeaseState.OVERDUE, C, age=139),
                    231_544,
                    229_724,
                    behind=Behind(140.0, BehindBasis.INTERPOLATED),
                    out_per_s=0.0,
                    health=Health.BEHIND,
                    lag_series=trend(0, 0, 0, 0, 260, 780, 1300, 1820),
                ),
            ),
        ),
        "consumers": (
            consumer(51257, 7380, A, ("0",)),
            consumer(51300, 7080, B, ("1",), cpu_percent=0.9),
            consumer(51411, 720, cpu_percent=0.3),
        ),
        "findings": (OVERDUE, STANDS_BY),
        "timeline": (CLAIMED, KILLED),
        "sources": (source("hub"), source("store"), source("processes"), source("logs")),
    }

    return Snapshot(**(facts | changes))
