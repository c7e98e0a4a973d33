"""Asks every rule in the order of causes: what a root cause explains is not told again.

What began and ended since then goes on the timeline, in the words of its beginning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import partitions_of
from ehtui.domain.findings import (
    balance,
    causes,
    ownership,
    processes,
    progress,
    records,
    sources,
)
from ehtui.domain.findings.context import FROM_NOW, GroupContext, context_of
from ehtui.domain.snapshot import Finding, Severity, SourceStatus, TimelineEvent
from ehtui.domain.timeline import FINDING_BEGAN, FINDING_ENDED, FindingBegan, FindingEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ehtui.domain.folds.builder import SnapshotBuilder


_RANK = {Severity.CRITICAL: 0, Severity.WARNING: 1, Severity.INFO: 2}


def gather(builder: SnapshotBuilder) -> tuple[Finding, ...]:
    """All findings, worst first, then the longest standing."""
    found = [finding for rule in _OF_SESSION for finding in rule(builder)]
    contexts = [context_of(builder, group) for group in builder.groups.values()]

    for context in contexts:
        found += [finding for rule in _OF_GROUP for finding in rule(context)]

        # A silent hub says nothing of progress any more; one lost read unsays nothing.
        if builder.failures.get("hub", 0) < sources.SEVERAL:
            found += [finding for rule in progress.OF_GROUP for finding in rule(context)]

    # Last: by then every partition whose cause is told is known.
    found.extend(processes.troubles(builder, contexts))
    known = {f.key: f for f in builder.before.findings}
    settled = [_settled(f, known.get(f.key), builder.now) for f in found]
    settled.sort(key=lambda f: (_RANK[f.severity], f.since))
    findings = tuple(settled)
    return builder.before.findings if findings == builder.before.findings else findings


def _unseen(builder: SnapshotBuilder) -> Iterator[Finding]:
    """Why the store shows nothing of the configured group: another name explains it."""
    others = tuple(records.other_name(builder))
    explained = {other.subject.group for other in others}
    yield from others
    yield from (f for f in sources.not_visible(builder) if f.subject.group not in explained)


# In the order of causes.
_OF_SESSION: tuple[Callable[[SnapshotBuilder], Iterator[Finding]], ...] = (
    *sources.OF_SESSION,
    _unseen,
    *processes.OF_SESSION,
    *records.OF_SESSION,
    *progress.OF_SESSION,
)
_OF_GROUP: tuple[Callable[[GroupContext], Iterator[Finding]], ...] = (
    *records.OF_GROUP,
    *causes.OF_GROUP,
    *ownership.OF_GROUP,
    *balance.OF_GROUP,
)


def _settled(found: Finding, known: Finding | None, now: float) -> Finding:
    """With its beginning, and the same object while nothing of it changed."""
    if found.since == FROM_NOW:
        since = known.since if known is not None else now
        found = Finding(found.id, found.severity, found.subject, found.evidence, since)

    return known if known is not None and known == found else found


# What a finding rests on, by the first part of its id; others rest on the store.
_RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "source": (),
    "clock": (),
    "log": ("logs",),
    "consumer": ("store", "processes"),
    "handler": ("hub", "store"),
    "checkpoint": ("hub", "store"),
    "retention": ("hub", "store"),
    "events": ("hub", "store"),
    "hub": ("hub",),
}


def tell_changes(builder: SnapshotBuilder) -> None:
    """Tell which findings this update began, and which it ended.

    A finding that is about more or fewer partitions than before goes on.
    """
    before, after = builder.before.findings, builder.findings

    if before is after:
        return

    known, found = {f.key for f in before}, {f.key for f in after}
    began = [f for f in after if f.key not in known]
    ended = [f for f in before if f.key not in found]
    going_on = [f for f in ended if _goes_on(f, began)]

    for finding in began:
        if not _goes_on(finding, ended):
            # Dated when it was noticed: its words tell what was known by then, not at `since`.
            at = builder.now
            builder.tell(FINDING_BEGAN, at, finding.subject, FindingBegan(at), finding=finding)

    for finding in ended:
        if finding not in going_on:
            _tell_end(builder, finding)


def _tell_end(builder: SnapshotBuilder, finding: Finding) -> None:
    first, noticed_at = _beginning(builder.before.timeline, finding) or (finding, builder.now)
    lasted_s = max(0.0, builder.now - first.since)
    details = FindingEnded(noticed_at, first.since, lasted_s, _is_judged(builder, finding))
    builder.tell(FINDING_ENDED, builder.now, first.subject, details, finding=first)


def _beginning(timeline: Sequence[TimelineEvent], finding: Finding) -> tuple[Finding, float] | None:
    """The finding as it was told when it began, and when that was noticed.

    None once the timeline has it no more.
    """
    thread = finding.thread

    for event in reversed(timeline):
        if event.finding is not None and event.finding.thread == thread:
            if not isinstance(event.details, FindingBegan):
                return None

            if _shares(event.finding, finding):
                return event.finding, event.details.noticed_at

    return None


def _is_judged(builder: SnapshotBuilder, finding: Finding) -> bool:
    """Whether it is known to be over: what it rests on is still read."""
    needed = _RESTS_ON.get(finding.id.partition(".")[0], ("store",))
    unread = {SourceStatus.FAILED, SourceStatus.STARTING}  # not any more, or not since long ago
    return all(s.status not in unread for s in builder.sources if s.name in needed)


def _goes_on(finding: Finding, others: Iterable[Finding]) -> bool:
    thread = finding.thread
    return any(other.thread == thread and _shares(finding, other) for other in others)


def _shares(one: Finding, other: Finding) -> bool:
    """Whether they are about the same partitions, or some of the same."""
    first, second = _places(one), _places(other)
    return first == second or not first.isdisjoint(second)


def _places(finding: Finding) -> frozenset[str]:
    if finding.subject.partition is not None:
        return frozenset({finding.subject.partition})

    return frozenset(partitions_of(finding.evidence))
