"""A plan goes into a file and comes back; what somebody types into one is understood or refused."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ehtui.domain.actions.checkpoint_files import COLUMNS, csv_of, entries_of, rows_of
from ehtui.domain.actions.checkpoint_plan import (
    Change,
    CheckpointPlan,
    FileEntry,
    Standing,
    ToEarliest,
    Unwritten,
    WriteKind,
)
from ehtui.domain.world.store import Layout


def change(partition: str, after: Standing | None, **facts: object) -> Change:
    known: dict[str, object] = {
        "kind": WriteKind.SET,
        "container": "c",
        "name": f"ns/hub/$default/checkpoint/{partition}",
        "layout": Layout.MODERN,
        "etag": "0x1",
        "before": Standing(7, "70"),
    }

    return Change(partition=partition, after=after, **(known | facts))  # type: ignore[arg-type]


PLAN = CheckpointPlan(
    group="$Default",
    namespace="ns",
    hub="hub",
    strategy=ToEarliest(),
    changes=(
        change("0", Standing(4, "0:opaque,1"), replayed=3, skipped=0),
        change("1", Standing(-1, "-1"), kind=WriteKind.CREATE, etag=None, before=None),
        change("2", None, unwritten=Unwritten.NO_EVENT),
    ),
    owners=(),
    planned_at=1.0,
)
ENTRIES = (
    FileEntry("0", 4, "0:opaque,1", "c", "ns/hub/$default/checkpoint/0", "0x1"),
    FileEntry("1", -1, "-1", "c", "ns/hub/$default/checkpoint/1", ""),
)


def test_a_plan_as_csv_is_the_same_plan_again() -> None:
    text = csv_of(PLAN)

    assert next(csv.reader(io.StringIO(text))) == list(COLUMNS)
    assert entries_of(text, "$DEFAULT") == ENTRIES


def test_a_plan_as_json_is_the_same_plan_again() -> None:
    rows = rows_of(PLAN)

    assert entries_of(json.dumps({"changes": rows}), "$Default") == ENTRIES
    assert entries_of(json.dumps(rows), "$Default") == ENTRIES


def test_two_columns_by_hand_are_enough() -> None:
    assert entries_of("partition,new_sequence\n0,12\n3,-1\n", "g") == (
        FileEntry("0", 12),
        FileEntry("3", -1),
    )
    assert entries_of('[{"partition": 0, "sequence": 12}]', "g") == (FileEntry("0", 12),)


def test_rows_of_other_groups_are_left_out() -> None:
    text = "group,partition,new_sequence\nother,0,1\n$default,1,2\n"
    assert entries_of(text, "$Default") == (FileEntry("1", 2),)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "no row with a new_sequence for group g"),
        ("partition,new_sequence\n", "no row with a new_sequence"),
        ("partition,new_sequence\n0,x\n", "row 1: 'x' is no sequence number"),
        ("partition,new_sequence\n0,-2\n", "row 1: '-2' is no sequence number"),
        ("partition,new_sequence\n0,9223372036854775808\n", "is no sequence number"),
        ("new_sequence\n4\n", "row 1 names no partition"),
        ("{", "it is not JSON"),
        ('{"changes": 3}', "it has no list of changes"),
        ("[1]", "it has no list of changes"),
    ],
)
def test_what_cannot_be_understood_says_where(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        entries_of(text, "g")
