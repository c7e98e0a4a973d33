"""Events as rows, whole, as lines of JSON, and where reading them begins."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.domain.snapshot import GroupPartition, Lease, LeaseState, PartitionState
from ehtui.domain.text import visible
from ehtui.domain.world.events import (
    AtOffset,
    AtSequence,
    AtTime,
    Earliest,
    Event,
    Latest,
    Position,
)
from ehtui.views.events.body import body_lines
from ehtui.views.events.columns import COLUMNS
from ehtui.views.events.details import as_words, body_section, event_sections, event_title
from ehtui.views.events.export import event_document, json_line
from ehtui.views.events.starting import BEFORE, Start, StartError, around, start_of, start_words
from ehtui.views.events.table import EventRows, Marks, event_row, event_row_key, next_after
from ehtui.views.phrasing import Phrasing
from tests.views.world import NOW, checkpoint, sample, snapshot

SAY = Phrasing(snapshot())
EVENT = Event(
    "2",
    1920,
    "7168",
    NOW - 61.796,  # by the service's clock
    b'{"type": "MINUTES", "title": "\\uc8fc\\uac04"}',
    size_bytes=214,
    key="room-7",
    properties=(("type", "minutes"), ("try", 3), ("raw", b"\0\xff"), ("ok", True), ("no", None)),
    system=(("message-id", "m-1"), ("content-type", "x"), ("x-opt-user", "a\x1b[31m")),
    content_type="application/json",
)


def texts(event: Event, marks: Marks | None = None) -> dict[str, str]:
    row = event_row(event, marks or Marks(), SAY)

    return {column.key: cell.text for column, cell in zip(COLUMNS, row.cells, strict=True)}


def test_a_row_says_when_where_what() -> None:
    assert texts(EVENT) == {
        "at": "12:01:58.204",
        "partition": "2",
        "sequence": "1,920",
        "mark": "",
        "key": "room-7",
        "size": "214 B",
        "type": "JSON",
        "body": '{"type": "MINUTES", "title": "주간"}',
    }


def test_marks_say_where_the_checkpoint_stands() -> None:
    events = [Event("2", at, str(at), NOW, b"x") for at in (917, 918, 921, 922)]
    done = {"2": 918, "3": 1}
    marks = Marks(done, next_after(reversed(events), done, {}), {"2": 922})

    assert marks.next == {"2": 921}  # numbers may be missing in between
    assert [texts(event, marks)["mark"] for event in events] == ["", "done", "next", "last"]
    assert texts(events[1], Marks({"2": 918}, {}, {"2": 918}))["mark"] == "done, last"


def test_what_begins_far_behind_a_checkpoint_is_not_what_it_stands_before() -> None:
    later = [Event("2", at, str(at), NOW, b"x") for at in (1000, 1001)]

    assert next_after(later, {"2": 918}, {"2": 0}) == {}
    assert next_after(later, {"2": 999}, {"2": 0}) == {"2": 1000}
    assert next_after(later, {"2": 918}, {"2": 1000}) == {"2": 1000}  # what was before is gone
    assert next_after(later, {}, {}) == {}


def test_rows_are_told_without_being_made() -> None:
    events = [EVENT, Event("10", 3, "1", NOW, b"")]
    rows = EventRows(events, tuple(map(event_row_key, events)), Marks({}, {"10": 3}), SAY)
    keys = [column.key for column in COLUMNS]

    assert rows.keys == ("2/1920", "10/3")
    assert [rows.rank(0), rows.rank(1)] == [0, 2]
    assert [rows.sort(1, keys.index(key)) for key in ("partition", "sequence", "key")] == [
        10.0,
        3,
        None,
    ]
    assert rows.sort(1, keys.index("type")) == "empty"


def test_a_moment_beyond_any_calendar_is_unknown() -> None:
    odd = Event("0", 1, "1", 1e18, b"")

    assert texts(odd)["at"] == "–"
    assert event_document(odd)["enqueued_at"] is None
    assert event_sections(odd, Marks(), SAY, "$Default")


def test_one_event_whole() -> None:
    sections = event_sections(EVENT, Marks({"2": 1919}, {"2": 1920}), SAY, "$Default")
    facts = {line.label: line.value for each in sections for line in each.lines}

    assert event_title(EVENT) == "P2 #1,920"
    assert [each.heading for each in sections] == [
        "Event",
        "Application properties",
        "System properties and annotations",
    ]
    assert facts["mark"] == "the event that the checkpoint of $Default stands before"
    assert facts["enqueued"] == "2026-11-22 12:01:58 UTC (1m01s ago)"
    assert facts["type"] == "minutes (string)"
    assert facts["try"] == "3 (int)"
    assert facts["raw"] == "00 ff (2 bytes)"
    assert facts["ok"] == "true (bool)"
    assert facts["no"] == "null"
    assert facts["x-opt-user"] == "a\\x1b[31m"


def test_all_of_it_can_be_taken_along() -> None:
    told = body_section(body_lines(EVENT), len(EVENT.body))
    words = as_words([*event_sections(EVENT, Marks(), SAY, "$Default"), told])

    assert "Body: JSON, 44 B\n{\n" in words
    assert '  "title": "주간"' in words


def test_what_is_hostile_in_properties_is_bounded_and_harmless() -> None:
    many = tuple((f"\x1b[2J{n}", "x" * 1_000_000 if n < 2 else "\u202e") for n in range(5000))
    odd = Event("\x1b]0;", 1, "\n" * 9000, NOW, b"", key="\x07", properties=many, system=())
    sections = event_sections(odd, Marks(), SAY, "$Default")
    told = [text for each in sections for line in each.lines for text in (line.label, line.value)]

    assert all(visible(text) == text for text in told)
    assert len(told) < 1000
    assert sum(map(len, told)) < 20_000


# As a line of JSON.


def test_a_line_of_json_has_all_of_it() -> None:
    document = json.loads(json_line(EVENT))

    assert document["partition"] == "2"
    assert document["sequence"] == 1920
    assert document["enqueued_at"] == "2026-11-22T12:01:58.204Z"
    assert document["properties"]["raw"] == {"base64": "AP8="}
    assert document["properties"]["try"] == 3
    assert document["body"].encode() == EVENT.body
    assert "body_kind" not in document


@given(st.binary(max_size=200), st.text(max_size=20), st.floats())
def test_a_line_is_one_line_and_exact(body: bytes, text: str, number: float) -> None:
    event = Event("0", 1, text, NOW, body, key=text, properties=(("n", number), ("t", text)))
    line = json_line(event)
    document = json.loads(line)
    read = b64decode(document["body_base64"]) if "body_base64" in document else None

    assert line.isprintable()
    assert (read if read is not None else document["body"].encode()) == body
    assert document["key"] == text


def test_bytes_are_base64() -> None:
    assert event_document(Event("0", 1, "", NOW, b"\xff"))["body_base64"] == b64encode(
        b"\xff"
    ).decode("ascii")


# Where to begin.


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("earliest", Earliest()),
        ("LATEST", Latest()),
        ("checkpoint", None),
        ("920", AtSequence(920)),
        ("#1,920", AtSequence(1920)),
        ("seq 5", AtSequence(5)),
        ("9" * 25, AtSequence((1 << 63) - 1)),
        ("offset 7168", AtOffset("7168")),
        ("5m", AtTime(NOW - 300)),
        ("12:01", AtTime(NOW - 120)),
        ("2026-11-22 12:01:30", AtTime(NOW - 90)),
        ("2026-11-22T21:01:30+09:00", AtTime(NOW - 90)),
        ("2026-11-22T12:01:30.5Z", AtTime(NOW - 89.5)),
        ("2026-11-22", AtTime(NOW - 43_380)),
    ],
)
def test_where_to_begin(text: str, start: Start) -> None:
    assert start_of(text, NOW, 0.0) == start


@pytest.mark.parametrize("text", ["", "soon", "12:99", "2026-13-01", "\x1b[2J", "offset", "1.5"])
def test_what_is_no_place_to_begin_says_what_is(text: str) -> None:
    with pytest.raises(StartError, match="earliest, latest, checkpoint") as raised:
        start_of(text, NOW, 0.0)

    assert visible(str(raised.value)) == str(raised.value)


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_place_or_an_error(text: str) -> None:
    try:
        start_words(start_of(text, NOW, 0.0), SAY)
    except StartError as error:
        assert str(error)  # noqa: PT017 - either is well


def test_it_is_told_where_it_begins() -> None:
    assert start_words(None, SAY) == "around the checkpoint"
    assert start_words(AtSequence(1920), SAY) == "from #1,920"
    assert start_words(AtTime(NOW - 300), SAY) == "from 11:58:00, 5m ago"


@pytest.mark.parametrize(
    ("at", "position"),
    [
        (919, AtSequence(920 - BEFORE)),
        (3, AtSequence(0)),
        (None, AtSequence(990 - BEFORE + 1)),
    ],
)
def test_around_the_checkpoint_some_events_are_before_it(
    at: int | None, position: Position
) -> None:
    held = GroupPartition(
        "2",
        Lease(LeaseState.HELD),
        checkpoint("2", at) if at is not None else None,
    )

    assert around(PartitionState("2", sample("2", 990)), held) == position
