"""What `/` understands."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from ehtui.domain.snapshot import Snapshot
from ehtui.tui.filtering import FilterError, parse, parse_line
from ehtui.tui.screens.overview import OverviewScreen
from ehtui.views.cells import Cell, Column, Row, Table
from ehtui.views.row_facts import FactsOf
from ehtui.views.tables import (
    consumers_table,
    findings_table,
    partitions_table,
    timeline_table,
)
from tests.tui.scenes import GROUP, NOW, healthy, many, overdue
from tests.tui.test_overview import opened
from tests.waiting import wait_for

COLUMNS = (
    Column("health", "HEALTH", 8),
    Column("owner", "OWNER", 10),
    Column("lag", "LAG", 8),
    Column("last", "LAST SEQ", 8),
)
ROWS = (
    Row("0", (Cell("ok"), Cell("■ 73fda457"), Cell("0", sort=0.0), Cell("1,200"))),
    Row("1", (Cell("behind"), Cell("□ 9c01e2aa"), Cell("48,211", sort=48211.0), Cell("–"))),
    Row("2", (Cell("unowned"), Cell("none"), Cell("≤9,120", sort=9120.0), Cell("77"))),
    Row("3", (Cell("ok"), Cell("회의록 🚀"), Cell("–"), Cell("5"))),
)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("", "0123"),
        ("ok", "03"),
        ("OK 73f", "0"),
        ("!ok", "12"),
        ("/^(behind|unowned)$/", "12"),
        ("!/73F/", "123"),
        ("lag>1000", "12"),
        ("lag>=9,120 lag<20000", "2"),
        ("lag>1000 owner:9c0 health!=ok", "1"),
        ("health=ok", "03"),
        ("hea=ok", "03"),
        ("lag=0", "0"),
        ("last>100", "0"),
        ("owner:회의록", "3"),
        ('"회의록 🚀"', "3"),
        ("!owner:none", "013"),
        ("[red]", ""),
    ],
)
def test_filters(text: str, keys: str) -> None:
    found = parse(text, COLUMNS)

    assert "".join(row.key for row in ROWS if found is None or found.matches(row)) == keys


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("zzz:1", "no field “zzz”; there are health, owner, lag, last"),
        ("lga>1", "no field “lga”: did you mean lag?"),
        ("lag>many", "lag needs a number"),
        ("lag>", "lag needs a number"),
        ("lag>5m", "lag needs a number such as 1,000 or 1k, not “5m”"),
        ("age>soon", "age needs a length of time such as 30s"),
        ("/(/", r"/\(/: missing \) at"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, why: str) -> None:
    with pytest.raises(FilterError, match=why):
        parse(text, COLUMNS)


PANES: dict[str, Callable[[Snapshot, str], Table]] = {
    "partitions": partitions_table,
    "consumers": consumers_table,
    "findings": findings_table,
    "timeline": timeline_table,
}


def table_of(pane: str, scene: str) -> tuple[Table, FactsOf]:
    snapshot = {"healthy": healthy, "overdue": overdue, "many": many}[scene]()

    return PANES[pane](snapshot, GROUP), FactsOf(snapshot, GROUP, pane)


def first_cells(pane: str, scene: str, text: str) -> list[str]:
    table, facts = table_of(pane, scene)
    found = parse(text, table.columns, facts.of)
    assert found is not None

    return [row.key.split("@")[0].split("|")[0] for row in table.rows if found.matches(row)]


@pytest.mark.parametrize(
    ("pane", "scene", "text", "keys"),
    [
        ("partitions", "overdue", "P2", ["2"]),
        ("partitions", "many", "P2", ["2"]),  # and not 12, 20 …
        ("partitions", "overdue", "lag>1k", ["2"]),
        ("partitions", "overdue", "lag>1.8k lag<1,900", ["2"]),
        ("partitions", "overdue", "behind>1m", ["2"]),
        ("partitions", "overdue", "behind>1m30s", ["2"]),
        ("partitions", "overdue", "lease<60s", ["2"]),
        ("partitions", "overdue", "age>2m", ["2"]),
        ("partitions", "overdue", "!age>2m", ["0", "1"]),
        ("partitions", "overdue", "in>10/s", ["0", "1", "2"]),
        ("partitions", "overdue", "owner:73fda457-1111-4d3a", ["0"]),
        ("partitions", "many", "owner:none", ["19"]),
        ("consumers", "healthy", "P2", ["51388"]),
        ("consumers", "healthy", "owner:none", ["51411"]),
        ("consumers", "healthy", "up>1h", ["51257", "51300", "51388"]),
        ("consumers", "healthy", "up<1h", ["51411"]),
        ("consumers", "healthy", "rss>1MiB pid=51257", ["51257"]),
        ("consumers", "healthy", "cpu>0%", ["51257", "51300", "51388", "51411"]),
        ("findings", "overdue", "P2", ["lease.overdue"]),
        ("findings", "overdue", "pid:51411", ["consumer.standby"]),
        ("findings", "overdue", "kind:lease", ["lease.overdue"]),
    ],
)
def test_it_understands_what_the_screen_writes(
    pane: str, scene: str, text: str, keys: list[str]
) -> None:
    assert first_cells(pane, scene, text) == keys


def test_the_timeline_by_kind_partition_age_and_time_of_day() -> None:
    table, facts = table_of("timeline", "overdue")

    def events(text: str) -> set[str]:
        found = parse(text, table.columns, facts.of)
        assert found is not None
        return {row.cells[0].text for row in table.rows if found.matches(row)}

    assert events("P2") == {"12:01:10", "12:00:51", "11:51:06"}
    assert events("partition:2 kind:overdue") == {"12:01:10"}
    assert events("pid:51388") == {"12:00:51"}
    assert events("kind:action") == {"12:00:51"}
    assert events("time>12:01") == {"12:01:10"}
    assert events("age<2m") == {"12:01:10"}
    assert len(events("age>2m")) == 2


def test_what_moves_with_time_is_looked_at_again() -> None:
    moving, standing = parse("age<5m", ()), parse("kind:lease", ())
    assert moving is not None
    assert standing is not None
    assert (moving.moves, standing.moves) == (True, False)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("claimed", [0]),
        ("!claimed", [1, 2]),
        ("P2", [0, 2]),
        ("/partition '?1\\d/", [1]),
        ("lag>1k", []),
        ("http://x:1", [2]),
    ],
)
def test_lines_of_a_log_have_the_same_language(text: str, lines: list[int]) -> None:
    log = ("has claimed partition '2'", "lost partition '12'", "P2 at http://x:1/")
    matches = parse_line(text)

    assert [at for at, line in enumerate(log) if matches is None or matches(line)] == lines


async def test_n_goes_from_hit_to_hit_also_once_all_rows_are_shown_again() -> None:
    async with opened(many()) as (pilot, _, screen):
        grid = screen.pane("partitions")
        await pilot.press("n")
        await wait_for(lambda: told(screen) == ["/ says what to look for."])
        await pilot.press("slash", *"/^1[38]$/", "enter")
        assert grid.listing.keys == ("13", "18")
        await pilot.press("n")
        assert grid.cursor == "18"
        await pilot.press("n")
        assert grid.cursor == "13"
        await pilot.press("escape", "home", "n")
        assert (grid.cursor, len(grid.listing)) == ("13", 32)
        await pilot.press("N")
        assert grid.cursor == "18"


def told(screen: OverviewScreen) -> list[str]:
    return [note.message for note in screen.app._notifications]


async def test_a_filter_by_age_lets_go_of_what_has_grown_old() -> None:
    async with opened(overdue()) as (pilot, session, screen):
        grid = screen.pane("timeline")
        await pilot.press("4", "slash", *"age<2m", "enter")
        assert len(grid.listing) == 1
        session.publish(replace(overdue(), taken_at=NOW + 300))
        await wait_for(lambda: not grid.listing)


def test_an_expression_that_takes_too_long_is_told_and_hides_nothing() -> None:
    found = parse("/(a|aa)+$/", COLUMNS)

    assert found is not None
    assert found.matches(Row("9", (Cell("a" * 200 + "!"),)))
    assert found.matches(Row("8", (Cell("b"),)))
    assert list(found.problems) == ["takes too long"]


def test_of_a_line_it_is_told_to_whoever_searches() -> None:
    problems: list[str] = []
    matches = parse_line("/(a|aa)+$/", problems)

    assert matches is not None
    assert matches("a" * 200 + "!")
    assert problems == ["takes too long"]
