from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import Snapshot, SourceStatus
from ehtui.views.cells import Cell, Column, Row, Table, Tone
from ehtui.views.glyphs import ASCII
from ehtui.views.report import WIDE, OutputFormat, report, table_lines
from ehtui.views.width import width
from tests.views import world

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def test_a_pipe_gets_the_whole_report() -> None:
    printed = report(world.snapshot(), world.GROUP)

    assert printed.startswith(
        "ehtui  hgzero.servicebus.windows.net / hgzero-eventhub ▸ $Default  2026-11-22 12:02:59 "
        "UTC\n△ P2 has had no live owner for 2m08s; a standby takes it 12:03:40–12:04:16\n"
    )
    assert "Partitions: 3 · lag 1,823 · in 39/s · out 26/s (read 1s ago, clock +0.3s)" in printed
    assert "python start_consumer.py" in printed
    assert "SIGKILL 51388 (owned P2)" in printed
    assert "\x1b" not in printed
    assert all(line == line.rstrip() for line in printed.splitlines())


@pytest.mark.parametrize("cells", [60, 80, 120])
def test_a_terminal_gets_what_fits(cells: int) -> None:
    lines = report(world.snapshot(), world.GROUP, OutputFormat(cells=cells)).splitlines()

    assert all(width(line) <= cells for line in lines)


def test_colour_only_when_asked_and_never_alone() -> None:
    plain = report(world.snapshot(), world.GROUP)
    coloured = report(world.snapshot(), world.GROUP, OutputFormat(colour=True))

    assert "\x1b[33m" in coloured
    assert [line.rstrip() for line in ESCAPE.sub("", coloured).splitlines()] == plain.splitlines()


def test_an_ascii_report_draws_with_ascii() -> None:
    lines = report(world.snapshot(), world.GROUP, OutputFormat(glyphs=ASCII)).splitlines()
    rows = [line for line in lines if re.match(r" +\d  ", line)]

    assert len(rows) == 3
    assert all(row.isascii() for row in rows)


def test_several_groups_are_shown_side_by_side() -> None:
    other = world.group_state(world.partition("0", world.lease(), 20, 17), name="analytics")
    snapshot = world.snapshot()
    printed = report(world.snapshot(groups=(*snapshot.groups, other)), world.GROUP)

    assert "Groups: 2" in printed
    assert re.search(r"analytics +ok +1 +1 +3", printed)


def test_partitions_of_several_groups_are_shown_below_each_other() -> None:
    other = world.group_state(world.partition("0", world.lease(), 20, 17), name="analytics")
    snapshot = world.snapshot()
    both = world.snapshot(groups=(*snapshot.groups, other))
    printed = report(both, world.GROUP, WIDE, "analytics")

    assert "Partitions of $Default: 3 · lag 1,823" in printed
    assert "Partitions of analytics: 3 · lag 3" in printed
    assert "\nPartitions: " not in printed


def test_trouble_with_sources_is_told() -> None:
    problem = Problem(ProblemKind.FORBIDDEN, "checkpoints: listing is forbidden", "Ask for a role.")
    store = world.source(
        "store", status=SourceStatus.FAILED, problem=problem, failing_since=world.NOW, read_at=None
    )
    printed = report(world.snapshot(sources=(store,), groups=(), findings=()), world.GROUP)

    assert "Sources: 1" in printed
    assert "checkpoints: listing is forbidden. Ask for a role." in printed
    assert "Not judged yet: owners, leases, checkpoints, lag." in printed


def test_nothing_known_is_said() -> None:
    printed = report(Snapshot(), world.GROUP)

    assert printed.startswith("ehtui  $Default\nReading the hub for the first time\n")
    assert "Findings: none" in printed


NAMES = st.sampled_from(["회의록", "🎉", "plain", "👩‍💻 dev", "e\u0301", ""])


@settings(max_examples=50)
@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=5), st.integers(30, 90))
def test_columns_stand_under_each_other(names: list[tuple[str, str]], cells: int) -> None:
    table = Table(
        columns=(
            Column("a", "A", 9),
            Column("b", "B", 6, align_right=True, gives_way=1),
            Column("c", "C", 10, grows=True, min_width=5),
        ),
        rows=tuple(
            Row(str(n), (Cell(a * 2), Cell(b), Cell(f"|{a}{b}", Tone.DIM)))
            for n, (a, b) in enumerate(names)
        ),
        title="",
    )
    header, *lines = table_lines(table, cells)

    assert {width(line[: line.index("|")]) for line in lines} == {
        width(header[: header.index("C")])
    }
    assert all(width(line) <= cells for line in lines)


def test_a_table_without_rows_says_why() -> None:
    assert table_lines(Table((), (), "", empty="Nothing.")) == ["Nothing."]
    assert table_lines(Table((), (), "")) == []


def test_advice_is_given_once_for_each_kind() -> None:
    again = world.finding("consumer.standby", world.STANDS_BY.severity, world.STANDBY, pid=51412)
    printed = report(world.snapshot(findings=(world.STANDS_BY, again)), world.GROUP)

    assert printed.count("is on standby") == 2
    assert printed.count("This is not an error.") == 1


def test_a_report_says_that_a_hub_is_geo_replicated() -> None:
    hub = replace(world.hub("0", "1", "2"), georeplication_factor=2)
    told = report(world.snapshot(hub=hub), world.GROUP)

    assert f"{world.HUB} (geo-replicated, 2 regions) ▸" in told.splitlines()[0]
