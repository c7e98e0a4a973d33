"""The order of several partitions, who waits for whom, and how much may be held."""

from __future__ import annotations

from typing import cast

import pytest

from ehtui.domain.world.events import AtSequence, Earliest
from ehtui.wire.event_merge import (
    BEHIND_S,
    HELD_BYTES,
    HELD_EVENTS,
    SETTLE_S,
    EventMerge,
    Lane,
    Waiting,
    credit_for,
)
from ehtui.wire.event_messages import Stamp
from ehtui.wire.receivers import Receiver


class Credit:
    """A receiver that only has credit."""

    def __init__(self, credit: int) -> None:
        self.credit = credit
        self.error = None


def merge_of(*names: str, end: int | None = None) -> EventMerge:
    merge = EventMerge(Lane(name, Earliest()) for name in names)

    for lane in merge.lanes.values():
        lane.end_sequence = end
        lane.receiver = cast("Receiver", Credit(10))

    return merge


def add(merge: EventMerge, name: str, at: float, now: float = 0.0, size: int = 10) -> None:
    lane = merge.lanes[name]
    last = lane.position.sequence if isinstance(lane.position, AtSequence) else -1
    merge.add(lane, Waiting(Stamp(last + 1, "", at), b"x" * size, now))


def taken(merge: EventMerge, now: float, most: int = 100) -> list[float]:
    return [message.stamp.enqueued_at for _, message in merge.take(most, now)]


def test_the_oldest_first() -> None:
    merge = merge_of("0", "1")

    for name, at in (("0", 1.0), ("1", 2.0), ("0", 3.0), ("1", 4.0), ("0", 5.0), ("1", 6.0)):
        add(merge, name, at)

    assert taken(merge, 0.0, most=2) == [1.0, 2.0]
    assert taken(merge, SETTLE_S) == [3.0, 4.0, 5.0, 6.0]
    assert (merge.held_events, merge.held_bytes) == (0, 0)


def test_one_that_is_read_to_its_end_is_waited_for_a_moment() -> None:
    merge = merge_of("0", "1")
    add(merge, "0", 2.0, now=10.0)

    assert taken(merge, 10.0) == []
    assert merge.ripe_in(10.0) == pytest.approx(SETTLE_S)
    add(merge, "1", 1.0, now=10.1)
    assert taken(merge, 10.1) == [1.0]
    assert taken(merge, 10.0 + SETTLE_S) == [2.0]


def test_one_that_has_more_is_waited_for_longer_and_not_for_ever() -> None:
    merge = merge_of("0", "1", end=50)
    add(merge, "0", 2.0, now=10.0)

    assert taken(merge, 10.0 + SETTLE_S) == []
    assert taken(merge, 10.0 + BEHIND_S) == [2.0]


def test_nobody_waits_for_what_was_not_asked_for_or_is_done() -> None:
    merge = merge_of("0", "1", end=50)
    merge.lanes["1"].receiver = None
    add(merge, "0", 2.0, now=10.0)
    assert taken(merge, 10.0 + SETTLE_S) == [2.0]

    merge.lanes["1"].is_done = True
    add(merge, "0", 3.0, now=11.0)
    assert taken(merge, 11.0) == [3.0]


def test_one_partition_waits_for_nobody() -> None:
    merge = merge_of("0")
    add(merge, "0", 2.0, now=10.0)
    assert taken(merge, 10.0) == [2.0]


def test_what_is_dropped_is_the_oldest() -> None:
    merge = merge_of("0", "1")

    for number in range(HELD_EVENTS + 5):
        add(merge, str(number % 2), float(number))

    assert merge.drop_excess() == 5
    assert merge.held_events == HELD_EVENTS
    assert taken(merge, 99.0, most=1) == [5.0]


def test_large_ones_are_dropped_by_their_bytes_but_never_the_last() -> None:
    merge = merge_of("0")
    add(merge, "0", 1.0, size=HELD_BYTES)
    add(merge, "0", 2.0, size=HELD_BYTES + 1)

    assert merge.drop_excess() == 1
    assert taken(merge, 9.0) == [2.0]


def credit(merge: EventMerge, name: str = "0") -> int:
    return credit_for(merge.lanes[name], merge, may_drop=False)


def test_credit_is_a_share_of_what_may_be_held() -> None:
    merge = merge_of("0", "1")
    first = credit(merge)
    assert 0 < first <= HELD_EVENTS // 2

    for _ in range(100):
        add(merge, "0", 1.0, size=100)

    assert credit(merge) == HELD_EVENTS // 2 - 100


def test_a_full_share_gets_no_credit() -> None:
    merge = merge_of("0", "1")

    while credit(merge):
        add(merge, "0", 1.0, size=50_000)

    assert merge.held_bytes <= HELD_BYTES // 2
    assert credit(merge, "1") > 0


def test_what_is_larger_than_a_share_comes_one_at_a_time() -> None:
    names = [str(n) for n in range(32)]
    merge = merge_of(*names)

    for lane in merge.lanes.values():
        lane.message_bytes = 20 << 20
        lane.receiver = cast("Receiver", Credit(0))

    assert credit(merge, "0") == 1
    merge.lanes["0"].receiver = cast("Receiver", Credit(1))
    assert credit(merge, "1") == 0
    merge.lanes["0"].receiver = cast("Receiver", Credit(0))
    add(merge, "0", 1.0, size=20 << 20)
    assert credit(merge, "0") == 0
    assert credit(merge, "1") == 0
    assert len(taken(merge, 99.0)) == 1
    assert credit(merge, "1") == 1
