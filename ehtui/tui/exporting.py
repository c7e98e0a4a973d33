"""What a table shows, as text for other programs: its columns, its rows in their order."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ehtui.tui.grid_viewport import Listing
    from ehtui.views.cells import Row


def as_csv(listing: Listing) -> str:
    """One line a row, the columns' keys first."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(_keys(listing))
    writer.writerows(_texts(row) for row in listing.rows)

    return written.getvalue()


def as_json(listing: Listing) -> str:
    """One object a row, by the columns' keys; the texts as they are shown."""
    keys = _keys(listing)
    rows = [dict(zip(keys, _texts(row), strict=True)) for row in listing.rows]

    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def as_markdown(listing: Listing) -> str:
    """A table for an issue or a chat."""
    lines = [_keys(listing), ["---"] * len(listing.table.columns)]
    lines += [_texts(row) for row in listing.rows]

    return "".join(f"| {' | '.join(map(_escaped, line))} |\n" for line in lines)


FORMATS: Mapping[str, Callable[[Listing], str]] = {
    "csv": as_csv,
    "json": as_json,
    "md": as_markdown,
}


def _keys(listing: Listing) -> list[str]:
    return [column.key for column in listing.table.columns]


def _texts(row: Row) -> list[str]:
    return [cell.text.strip() for cell in row.cells]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")
