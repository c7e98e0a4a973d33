from __future__ import annotations

from array import array
from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import (
    ConsumerRole,
    Health,
    LagHistory,
    LagMinute,
    Severity,
    Snapshot,
    SourceStatus,
)
from ehtui.domain.world.process import LinkBasis
from ehtui.views import keys
from ehtui.views.cells import Row, Table
from ehtui.views.glyphs import ASCII
from ehtui.views.groups import groups_table
from ehtui.views.report import table_lines
from ehtui.views.sources import problem_line, sources_table
from ehtui.views.status import document
from ehtui.views.tables import (
    RowMemo,
    consumers_table,
    findings_table,
    partitions_table,
    timeline_table,
)
from ehtui.views.width import width
from tests.views import world


def texts(table: Table, *columns: str) -> list[list[str]]:
    places = [[column.key for column in table.columns].index(key) for key in columns]

    return [[row.cells[place].text for place in places] for row in table.rows]


def test_consumers() -> None:
    table = consumers_table(world.snapshot(), world.GROUP)

    assert table.title == "3"
    assert [row.rank for row in table.rows] == [0, 0, 1]
    assert texts(table, "pid", "up", "cpu", "owner", "owns", "command") == [
        ["51257", "2h02m", "1.2", "◇ 73fda457", "0", "start_consumer.py"],
        ["51300", "1h57m", "0.9", "▯ 9c01e2aa", "1", "start_consumer.py"],
        ["51411", "11m", "0.3", "standby", "none", "start_consumer.py"],
    ]


def test_an_owner_looks_the_same_in_every_pane() -> None:
    snapshot = world.snapshot()
    partitions = partitions_table(snapshot, world.GROUP).rows
    consumers = consumers_table(snapshot, world.GROUP).rows
    held = {row.cells[2].text: row.cells[2].owner for row in partitions}

    assert len(set(held.values())) == 3
    assert {row.cells[4].text: row.cells[4].owner for row in consumers[:2]}.items() <= held.items()


def consumer_row(**changes: object) -> Row:
    consumer = world.consumer(7, 30, world.A, ("0",), **changes)  # type: ignore[arg-type]
    group = world.group_state(world.partition("0", world.lease(), 1, 1))

    return consumers_table(
        world.snapshot(consumers=(consumer,), groups=(group,), findings=()), world.GROUP
    ).rows[0]


def test_what_was_not_read_is_a_dash() -> None:
    row = consumer_row(cpu_percent=None, rss_bytes=None, connections=None, consumer_name=None)

    assert [row.cells[place].text for place in (2, 7, 8, 10)] == ["–"] * 4


def test_a_consumer_lags_by_what_waits_in_all_that_it_owns() -> None:
    def lag_of(*owned: tuple[str, str]) -> tuple[str, float | str | None]:
        lease, start = world.lease(), world.partition("3", world.lease(), 9, 0, lag_is_bound=True)
        partitions = [world.partition("0", lease, 1_840, 17), world.partition("1", lease, 40, 31)]
        partitions += [replace(world.partition("2", lease, 40, 31), lag=None), start]
        groups = (
            world.group_state(*partitions),
            world.group_state(world.partition("0", lease, 9, 4), name="analytics"),
        )
        consumer = replace(world.consumer(7, 30, world.A, ()), owns=owned)
        told = world.snapshot(consumers=(consumer,), groups=groups, findings=())
        cell = consumers_table(told, world.GROUP).rows[0].cells[6]
        consumers: Any = document(told)["consumers"]
        assert consumers[0]["lag"] == cell.sort

        return cell.text, cell.sort

    mine = [(world.GROUP, name) for name in ("0", "1", "2", "3")]
    assert lag_of(*mine[:2]) == ("1,832", 1_832)
    assert lag_of(mine[0], ("analytics", "0")) == ("1,828", 1_828)
    assert lag_of(mine[0], mine[2]) == ("≥1,823", 1_823)
    assert lag_of(mine[2]) == ("–", None)
    assert lag_of() == ("–", None)
    assert lag_of(mine[3])[0].startswith("≤")


def test_a_guessed_link_carries_a_tilde() -> None:
    consumer = world.consumer(7, 30, world.A, ("0",))
    assert consumer.link is not None
    guessed = replace(consumer, link=replace(consumer.link, basis=LinkBasis.ELIMINATION))
    table = consumers_table(world.snapshot(consumers=(guessed,)), world.GROUP)

    assert texts(table, "owner") == [["◇~73fda457"]]


