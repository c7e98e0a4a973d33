"""The checks: each looks at one thing and says what that rests on; and what they amount to."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.evidence import E, Evidence, partitions_of, takeover
from ehtui.domain.findings.evidence import Churn, CrashLoop, LeasesTooShort, PingPong
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import (
    LIVE_STATES,
    Finding,
    GroupPartition,
    GroupState,
    Health,
    LeaseState,
    PartitionState,
    Snapshot,
    SourceStatus,
    Subject,
)
from ehtui.domain.values import Value
from ehtui.domain.why import evidence as kinds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ehtui.domain.progress.proofs import Proofs


class Verdict(StrEnum):
    """What all checks of a subject amount to."""

    UNKNOWN = "unknown"  # not enough is known
    GONE = "gone"  # the process or owner is not there any more
    MISSING = "missing"  # no such partition, owner or group
    NOT_A_CONSUMER = "not_a_consumer"  # nothing ties this process to the group
    PRODUCER = "producer"  # it only sends
    ELSEWHERE = "elsewhere"  # its settings name another hub
    FINE = "fine"  # it works
    IDLE = "idle"  # it works; there is nothing to read
    STANDBY = "standby"  # owns nothing by design
    STARVED = "starved"  # owns nothing though there is something to own
    UNOWNED = "unowned"  # nobody holds it
    UNCOVERED = "uncovered"  # nobody holds some of its partitions
    NEXT_IN_LINE = "next_in_line"  # owns nothing yet, and a partition is free
    LAPSING = "lapsing"  # its owner stopped renewing
    STUCK = "stuck"  # owned and renewed, but not read
    FAILING = "failing"  # its readers fail at the same place again and again
    BEHIND = "behind"  # read, but slower than events arrive
    AHEAD = "ahead"  # the checkpoint is beyond the stream
    FORMER_HUB = "former_hub"  # the checkpoint is of the hub before it was created anew
    STRAY = "stray"  # the hub has no such partition; the store has records of it
    REWOUND = "rewound"  # the checkpoint went back and catches up
    NEVER_CHECKPOINTED = "never_checkpointed"  # read perhaps, but never checkpointed
    OTHER_NAME = "other_name"  # records under another name of the namespace only
    NOT_VISIBLE = "not_visible"  # no records in this store
    NO_CONSUMERS = "no_consumers"  # records, but nobody alive


class Check(Value, frozen=True):
    """One question and its answer; None where it can't be told."""

    id: str
    passed: bool | None
    evidence: Evidence


class Why(Value, frozen=True):
    """All checks about a subject, in the order in which a colleague would go through them."""

    subject: Subject
    verdict: Verdict
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...] = ()  # about the same subject, worst first


def check(kind: kinds.CheckKind[E], evidence: E, *, passed: bool | None) -> Check:
    """An answer, with the evidence that its kind asks for."""
    return Check(kind.id, passed, evidence)


FREE = frozenset({LeaseState.RELEASED, LeaseState.NEVER_OWNED, LeaseState.EXPIRED})
_BY_LEASE = dict.fromkeys(FREE, Verdict.UNOWNED) | {LeaseState.OVERDUE: Verdict.LAPSING}
BY_HEALTH = {
    Health.STOPPED: Verdict.STUCK,
    Health.STALLED: Verdict.STUCK,
    Health.BEHIND: Verdict.BEHIND,
    Health.AHEAD: Verdict.AHEAD,
    Health.REWOUND: Verdict.REWOUND,
    Health.OVERDUE: Verdict.LAPSING,
    Health.OK: Verdict.FINE,
}
_WELL = frozenset({Verdict.FINE, Verdict.IDLE})
_SOURCES = frozenset({kinds.HUB_ANSWERS.id, kinds.STORE_ANSWERS.id})


def as_far_as_read(verdict: Verdict, checks: Iterable[Check]) -> Verdict:
    """The verdict; nothing is known to work while the hub or the store cannot be read."""
    is_unread = any(c.passed is False for c in checks if c.id in _SOURCES)
    return Verdict.UNKNOWN if is_unread and verdict in _WELL else verdict


def is_failing(findings: Iterable[Finding]) -> bool:
    """Whether reader after reader fails: true of it while one of them reads, too."""
    return any(finding.id == "owner.crash_loop" for finding in findings)


def verdict_of(
    shown: GroupPartition, state: PartitionState | None, findings: Iterable[Finding]
) -> Verdict:
    """What a partition amounts to."""
    if is_failing(findings):
        return Verdict.FAILING

    if shown.rule == Rule.NOT_IN_HUB:
        return Verdict.STRAY

    if shown.lease.state in _BY_LEASE:
        return _BY_LEASE[shown.lease.state]

    if shown.lag_reason == Rule.PREDATES_HUB:
        return Verdict.FORMER_HUB

    if shown.lag_is_bound and shown.checkpoint is None and shown.lag:
        return Verdict.NEVER_CHECKPOINTED

    is_quiet = state is not None and state.sample is not None and state.sample.is_empty
    return Verdict.IDLE if is_quiet else BY_HEALTH.get(shown.health, Verdict.UNKNOWN)


