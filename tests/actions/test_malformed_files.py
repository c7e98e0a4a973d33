"""Whatever stands in a plan's file or in a backup, it is understood or told to be malformed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.actions.checkpoint_backups import SCHEMA, list_backups, read_backup
from ehtui.domain.actions.checkpoint_files import COLUMNS, entries_of

HEAD = {
    "schema": SCHEMA,
    "at": 1.0,
    "namespace": "ns",
    "hub": "hub",
    "group": "g",
    "strategy": "ToEarliest",
}
KEPT = {
    "container": "c",
    "name": "n",
    "partition": "0",
    "layout": "modern",
    "existed": True,
    "etag": "0x1",
    "metadata": {"a": "b"},
    "body": "YQ==",
    "before": [1, "10"],
    "after": [0, "0"],
}
WRITTEN = {"container": "c", "name": "n", "written": "0x2"}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each, max_size=3)
    ),
    max_leaves=4,
)


def of(folder: Path, *lines: object) -> Path:
    path = folder / "b.jsonl"
    path.write_text("\n".join(json.dumps(each) for each in lines))

    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('partition,new_sequence\n"' + "x" * 200_000, "line .* is not CSV"),
        ('[{"partition":"0","new_sequence":[1]}]', r"row 1: '\[1\]' is no sequence number"),
        ('[{"partition":"0","new_sequence":1,"new_offset":{}}]', None),
    ],
    ids=["quote", "list", "offset"],
)
def test_a_malformed_plan_is_told(text: str, told: str | None) -> None:
    if told is None:
        assert entries_of(text, "g")[0].sequence == 1
        return

    with pytest.raises(ValueError, match=told):
        entries_of(text, "g")


@pytest.mark.parametrize(
    "lines",
    [
        (HEAD, {"written": "x"}),
        (HEAD, {**WRITTEN, "container": ["c"]}),
        (HEAD, {**KEPT, "before": []}),
        (HEAD, {**KEPT, "metadata": ["a"]}),
        (HEAD, {**KEPT, "body": "a"}),
        (HEAD, {**KEPT, "layout": "odd"}),
        ({**HEAD, "namespace": 7},),
        ({**HEAD, "at": 10**400},),
        ({**HEAD, "at": float("nan")},),
        ({**HEAD, "at": 1e300},),
        ({"schema": SCHEMA},),
    ],
)
def test_a_malformed_backup_is_told(tmp_path: Path, lines: tuple[object, ...]) -> None:
    path = of(tmp_path, *lines)

    with pytest.raises(ValueError, match="it is malformed"):
        read_backup(str(path))

    assert list_backups(tmp_path) == []


def test_a_whole_one_is_read(tmp_path: Path) -> None:
    [kept] = read_backup(str(of(tmp_path, HEAD, KEPT, WRITTEN))).blobs

    assert (kept.written_etag, kept.blob.body) == ("0x2", b"a")


@given(st.text(max_size=200) | st.text('",\n{}[]:0a', max_size=60))
def test_no_text_of_a_plan_is_a_fault(text: str) -> None:
    for head in ("", "partition,new_sequence\n", "["):
        with suppress(ValueError):
            entries_of(head + text, "g")


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), ANYTHING), max_size=3))
def test_no_json_of_a_plan_is_a_fault(rows: list[dict[str, Any]]) -> None:
    with suppress(ValueError):
        entries_of(json.dumps(rows), "g")


@given(st.data())
def test_no_value_in_a_backup_is_a_fault(data: st.DataObject) -> None:
    lines: list[dict[str, Any]] = [dict(each) for each in (HEAD, KEPT, WRITTEN)]
    line = data.draw(st.sampled_from(lines))
    name = data.draw(st.sampled_from(sorted(line)))

    if data.draw(st.booleans()):
        del line[name]
    else:
        line[name] = data.draw(ANYTHING)

    with TemporaryDirectory() as folder, suppress(ValueError):
        read_backup(str(of(Path(folder), *lines)))