def test_a_process_that_does_not_run_says_so() -> None:
    assert consumer_row(status="stopped").cells[12].text == "[stopped] start_consumer.py"


@pytest.mark.parametrize(
    ("role", "owner", "owns", "rank"),
    [
        (ConsumerRole.STANDBY, "standby", "none", 1),
        (ConsumerRole.STARVED, "starved", "none", 2),
        (ConsumerRole.UNKNOWN, "unknown", "–", 0),
    ],
)
def test_roles(role: ConsumerRole, owner: str, owns: str, rank: int) -> None:
    table = consumers_table(
        world.snapshot(consumers=(world.consumer(7, 30, role=role),), findings=()), world.GROUP
    )

    assert texts(table, "owner", "owns") == [[owner, owns]]
    assert table.rows[0].rank == rank


def test_partitions_of_other_groups_carry_their_name() -> None:
    consumer = world.consumer(7, 30, world.A, ("0", "1", "2"))
    both = replace(consumer, owns=(("analytics", "4"), *consumer.owns))
    table = consumers_table(world.snapshot(consumers=(both,)), world.GROUP)

    assert texts(table, "owns") == [["0–2 analytics:4"]]


def test_a_consumer_is_found_by_pid_and_start() -> None:
    snapshot = world.snapshot()
    table = consumers_table(snapshot, world.GROUP)
    found = [keys.consumer_at(snapshot, row.key) for row in table.rows]

    assert found == list(snapshot.consumers)
    assert keys.consumer_at(snapshot, "51257@0.000") is None


def test_findings() -> None:
    snapshot = world.snapshot()
    table = findings_table(snapshot, world.GROUP)

    assert table.title == "1 warning · 1 info"
    assert [row.rank for row in table.rows] == [2, 1]
    assert texts(table, "mark", "severity", "finding") == [
        [
            "△",
            "warning",
            (
                "P2: owner 51ab7c10 stopped renewing at 12:00:40; "
                "you killed its process 51388 at 12:00:51"
            ),
        ],
        [
            "●",
            "info",
            (
                "51411 is on standby: all 3 partitions already have owners (by design); it can "
                "take P2 12:03:40–12:04:16"
            ),
        ],
    ]
    assert [keys.finding_at(snapshot, row.key) for row in table.rows] == list(snapshot.findings)


def test_the_shown_groups_findings_come_first_among_equals() -> None:
    other = world.finding("lease.overdue", Severity.WARNING, world.LAPSE, group="analytics")
    worse = world.finding("x.y", Severity.CRITICAL, {}, group="analytics")
    table = findings_table(
        world.snapshot(findings=(other, world.OVERDUE, worse)), world.GROUP, glyphs=ASCII
    )

    assert [row.cells[0].text for row in table.rows] == ["X", "!", "!"]
    assert "P2 of analytics" in table.rows[2].cells[2].text


def test_timeline() -> None:
    snapshot = world.snapshot()
    table = timeline_table(snapshot, world.GROUP)

    assert texts(table, "at", "subject", "event") == [
        [
            "12:00:51",
            "you",
            (
                "SIGKILL 51388 (owned P2): it dies without releasing; "
                "takeover 12:03:40–12:04:16 (Python 180/30 s)"
                "  $ ehtui signal 51388 --signal KILL --yes"
            ),
        ],
        ["11:51:06", "P2", "51ab7c10 claimed it (never owned before)"],
    ]
    assert [keys.event_at(snapshot, row.key) for row in table.rows] == [world.KILLED, world.CLAIMED]


def test_another_day_shows_its_date_and_a_guess_its_tilde() -> None:
    old = replace(world.CLAIMED, at=world.NOW - 86400, is_approximate=True)
    table = timeline_table(world.snapshot(timeline=(old, world.KILLED)), world.GROUP)

    assert texts(table, "at") == [["12:00:51"], ["~11-21 12:02:59"]]
    assert table.columns[0].width == 15


def test_unchanged_events_are_not_told_again() -> None:
    memo, snapshot = RowMemo(), world.snapshot()
    first = timeline_table(snapshot, world.GROUP, memo=memo).rows
    later = replace(snapshot, taken_at=snapshot.taken_at + 5)
    second = timeline_table(later, world.GROUP, memo=memo).rows

    assert all(a is b for a, b in zip(first, second, strict=True))


