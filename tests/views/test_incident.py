"""The incident page: its figures are those of the report, and nothing in it is markup or secret."""

from __future__ import annotations

import re

from msgspec.structs import replace
from msgspec.structs import replace as with_changes

from ehtui.domain.actions.audited import AuditEntry
from ehtui.domain.costs import Bounds, Deployment, Ledger
from ehtui.domain.snapshot import Severity, Snapshot, SourceStatus, TimelineEvent
from ehtui.domain.timeline import FindingEnded
from ehtui.views.formats import Clock
from ehtui.views.incident import Reading, action_span, concerns, incident_page, wrong_in
from ehtui.views.report import report
from ehtui.views.status import document
from tests.views import world
from tests.views.test_outside_text import EVIL, told_by

READING = Reading("0.2.0", "Python 3.12, Linux", 30.0)


def entry(ago: float, **plan: object) -> AuditEntry:
    return AuditEntry(
        f"a{ago}", world.NOW - ago, "ops", "box", 1, "key", "signal", plan, "done", 0.01
    )


KILL = entry(
    128, kind="signal", signal="KILL", targets=[{"pid": 51388, "owns": [f"{world.GROUP}/2"]}]
)
ELSEWHERE = entry(60, kind="release", hub="other.servicebus.windows.net/x", group=world.GROUP)
OF_THIS_HUB = entry(50, kind="send", hub=f"{world.NAMESPACE.upper()}/{world.HUB}", count=1)
BEFORE = entry(86_400, kind="signal", signal="TERM", targets=[{"pid": 51257}])
LEDGER = Ledger(
    deployments=(
        Deployment(world.NOW - 300, world.NOW - 120, 4, 1, 0, Bounds(3, 412), Bounds(0, 0)),
    )
)


def incident(**changes: object) -> Snapshot:
    snapshot = world.snapshot(**changes)
    (group,) = snapshot.groups
    return replace(snapshot, groups=(replace(group, ledger=LEDGER),))


def page_of(snapshot: Snapshot, reading: Reading = READING) -> str:
    return incident_page(snapshot, (world.GROUP,), reading)


def test_it_tells_what_since_when_why_and_what_was_done() -> None:
    actions = (BEFORE, KILL, ELSEWHERE, OF_THIS_HUB)
    page = page_of(incident(), with_changes(READING, actions=actions))

    for part in (
        "# Incident report: hgzero-eventhub ▸ $Default",
        "| Findings | 1 warning · 1 info |",
        "| Watched | for 30s |",
        "### Warning: P2: ",
        "Since 2026-11-22 12:01:19 UTC (1m40s ago). (`lease.overdue`)",
        "| lag | 1,820 |",
        "What to do:",
        "1. ",
        "## Also noted",
        "## Timeline: 2 events",
        "| 12:00:51 | you |  | SIGKILL 51388",
        "## What was done: 2 actions",
        "SIGKILL to 51388",
        "| $Default | 11:57:59–12:00:59 | 4 | 3 to 412 | 0 | – | 1 |",
        "- ehtui 0.2.0 on Python 3.12, Linux",
        "Times are in UTC.",
        "| hub | ok |",
    ):
        assert part in page, part

    assert "other.servicebus" not in page
    assert "SIGTERM" not in page


def test_its_figures_are_those_of_the_report() -> None:
    snapshot = incident()
    page, printed, told = page_of(snapshot), report(snapshot, world.GROUP), document(snapshot)
    (title,) = re.findall(r"^### (Partitions: .*)$", page, re.MULTILINE)

    assert title in printed
    assert f"{told['groups'][0]['lag']:,}" in title

    for finding in told["findings"]:
        assert finding["summary"].rstrip(".").replace(f" of {world.GROUP}", "") in page


def test_one_who_reads_it_where_the_clock_is_another_is_told_so() -> None:
    page = incident_page(incident(), (world.GROUP,), READING, Clock(9 * 3600))

    assert "(1m40s ago)" in page
    assert "2026-11-22 21:01:19 UTC+09:00" in page
    assert "Times are in UTC+09:00." in page


def test_nothing_wrong_is_said() -> None:
    page = page_of(world.snapshot(findings=(), timeline=()))

    assert "Nothing wrong was found." in page
    assert "Nothing happened while it was watched." in page
    assert "No partition changed hands while it was watched." in page
    assert "Nothing is noted in the audit log" in page


def test_an_incident_that_is_over_is_told_all_the_same() -> None:
    ended = TimelineEvent(
        7,
        world.NOW - 10,
        "finding.ended",
        world.OVERDUE.subject,
        FindingEnded(world.NOW - 95, world.NOW - 100, 90.0, is_judged=True),
        finding=world.OVERDUE,
    )
    unjudged = replace(
        ended,
        number=8,
        details=FindingEnded(world.NOW - 95, world.NOW - 100, 90.0, is_judged=False),
    )
    remark = replace(ended, number=9, finding=world.STANDS_BY)
    page = page_of(world.snapshot(findings=(), timeline=(ended, unjudged, remark)))

    assert "## What was wrong, and is over" in page
    assert "- **Warning** (12:01:19–12:02:49, 1m30s, `lease.overdue`): P2: owner" in page
    assert page.count("`lease.overdue`") == 1
    assert "| Since | over since 2026-11-22 12:02:49 UTC (10s ago) |" in page


def test_what_could_not_be_read_is_said() -> None:
    store = world.source("store", status=SourceStatus.FAILED, read_at=None)
    reading = with_changes(READING, no_actions="/x/audit.jsonl: Permission denied")
    page = page_of(Snapshot(taken_at=world.NOW, sources=(store,)), reading)

    assert "| Event hub | not read |" in page
    assert "The audit log cannot be read: /x/audit.jsonl: Permission denied." in page
    assert "| store | " in page
    assert "Not judged yet: owners, leases, checkpoints, lag" in page


def test_outside_text_is_text() -> None:
    evil = f"{EVIL}| a | <img src=x> `x` [l](javascript:1)"
    page = page_of(told_by(evil))

    assert "hunter2" not in page
    assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", page)
    assert "<img" not in page.replace("\\<", "")
    tables = [line for line in page.splitlines() if line.startswith("|")]
    heads = [at for at, line in enumerate(tables) if set(line) <= set("| -")]

    for at in heads:
        cells = len(re.findall(r"(?<!\\)\|", tables[at]))
        assert len(re.findall(r"(?<!\\)\|", tables[at - 1])) == cells
        assert len(re.findall(r"(?<!\\)\|", tables[at + 1])) == cells


def test_actions_are_told_from_before_the_first_finding_on() -> None:
    snapshot = incident()
    assert action_span(snapshot, READING) < world.OVERDUE.since - 890
    calm = replace(snapshot, findings=(world.STANDS_BY,))
    assert action_span(calm, READING) > action_span(snapshot, READING)


def test_whose_action_it_was() -> None:
    snapshot = incident()

    assert concerns(KILL, snapshot)  # by its group
    assert concerns(entry(1, targets=[{"pid": 51257}]), snapshot)  # by its process
    assert not concerns(entry(1, targets=[{"pid": 9, "owns": ["other/2"]}]), snapshot)
    assert not concerns(entry(1, targets="?", group=7), snapshot)
    assert not concerns(ELSEWHERE, snapshot)
    assert concerns(OF_THIS_HUB, snapshot)


def test_only_what_is_wrong() -> None:
    assert {f.severity for f in wrong_in(incident()).findings} == {Severity.WARNING}
