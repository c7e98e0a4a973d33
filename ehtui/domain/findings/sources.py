"""Sources that can't be read, clocks that disagree, stores that show nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.clocks import JUMP_S
from ehtui.domain.findings.case import finding
from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import Finding, Severity, SourceState, SourceStatus, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.draft import Draft
    from ehtui.domain.evidence import FlatFacts

SEVERAL = 3  # failures in a row after which a missing hub or store is critical
ESSENTIAL = frozenset({"hub", "store"})
SKEW_LIMIT_S = 5.0  # of clocks that expire leases by the second
STARTING_S = 30.0
ODD_DATE_S = 60.0  # so long a single odd Date is told
_DENIED = frozenset({ProblemKind.UNAUTHORISED, ProblemKind.FORBIDDEN})


def failing(draft: Draft) -> Iterator[Finding]:
    """One finding for each source whose last read failed."""
    for source in draft.sources:
        problem = source.problem

        if source.status is not SourceStatus.FAILED or problem is None:
            continue

        failures = draft.failures.get(source.name, 1)

        if problem.kind in _DENIED:
            id_, severity = "source.unauthorised", Severity.CRITICAL
        elif problem.kind is ProblemKind.THROTTLED:
            id_, severity = "source.throttled", Severity.WARNING
        else:
            is_grave = source.name in ESSENTIAL and failures >= SEVERAL
            id_, severity = "source.unreadable", Severity.CRITICAL if is_grave else Severity.WARNING

        yield finding(
            id_,
            severity,
            Subject(source=source.name),
            _trouble(draft, source, failures),
            (source.failing_since or draft.at) + (draft.clock_offset_s or 0.0),
        )


def limited(draft: Draft) -> Iterator[Finding]:
    """One finding for each source that answers, and gives less than it could."""
    for source in draft.sources:
        problem = source.problem

        if source.status is SourceStatus.OK and problem is not None:
            evidence: FlatFacts = {
                "source": source.name,
                "problem_kind": problem.kind.value,
                "summary": problem.summary,
                "advice": problem.advice,
            }
            subject = Subject(source=source.name)
            yield finding("source.limited", Severity.WARNING, subject, evidence)


def _trouble(draft: Draft, source: SourceState, failures: int) -> FlatFacts:
    offset_s = draft.clock_offset_s or 0.0
    problem = source.problem
    since = source.failing_since if source.failing_since is not None else draft.at
    return {
        "source": source.name,
        "problem_kind": problem.kind.value if problem else "",
        "summary": problem.summary if problem else "",
        "advice": problem.advice if problem else "",
        "failures": failures,
        "failing_since_at": since + offset_s,
        "last_read_at": source.read_at + offset_s if source.read_at is not None else None,
        "retry_at": source.retry_at + offset_s if source.retry_at is not None else None,
    }


def clocks(draft: Draft) -> Iterator[Finding]:
    """Clocks that disagree: no more than that, for nothing is ordered by them."""
    clocks = draft.clocks

    # Consumers of this host expire leases by its clock (facts.md §2).
    if clocks.skew_s is not None and abs(clocks.skew_s) > SKEW_LIMIT_S:
        evidence: FlatFacts = {"offset_s": clocks.skew_s, "limit_s": SKEW_LIMIT_S}
        yield finding("clock.skew", Severity.WARNING, Subject(), evidence)

    jumped_at = clocks.jumped_at

    if jumped_at is not None and (clocks.date_ahead_s or draft.now - jumped_at < ODD_DATE_S):
        evidence = {
            "ahead_s": clocks.jumped_by_s,
            "seen_at": jumped_at,
            "is_back": not clocks.date_ahead_s,
            "stamps_records": clocks.follows,
        }
        yield finding("clock.store_jumped", Severity.WARNING, Subject(), evidence)

    if clocks.hub_ahead_s:
        evidence = {"ahead_s": clocks.hub_ahead_s, "limit_s": JUMP_S}
        yield finding("clock.hub", Severity.WARNING, Subject(), evidence)


def not_visible(draft: Draft) -> Iterator[Finding]:
    """The configured group has no records: kept elsewhere, in another container, or not started."""
    name = draft.policy.default_group
    group = draft.groups.get(name.lower())
    store = draft.source("store")
    is_off = not draft.policy.has_store or (store and store.status is SourceStatus.OFF)

    if is_off:
        severity, reason, since = Severity.INFO, "no_store", None
    elif draft.look is not None and (group is None or not group.state.spellings):
        since = draft.started_at
        is_starting = since is None or draft.looked_at - since < STARTING_S
        severity, reason = Severity.INFO if is_starting else Severity.WARNING, "no_records"
    else:
        return

    evidence: FlatFacts = {
        "reason": reason,
        "other_groups": tuple(g.state.name for k, g in draft.groups.items() if k != name.lower()),
        "local_consumers": len(draft.consumers),
    }
    subject = Subject(group=name)

    if since is None:
        yield finding("store.not_visible", severity, subject, evidence)
    else:
        yield finding("store.not_visible", severity, subject, evidence, since)