def test_panes_without_rows_say_why() -> None:
    nothing = Snapshot()

    assert consumers_table(nothing, world.GROUP).empty.startswith("No consumer recognised")

    young = (world.source("processes", status=SourceStatus.STARTING, read_at=None),)
    looking = consumers_table(replace(nothing, sources=young), world.GROUP).empty
    assert looking.startswith("Looking for consumers")
    assert findings_table(nothing, world.GROUP).empty == "Nothing to report."
    assert timeline_table(nothing, world.GROUP).empty.startswith("Nothing has happened")
    assert groups_table(nothing).empty.startswith("The store has no records")


def test_groups() -> None:
    group = replace(
        world.snapshot().groups[0], health=Health.BEHIND, counts={Health.OK: 2, Health.BEHIND: 1}
    )
    table = groups_table(world.snapshot(groups=(group,)))

    assert texts(table, "group", "health", "counts", "owners", "lag") == [
        ["$Default", "behind", "1 behind, 2 ok", "3", "1,823"]
    ]


PROBLEM = Problem(ProblemKind.TIMEOUT, "no answer within 5 s", "Look at the network.")


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (PROBLEM, "no answer within 5 s. Look at the network."),
        (Problem(PROBLEM.kind, "No answer.", PROBLEM.advice), "No answer. Look at the network."),
        (Problem(PROBLEM.kind, PROBLEM.summary), "no answer within 5 s"),
    ],
)
def test_problems(problem: Problem, line: str) -> None:
    assert problem_line(problem) == line


def test_sources() -> None:
    failing = world.source(
        "store",
        age=139,
        status=SourceStatus.FAILED,
        problem=PROBLEM,
        failing_since=world.NOW - 130,
        retry_at=world.NOW + 4,
    )
    off = world.source("logs", status=SourceStatus.OFF, problem=PROBLEM, read_at=None)
    snapshot = world.snapshot(sources=(world.source("hub"), failing, off))
    table = sources_table(snapshot)

    assert texts(table, "source", "state") == [["hub", "ok"], ["store", "failing"], ["logs", "off"]]
    assert table.rows[1].cells[3].text.endswith("Next try at 12:03:04.")


@pytest.mark.parametrize("name", ["회의록 소비자", "🎉 party"])
def test_wide_text_keeps_columns_aligned(name: str) -> None:
    consumers = (
        world.consumer(7, 30, consumer_name=name, command=name * 9),
        world.consumer(8, 20, consumer_name="plain"),
    )
    table = consumers_table(world.snapshot(consumers=consumers), world.GROUP)
    lines = table_lines(table, 120)
    memory = [line.index("MiB") for line in lines[1:]]

    assert len({width(line[:place]) for line, place in zip(lines[1:], memory, strict=True)}) == 1
    assert all(width(line) <= 120 for line in lines)


def test_consumers_say_when_they_were_not_looked_at() -> None:
    failing = world.source("processes", age=30, status=SourceStatus.FAILED)
    unread = world.source("logs", status=SourceStatus.FAILED, read_at=None)
    table = consumers_table(world.snapshot(sources=(failing, unread)), world.GROUP)

    assert table.notes == ("processes 29s old", "logs never read")


def test_a_group_is_one_line_with_its_last_minutes_and_their_gaps() -> None:
    totals = {100: 900, 101: 0, 103: 450}
    minutes = tuple(LagMinute(number, lag, (), array("q")) for number, lag in totals.items())
    history = LagHistory(minutes, 104, 900)
    group = replace(world.snapshot().groups[0], lag_history=history)
    table = groups_table(world.snapshot(groups=(group,)))

    assert texts(table, "trend") == [["█▁ ▅█"]]
    assert table.rows[0].cells[5].within(3) == " ▅█"  # the newest stay
    assert [column.key for column in groups_table(world.snapshot(), has_past=False).columns] == [
        column.key for column in table.columns[:-1]
    ]


def test_partitions_by_health_are_told_ever_shorter() -> None:
    counts = {Health.OK: 29, Health.STOPPED: 1, Health.UNOWNED: 2}
    group = replace(world.snapshot().groups[0], counts=counts)
    cell = groups_table(world.snapshot(groups=(group,))).rows[0].cells[2]

    assert cell.within(40) == "2 unowned, 1 stopped, 29 ok"
    assert cell.within(26) == "2 unowned, 1 stopped, +29"
    assert cell.within(14) == "2 unowned, +30"
