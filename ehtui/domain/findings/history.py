"""When findings began and ended, told on the timeline in the words of their beginning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import partitions_of
from ehtui.domain.snapshot import Finding, SourceStatus, Subject, TimelineEvent
from ehtui.domain.timeline import FINDING_BEGAN, FINDING_ENDED, FindingBegan, FindingEnded

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ehtui.domain.draft import Draft

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
_Thread = tuple[str, str | None, str | None, int | None, str | None]


def tell_changes(draft: Draft) -> None:
    """Tell which findings this update began, and which it ended.

    A finding that is about more or fewer partitions than before goes on.
    """
    before, after = draft.before.findings, draft.findings

    if before is after:
        return

    known, found = {f.key for f in before}, {f.key for f in after}
    began = [f for f in after if f.key not in known]
    ended = [f for f in before if f.key not in found]
    going_on = [f for f in ended if _goes_on(f, began)]

    for finding in began:
        if not _goes_on(finding, ended):
            details = FindingBegan(draft.now)
            at = min(finding.since, draft.now)
            draft.tell(FINDING_BEGAN, at, finding.subject, details, finding=finding)

    for finding in ended:
        if finding not in going_on:
            _tell_end(draft, finding)


def _tell_end(draft: Draft, finding: Finding) -> None:
    first, noticed_at = _beginning(draft.before.timeline, finding) or (finding, draft.now)
    lasted_s = max(0.0, draft.now - first.since)
    details = FindingEnded(noticed_at, first.since, lasted_s, _is_judged(draft, finding))
    draft.tell(FINDING_ENDED, draft.now, first.subject, details, finding=first)


def _beginning(timeline: Sequence[TimelineEvent], finding: Finding) -> tuple[Finding, float] | None:
    """The finding as it was told when it began, and when that was noticed.

    None once the timeline has it no more.
    """
    thread = _thread(finding)

    for event in reversed(timeline):
        if event.finding is not None and _thread(event.finding) == thread:
            if not isinstance(event.details, FindingBegan):
                return None

            if _shares(event.finding, finding):
                return event.finding, event.details.noticed_at

    return None


def _is_judged(draft: Draft, finding: Finding) -> bool:
    """Whether it is known to be over: what it rests on is still read."""
    needed = _RESTS_ON.get(finding.id.partition(".")[0], ("store",))

    return all(s.status is not SourceStatus.FAILED for s in draft.sources if s.name in needed)


def _goes_on(finding: Finding, others: Iterable[Finding]) -> bool:
    thread = _thread(finding)

    return any(_thread(other) == thread and _shares(finding, other) for other in others)


def _thread(finding: Finding) -> _Thread:
    subject: Subject = finding.subject

    return finding.id, subject.group, subject.owner, subject.pid, subject.source


def _shares(one: Finding, other: Finding) -> bool:
    """Whether they are about the same partitions, or some of the same."""
    first, second = _places(one), _places(other)

    return first == second or not first.isdisjoint(second)


def _places(finding: Finding) -> frozenset[str]:
    if finding.subject.partition is not None:
        return frozenset({finding.subject.partition})

    return frozenset(partitions_of(finding.evidence))
