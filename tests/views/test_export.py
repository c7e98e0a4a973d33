"""Saved data: full ids, plain numbers, hub, group and time; no bars, no cut words, no formulas."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.snapshot import Snapshot
from ehtui.domain.text import visible
from ehtui.tui.exporting import FORMATS, as_csv, as_json, as_markdown
from ehtui.views.data_table import DataTable, csv_text
from ehtui.views.export import COLUMNS, Export, everything, export
from ehtui.views.groups import groups_table
from ehtui.views.hubs import hub_rows
from ehtui.views.hubs_export import export_hubs
from ehtui.views.tables import (
    consumers_table,
    findings_table,
    partitions_table,
    timeline_table,
)
from tests.tui.hub_scenes import ten
from tests.tui.scenes import NOW
from tests.views import world
from tests.views.test_outside_text import EVIL, told_by

TABLES: dict[str, Any] = {
    "partitions": partitions_table,
    "consumers": consumers_table,
    "findings": findings_table,
    "timeline": timeline_table,
    "groups": lambda snapshot, _: groups_table(snapshot),
}
ABOUT = {"taken_at", "namespace", "hub", "group"}
SECRET = "S3cr3tV4lue"


def saved(pane: str, snapshot: Snapshot | None = None) -> Export:
    snapshot = snapshot or world.snapshot()

    return export(snapshot, world.GROUP, pane, TABLES[pane](snapshot, world.GROUP).keys)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("pane", TABLES)
def test_every_row_says_what_it_is_about(pane: str) -> None:
    data = saved(pane)
    document = json.loads(as_json(data))
    rows = rows_of(as_csv(data))

    assert len(rows) == len(document["rows"]) == len(TABLES[pane](world.snapshot(), "x").keys)
    assert rows

    for row in rows:
        assert row["taken_at"] == "2026-11-22T12:02:59.700Z"
        assert (row["namespace"], row["hub"]) == (world.NAMESPACE, world.HUB)
        assert "group" in row

    assert document["pane"] == pane
    assert document.keys() >= ABOUT
    assert world.HUB in as_markdown(data).replace("\\", "")
    assert "2026-11-22T12:02:59.700Z" in as_markdown(data).replace("\\", "")


def test_ids_are_whole_and_numbers_plain() -> None:
    row = rows_of(as_csv(saved("partitions")))[2]

    assert row["owner"] == world.C
    assert row["last_sequence"] == "231544"
    assert row["lag_events"] == "1820"
    assert float(row["lease_age_s"]) > 100
    assert row["health"] == world.snapshot().groups[0].partitions[2].health.value
    assert all("," not in value for value in row.values())
    (consumer, *_) = rows_of(as_csv(saved("consumers")))
    assert consumer["owner"] == world.A
    assert consumer["owns"] == f"{world.GROUP}/0"
    assert int(consumer["rss_bytes"]) > 1_000_000
    assert float(consumer["up_s"]) > 60
    assert "…" not in consumer["command"]


def test_numbers_are_numbers_in_json_and_unknown_is_null() -> None:
    rows = json.loads(as_json(saved("partitions")))["rows"]
    assert isinstance(rows[0]["lag_events"], int)
    assert isinstance(rows[0]["in_events_per_s"], float)
    bare = saved("partitions", replace(world.snapshot(), groups=()))
    assert json.loads(as_json(bare))["rows"][0]["lag_events"] is None
    assert rows_of(as_csv(bare))[0]["lag_events"] == ""


@pytest.mark.parametrize("pane", TABLES)
def test_no_bars_and_no_cut_words(pane: str) -> None:
    for write in FORMATS.values():
        assert not set(write(saved(pane))) & set("━╌█▁▂▃▄▅▆▇░≤≥…")


@pytest.mark.parametrize("pane", TABLES)
@pytest.mark.parametrize("text", [EVIL, f'=cmd|" /C calc"!A0 {SECRET}', "@SUM(1)", "-2+3", "\t=1"])
def test_outside_text_is_no_formula_no_markup_and_no_secret(pane: str, text: str) -> None:
    data = saved(pane, told_by(text.replace(SECRET, f"password={SECRET}")))
    written = [write(data) for write in FORMATS.values()]

    assert "hunter2" not in "".join(written)
    assert SECRET not in "".join(written)
    assert "\x1b" not in "".join(written)

    for row in csv.reader(io.StringIO(written[0])):
        for cell in row:
            assert not re.match(r"\s*[=+@\t\r]", cell)
            assert not cell.startswith("-") or re.fullmatch(r"-\d+(\.\d+)?", cell)

    for line in written[2].splitlines()[2:]:
        assert len(re.findall(r"(?<!\\)\|", line)) == len(data.rows[0]) + 1


TEXTS = st.text(alphabet="=+-@\t\r\n ;,|\"'a1.＝－", max_size=8)


@given(TEXTS, st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_no_cell_begins_like_a_formula(text: str, number: float | None) -> None:
    table = DataTable(("text", "number"), ((text, number),))
    (row,) = list(csv.DictReader(io.StringIO(csv_text(table), newline="")))

    for cell in (row["text"],):
        for part in cell.split(";"):
            is_number = re.fullmatch(r"[+-]?\d+(\.\d+)?", part) and part == cell
            assert is_number or not re.match(r"\s*[=+\-@\t\r＝＋－＠]", part)
        assert cell.replace("'", "") == visible(text).replace("'", "")

    assert row["number"] == ("" if number is None else str(number))


def test_only_the_rows_that_are_shown_in_their_order() -> None:
    data = export(world.snapshot(), world.GROUP, "partitions", ["2", "0", "gone"])

    assert [row["partition"] for row in data.rows] == ["2", "0"]


@pytest.mark.parametrize("pane", TABLES)
def test_a_pane_has_its_columns_with_and_without_rows(pane: str) -> None:
    for row in saved(pane).rows:
        assert tuple(row) == tuple(COLUMNS[pane])

    bare = everything(Snapshot(), world.GROUP, pane)
    assert bare.rows == ()
    assert csv_text(bare).count("\n") == 1
    assert bare.columns == everything(world.snapshot(), world.GROUP, pane).columns


def test_rows_of_hubs_have_their_columns_and_say_what_they_are_about() -> None:
    data = export_hubs(hub_rows(ten(), NOW), NOW)
    rows = rows_of(as_csv(data))

    assert {tuple(row) for row in data.rows} == {tuple(COLUMNS["hubs"])}
    assert len(rows) == len(data.rows) >= 10
    assert all(row["taken_at"] and row["hub"] and row["profile"] for row in rows)


def test_a_report_as_rows_has_every_group() -> None:
    snapshot = world.snapshot()
    (first, *_) = snapshot.groups
    both = replace(snapshot, groups=(first, replace(first, name="b|c")))
    rows = rows_of(csv_text(everything(both, world.GROUP, "partitions")))

    assert {(row["group"], row["partition"]) for row in rows} == {
        (group, partition) for group in (world.GROUP, "b|c") for partition in "012"
    }