def about(snapshot: Snapshot, **parts: object) -> tuple[Finding, ...]:
    """Findings about any of these parts."""

    def matches(finding: Finding) -> bool:
        subject, listed = finding.subject, partitions_of(finding.evidence)
        partition = parts.get("partition")

        if partition is not None and subject.group in {None, parts.get("group")}:
            is_listed = partition in listed
            return subject.partition == partition or is_listed

        return any(
            getattr(subject, name) == value
            for name, value in parts.items()
            if value is not None and name != "group"
        ) or (len(parts) == 1 and subject.group == parts.get("group"))

    return tuple(finding for finding in snapshot.findings if matches(finding))


UNSTABLE = frozenset(
    {
        "partition.pingpong",
        "group.churn",
        "group.leases_too_short",
        "owner.crash_loop",
        "store.two_names",
    }
)
STUCK = frozenset({Health.STOPPED, Health.STALLED})
UNSERVED = frozenset({Health.UNOWNED, Health.OVERDUE})
# Nothing can be told of how it is read: nobody reads it, or its numbers do not fit.
UNTOLD = UNSERVED | {Health.UNKNOWN, Health.AHEAD}


def sources(snapshot: Snapshot) -> tuple[Check, Check]:
    """Whether anything else can be judged at all."""
    return (
        _answers(snapshot, "hub", kinds.HUB_ANSWERS),
        _answers(snapshot, "store", kinds.STORE_ANSWERS),
    )


def _answers(snapshot: Snapshot, source: str, kind: kinds.CheckKind[kinds.SourceAnswer]) -> Check:
    """Whether the hub or the store can be read."""
    state = next((s for s in snapshot.sources if s.name == source), None)
    status = state.status if state is not None else SourceStatus.OFF
    read_at = state.read_at if state is not None else None
    problem = state.problem if state is not None else None
    evidence = kinds.SourceAnswer(
        status=status,
        read_at=read_at + (snapshot.clock_offset_s or 0.0) if read_at is not None else None,
        problem_kind=problem.kind if problem else None,
        summary=problem.summary if problem else None,
    )
    is_told = state is not None and status is not SourceStatus.STARTING
    return check(kind, evidence, passed=status is SourceStatus.OK if is_told else None)


def has_events(state: PartitionState | None) -> Check:
    """Whether there was ever anything to read."""
    sample = state.sample if state is not None else None
    evidence = kinds.RetainedEvents(
        begin_sequence=sample.begin_sequence if sample else None,
        last_sequence=sample.last_sequence if sample else None,
        last_enqueued_at=sample.last_enqueued_at if sample else None,
        in_per_s=state.in_per_s if state else None,
    )
    passed = None if sample is None else not sample.is_empty
    return check(kinds.PARTITION_HAS_EVENTS, evidence, passed=passed)


def is_owned(group: GroupState, partition: GroupPartition) -> Check:
    """Whether anybody holds a lease that runs."""
    lease, window = partition.lease, partition.takeover
    evidence = kinds.Holder(
        state=lease.state,
        owner=lease.owner,
        claimed_at=lease.claimed_at,
        live_owners=len(group.owners),
        takeover=takeover([window] if window is not None else []),
    )
    passed = None if lease.state is LeaseState.UNREADABLE else lease.state in LIVE_STATES
    return check(kinds.PARTITION_IS_OWNED, evidence, passed=passed)


def is_renewed(partition: GroupPartition) -> Check:
    """Whether the owner's balancing loop is alive."""
    lease = partition.lease
    evidence = kinds.LeaseRenewals(
        owner=lease.owner,
        state=lease.state,
        renewed_at=lease.renewed_at,
        renewed_every_s=lease.renewed_every_s,
        period_basis=lease.period_basis,
        expires_at=lease.expires_at,
        expires_after_s=lease.expires_after_s,
        expiry_basis=lease.basis,
    )
    passed = lease.state is LeaseState.HELD if lease.state in LIVE_STATES else None
    return check(kinds.LEASE_IS_RENEWED, evidence, passed=passed)


