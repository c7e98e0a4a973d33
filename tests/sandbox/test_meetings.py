"""The producer's story and its uneven rates."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ehtui.sandbox.meetings import Meetings, Traffic, shares, uneven


def test_the_story_is_the_same_each_time_and_endless() -> None:
    first, second = Meetings(), Meetings()
    told = [first.next_event() for _ in range(200)]

    assert told == [second.next_event() for _ in range(200)]
    assert len(set(told)) == 200


def test_an_event_is_one_of_the_users_guide() -> None:
    event = json.loads(Meetings().next_event())

    assert set(event) == {"eventType", "data"}
    assert {"meetingId", "title", "minutesId", "sections"} == set(event["data"])
    assert {"sectionId", "type", "title", "content", "order", "verified"} == set(
        event["data"]["sections"][0]
    )


def test_the_story_has_korean_and_emoji_as_they_are() -> None:
    meetings = Meetings()
    text = "".join(meetings.next_event() for _ in range(50))

    assert "테스트 논의 내용입니다." in text
    assert "🚀" in text
    assert "👩‍💻" in text


@given(st.floats(0, 1e6), st.integers(1, 32))
def test_a_rate_is_never_negative(at_s: float, partitions: int) -> None:
    traffics = uneven(partitions)

    assert len(traffics) == partitions
    assert all(traffic.rate(at_s) >= 0 for traffic in traffics)


def test_a_burst_comes_round_again() -> None:
    traffic = Traffic(1.0, burst_per_s=30.0, burst_every_s=60.0, burst_for_s=15.0)

    assert [traffic.rate(at) > 30 for at in (0, 44, 46, 59, 61, 106)] == [
        False,
        False,
        True,
        True,
        False,
        True,
    ]


@given(st.integers(0, 10_000), st.integers(1, 32))
def test_a_backlog_lies_mostly_on_the_last_partition(total: int, partitions: int) -> None:
    found = shares(total, partitions)

    assert len(found) == partitions
    assert total - partitions <= sum(found) <= total
    assert found[-1] == max(found)
