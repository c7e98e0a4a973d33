"""A finding that began or ended, as a program gets it: the finding of status, and where it is."""

from __future__ import annotations

import pytest

from ehtui.domain.snapshot import Finding, Severity, Snapshot, TimelineEvent
from ehtui.domain.timeline import FindingBegan, FindingEnded
from ehtui.views.finding_news import last_number, news_since, present
from ehtui.views.status import document
from tests.views import world

PLACE = (world.NAMESPACE, world.HUB)
PLACED = {"schema", "state", "namespace", "hub", "group", "ended_at", "lasted_s", "is_judged"}


def began(number: int, finding: Finding) -> TimelineEvent:
    details = FindingBegan(world.NOW)
    return TimelineEvent(
        number, finding.since, "finding.began", finding.subject, details, finding=finding
    )


def ended(number: int, finding: Finding) -> TimelineEvent:
    details = FindingEnded(world.NOW, finding.since, 100.0, is_judged=True)
    return TimelineEvent(
        number, world.NOW, "finding.ended", finding.subject, details, finding=finding
    )


def told(*events: TimelineEvent) -> Snapshot:
    return world.snapshot(timeline=events)


def test_it_is_the_finding_of_status() -> None:
    snapshot = told(began(7, world.OVERDUE))
    [news] = news_since(snapshot, 6, PLACE, Severity.INFO)
    finding = next(f for f in document(snapshot)["findings"] if f["id"] == "lease.overdue")

    assert {key: value for key, value in news.document.items() if key not in PLACED} == finding
    assert news.document["schema"] == "ehtui.finding/1"
    assert (news.document["namespace"], news.document["hub"]) == PLACE
    assert (news.document["group"], news.document["state"]) == (world.GROUP, "began")
    assert news.document["ended_at"] is None


def test_an_end_tells_when_and_how_long() -> None:
    [news] = news_since(told(ended(7, world.OVERDUE)), 6, PLACE, Severity.INFO)

    assert news.is_over
    assert news.document["state"] == "ended"
    assert news.document["ended_at"] == "2026-11-22T12:03:00.000Z"
    assert news.document["lasted_s"] == 100


@pytest.mark.parametrize(
    ("least", "ids"),
    [
        (Severity.INFO, ["lease.overdue", "consumer.standby"]),
        (Severity.WARNING, ["lease.overdue"]),
        (Severity.CRITICAL, []),
    ],
)
def test_what_is_less_bad_is_left_out(least: Severity, ids: list[str]) -> None:
    snapshot = told(began(1, world.OVERDUE), began(2, world.STANDS_BY))

    assert [news.finding.id for news in news_since(snapshot, 0, PLACE, least)] == ids
    assert [news.finding.id for news in present(snapshot, PLACE, least)] == ids


def test_each_is_news_once() -> None:
    snapshot = told(world.CLAIMED, began(5, world.OVERDUE))

    assert last_number(snapshot) == 5
    assert not news_since(snapshot, last_number(snapshot), PLACE, Severity.INFO)
    assert last_number(world.snapshot(timeline=())) == -1
