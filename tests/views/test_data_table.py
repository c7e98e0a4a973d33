"""CSV, Markdown and YAML of rows whose texts nobody here wrote."""

from __future__ import annotations

import csv
import io
import math
import re
from typing import Any

import pytest
import yaml

from ehtui.cli.output_format import plain
from ehtui.domain.snapshot import Health
from ehtui.views.cells import Cell, Column, Row, Table
from ehtui.views.data_table import (
    DataTable,
    Scalar,
    csv_text,
    escaped,
    markdown_text,
    readable,
    yaml_text,
)
from ehtui.views.markdown import prose

DIRTY = (
    "a|b",
    "two\nlines\r\n",
    "\x1b[2Jgone",
    "회의록 소비자",
    '=cmd|" /C calc"!A0',
    'he said "no", twice',
    "\u202eright to left",
    "`code` <script>*b*</script> [x](javascript:1)",
)


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", DIRTY)
def test_whatever_a_text_holds_it_stays_in_its_cell(text: str) -> None:
    table = DataTable(("name", "count"), ((text, 1), ("b", 2)))
    header, row, after = rows_of(csv_text(table))

    assert header == ["name", "count"]
    assert (len(row), row[1], after) == (2, "1", ["b", "2"])
    assert not row[0].startswith("=")
    assert csv_text(table).count("\n") == 3
    assert "\r" not in csv_text(table)

    lines = markdown_text(table).splitlines()
    assert len(lines) == 4
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in lines)

    for written in (csv_text(table), markdown_text(table), yaml_text(plain([text]))):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", written)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (0, "0"),
        (1_234_567, "1234567"),
        (0.125, "0.125"),
        (-3.5, "-3.5"),
        (True, "true"),
        (math.nan, ""),
        (math.inf, ""),
        ("-5", "-5"),
        ("007", "007"),
    ],
)
def test_numbers_are_raw_and_unknown_is_empty(value: Scalar, written: str) -> None:
    assert csv_text(DataTable(("a", "b"), ((value, "x"),)), has_header=False) == f"{written},x\n"


def test_a_table_without_rows_has_its_header() -> None:
    bare = DataTable(("a", "b"), ())

    assert csv_text(bare) == "a,b\n"
    assert csv_text(bare, has_header=False) == ""
    assert markdown_text(bare) == "| a | b |\n| --- | --- |\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("lease.taken_over ~2m20s", "lease.taken_over ~2m20s"),
        ("_so_ ~so~", r"\_so\_ ~so\~"),
        ("lag >30m <1s", "lag >30m <1s"),
        ("<b>&", r"\<b>&"),
        ("> said", r"\> said"),
        ("- a", r"\- a"),
        ("1. a", r"\1. a"),
        ("$Default #12", "$Default #12"),
    ],
)
def test_only_what_markdown_would_take_is_escaped(text: str, told: str) -> None:
    assert escaped(text) == told


def test_commands_of_a_sentence_stay_code() -> None:
    assert prose("Stop it: `kill '$X' | *`, or *not*.") == r"Stop it: `kill '$X' | *`, or \*not\*."
    assert prose("an odd ` one") == r"an odd \` one"


@pytest.mark.parametrize(
    "value",
    [
        {"a": ["no", "0123", "=", "~", "null", "2026-11-26", "!!python/object:os.system"]},
        {"a": None, "b": True, "c": 0.125, "d": 7, "e": [], "f": {}},
        ["x" * 500 + " y", "회의", "a: b", "- c", "#d", "\x1b[31m", "two\nlines", ""],
        {"health": Health.OK},
    ],
)
@pytest.mark.parametrize("is_unicode", [True, False])
def test_yaml_reads_back_as_it_was(value: Any, *, is_unicode: bool) -> None:
    written = yaml_text(value, is_unicode=is_unicode)

    assert yaml.safe_load(written) == value
    assert is_unicode or written.isascii()
    assert "!!" not in written.replace("'!!", "")


def test_what_is_drawn_is_left_out_of_what_is_read() -> None:
    table = Table(
        (Column("mark", "", 1), Column("name", "NAME", 4), Column("trend", "TREND", 8)),
        (Row("a", (Cell("▲"), Cell(" a  "), Cell("▁▂"))),),
        "1",
    )

    assert readable(table, without=("trend",)) == DataTable(("NAME",), (("a",),))
