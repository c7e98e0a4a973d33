"""Findings that began or ended, for programs: a finding of `ehtui.status/1`, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ehtui.domain.snapshot import Severity
from ehtui.domain.text import safe
from ehtui.domain.timeline import FindingEnded
from ehtui.domain.values import Value
from ehtui.views.phrasing import Phrasing
from ehtui.views.status import finding_document
from ehtui.views.status_values import moment, rounded
from ehtui.views.timeline import noticed_at

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Finding, Snapshot, TimelineEvent

SCHEMA = "ehtui.finding/1"
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class FindingNews(Value, frozen=True):
    """One that began or ended, and its document."""

    finding: Finding
    is_over: bool
    document: dict[str, Any]


def last_number(snapshot: Snapshot) -> int:
    """The number of the newest event: what is after it is news."""
    return max((event.number for event in snapshot.timeline), default=-1)


def news_since(
    snapshot: Snapshot, number: int, place: tuple[str, str], least: Severity
) -> list[FindingNews]:
    """What began and ended after the event of that number, the oldest first.

    `place` is namespace and hub; findings below `least` are none.
    """
    say = Phrasing(snapshot)
    return [
        _news(event, say, place)
        for event in snapshot.timeline
        if event.number > number and event.finding is not None and is_at_least(event.finding, least)
    ]


def present(snapshot: Snapshot, place: tuple[str, str], least: Severity) -> list[FindingNews]:
    """What is there now, as if it had just begun; worst first."""
    say = Phrasing(snapshot)
    return [
        FindingNews(each, is_over=False, document=_document(each, say, place))
        for each in snapshot.findings
        if is_at_least(each, least)
    ]


def is_at_least(finding: Finding, least: Severity) -> bool:
    """Whether it is as bad as that, or worse."""
    return _RANK[finding.severity] >= _RANK[least]


def _news(event: TimelineEvent, say: Phrasing, place: tuple[str, str]) -> FindingNews:
    assert event.finding is not None
    details = event.details
    then = replace(say, as_of=noticed_at(event))
    document = _document(event.finding, then, place)

    if not isinstance(details, FindingEnded):
        return FindingNews(event.finding, is_over=False, document=document)

    ended = {
        "state": "ended",
        "ended_at": moment(event.at),
        "lasted_s": rounded(details.lasted_s),
        "is_judged": details.is_judged,
    }
    return FindingNews(event.finding, is_over=True, document={**document, **ended})


def _document(finding: Finding, say: Phrasing, place: tuple[str, str]) -> dict[str, Any]:
    namespace, hub = place
    group = finding.subject.group
    return {
        "schema": SCHEMA,
        "state": "began",
        "namespace": safe(namespace),
        "hub": safe(hub),
        "group": safe(group) if group is not None else None,
        **finding_document(finding, say),
        "ended_at": None,
        "lasted_s": None,
        "is_judged": True,
    }
