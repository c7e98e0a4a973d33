"""The checks themselves: each looks at one thing and says what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ehtui.domain.evidence import Evidence, FlatFacts, facts
from ehtui.domain.rules import PREDATES_HUB, UNREADABLE
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.proofs import Proofs

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


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer; None where it can't be told."""

    id: str
    passed: bool | None
    evidence: Evidence | FlatFacts


@dataclass(frozen=True, slots=True)
class Why:
    """All checks about a subject, in the order in which a colleague would go through them."""

    subject: Subject
    verdict: str  # code of catalogue.VERDICTS
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...] = ()  # about the same subject, worst first

    @property
    def broken(self) -> Check | None:
        """The first check that failed: the one to explain and to act on."""
        return next((check for check in self.checks if check.passed is False), None)


def answers(snapshot: Snapshot, source: str) -> Check:
    """Whether the hub or the store can be read."""
    state = next((s for s in snapshot.sources if s.name == source), None)
    offset_s = snapshot.clock_offset_s or 0.0
    passed = None

    if state is not None and state.status is not SourceStatus.STARTING:
        passed = state.status is SourceStatus.OK

    read_at = state.read_at if state is not None else None
    problem = state.problem if state is not None else None
    return Check(
        f"{source}.answers",
        passed,
        {
            "status": state.status.value if state else SourceStatus.OFF.value,
            "read_at": read_at + offset_s if read_at is not None else None,
            "problem_kind": problem.kind.value if problem else None,
            "summary": problem.summary if problem else None,
        },
    )


def sources(snapshot: Snapshot) -> tuple[Check, Check]:
    """Whether anything else can be judged at all."""
    return (answers(snapshot, "hub"), answers(snapshot, "store"))


def has_events(state: PartitionState | None) -> Check:
    """Whether there was ever anything to read."""
    sample = state.sample if state is not None else None
    return Check(
        "partition.has_events",
        None if sample is None else not sample.is_empty,
        {
            "begin_sequence": sample.begin_sequence if sample else None,
            "last_sequence": sample.last_sequence if sample else None,
            "last_enqueued_at": sample.last_enqueued_at if sample else None,
            "in_per_s": state.in_per_s if state else None,
        },
    )


def is_owned(group: GroupState, partition: GroupPartition) -> Check:
    """Whether anybody holds a lease that runs."""
    lease, window = partition.lease, partition.takeover
    return Check(
        "partition.is_owned",
        None if lease.state is LeaseState.UNREADABLE else lease.state in LIVE_STATES,
        {
            "state": lease.state.value,
            "owner": lease.owner,
            "claimed_at": lease.claimed_at,
            "live_owners": len(group.owners),
            "takeover_earliest_at": window.earliest_at if window else None,
            "takeover_latest_at": window.latest_at if window else None,
            "takeover_basis": window.basis if window else None,
            "takeover_is_guess": window is not None and window.is_guess,
        },
    )


def is_renewed(partition: GroupPartition) -> Check:
    """Whether the owner's balancing loop is alive."""
    lease = partition.lease
    return Check(
        "lease.is_renewed",
        lease.state is LeaseState.HELD if lease.state in LIVE_STATES else None,
        {
            "owner": lease.owner,
            "state": lease.state.value,
            "renewed_at": lease.renewed_at,
            "renewed_every_s": lease.renewed_every_s,
            "period_basis": lease.period_basis.value if lease.period_basis else None,
            "expires_at": lease.expires_at,
            "expires_after_s": lease.expires_after_s,
            "expiry_basis": lease.basis.value if lease.basis else None,
        },
    )


def is_known(snapshot: Snapshot, owner: str | None) -> Check:
    """Whether a process of this host is known to be the owner; a remote one is no fault."""
    links = (o.link for g in snapshot.groups for o in g.owners if o.id == owner)
    own = (k for c in snapshot.consumers for k in c.links if k.owner == owner)
    link = next((k for k in (*links, *own) if k is not None), None)
    return Check(
        "owner.is_known",
        True if link is not None else None,
        {
            "owner": owner,
            "pid": link.process.pid if link else None,
            "basis": link.basis.value if link else None,
            "evidence": link.evidence if link else None,
        },
    )


