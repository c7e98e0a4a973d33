"""Rows for other programs, and how they are written: CSV, Markdown, YAML.

Names are stable, in snake_case with their unit; cells are raw. None is unknown, and an empty cell.
"""

from __future__ import annotations

import csv
import io
import math
import re
from typing import TYPE_CHECKING

from ehtui.domain.text import visible
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ehtui.views.cells import Table

Scalar = str | int | float | bool | None
Record = dict[str, Scalar]


class DataTable(Value, frozen=True):
    """Columns, which an empty table has too, and rows with a cell for each."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]

    @classmethod
    def of(cls, columns: Iterable[str], records: Iterable[Mapping[str, Scalar]]) -> DataTable:
        """The records' values in the order of the columns."""
        names = tuple(columns)
        return cls(names, tuple(tuple(record[name] for name in names) for record in records))


# A spreadsheet takes what begins so for a formula, blanks before it or not, wide forms too; where
# lists are written with semicolons, what follows one.
_FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def csv_text(table: DataTable, *, has_header: bool = True) -> str:
    """As RFC 4180 quotes it, a line feed after each line, as `psql --csv` and awk have it.

    A text that a spreadsheet would run as a formula gets an apostrophe before it; a control
    character is written as its escape, so that a row always is a line.
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows([table.columns] if has_header else [])
    writer.writerows([[_csv_cell(value) for value in row] for row in table.rows])

    return written.getvalue()


def _csv_cell(value: Scalar) -> str | int | float:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return ""
        case str() if not _NUMBER.fullmatch(value):
            return _FORMULA.sub(r"\1'", visible(value))

    return value


# Only where it means something: `lease.taken_over` and `~2m` are read as they are, in a mail too.
_MARKED = re.compile(
    r"([\\\\|`*\[\]]|(?<!\w)_|_(?!\w)|<(?=[A-Za-z/!?])|^>|(?<=\S)~|^[#+-](?=\s)|^\d+(?=[.)]\s))"
)


def escaped(text: str) -> str:
    """`text` as Markdown shows it: no table cell, no link, no emphasis and no HTML of its own."""
    return _MARKED.sub(r"\\\1", visible(text))


def markdown_text(table: DataTable, *, has_header: bool = True) -> str:
    """A table for an issue or a chat; empty where there are no rows and nothing begins."""
    lines = [[*map(escaped, table.columns)], ["---"] * len(table.columns)] if has_header else []
    lines += [[*map(_markdown_cell, row)] for row in table.rows]

    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _markdown_cell(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"

    return "" if value is None else escaped(str(value))


def readable(table: Table, *, without: Iterable[str] = ()) -> DataTable:
    """A pane as people read it, without what is drawn: signs and pictures have no title."""
    left_out = {column.key for column in table.columns if not column.title} | {*without}
    places = [at for at, column in enumerate(table.columns) if column.key not in left_out]

    return DataTable(
        tuple(table.columns[at].title for at in places),
        tuple(tuple(row.cells[at].text.strip() for at in places) for row in table.rows),
    )


def yaml_text(value: object, *, is_unicode: bool = True) -> str:
    """Plain values as YAML that nothing is run by; keys in their order, one line a text."""
    import yaml  # noqa: PLC0415 - for who asks for it

    class Dumper(yaml.SafeDumper):
        """One that takes a word of ours for the text that it is."""

    Dumper.add_multi_representer(str, lambda dumper, text: dumper.represent_str(str(text)))
    text: str = yaml.dump(
        value,
        Dumper=Dumper,
        sort_keys=False,
        allow_unicode=is_unicode,
        width=math.inf,
        default_flow_style=False,
    )

    return text
