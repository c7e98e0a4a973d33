"""What a partition amounts to, and which findings are about a subject."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.evidence import E, Evidence, partitions_of
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import (
    Finding,
    GroupPartition,
    Health,
    LeaseState,
    PartitionState,
    Snapshot,
    Subject,
)
from ehtui.domain.values import Value
from ehtui.domain.why.evidence import HUB_ANSWERS, STORE_ANSWERS, CheckKind

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def check(kind: CheckKind[E], evidence: E, *, passed: bool | None) -> Check:
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
_SOURCES = frozenset({HUB_ANSWERS.id, STORE_ANSWERS.id})


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
