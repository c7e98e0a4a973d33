"""A pane's data as text for other programs: CSV, JSON, Markdown."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING

from ehtui.domain.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ehtui.views.export import Export, Record, Scalar

SCHEMA = "ehtui.export/1"
# A spreadsheet takes what begins so for a formula, blanks before it or not, wide forms too; where
# lists are written with semicolons, what follows one.
_FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@＝＋－＠])")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_MARKDOWN = re.compile(r"([\\\\|`*_<>\[\]])")


def as_csv(data: Export) -> str:
    """One line a row with hub, group and time before it; a text never is a formula."""
    written = io.StringIO()
    rows = list(_whole(data))
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows([list(rows[0])] if rows else [])
    writer.writerows([[_cell(value) for value in row.values()] for row in rows])

    return written.getvalue()


def as_json(data: Export) -> str:
    """One object: what the rows are about, and the rows."""
    document = {
        "schema": SCHEMA,
        "pane": data.pane,
        **data.about,
        "rows": [dict(row) for row in data.rows],
    }

    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def as_markdown(data: Export) -> str:
    """A table for an issue or a chat, below a line that says what it is about."""
    about = ", ".join(_escaped(value) for value in data.about.values() if value is not None)
    heading = f"{data.pane.capitalize()}: {about}\n"

    if not data.rows:
        return heading

    names = [*data.rows[0]]
    lines = [names, ["---"] * len(names)]
    lines += [[_escaped(row[name]) for name in names] for row in data.rows]

    return f"{heading}\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


FORMATS: Mapping[str, Callable[[Export], str]] = {
    "csv": as_csv,
    "json": as_json,
    "md": as_markdown,
}


def _whole(data: Export) -> Iterator[Record]:
    """Each row with what it is about; a row's own group counts."""
    return ({**data.about, **row} for row in data.rows)


def _cell(value: Scalar) -> str | int | float:
    if value is None:
        return ""

    if isinstance(value, bool):
        return "true" if value else "false"

    if not isinstance(value, str) or _NUMBER.fullmatch(value):
        return value

    return _FORMULA.sub(r"\1'", visible(value))


def _escaped(value: Scalar) -> str:
    if value is None:
        return ""

    return _MARKDOWN.sub(r"\\\1", value) if isinstance(value, str) else str(value)
