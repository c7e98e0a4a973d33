"""Namespace, partitions and positions without a server."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.sandbox.eventhubs import Namespace, Retention
from ehtui.sandbox.eventhubs.addresses import (
    EARLIEST,
    LATEST,
    Address,
    By,
    Position,
    parse_address,
    parse_selector,
)
from ehtui.sandbox.eventhubs.events import new_event
from ehtui.sandbox.eventhubs.partition_log import PartitionLog, hash_key, partition_for_key
from tests.bodies import decode_body
from tests.sandbox.eventhubs.conftest import Clock


def filled(count: int, retention: Retention | None = None) -> PartitionLog:
    """Events 0…count-1, one a second from 1,000 s on."""
    log = PartitionLog("0", retention or Retention(None, None))

    for number in range(count):
        log.append([new_event(f"event {number}")], 1000.0 + number)

    return log


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("amqp.annotation.x-opt-offset > '-1'", EARLIEST),
        ("amqp.annotation.x-opt-offset > '@latest'", LATEST),
        ("amqp.annotation.x-opt-offset >= '4711'", Position(By.OFFSET, 4711, is_inclusive=True)),
        ("amqp.annotation.x-opt-sequence-number > '42'", Position(By.SEQUENCE, 42)),
        ("amqp.annotation.x-opt-enqueued-time > '17'", Position(By.TIME, 17)),
    ],
)
def test_a_selector_is_a_position(text: str, position: Position) -> None:
    assert parse_selector(text) == position


@pytest.mark.parametrize(
    "text", ["", "x-opt-offset > '1'", "amqp.annotation.x-opt-colour > '1'", "x' OR '1'='1"]
)
def test_anything_else_is_no_position(text: str) -> None:
    with pytest.raises(ValueError, match="no position"):
        parse_selector(text)


@pytest.mark.parametrize(
    ("position", "first"),
    [
        (EARLIEST, 0),
        (LATEST, 10),
        (Position(By.SEQUENCE, 4), 5),
        (Position(By.SEQUENCE, 4, is_inclusive=True), 4),
        (Position(By.SEQUENCE, 9), 10),
        (Position(By.TIME, 1_003_000), 4),
        (Position(By.TIME, 1_003_000, is_inclusive=True), 3),
        (Position(By.TIME, 1_003_500), 4),
        (Position(By.TIME, 9_000_000), 10),
    ],
)
def test_a_receiver_starts_where_it_asks(position: Position, first: int) -> None:
    assert filled(10).start(position) == first


@given(st.integers(1, 40), st.integers(0, 39), st.booleans())
def test_offsets_and_sequence_numbers_name_the_same_places(
    count: int, index: int, is_inclusive: bool
) -> None:
    log = filled(count)
    event = log.read(index % count, 1)[0]
    by_offset = Position(By.OFFSET, event.offset, is_inclusive)
    by_sequence = Position(By.SEQUENCE, event.sequence, is_inclusive)

    assert log.start(by_offset) == log.start(by_sequence) == event.sequence + (not is_inclusive)


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(1, 12))
def test_trimming_moves_the_begin_and_never_the_end(cuts: list[int], count: int) -> None:
    log = filled(count)
    before = log.last_sequence, log.last_offset

    for cut in cuts:
        log.trim(cut)
        begin = min(max([0, *cuts[: cuts.index(cut) + 1]]), count)
        assert log.begin_sequence >= begin
        assert [e.sequence for e in log.read(0, 99)] == list(range(log.begin_sequence, count))
        assert log.is_empty == (log.begin_sequence == count)

    assert (log.last_sequence, log.last_offset) == before


def test_retention_by_count_and_by_age() -> None:
    by_count = filled(10, Retention(max_events=3, max_age_s=None))
    by_age = filled(10, Retention(max_events=None, max_age_s=2.5))

    assert (by_count.begin_sequence, by_count.last_sequence) == (7, 9)
    assert [e.sequence for e in by_age.read(0, 99)] == [7, 8, 9]

    by_age.expire(2000)
    assert by_age.is_empty
    assert (by_age.begin_sequence, by_age.last_sequence) == (10, 9)
    assert by_age.append([new_event("later")], 2000) == 10


def test_the_log_forgets_what_was_removed() -> None:
    log = filled(0, Retention(max_events=10, max_age_s=None))

    for start in range(0, 20_000, 500):
        log.append([new_event("x")] * 500, float(start))

    assert len(log._events) < 10_000
    assert [e.sequence for e in log.read(0, 99)] == list(range(19_990, 20_000))


def test_names_ignore_case_and_keep_it(namespace: Namespace) -> None:
    hub = namespace.find("HUB")

    assert hub
    assert hub.has_group("$default")
    assert list(hub.groups.values()) == ["$Default", "other"]


def test_partitions_can_only_be_added(namespace: Namespace) -> None:
    namespace.set_partition_count("hub", 3)

    with pytest.raises(ValueError, match="none can be removed"):
        namespace.set_partition_count("hub", 2)

    assert [p.id for p in namespace.hub("hub").partitions] == ["0", "1", "2"]


def test_appending_and_state(namespace: Namespace, clock: Clock) -> None:
    assert namespace.append("hub", "0", ["one", "안녕 🚀"], {"kind": "x"}) == [0, 1]
    clock.now += 5
    assert namespace.append("hub", "0", [b"three"]) == [2]
    events = namespace.log("hub", "0").read(0, 9)

    assert [decode_body(e.rest).decode() for e in events] == ["one", "안녕 🚀", "three"]
    assert [e.enqueued_ms for e in events] == [1_800_000_000_000] * 2 + [1_800_000_005_000]
    first, second = namespace.state()["hubs"][0]["partitions"]
    assert (first["last_sequence"], first["is_empty"]) == (2, False)
    assert (second["last_sequence"], second["last_offset"], second["is_empty"]) == (-1, "-1", True)


def test_without_a_partition_events_go_round(namespace: Namespace) -> None:
    namespace.append("hub", None, ["a", "b", "c", "d"])

    assert [p.last_sequence for p in namespace.hub("hub").partitions] == [1, 1]


# From the tests of Microsoft's own resolver.
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("7", -15263),
        ("131", 30562),
        ("7149583486996073602", 12977),
        ("FWfAT", -22341),
        ("sOdeEAsyQoEuEFPGerWO", -6503),
        ("!c*_!I@1^c", 15372),
        ("p4*!jioeO/z-!-;w:dh", -3104),
        ("$0cb", 26269),
        ("-4189260826195535198", 453),
    ],
)
def test_keys_hash_as_in_the_service(key: str, expected: int) -> None:
    assert hash_key(key.encode()) == expected
    assert partition_for_key(key.encode(), 7) == abs(expected) % 7


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hub", Address("hub")),
        ("amqps://127.0.0.1:99/hub/Partitions/3", Address("hub", partition="3")),
        ("/hub/ConsumerGroups/$Default/Partitions/0", Address("hub", "$Default", "0")),
        ("hub/Publishers/me", Address("hub", publisher="me")),
    ],
)
def test_addresses_are_paths_or_urls(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "hub/what", "hub/Partitions", "hub/Colours/red"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        parse_address(text)
