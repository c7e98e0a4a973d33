"""Sources that can't be read, clocks that disagree, stores that show nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ehtui.domain.findings import evidence as kinds
from ehtui.domain.findings.context import finding
from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import Finding, Severity, SourceStatus, Subject
from ehtui.domain.world.clocks import JUMP_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.folds.builder import SnapshotBuilder

SEVERAL = 3  # failures in a row after which a missing hub or store is critical
ESSENTIAL = frozenset({"hub", "store"})
SKEW_LIMIT_S = 5.0  # of clocks that expire leases by the second
STARTING_S = 30.0
ODD_DATE_S = 60.0  # so long a single odd Date is told
_DENIED = frozenset({ProblemKind.UNAUTHORISED, ProblemKind.FORBIDDEN})


def failing(builder: SnapshotBuilder) -> Iterator[Finding]:
    """One finding for each source whose last read failed."""
    for source in builder.sources:
        problem = source.problem

        if source.status is not SourceStatus.FAILED or problem is None:
            continue

        failures = builder.failures.get(source.name, 1)

        if problem.kind in _DENIED:
            kind, severity = kinds.SOURCE_UNAUTHORISED, Severity.CRITICAL
        elif problem.kind is ProblemKind.THROTTLED:
            kind, severity = kinds.SOURCE_THROTTLED, Severity.WARNING
        else:
            is_grave = source.name in ESSENTIAL and failures >= SEVERAL
            kind = kinds.SOURCE_UNREADABLE
            severity = Severity.CRITICAL if is_grave else Severity.WARNING

        since = builder.at if source.failing_since is None else source.failing_since
        server, read_at, retry_at = builder.clocks.server, source.read_at, source.retry_at
        evidence = kinds.SourceTrouble(
            source=source.name,
            problem_kind=problem.kind,
            summary=problem.summary,
            advice=problem.advice,
            failures=failures,
            failing_since_at=server(since),
            last_read_at=server(read_at) if read_at is not None else None,
            retry_at=server(retry_at) if retry_at is not None else None,
        )
        yield finding(kind, severity, Subject(source=source.name), evidence, server(since))


def limited(builder: SnapshotBuilder) -> Iterator[Finding]:
    """One finding for each source that answers, and gives less than it could."""
    for source in builder.sources:
        problem = source.problem

        if source.status is SourceStatus.OK and problem is not None:
            evidence = kinds.SourceLimit(
                source=source.name,
                problem_kind=problem.kind,
                summary=problem.summary,
                advice=problem.advice,
            )
            subject = Subject(source=source.name)
            yield finding(kinds.SOURCE_LIMITED, Severity.WARNING, subject, evidence)


def clocks(builder: SnapshotBuilder) -> Iterator[Finding]:
    """Clocks that disagree: no more than that, for nothing is ordered by them."""
    clocks = builder.clocks

    # Consumers of this host expire leases by its clock (facts.md §2).
    if clocks.skew_s is not None and abs(clocks.skew_s) > SKEW_LIMIT_S:
        skew = kinds.HostClockSkew(clocks.skew_s, SKEW_LIMIT_S)
        yield finding(kinds.CLOCK_SKEW, Severity.WARNING, Subject(), skew)

    jumped_at = clocks.jumped_at

    if jumped_at is not None and (clocks.date_ahead_s or builder.now - jumped_at < ODD_DATE_S):
        jump = kinds.StoreClockJump(
            ahead_s=clocks.jumped_by_s,
            seen_at=jumped_at,
            is_back=not clocks.date_ahead_s,
            stamps_records=clocks.follows,
        )
        yield finding(kinds.CLOCK_STORE_JUMPED, Severity.WARNING, Subject(), jump)

    if clocks.hub_ahead_s:
        ahead = kinds.HubClockAhead(clocks.hub_ahead_s, JUMP_S)
        yield finding(kinds.CLOCK_HUB, Severity.WARNING, Subject(), ahead)


def not_visible(builder: SnapshotBuilder) -> Iterator[Finding]:
    """The configured group has no records: kept elsewhere, in another container, or not started."""
    name = builder.policy.default_group
    group = builder.groups.get(name.lower())
    store = builder.source("store")
    is_off = not builder.policy.has_store or (store and store.status is SourceStatus.OFF)

    reason: Literal["no_store", "no_records"]

    if is_off:
        severity, reason, since = Severity.INFO, "no_store", None
    elif builder.joined is not None and (group is None or not group.state.spellings):
        since = builder.started_at
        is_starting = since is None or builder.looked_at - since < STARTING_S
        severity, reason = Severity.INFO if is_starting else Severity.WARNING, "no_records"
    else:
        return

    evidence = kinds.NotVisible(
        reason=reason,
        other_groups=tuple(
            group.state.name
            for key, group in builder.groups.items()
            if key != name.lower() and group.state.spellings
        ),
        local_consumers=len(builder.consumers),
    )
    subject = Subject(group=name)

    if since is None:
        yield finding(kinds.STORE_NOT_VISIBLE, severity, subject, evidence)
    else:
        yield finding(kinds.STORE_NOT_VISIBLE, severity, subject, evidence, since)


OF_SESSION = (failing, limited, clocks)