def is_stable(findings: Sequence[Finding], *, is_owned: bool) -> Check:
    """Whether it stays with one owner; what nobody holds stays with nobody."""
    shaking = next((f for f in findings if f.id in UNSTABLE), None)
    changes = None

    if shaking is not None:
        told = facts(shaking.evidence)
        found = told.get("changes", told.get("restarts"))
        changes = found if isinstance(found, int) else None

    return Check(
        "ownership.is_stable",
        False if shaking is not None else is_owned or None,
        {"finding": shaking.id if shaking else None, "changes": changes},
    )


def checkpoint_exists(partition: GroupPartition) -> Check:
    """Whether the group ever checkpointed here, and whether its owner of today did."""
    record, claimed_at = partition.checkpoint, partition.lease.claimed_at
    is_of_owner = None

    if record is not None and claimed_at is not None:
        is_of_owner = record.blob.last_modified >= claimed_at

    broken = partition.unreadable if partition.lag_reason == UNREADABLE else ()
    return Check(
        "checkpoint.exists",
        None if broken else record is not None,
        {
            "sequence": record.sequence if record else None,
            "written_at": record.blob.last_modified if record else None,
            "layout": record.layout.value if record else None,
            "owned_since_at": claimed_at,
            "is_of_owner": is_of_owner,
            "unreadable": broken[0].reason if broken else None,
        },
    )


def is_within(partition: GroupPartition, state: PartitionState | None) -> Check:
    """Whether the checkpoint points into what the hub still has."""
    record, sample = partition.checkpoint, state.sample if state is not None else None
    sequence = record.sequence if record is not None else None
    is_of_another_hub = partition.lag_reason == PREDATES_HUB
    is_judged = is_of_another_hub or (sequence is not None and sample is not None)
    is_outside = is_of_another_hub or bool(partition.lost or partition.ahead)
    return Check(
        "checkpoint.is_within",
        not is_outside if is_judged else None,
        {
            "sequence": sequence,
            "begin_sequence": sample.begin_sequence if sample else None,
            "last_sequence": sample.last_sequence if sample else None,
            "lost": partition.lost,
            "ahead": partition.ahead,
            "lag_reason": partition.lag_reason or None,
        },
    )


def proves(partition: GroupPartition, proofs: Proofs) -> tuple[Check, ...]:
    """Whether what lies before the checkpoint is done; not asked where there is none."""
    if partition.checkpoint is None:
        return ()

    proven = proofs.of(partition)
    evidence: FlatFacts = {
        "proof": proven.proof.value if proven.proof else None,
        "writer": proven.writer.value if proven.writer else None,
    }
    return (Check("checkpoint.proves", proven.is_done, evidence),)


def moves(partition: GroupPartition, *, is_failing: bool) -> Check:
    """Whether checkpoints advance while events wait."""
    is_untold = partition.health in UNTOLD or is_failing
    return Check(
        "progress.moves",
        None if is_untold else partition.health not in STUCK,
        {
            "health": partition.health.value,
            "rule": partition.rule,
            "commits": partition.window[0],
            "window": partition.window[1],
            "lag": partition.lag,
        },
    )


def is_read(partition: GroupPartition) -> bool:
    """Whether it gets on: of one that does not, it makes no sense to ask how fast."""
    return partition.health not in UNTOLD | STUCK


def keeps_up(partition: GroupPartition, state: PartitionState | None, *, is_failing: bool) -> Check:
    """Whether it reads as fast as events arrive."""
    behind = partition.behind
    return Check(
        "progress.keeps_up",
        partition.health is not Health.BEHIND if is_read(partition) and not is_failing else None,
        {
            "lag": partition.lag,
            "in_per_s": state.in_per_s if state else None,
            "out_per_s": partition.out_per_s,
            "drain_s": partition.drain_s,
            "behind_s": behind.seconds if behind else None,
            "behind_basis": behind.basis.value if behind else None,
        },
    )
