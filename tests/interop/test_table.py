"""What is counted, and as what: nothing that did not run has passed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.interop.table import PARTS, Case, Row, cases_in, code_of, printed, rows_of

REPORT = """<testsuites><testsuite>
<testcase classname="tests.interop.test_amqp_peers" name="test_a[rhea]" time="1.5"/>
<testcase classname="tests.interop.test_amqp_peers" name="test_a[proton]" time="0">
  <skipped message="python-qpid-proton==0.40.0 cannot be installed: no compiler"/></testcase>
<testcase classname="tests.interop.test_python_versions" name="test_b[5672-5.12.0-sync]" time="2">
  <failure message="AssertionError: 1&#10;more"/></testcase>
<testcase classname="tests.conform.test_suite" name="test_c" time="1">
  <properties><property name="note" value="132 checks"/></properties></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, Row]:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    return {row.title: row for row in rows_of(cases_in(report), "it ended with 3")}


def counts(row: Row) -> tuple[int, int, int]:
    return row.passed, row.failed, row.not_run


def test_each_test_is_counted_in_its_row(rows: dict[str, Row]) -> None:
    rhea = next(row for title, row in rows.items() if title.startswith("rhea"))
    proton = next(row for title, row in rows.items() if title.startswith("python-qpid"))
    python = rows["Python SDK 5.12.0"]
    conform = rows["Conformance suite on the sandbox"]

    assert (counts(rhea), rhea.seconds, rhea.notes) == ((1, 0, 0), 1.5, [])
    assert counts(proton) == (0, 0, 1)
    assert "no compiler" in proton.notes[0]
    assert counts(python) == (0, 1, 0)
    assert python.notes == ["failed: test_b[5672-5.12.0-sync]: AssertionError: 1"]
    assert (counts(conform), conform.notes) == ((1, 0, 0), ["132 checks"])


def test_a_part_without_a_single_test_did_not_run(rows: dict[str, Row]) -> None:
    azurite = rows["Checkpoint stores on Azurite"]

    assert counts(azurite) == (0, 0, 1)
    assert azurite.notes == ["not run: it ended with 3"]
    assert cases_in(Path("/nowhere/report.xml")) == []


def test_what_belongs_to_no_part_is_counted_too() -> None:
    stray = Case("pytest::internal", "failed", "internal error", 0.0)

    assert counts(rows_of([stray], "")[-1]) == (0, 1, 0)


@pytest.mark.parametrize(
    ("passed", "failed", "skipped", "least", "code"),
    [
        (3, 0, 0, None, 0),
        (3, 1, 1, None, 1),
        (3, 0, 1, None, 2),
        (0, 0, 0, None, 2),
        (215, 0, 5, 215, 0),  # what its authors skip is no lack of ours
        (214, 1, 5, 215, 1),
        (0, 220, 0, 215, 1),
        (0, 0, 0, 215, 2),
    ],
)
def test_how_the_command_ends(
    passed: int, failed: int, skipped: int, least: int | None, code: int
) -> None:
    outcomes = ["passed"] * passed + ["failed"] * failed + ["skipped"] * skipped
    row = Row.of("part", [Case("a::b", outcome, "", 0.0) for outcome in outcomes], "", least)

    assert code_of([row]) == code


def test_the_table_has_every_row_and_what_is_to_be_said(rows: dict[str, Row]) -> None:
    text = printed(list(rows.values()))

    assert all(part.title in text for part in PARTS)
    assert re.search(r"^Python SDK 5\.12\.0 +0 +1 +0 +2 s$", text, re.MULTILINE)
    assert "Python SDK 5.12.0: failed: test_b" in text


def test_every_path_is_there() -> None:
    root = Path(__file__).parents[2]

    assert [path for part in PARTS for path in part.paths if not (root / path).exists()] == []
