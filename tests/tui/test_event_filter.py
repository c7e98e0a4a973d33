"""What of events a filter shows, and what a screen holds of them: bounded."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.domain.world.events import Event
from ehtui.tui.event_buffer import EventBuffer
from ehtui.tui.event_filter import FIELDS, parse_events
from ehtui.tui.expressions import ExpressionError
from ehtui.tui.filtering import FilterError

EVENT = Event(
    "2",
    920,
    "7168",
    0.0,
    json.dumps({"title": "주간 회의록", "who": "Kim"}).encode(),
    size_bytes=20_480,
    key="room-7",
    properties=(("type", "minutes"), ("Try", 3), ("raw", b"\0\xff"), ("ok", True), ("no", None)),
    system=(("message-id", "m-1"),),
    content_type="application/json",
)


@pytest.mark.parametrize(
    "text",
    [
        "회의록",
        "kim",
        '"주간 회의록"',
        "room",
        "minutes",
        "m-1",
        "/title.*kim/",
        "P2",
        "p2",
        "partition:2",
        "key:room",
        "key=ROOM-7",
        "key!=other",
        "!other",
        "!key:other",
        "prop:type",
        "prop:type=minutes",
        'prop:type="minutes"',
        "prop:try=3",
        "prop:raw=00",
        "prop:ok=true",
        "prop:no=null",
        "system:message-id=m-1",
        "type:json",
        "type=JSON",
        "body:주간",
        "seq=920",
        "seq>=920",
        "sequence<921",
        "size>10k",
        "size>=20KiB",
        "P2 key:room prop:type=minutes kim",
    ],
)
def test_what_is_found(text: str) -> None:
    if text == "prop:raw=00":
        text = 'prop:raw="00 ff"'

    matches = parse_events(text)
    assert matches is not None
    assert matches.matches(EVENT), text


@pytest.mark.parametrize(
    "text",
    [
        *("P1", "key:other", "prop:type=other", "prop:minutes", "!kim", "seq>920", "size<1k"),
        *("type:avro", "/^nothing$/", "partition:22", "kim other"),
    ],
)
def test_what_is_not(text: str) -> None:
    matches = parse_events(text)
    assert matches is not None
    assert not matches.matches(EVENT), text


def test_nothing_filters_nothing() -> None:
    assert parse_events("  ") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("color:red", "no field “color”; events have key"),
        ("seq>many", "needs a number"),
        ("key>1", "key has no order"),
        ("/(/", "/"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, why: str) -> None:
    with pytest.raises(FilterError, match=why.replace("(", r"\(")):
        parse_events(text)


def test_an_expression_that_takes_too_long_is_given_up_and_hides_nothing() -> None:
    matches = parse_events("/(a|aa)+$/")
    assert matches is not None

    assert matches.matches(Event("0", 1, "1", 0.0, b"a" * 500 + b"!"))
    assert matches.problems == ["takes too long"]


def test_an_expression_that_has_had_its_time_says_how_long_it_rests() -> None:
    matches = parse_events("/(a|aa)+$/ other")
    assert matches is not None
    assert matches.rests_s == 0

    for _ in range(5):
        with suppress(ExpressionError):
            matches.expressions[0].is_in("a" * 500 + "!")

    assert 0 < matches.rests_s <= 1


def test_packed_bodies_are_looked_into() -> None:
    matches = parse_events("needle")
    assert matches is not None

    assert matches.matches(Event("0", 1, "1", 0.0, gzip.compress(b'{"a": "Needle"}')))
    assert not matches.matches(Event("0", 1, "1", 0.0, gzip.compress(bytes(16 << 20))))


@given(st.text(max_size=30), st.binary(max_size=60))
def test_whatever_is_typed_is_a_filter_or_an_error(text: str, body: bytes) -> None:
    try:
        matches = parse_events(text)
    except FilterError as error:
        assert str(error)  # noqa: PT017 - either is well
    else:
        assert matches is None or matches.matches(Event("0", 1, "1", 0.0, body)) in {True, False}


def test_each_field_has_a_name_of_its_own() -> None:
    assert len(set(FIELDS)) == len(FIELDS)


# What is held.


def at(moment: float, partition: str = "0", sequence: int = 0, body: bytes = b"") -> Event:
    return Event(partition, sequence, "", moment, body)


def test_events_of_all_partitions_stand_in_the_order_of_time() -> None:
    buffer = EventBuffer()

    for event in (at(1, "0", 5), at(3, "0", 6), at(2, "1", 9), at(3, "10", 1), at(3, "2", 7)):
        buffer.add(event)

    assert buffer.keys == ("0/5", "1/9", "0/6", "2/7", "10/1")
    assert buffer.event("2/7") == at(3, "2", 7)
    assert buffer.event("2/8") is None


def test_the_oldest_are_forgotten_and_counted() -> None:
    buffer = EventBuffer(most_events=3)

    for number in range(10):
        buffer.add(at(number, sequence=number))

    buffer.shrink()
    assert [event.sequence for event in buffer.events] == [7, 8, 9]
    assert (buffer.read, buffer.forgotten) == (10, 7)
    assert buffer.event("0/6") is None


def test_bytes_are_bounded_and_the_newest_always_stays() -> None:
    buffer = EventBuffer(most_bytes=10_000)

    for number in range(4):
        buffer.add(at(number, sequence=number, body=bytes(3000)))

    buffer.shrink()
    assert [event.sequence for event in buffer.events] == [3]

    buffer.add(at(9, sequence=9, body=bytes(1_000_000)))
    buffer.shrink()
    assert [event.sequence for event in buffer.events] == [9]


def test_what_a_filter_found_outlives_what_it_did_not() -> None:
    buffer = EventBuffer(most_events=3)
    buffer.filter(lambda event: event.sequence % 100 == 0)

    for number in range(250):
        buffer.add(at(number, sequence=number))
        buffer.shrink()

    assert not buffer.is_sifting
    assert [event.sequence for event in buffer.events] == [0, 100, 200]
    assert len(buffer.held) == 3
    buffer.filter(None)
    assert [event.sequence for event in buffer.events] == [247, 248, 249]


def test_near_an_event_is_itself_or_what_comes_next() -> None:
    buffer = EventBuffer()
    assert buffer.near(at(1)) is None

    for moment in (1, 2, 3):
        buffer.add(at(moment, sequence=moment))

    assert buffer.near(at(2, sequence=2)) == "0/2"
    buffer.filter(lambda event: event.sequence != 2)
    buffer.sift(9)
    assert buffer.near(at(2, sequence=2)) == "0/3"
    assert buffer.near(at(9, sequence=9)) == "0/3"


def test_what_is_held_is_sifted_step_by_step() -> None:
    buffer = EventBuffer()

    for number in range(10):
        buffer.add(at(number, sequence=number))

    buffer.filter(lambda event: event.sequence % 2 == 1)
    assert not buffer.events
    buffer.sift(4)
    assert [event.sequence for event in buffer.events] == [1, 3]
    assert buffer.is_sifting
    buffer.sift(100)
    assert [event.sequence for event in buffer.events] == [1, 3, 5, 7, 9]
    assert not buffer.is_sifting


@given(
    st.lists(st.tuples(st.floats(0, 9), st.sampled_from("012"), st.integers(0, 99)), max_size=60)
)
def test_order_and_bounds_hold_for_whatever_comes(drawn: list[tuple[float, str, int]]) -> None:
    buffer = EventBuffer(most_events=20)

    for moment, partition, sequence in drawn:
        buffer.add(at(moment, partition, sequence))
        buffer.shrink()

    moments = [event.enqueued_at for event in buffer.events]
    assert moments == sorted(moments)
    assert len(moments) <= 20
    assert len(buffer.keys) == len(moments)
    assert buffer.read - buffer.forgotten == len(moments)
