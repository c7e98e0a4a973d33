"""Sent events that are followed, as people and programs read it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.following import FollowedSend, SentEvents, Verdict
from ehtui.views.following import (
    advice,
    followed_document,
    followed_sentence,
    send_line,
    took,
)
from ehtui.views.phrasing import Phrasing
from tests.views import world

SAY = Phrasing(world.snapshot(), group=world.GROUP)
SENT = world.NOW - 10
PLACE = FollowedSend(
    "$Default",
    "2",
    1,
    920,
    920,
    is_bracket=False,
    sent_at=SENT,
    owner="7c6b1a2e",
    waited_s=4.0,
    cadence_s=5.0,
    allowed_s=15.0,
    seen_at=world.NOW,
)
PASSED = replace(PLACE, verdict=Verdict.PASSED, not_past_at=SENT + 2.6, passed_at=SENT + 2.6)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (PASSED, "sent as #920 to P2; 7c6b1a2e's checkpoint passed it after 3.1s"),
        (PLACE, "sent as #920 to P2; 7c6b1a2e's checkpoint has not passed it for 4s (usually 5s)"),
        (
            replace(PLACE, waited_s=0.4),
            "sent as #920 to P2; 7c6b1a2e's checkpoint has not passed it yet (usually 5s)",
        ),
        (
            replace(PLACE, cadence_s=None, allowed_s=300.0),
            (
                "sent as #920 to P2; 7c6b1a2e's checkpoint has not passed it for 4s; how often it "
                "moves is unknown: no verdict before 5m"
            ),
        ),
        (
            replace(PLACE, verdict=Verdict.STUCK, waited_s=31.0),
            (
                "sent as #920 to P2; 7c6b1a2e's checkpoint has not passed it, nor moved for 31s "
                "(usually 5s): stuck"
            ),
        ),
        (
            replace(PLACE, count=3, last=930, is_bracket=True, verdict=Verdict.MOVING),
            (
                "sent 3 events as ~#920–930 to P2; 7c6b1a2e's checkpoint moves, and has some "
                "events to go"
            ),
        ),
        (
            replace(PLACE, verdict=Verdict.UNOWNED, owner=None),
            "sent as #920 to P2; nobody in $Default owns the partition: it stays unread",
        ),
        (
            replace(PLACE, partition=None, first=None, last=None, verdict=Verdict.UNLOCATED),
            (
                "sent to a partition unknown; where it came to stand is not known, so it can't be "
                "followed"
            ),
        ),
    ],
)
def test_what_became_of_it(place: FollowedSend, words: str) -> None:
    assert followed_sentence(place, SAY) == words


@pytest.mark.parametrize("verdict", Verdict)
def test_each_verdict_has_words_and_those_that_are_bad_a_next_step(verdict: Verdict) -> None:
    place = replace(PLACE, verdict=verdict, owner="\x1b[2J")

    assert "\x1b" not in followed_sentence(place, SAY)
    fine = {Verdict.PASSED, Verdict.WAITING, Verdict.MOVING}
    assert bool(advice(place)) == (verdict not in fine)
    assert followed_document(place)["verdict"] == verdict.value


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ((0.0, 0.8), "within 1s"),
        ((2.6, 3.6), "after 3.1s"),
        ((30.0, 31.0), "after 30s"),
        ((4.0, 9.2), "after 4s–10s"),
    ],
)
def test_how_long_it_took_is_told_as_closely_as_it_is_known(
    bounds: tuple[float, float], words: str
) -> None:
    assert took(*bounds) == words


def test_one_line_for_several_partitions() -> None:
    stuck = replace(PLACE, partition="0", verdict=Verdict.STUCK, waited_s=31.0)
    sent = SentEvents("t", "x", 2, SENT, 2, SENT, "$Default", (PASSED, stuck))

    assert send_line(sent, SAY) == (
        "sent 2 events; $Default passed them in 1 of 2 partitions; P0: 7c6b1a2e's checkpoint has "
        "not passed it, nor moved for 31s (usually 5s): stuck"
    )


def test_how_far_a_send_is() -> None:
    sent = SentEvents("t", "x", 1000, SENT, 412, told_first=(SENT, 12))

    assert send_line(sent, SAY) == "sending 412 of 1,000, 40.0/s"
    assert send_line(replace(sent, told_first=(world.NOW, 412)), SAY) == "sending 412 of 1,000"
