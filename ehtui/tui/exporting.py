"""What is taken along as text: a pane as CSV, JSON or Markdown, and what a row copies."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views.data_table import DataTable, csv_text, escaped, markdown_text
from ehtui.views.export import COLUMNS
from ehtui.views.formats import plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ehtui.tui.grid_viewport import Listing
    from ehtui.views.export import Export
    from ehtui.views.row_facts import RowFacts

SCHEMA = "ehtui.export/1"


def as_csv(data: Export) -> str:
    """One line a row with hub, group and time before it."""
    return csv_text(data.whole)


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
    about = ", ".join(escaped(str(value)) for value in data.about.values() if value is not None)
    heading = f"{data.pane.capitalize()}: {about}\n"

    if not data.rows:
        return heading

    return f"{heading}\n{markdown_text(DataTable.of(COLUMNS[data.pane], data.rows))}"


FORMATS: Mapping[str, Callable[[Export], str]] = {
    "csv": as_csv,
    "json": as_json,
    "md": as_markdown,
}


class Copy(Value, frozen=True):
    """Something of a row for the clipboard: harmless where it is pasted."""

    letter: str
    what: str
    text: Callable[[], str]  # made when it is asked for: of a thousand rows, seldom
    told: str  # once it is there


_LONGEST_TOLD = 60


def copies_of(
    facts: Sequence[RowFacts], listing: Listing, keys: Sequence[str], link: str
) -> tuple[Copy, ...]:
    """What can be copied of rows, by letter: nothing that none of them has."""
    found = (
        ("o", "owner id", [owner for each in facts for owner in each.owners]),
        ("p", "pid", [str(pid) for each in facts for pid in each.pids]),
        ("P", "partition", [name for each in facts for name in each.partitions]),
        ("c", "command", [each.command for each in facts if each.command]),
        ("b", "blob name", [name for each in facts for name in each.blobs]),
    )
    of_facts = tuple(_copy(letter, what, texts) for letter, what, texts in found if texts)
    places = {key: place for place, key in enumerate(listing.table.keys)} if keys else {}
    chosen = [places[key] for key in keys if key in places]
    offered = []

    if chosen:
        told = f"Copied {plural(len(chosen), 'row')}."
        offered.append(Copy("y", "row", partial(_lines, listing, chosen), told))

    if len(listing):
        told = f"Copied all {plural(len(listing), 'row')} of this pane."
        offered.append(Copy("a", "all rows", partial(_table, listing), told))

    return (*offered, *of_facts, Copy("l", "link here", lambda: link, f"Copied: {_cut(link)}"))


def _copy(letter: str, what: str, texts: Sequence[str]) -> Copy:
    harmless = list(dict.fromkeys(map(safe, texts)))
    many = plural(len(harmless), what, f"{what}s") if len(harmless) > 1 else what

    return Copy(
        letter, what, lambda: "\n".join(harmless), f"Copied {many}: {_cut(', '.join(harmless))}"
    )


def _lines(listing: Listing, places: Iterable[int]) -> str:
    rows = listing.table.rows

    return "\n".join("\t".join(cell.text.strip() for cell in rows[at].cells) for at in places)


def _table(listing: Listing) -> str:
    titles = "\t".join(column.title for column in listing.table.columns)

    return f"{titles}\n{_lines(listing, listing.order)}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[: _LONGEST_TOLD - 1]}…"
