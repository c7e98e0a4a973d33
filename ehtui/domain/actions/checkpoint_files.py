"""A plan for checkpoints as a file: CSV as a spreadsheet takes it, JSON as `--json` tells it.

What is written is read back to the same plan: blob and ETag are in it, so that a plan that was
looked at yesterday writes nothing that moved since. By hand, `partition,new_sequence` is enough.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from ehtui.domain.actions.checkpoint_plan import FileEntry
from ehtui.domain.text import safe
from ehtui.domain.world.hub import known_integer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ehtui.domain.actions.checkpoint_plan import Change, CheckpointPlan

COLUMNS = (
    "group",
    "partition",
    "old_sequence",
    "old_offset",
    "new_sequence",
    "new_offset",
    "next_sequence",
    "replayed",
    "skipped",
    "unwritten",
    "detail",
    "container",
    "name",
    "layout",
    "etag",
)
MOST_ENTRIES = 10_000
_SEQUENCES = ("new_sequence", "sequence")
_OFFSETS = ("new_offset", "offset")


def rows_of(plan: CheckpointPlan) -> list[dict[str, object]]:
    """One row a blob, in the order of `COLUMNS`; None is unknown, or not there."""
    return [_row(plan.group, change) for change in plan.changes]


def _row(group: str, change: Change) -> dict[str, object]:
    before, after = change.before, change.after

    return {
        "group": group,
        "partition": change.partition,
        "old_sequence": before.sequence if before is not None else None,
        "old_offset": before.offset if before is not None else None,
        "new_sequence": after.sequence if after is not None else None,
        "new_offset": after.offset if after is not None else None,
        "next_sequence": change.next_sequence,
        "replayed": change.replayed,
        "skipped": change.skipped,
        "unwritten": change.unwritten.value if change.unwritten is not None else None,
        "detail": change.detail,
        "container": change.container,
        "name": change.name,
        "layout": change.layout.value if change.layout is not None else None,
        "etag": change.etag or "",
    }


def csv_of(plan: CheckpointPlan) -> str:
    """The plan as CSV, with a line of names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows_of(plan))

    return text.getvalue()


def entries_of(text: str, group: str) -> tuple[FileEntry, ...]:
    """What a file says of a group; rows of other groups, and those without a target, are left out.

    Raises:
        ValueError: It cannot be understood; says where.
    """
    is_json = text.lstrip()[:1] in {"{", "["}
    rows = list(_json_rows(text) if is_json else _csv_rows(text))

    if len(rows) > MOST_ENTRIES:
        raise ValueError(f"it has more than {MOST_ENTRIES:,} rows")

    entries = [entry for n, row in enumerate(rows, 1) if (entry := _entry(row, n, group))]

    if not entries:
        raise ValueError(f"it has no row with a new_sequence for group {safe(group)}")

    return tuple(entries)


def _csv_rows(text: str) -> Iterable[Mapping[str, Any]]:
    rows = csv.DictReader(io.StringIO(text, newline=""))

    try:
        yield from rows
    except csv.Error as error:  # as a quote that is never closed
        raise ValueError(f"line {rows.line_num} is not CSV: {error}") from None


def _json_rows(text: str) -> Iterable[Mapping[str, Any]]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from None

    rows = document.get("changes") if isinstance(document, dict) else document

    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("it has no list of changes")

    return rows


def _entry(row: Mapping[str, Any], number: int, group: str) -> FileEntry | None:
    given = row.get("group")

    if given and str(given).lower() != group.lower():
        return None

    partition = row.get("partition")

    if partition is None or str(partition) == "":
        raise ValueError(f"row {number} names no partition")

    sequence = _first(row, _SEQUENCES)

    if sequence is None:
        return None

    # A blob is meant only as a whole: which one, and as it was.
    blob = [row.get(column) for column in ("container", "name", "etag")]
    is_named = bool(blob[0] and blob[1]) and blob[2] is not None
    offset = _first(row, _OFFSETS)

    return FileEntry(
        partition=str(partition),
        sequence=_sequence(sequence, number),
        offset=None if offset is None else str(offset),
        container=str(blob[0]) if is_named else None,
        name=str(blob[1]) if is_named else None,
        etag=str(blob[2]) if is_named else None,
    )


def _first(row: Mapping[str, Any], names: Iterable[str]) -> object | None:
    return next((row[name] for name in names if row.get(name) not in (None, "")), None)


def _sequence(value: object, number: int) -> int:
    text = str(value).strip()

    if text.removeprefix("-").isdecimal() and len(text) <= len(str(2**63)):
        known = known_integer(int(text))

        if known is not None and known >= -1:
            return known

    raise ValueError(f"row {number}: '{safe(text)[:40]}' is no sequence number")
