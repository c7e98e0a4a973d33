"""What `/` understands."""

from __future__ import annotations

import pytest

from ehtui.tui.filtering import FilterError, parse
from ehtui.views.cells import Cell, Column, Row

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
    matches = parse(text, COLUMNS)

    assert "".join(row.key for row in ROWS if matches is None or matches(row)) == keys


@pytest.mark.parametrize("text", ["nonsense:1", "lag>many", "/(/"])
def test_what_cannot_be_read_says_why(text: str) -> None:
    with pytest.raises(FilterError, match=r"nonsense|number|\("):
        parse(text, COLUMNS)
