"""What a partition amounts to, and which findings are about a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import partitions_of
from ehtui.domain.rules import NOT_IN_HUB, PREDATES_HUB
from ehtui.domain.snapshot import (
    Finding,
    GroupPartition,
    Health,
    LeaseState,
    PartitionState,
    Snapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.why.checks import Check

FREE = frozenset({LeaseState.RELEASED, LeaseState.NEVER_OWNED, LeaseState.EXPIRED})
_BY_LEASE = dict.fromkeys(FREE, "unowned") | {LeaseState.OVERDUE: "lapsing"}
BY_HEALTH = {
    Health.STOPPED: "stuck",
    Health.STALLED: "stuck",
    Health.BEHIND: "behind",
    Health.AHEAD: "ahead",
    Health.REWOUND: "rewound",
    Health.OVERDUE: "lapsing",
    Health.OK: "fine",
}


WELL = frozenset({"fine", "idle"})


def as_far_as_read(verdict: str, checks: Iterable[Check]) -> str:
    """The verdict; nothing is known to work while the hub or the store cannot be read."""
    is_unread = any(c.passed is False for c in checks if c.id in {"hub.answers", "store.answers"})
    return "unknown" if is_unread and verdict in WELL else verdict


def is_failing(findings: Iterable[Finding]) -> bool:
    """Whether reader after reader fails: true of it while one of them reads, too."""
    return any(finding.id == "owner.crash_loop" for finding in findings)


def verdict_of(
    shown: GroupPartition, state: PartitionState | None, findings: Iterable[Finding]
) -> str:
    """The code of a partition's verdict."""
    if is_failing(findings):
        return "failing"

    if shown.rule == NOT_IN_HUB:
        return "stray"

    if shown.lease.state in _BY_LEASE:
        return _BY_LEASE[shown.lease.state]

    if shown.lag_reason == PREDATES_HUB:
        return "former_hub"

    if shown.lag_is_bound and shown.checkpoint is None and shown.lag:
        return "never_checkpointed"

    is_quiet = state is not None and state.sample is not None and state.sample.is_empty
    return "idle" if is_quiet else BY_HEALTH.get(shown.health, "unknown")


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