def is_known(snapshot: Snapshot, owner: str | None) -> Check:
    """Whether a process of this host is known to be the owner; a remote one is no fault."""
    links = (o.link for g in snapshot.groups for o in g.owners if o.id == owner)
    own = (k for c in snapshot.consumers for k in c.links if k.owner == owner)
    link = next((k for k in (*links, *own) if k is not None), None)
    evidence = kinds.OwnersProcess(
        owner=owner,
        pid=link.process.pid if link else None,
        basis=link.basis if link else None,
        evidence=link.evidence if link else None,
    )
    return check(kinds.OWNER_IS_KNOWN, evidence, passed=True if link is not None else None)


def is_stable(findings: Sequence[Finding], *, is_owned: bool) -> Check:
    """Whether it stays with one owner; what nobody holds stays with nobody."""
    shaking = next((f for f in findings if f.id in UNSTABLE), None)
    evidence = kinds.OwnerChanges(
        finding=shaking.id if shaking else None,
        changes=_changes(shaking.evidence) if shaking else None,
    )
    passed = False if shaking is not None else is_owned or None
    return check(kinds.OWNERSHIP_IS_STABLE, evidence, passed=passed)


def _changes(evidence: Evidence) -> int | None:
    """How often it changed hands, as far as a finding counts that."""
    match evidence:
        case Churn() | LeasesTooShort() | PingPong():
            return evidence.changes
        case CrashLoop():
            return evidence.restarts
        case _:
            return None


def checkpoint_exists(partition: GroupPartition) -> Check:
    """Whether the group ever checkpointed here, and whether its owner of today did."""
    record, claimed_at = partition.checkpoint, partition.lease.claimed_at
    is_of_owner = None

    if record is not None and claimed_at is not None:
        is_of_owner = record.blob.last_modified >= claimed_at

    broken = partition.unreadable if partition.lag_reason == Rule.UNREADABLE else ()
    evidence = kinds.WrittenCheckpoint(
        sequence=record.sequence if record else None,
        written_at=record.blob.last_modified if record else None,
        layout=record.layout if record else None,
        owned_since_at=claimed_at,
        is_of_owner=is_of_owner,
        unreadable=broken[0].reason if broken else None,
    )
    passed = None if broken else record is not None
    return check(kinds.CHECKPOINT_EXISTS, evidence, passed=passed)


def is_within(partition: GroupPartition, state: PartitionState | None) -> Check:
    """Whether the checkpoint points into what the hub still has."""
    record, sample = partition.checkpoint, state.sample if state is not None else None
    sequence = record.sequence if record is not None else None
    is_of_another_hub = partition.lag_reason == Rule.PREDATES_HUB
    is_judged = is_of_another_hub or (sequence is not None and sample is not None)
    is_outside = is_of_another_hub or bool(partition.lost or partition.ahead)
    evidence = kinds.CheckpointPlace(
        sequence=sequence,
        begin_sequence=sample.begin_sequence if sample else None,
        last_sequence=sample.last_sequence if sample else None,
        lost=partition.lost,
        ahead=partition.ahead,
        lag_reason=partition.lag_reason or None,
    )
    return check(kinds.CHECKPOINT_IS_WITHIN, evidence, passed=not is_outside if is_judged else None)


def proves(partition: GroupPartition, proofs: Proofs) -> tuple[Check, ...]:
    """Whether what lies before the checkpoint is done; not asked where there is none."""
    if partition.checkpoint is None:
        return ()

    proven = proofs.of(partition)
    evidence = kinds.CheckpointProof(proven.proof, proven.writer)
    return (check(kinds.CHECKPOINT_PROVES, evidence, passed=proven.is_done),)


def handovers(partition: GroupPartition, *, is_failing: bool) -> Check:
    """Whether checkpoints advance while events wait."""
    is_untold = partition.health in UNTOLD or is_failing
    evidence = kinds.Progress(
        health=partition.health,
        rule=partition.rule,
        commits=partition.window[0],
        window=partition.window[1],
        lag=partition.lag,
    )
    passed = None if is_untold else partition.health not in STUCK
    return check(kinds.PROGRESS_MOVES, evidence, passed=passed)


def is_read(partition: GroupPartition) -> bool:
    """Whether it gets on: of one that does not, it makes no sense to ask how fast."""
    return partition.health not in UNTOLD | STUCK


def keeps_up(partition: GroupPartition, state: PartitionState | None, *, is_failing: bool) -> Check:
    """Whether it reads as fast as events arrive."""
    behind = partition.behind
    evidence = kinds.PartitionPace(
        lag=partition.lag,
        in_per_s=state.in_per_s if state else None,
        out_per_s=partition.out_per_s,
        drain_s=partition.drain_s,
        behind_s=behind.seconds if behind else None,
        behind_basis=behind.basis if behind else None,
    )
    is_told = is_read(partition) and not is_failing
    passed = partition.health is not Health.BEHIND if is_told else None
    return check(kinds.PROGRESS_KEEPS_UP, evidence, passed=passed)
